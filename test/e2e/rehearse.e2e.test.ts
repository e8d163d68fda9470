/** `upstream-sync rehearse`: what the next sync would do, on copies, call after call on the same data; by the commands of its guide. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { checkDocumented } from "../../demo/documented.ts";
import { packageRoot } from "../../lib/package-root.ts";
import { bareGit, refsOf } from "../../lib/rehearsal/bare-git.ts";
import { place } from "../../lib/rehearsal/place.ts";
import { rehearseRun } from "../../lib/rehearsal/run.ts";
import { setUp } from "../../lib/rehearsal/stage.ts";
import { GitHubStandIn } from "../../lib/rehearsal/stand-in.ts";
import { forkConfig } from "../support/fork-config.ts";
import { type BareRepository, bareRepository, lines } from "../sync/support/repository.ts";

let folder: string;
let fork: BareRepository;
let upstream: BareRepository;

/** None of these is a rehearsal's business. */
const secrets = { GITHUB_TOKEN: "ghp_of_the_person", NPM_TOKEN: "npm_of_the_person" };
const program = join(packageRoot(), "dist", "cli", "main.js");

/** For the person's git github.com is a folder of this machine. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-rehearse-test-"));
  for (const name of ["tmp", "bin", "work"]) mkdirSync(join(folder, name));
  const hub = join(folder, "hub");
  upstream = bareRepository(join(hub, "maker", "board.git"));
  const first = upstream.commit({ branch: "main", files: { "board.txt": lines(), "README.md": "# board\n" } });
  fork = bareRepository(join(hub, "acme", "board.git"));
  fork.git("fetch", "--quiet", upstream.folder, `${first}:refs/heads/main`);
  fork.commit({ branch: "dev", parents: [first], files: { "board.txt": lines({ 1: "ours" }) } });
  upstream.commit({ branch: "main", files: { "board.txt": lines({ 9: "theirs" }), "package.json": "{}\n" } });
  const identity = "[user]\n\tname = Dana\n\temail = dana@example.com\n[push]\n\tautoSetupRemote = true\n";
  writeFileSync(join(folder, ".gitconfig"), `${identity}[url "file://${hub}/"]\n\tinsteadOf = https://github.com/\n`);
  writeFileSync(join(folder, "bin", "upstream-sync"), `#!/bin/sh\nexec node '${program}' "$@"\n`);
  chmodSync(join(folder, "bin", "upstream-sync"), 0o700);
  writeConfig({ run: ['test -z "$GITHUB_TOKEN$NPM_TOKEN"', "grep -q theirs board.txt", "test ! -e broken.txt"] });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const work = () => join(folder, "work");

function writeConfig(tests: object): void {
  const board = { upstream: "maker/board", tests, pullRequest: { reviewers: ["rita"] } };
  writeFileSync(join(work(), "upstream-sync.yaml"), stringify({ version: 1, forks: { "acme/board": board } }));
}

const environment = () => ({
  PATH: `${join(folder, "bin")}:${process.env.PATH}`,
  HOME: folder,
  TMPDIR: join(folder, "tmp"),
  NO_COLOR: "1",
  ...secrets,
});

async function rehearseIn(cwd: string, ...args: string[]) {
  const options = { cwd, reject: false, stdin: "ignore", extendEnv: false, env: environment() } as const;
  const { exitCode, stdout, stderr } = await execa(process.execPath, [program, "rehearse", ...args], options);
  return { exitCode, stdout, stderr };
}

/** What it prints with --json, checked against its schema. */
async function again() {
  const { exitCode, stdout, stderr } = await rehearseIn(work(), "--data", "practice", "--json");
  if (exitCode !== 0) throw new Error(`rehearse ended with ${exitCode}: ${stderr}`);
  return documented(stdout);
}

function documented(stdout: string) {
  const seen = JSON.parse(stdout);
  checkDocumented(["rehearse"], seen);
  return seen;
}

/** A block of the guide as it stands, in one shell. */
async function follow(name: string): Promise<string> {
  const guide = readFileSync(join(packageRoot(), "docs", "guides", "rehearse.md"), "utf8");
  const block = new RegExp(`<!-- runs: ${name} -->\\n\`\`\`sh\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(guide)?.[1];
  if (block === undefined) throw new Error(`the guide has no block ${name}`);
  const options = {
    cwd: work(),
    reject: false,
    all: true,
    stdin: "ignore",
    extendEnv: false,
    env: environment(),
  } as const;
  const { exitCode, all } = await execa("sh", ["-e", "-c", block], options);
  if (exitCode !== 0) throw new Error(`${name} of the guide ended with ${exitCode}: ${all}`);
  return all as string;
}

describe("the guide, from first news to landing", () => {
  test("upstream's news go through, and the sources stay as they were", async () => {
    const before = [fork, upstream].map((one) => one.git("for-each-ref"));
    const said = await follow("begin");
    expect(said).toContain("acme/board: tests run on this machine, with the fork's and upstream's code: test -z");
    const seen = documented(readFileSync(join(work(), "rehearsal.json"), "utf8"));
    expect(seen).toMatchObject({
      outcome: "promoted",
      reason: "tests passed",
      pr: {
        number: 1,
        title: "chore: sync with upstream",
        draft: false,
        head: "sync/upstream",
        base: "dev",
        open: true,
      },
      issues: [],
      conflicts: [],
      range: { commits: 1, files: 2, bothChanged: ["board.txt"] },
      held: [],
      tests: { leftOut: false },
      repository: "acme/board",
      data: join(work(), "practice"),
    });
    expect([seen.pr.labels, seen.pr.reviewers]).toEqual([["upstream-sync"], ["rita"]]);
    expect(seen.range.risks.map(({ paths }: { paths: string[] }) => paths)).toEqual([["package.json"]]);
    expect(seen.promoted).toBe(seen.refs["refs/heads/sync/upstream"]);
    expect(readdirSync(seen.log)).toEqual(["1-look.txt", "2-merge.txt", "3-test.txt", "4-finish.txt"]);
    expect(readFileSync(join(seen.log, "3-test.txt"), "utf8")).not.toContain("of_the_person");
    const merged = await bareGit(seen.fork).text(["show", "sync/upstream:board.txt"]);
    expect(merged).toBe(lines({ 1: "ours", 9: "theirs" }).trimEnd());
    expect([fork, upstream].map((one) => one.git("for-each-ref"))).toEqual(before);
  }, 120_000);

  test("a conflict is told with the commit behind it, also by a run that only waits", async () => {
    expect(await follow("conflict")).toContain("acme/board: conflict: the next sync meets a conflict");
    const seen = await again();
    expect(seen).toMatchObject({
      outcome: "conflict",
      promoted: null,
      conflicts: [{ path: "PRACTICE.md", side: "upstream", author: "Dana", subject: "A page about practice" }],
      pr: { draft: true, head: "sync/upstream-conflict-1", base: "sync/upstream", open: true },
    });
    expect(seen.conflictPull).toEqual(seen.pr);
    expect(seen.conflicts[0].commit).toBe(seen.upstreamCommit.sha);
    expect(seen.issues).toMatchObject([{ open: true }]);
  }, 120_000);

  test("a resolution that is pushed by the folder's path goes through, and lands", async () => {
    const settled = await follow("settle");
    expect(settled).toContain("AA PRACTICE.md");
    expect(settled).toContain(
      "acme/board: promoted: the next sync goes through (tests passed; with sync/upstream-conflict-1)",
    );
    expect(await follow("land")).toContain("acme/board: up-to-date: nothing to do");
    const { pr, issues, conflictPull } = await again();
    expect([pr.open, pr.merged, issues, conflictPull]).toEqual([false, true, [], null]);
  }, 120_000);
});

describe("on the same data", () => {
  test("failed tests are told with their log, and a changed config is carried over", async () => {
    const tip = upstreamOfPractice();
    await tip("broken.txt");
    const { exitCode, stdout } = await rehearseIn(work(), "--data", "practice", "--json", "--exit-code");
    expect(exitCode).toBe(3);
    const failed = documented(stdout);
    expect(failed).toMatchObject({
      outcome: "tests-failed",
      reason: "failed: test ! -e broken.txt",
      failed: { job: "test", step: "Test: test ! -e broken.txt" },
      promoted: null,
    });
    expect(failed.tests.steps.map(({ ok }: { ok: boolean }) => ok)).toEqual([true, true, false]);

    writeConfig({ run: ["test -e broken.txt"] });
    const mended = await again();
    expect(mended).toMatchObject({ outcome: "promoted", pr: { open: true } });
    expect(mended.tests.steps.map(({ name }: { name: string }) => name)).toEqual(["test -e broken.txt"]);
    const file = await bareGit(mended.fork).text(["show", "main:.github/workflows/upstream-sync.yml"]);
    expect(
      parse(file)
        .jobs.test.steps.map(({ name }: { name: string }) => name)
        .at(-1),
    ).toBe("Test: test -e broken.txt");
  }, 120_000);

  test("other repositories, and a folder of something else, are refused in words", async () => {
    const other = await rehearseIn(work(), "--data", "practice", "--fork", upstream.folder);
    expect([other.exitCode, other.stdout]).toEqual([2, ""]);
    expect(other.stderr).toContain("--data holds a rehearsal of the fork https://github.com/acme/board.git");
    const full = await rehearseIn(work(), "--data", folder);
    expect(full.exitCode).toBe(2);
    expect(full.stderr).toContain("holds something else");
  }, 60_000);
});

/** Upstream's people commit one more file to the copy, and push it. */
function upstreamOfPractice() {
  const cwd = join(work(), "practice-upstream");
  const git = (...args: string[]) => execa("git", args, { cwd, extendEnv: false, env: environment() });
  return async (path: string) => {
    writeFileSync(join(cwd, path), "oh\n");
    await git("add", path);
    await git("commit", "--quiet", "--message", `Add ${path}`);
    await git("push", "--quiet");
  };
}

describe("without --data", () => {
  test("nothing is kept, and what failed is shown", async () => {
    writeConfig({ run: ["test -e broken.txt"] });
    const said = await follow("once");
    expect(said).toContain(
      "acme/board: tests-failed: the next sync fails its tests: nothing moves (failed: test -e broken.txt)",
    );
    expect(said).toMatch(
      /failed: test, Test: test -e broken\.txt\n {4}\| ##\[error\]Process completed with exit code 1/,
    );
    expect(said).toContain("nothing is kept; --data DIR keeps logs and repositories");
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
  }, 60_000);
  test("without a config one is made, tests are left out and not claimed, and nothing stays behind", async () => {
    const { exitCode, stdout, stderr } = await rehearseIn(
      folder,
      "--fork",
      fork.folder,
      "--upstream",
      upstream.folder,
      "--json",
    );
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      "no config, so chosen: follows main of upstream/board, sync branch sync/upstream from main, pull request to dev",
    );
    const seen = documented(stdout);
    expect(seen).toMatchObject({
      outcome: "promoted",
      reason: "tests left out",
      tests: { leftOut: true, steps: [] },
      log: null,
      fork: null,
      upstream: null,
      data: null,
    });
    expect(seen.pr.body).toContain("Left out of this rehearsal: nothing was tested on");
    expect(seen.pr.body).not.toMatch(/passed/i);
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
  }, 120_000);

  test.each([
    [["--fork", "/nowhere/at/all", "--upstream", "/nowhere"], /the fork \/nowhere\/at\/all cannot be read/],
    [["--fork", "FORK"], /there is no config: got no --upstream/],
    [
      ["--fork", "http://127.0.0.1:9/x.git", "--upstream", "UPSTREAM"],
      /the fork http:\/\/127.0.0.1:9\/x.git cannot be read/,
    ],
  ])(
    "%j is refused in words",
    async (args, words) => {
      const given = args.map((word) => ({ FORK: fork.folder, UPSTREAM: upstream.folder })[word] ?? word);
      const { exitCode, stdout, stderr } = await rehearseIn(folder, ...given);
      expect([exitCode, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(words);
    },
    60_000,
  );
});

test("several forks share one stand-in, a schedule starts a run as well as a person, and setting up again adds nothing", async () => {
  const standIn = await GitHubStandIn.start(join(folder, "shared"));
  try {
    for (const [name, credentials, mode] of [
      ["one", "deploy-key", "strict"],
      ["two", "github-token", "minimal"],
    ]) {
      const base = forkConfig({
        upstream: { repository: `maker/${name}` },
        credentials,
        protection: { sync: { mode } },
      });
      const config = { ...base, repository: `acme/${name}`, name: name as string };
      const placed = await place(standIn, config, { fork: fork.folder, upstream: upstream.folder });
      const stage = await setUp(standIn, config, placed, { tests: false });
      expect(await rehearseRun(stage, { by: "schedule" })).toMatchObject({ outcome: "promoted", pr: { number: 1 } });
      const before = await refsOf(bareGit(stage.folders.fork));
      await setUp(standIn, config, placed, { tests: false });
      expect(await refsOf(bareGit(stage.folders.fork))).toEqual(before);
    }
  } finally {
    await standIn.stop();
  }
}, 180_000);
