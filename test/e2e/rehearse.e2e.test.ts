/** `upstream-sync rehearse`: what the next sync would do, on copies, call after call on the same data. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { checkDocumented } from "../../demo/documented.ts";
import { packageRoot } from "../../lib/package-root.ts";
import { bareGit } from "../../lib/rehearsal/bare-git.ts";
import { place } from "../../lib/rehearsal/place.ts";
import { rehearseRun } from "../../lib/rehearsal/run.ts";
import { setUp } from "../../lib/rehearsal/stage.ts";
import { GitHubStandIn } from "../../lib/rehearsal/stand-in.ts";
import { forkConfig } from "../support/fork-config.ts";
import { type BareRepository, bareRepository, lines } from "../sync/support/repository.ts";

let folder: string;
let fork: BareRepository;
let upstream: BareRepository;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-rehearse-test-"));
  upstream = bareRepository(join(folder, "their repository.git"));
  const first = upstream.commit({ branch: "main", files: { "board.txt": lines(), "README.md": "# board\n" } });
  fork = bareRepository(join(folder, "board.git"));
  fork.git("fetch", "--quiet", upstream.folder, `${first}:refs/heads/main`);
  fork.commit({ branch: "dev", parents: [first], files: { "board.txt": lines({ 1: "ours" }) } });
  upstream.commit({ branch: "main", files: { "board.txt": lines({ 9: "theirs" }), "package.json": "{}\n" } });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As a person without any token. */
async function rehearse(...args: string[]) {
  const result = await execa(process.execPath, [join(packageRoot(), "dist", "cli", "main.js"), "rehearse", ...args], {
    cwd: folder,
    reject: false,
    stdin: "ignore",
    extendEnv: false,
    env: { PATH: process.env.PATH ?? "", HOME: folder, TMPDIR: join(folder, "tmp"), NO_COLOR: "1", ...secrets },
  });
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

/** None of these is a rehearsal's business. */
const secrets = { GITHUB_TOKEN: "ghp_of_the_person", NPM_TOKEN: "npm_of_the_person" };

async function rehearseJson(...args: string[]) {
  const { exitCode, stdout, stderr } = await rehearse(...args, "--json");
  if (exitCode !== 0) throw new Error(`rehearse ${args.join(" ")} ended with ${exitCode}: ${stderr}`);
  const seen = JSON.parse(stdout);
  checkDocumented(["rehearse"], seen);
  return seen;
}

describe("with a config, on kept data", () => {
  const kept = () => join(folder, "kept");
  const again = () => rehearseJson("--data", kept());
  const config = () => join(folder, "upstream-sync.yaml");

  beforeAll(() => {
    mkdirSync(join(folder, "tmp"));
    const tests = { run: ['test -z "$GITHUB_TOKEN$NPM_TOKEN"', "grep -q theirs board.txt", "test ! -e broken.txt"] };
    const acme = {
      upstream: "maker/board",
      tests,
      pullRequest: { reviewers: ["rita"] },
    };
    writeFileSync(config(), stringify({ version: 1, forks: { "acme/board": acme } }));
  });

  test("upstream's news go through, and the sources stay as they were", async () => {
    const before = [fork, upstream].map((one) => one.refs());
    const seen = await rehearseJson("--fork", fork.folder, "--upstream", upstream.folder, "--data", kept());
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
      data: kept(),
    });
    expect(seen.pr.labels).toEqual(["upstream-sync"]);
    expect(seen.pr.reviewers).toEqual(["rita"]);
    expect(seen.range.risks.map(({ paths }: { paths: string[] }) => paths)).toEqual([["package.json"]]);
    expect(seen.promoted).toBe(seen.refs["refs/heads/sync/upstream"]);
    expect(readdirSync(seen.log)).toEqual(["1-look.txt", "2-merge.txt", "3-test.txt", "4-finish.txt"]);
    expect(await bareGit(seen.fork).text(["show", "sync/upstream:board.txt"])).toBe(
      lines({ 1: "ours", 9: "theirs" }).trimEnd(),
    );
    expect([fork, upstream].map((one) => one.refs())).toEqual(before);
  }, 120_000);

  test("without news there is nothing to do, whatever is said again", async () => {
    const seen = await rehearseJson("--data", kept(), "--fork", fork.folder);
    expect(seen).toMatchObject({ outcome: "up-to-date", reason: "nothing moved", promoted: null, pr: { number: 1 } });
  }, 60_000);

  test("people land it and upstream comes into conflict; they push a resolution by the folder's path, and it goes through", async () => {
    const { fork: copy, upstream: theirs } = await again();
    await bareGit(copy).text(["update-ref", "refs/heads/dev", "refs/heads/sync/upstream"]);
    const uma = join(folder, "uma");
    await asPerson(folder, "clone", "--quiet", theirs, uma);
    writeFileSync(join(uma, "board.txt"), lines({ 1: "theirs too", 9: "theirs" }));
    await asPerson(uma, "commit", "--quiet", "--all", "--message", "Line one");
    await asPerson(uma, "push", "--quiet", "origin", "main");

    const met = await again();
    expect(met).toMatchObject({
      outcome: "conflict",
      promoted: null,
      pr: { number: 1, open: false, merged: true },
      conflicts: [{ path: "board.txt", kind: "contents", side: "upstream", author: "Dana", subject: "Line one" }],
      conflictPull: { draft: true, head: "sync/upstream-conflict-1", base: "sync/upstream", open: true },
    });
    expect(met.issues.filter(({ open }: { open: boolean }) => open)).toHaveLength(1);
    expect(met.conflicts[0].commit).toBe(met.upstreamCommit.sha);
    // The run that only waits names the files as well.
    expect((await again()).conflicts).toEqual(met.conflicts);
    expect((await rehearse("--data", kept(), "--exit-code")).exitCode).toBe(3);

    const dana = join(folder, "dana");
    await asPerson(folder, "clone", "--quiet", copy, dana);
    await asPerson(dana, "switch", "--quiet", "sync/upstream-conflict-1");
    await asPerson(dana, "merge", "--quiet", "origin/sync/upstream").catch(() => undefined);
    writeFileSync(join(dana, "board.txt"), lines({ 1: "ours and theirs", 9: "theirs" }));
    await asPerson(dana, "commit", "--quiet", "--all", "--message", "chore: resolve upstream sync conflicts");
    await asPerson(dana, "push", "--quiet", "origin", "sync/upstream-conflict-1");
    const settled = await again();
    expect(settled).toMatchObject({ outcome: "promoted", pr: { number: 4, open: true }, conflictPull: null });
    expect(settled.issues.map(({ open }: { open: boolean }) => open)).toEqual([false]);
  }, 240_000);

  test("upstream breaks the tests: the log says which, and a changed config is taken over", async () => {
    const theirs = bareGit((await again()).upstream);
    const tip = await theirs.text(["rev-parse", "main"]);
    const blob = await theirs.text(["hash-object", "-w", "--stdin"], "oh\n");
    const entries = await theirs.text(["ls-tree", tip]);
    const tree = await theirs.text(["mktree"], `${entries}\n100644 blob ${blob}\tbroken.txt\n`);
    const commit = await theirs.text([
      "-c",
      "user.name=U",
      "-c",
      "user.email=u@e",
      "commit-tree",
      tree,
      "-p",
      tip,
      "-m",
      "break",
    ]);
    await theirs.text(["update-ref", "refs/heads/main", commit]);
    const failed = await again();
    expect(failed).toMatchObject({
      outcome: "tests-failed",
      reason: "failed: test ! -e broken.txt",
      failed: { job: "test", step: "Test: test ! -e broken.txt" },
      promoted: null,
    });
    expect(failed.tests.steps.map(({ ok }: { ok: boolean }) => ok)).toEqual([true, true, false]);
    expect(readFileSync(join(failed.log, "3-test.txt"), "utf8")).not.toContain("of_the_person");

    const { forks } = parse(readFileSync(config(), "utf8"));
    forks["acme/board"].tests.run = ["test -e broken.txt"];
    forks["acme/board"].pullRequest.title = "chore: take upstream over";
    writeFileSync(config(), stringify({ version: 1, forks }));
    const mended = await again();
    expect(mended).toMatchObject({ outcome: "promoted", pr: { number: 4 } });
    expect(mended.tests.steps.map(({ name }: { name: string }) => name)).toEqual(["test -e broken.txt"]);
  }, 120_000);

  test("other repositories, and a folder of something else, are refused in words", async () => {
    const other = await rehearse("--data", kept(), "--fork", upstream.folder);
    expect([other.exitCode, other.stdout]).toEqual([2, ""]);
    expect(other.stderr).toContain(`--data holds a rehearsal of the fork ${fork.folder}`);
    const full = await rehearse("--data", folder, "--fork", fork.folder, "--upstream", upstream.folder);
    expect(full.exitCode).toBe(2);
    expect(full.stderr).toContain("holds something else");
  }, 60_000);
});

async function asPerson(cwd: string, ...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH ?? "", HOME: folder, GIT_CONFIG_NOSYSTEM: "1" };
  const identity = ["-c", "user.name=Dana", "-c", "user.email=dana@example.com"];
  return (await execa("git", [...identity, ...args], { cwd, env, extendEnv: false })).stdout;
}

describe("without a config, and without --data", () => {
  const without = (...args: string[]) => rehearse("--config", join(folder, "absent.yaml"), ...args);

  test("a config is made, tests are left out and not claimed, and nothing stays behind", async () => {
    rmSync(join(folder, "upstream-sync.yaml"), { force: true });
    const left = () => readdirSync(join(folder, "tmp"));
    const before = left();
    const { exitCode, stdout, stderr } = await rehearse("--fork", fork.folder, "--upstream", upstream.folder, "--json");
    expect(exitCode).toBe(0);
    expect(stderr).toContain("no config, so chosen: follows main of upstream/their-repository");
    const seen = JSON.parse(stdout);
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
    expect(left()).toEqual(before);
    expect(existsSync(join(folder, "rehearsal.json"))).toBe(false);
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
      const { exitCode, stdout, stderr } = await rehearse(...given);
      expect([exitCode, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(words);
    },
    60_000,
  );

  test("a config that is named and not there is missed", async () => {
    const { exitCode, stderr } = await without("--fork", fork.folder);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("there is no config at absent.yaml");
  });
});

test("several forks share one stand-in, and a schedule starts a run as well as a person", async () => {
  const standIn = await GitHubStandIn.start(join(folder, "shared"));
  try {
    for (const name of ["one", "two"]) {
      const base = forkConfig({
        upstream: { repository: `maker/${name}` },
        credentials: name === "one" ? "deploy-key" : "github-token",
        protection: { sync: { mode: name === "one" ? "strict" : "minimal" } },
      });
      const config = { ...base, repository: `acme/${name}`, name };
      const placed = await place(standIn, config, { fork: fork.folder, upstream: upstream.folder });
      const stage = await setUp(standIn, config, placed, { tests: false });
      expect(await rehearseRun(stage, { inputs: { "dry-run": "true" } })).toMatchObject({
        outcome: "up-to-date",
        promoted: null,
      });
      expect(await rehearseRun(stage, { by: "schedule" })).toMatchObject({
        outcome: "promoted",
        pr: { head: "sync/upstream" },
      });
      // Set up once more: not a single commit is added.
      const refs = async () => await bareGit(stage.folders.fork).text(["for-each-ref"]);
      const before = await refs();
      await setUp(standIn, config, placed, { tests: false });
      expect(await refs()).toBe(before);
    }
  } finally {
    await standIn.stop();
  }
}, 180_000);
