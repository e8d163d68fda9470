/** The test job as it is rendered: its first step and the shell of its others, run here against real repositories. */
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { renderFiles } from "../../lib/render/files.ts";
import { forkConfig } from "../support/fork-config.ts";
import { type World, world } from "./support/workflow-run.ts";

let w: World;
let folder: string;
let candidate: string;
let target: string;

beforeEach(async () => {
  w = await world();
  folder = mkdtempSync(join(tmpdir(), "test-job-"));
  mkdirSync(join(folder, "work"));
  mkdirSync(join(folder, "bin"));
  target = w.fork.commit({ branch: "dev", files: { a: "1\n", "sub/b": "2\n" } });
  candidate = target;
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await w.close();
});

function testJob(tests: Record<string, unknown>) {
  const { content } = renderFiles(forkConfig({ tests: { run: ["true"], ...tests } }), "x").workflow;
  const job = parse(content).jobs.test as {
    defaults: { run: { shell: string } };
    steps: { env: Record<string, unknown>; run: string }[];
  };
  const [first] = job.steps;
  if (first === undefined) throw new Error("the job has no step");
  return { shell: job.defaults.run.shell, first };
}

function run(command: string, args: string[], env: Record<string, string>): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: join(folder, "work"), env: env as NodeJS.ProcessEnv });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    child.on("close", (code) => resolve({ code: code ?? -1, output }));
  });
}

function fetchCandidate(tests: Record<string, unknown>, change: Record<string, string> = {}) {
  const { first } = testJob(tests);
  const names = ["TRUSTED", "LFS", "SUBMODULES", "KEEP_GIT"];
  const fixed = Object.fromEntries(names.map((name) => [name, String(first.env[name])]));
  return run("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", first.run], {
    PATH: `${join(folder, "bin")}:${process.env.PATH}`,
    HOME: folder,
    GITHUB_SERVER_URL: w.github.url,
    GITHUB_REPOSITORY: "acme/fork",
    GITHUB_TOKEN: "job-token",
    CANDIDATE: candidate,
    TREE: w.fork.git("rev-parse", `${candidate}^{tree}`),
    TARGET: target,
    ...fixed,
    ...change,
  });
}

const left = () => readdirSync(join(folder, "work"), { recursive: true }).map(String).sort();

describe("the candidate", () => {
  test("is fetched with the token, and nothing of git is left", async () => {
    expect(await fetchCandidate({})).toMatchObject({ code: 0 });
    expect(left()).toEqual(["a", "sub", "sub/b"]);
    expect(new Set(w.github.git.map((one) => one.authorization))).toEqual(
      new Set([`Basic ${Buffer.from("x-access-token:job-token").toString("base64")}`]),
    );
  });

  test("keeps its .git when asked for, in which there is no token", async () => {
    expect(await fetchCandidate({ keepGit: true })).toMatchObject({ code: 0 });
    const git = join(folder, "work", ".git");
    const texts = readdirSync(git, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.filter((text) => /job-token|authorization|eC1hY2Nlc3M/i.test(text))).toEqual([]);
  });

  test("with another tree than the one that was merged is not tested", async () => {
    expect((await fetchCandidate({}, { TREE: "0".repeat(40) })).code).not.toBe(0);
  });

  test("with large files has them from the fork's own store, asked with the token", async () => {
    const said = join(folder, "lfs");
    writeFileSync(
      join(folder, "bin", "git-lfs"),
      `#!/bin/sh\nprintf '%s\\n' "$*" >"${said}"\ngit config lfs.url >>"${said}"\ngit config --get-urlmatch http.extraheader "${w.github.url}/acme/fork.git/info/lfs" >>"${said}"\n`,
    );
    chmodSync(join(folder, "bin", "git-lfs"), 0o755);
    expect(await fetchCandidate({})).toMatchObject({ code: 0 });
    expect(existsSync(said)).toBe(false);
    rmSync(join(folder, "work"), { recursive: true });
    mkdirSync(join(folder, "work"));
    expect(await fetchCandidate({ lfs: true })).toMatchObject({ code: 0 });
    expect(readFileSync(said, "utf8").split("\n").slice(0, 3)).toEqual([
      "pull",
      `${w.github.url}/acme/fork.git/info/lfs`,
      `Authorization: Basic ${Buffer.from("x-access-token:job-token").toString("base64")}`,
    ]);
  });

  test("with submodules fetches them without the token, and over https alone", async () => {
    const other = w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    const module = `[submodule "m"]\n\tpath = m\n\turl = ${w.github.url}/up/stream.git\n`;
    w.fork.commit({ branch: "dev", files: { ".gitmodules": module } });
    candidate = addSubmodule(other);
    const { code, output } = await fetchCandidate({ submodules: true });
    expect(code).not.toBe(0);
    expect(output).toContain("transport 'http' not allowed");
    expect(w.github.git.filter(({ path }) => path.startsWith("/up/"))).toEqual([]);
    rmSync(join(folder, "work"), { recursive: true });
    mkdirSync(join(folder, "work"));
    expect(await fetchCandidate({})).toMatchObject({ code: 0 });
  });

  /** A gitlink is all that a tree has of a submodule. */
  function addSubmodule(commit: string): string {
    const tip = w.fork.ref("refs/heads/dev") ?? "";
    const entries = `${w.fork.git("ls-tree", tip)}\n160000 commit ${commit}\tm\n`;
    const tree = spawnSync("git", ["-C", w.fork.folder, "mktree", "--missing"], { input: entries }).stdout.toString();
    const who = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
    return w.fork.git(...who, "commit-tree", tree.trim(), "-p", tip, "-m", "submodule");
  }
});

describe("tests that are the fork's own", () => {
  const tests = { run: ["sh e2e/run.sh"], trusted: "fork", entry: ["e2e", "check.sh", "conf/[a].json"] };
  const read = (path: string) => readFileSync(join(folder, "work", path), "utf8");

  /** What upstream made of a target with these files; a merge of it is the candidate. */
  function weakened(files: Parameters<typeof w.fork.commit>[0]["files"]): void {
    target = w.fork.commit({
      branch: "dev",
      files: {
        ...{ "e2e/run.sh": "exit 1\n", "e2e/old": "o\n", "conf/[a].json": "1\n", "conf/a.json": "1\n" },
        "check.sh": { mode: "100755", content: "exit 1\n" },
        // What a package leaves out is a test all the same.
        ".gitattributes": "e2e export-ignore\n",
      },
    });
    candidate = w.fork.commit({ parents: [target], files });
  }

  test("are the target's in whole folders, whatever the candidate has there; the rest is the candidate's", async () => {
    weakened({
      ...{ "e2e/run.sh": "exit 0\n", "e2e/old": null, "e2e/skip-all": "x\n", "check.sh": null },
      ...{ "conf/[a].json": "2\n", "conf/a.json": "2\n", a: "upstream\n" },
    });
    expect(await fetchCandidate(tests)).toMatchObject({ code: 0 });
    expect(left()).toEqual(
      [
        ".gitattributes",
        "a",
        "check.sh",
        "conf",
        "conf/[a].json",
        "conf/a.json",
        "e2e",
        "e2e/old",
        "e2e/run.sh",
        "sub",
        "sub/b",
      ].sort(),
    );
    expect([read("e2e/run.sh"), read("conf/[a].json"), read("conf/a.json"), read("a")]).toEqual([
      ...["exit 1\n", "1\n", "2\n", "upstream\n"],
    ]);
    expect(statSync(join(folder, "work", "check.sh")).mode & 0o111).not.toBe(0);
  });

  test("are not reached through a link, nor changed by attributes, that upstream put there", async () => {
    const outside = join(folder, "outside");
    mkdirSync(outside);
    weakened({
      ...{ "e2e/run.sh": null, "e2e/old": null, ".gitattributes": "* ident eol=crlf\n" },
      e2e: { mode: "120000", content: outside },
      "check.sh": { mode: "120000", content: "a" },
    });
    expect(await fetchCandidate(tests)).toMatchObject({ code: 0 });
    expect(readdirSync(outside)).toEqual([]);
    expect([read("e2e/run.sh"), read("check.sh")]).toEqual(["exit 1\n", "exit 1\n"]);
    expect(read("a")).toBe("1\r\n");
  });

  test("that the target lacks end the job before anything runs", async () => {
    weakened({ more: "m\n" });
    expect((await fetchCandidate({ ...tests, entry: ["e2e", "more"] })).code).not.toBe(0);
  });

  test("show as changed to tests that look at git", async () => {
    weakened({ "e2e/run.sh": "exit 0\n" });
    expect(await fetchCandidate({ ...tests, keepGit: true })).toMatchObject({ code: 0 });
    const git = (...args: string[]) => spawnSync("git", ["-C", join(folder, "work"), ...args]).stdout.toString();
    expect(git("status", "--porcelain")).toBe(" M e2e/run.sh\n");
    expect(git("rev-parse", "HEAD").trim()).toBe(candidate);
  });
});

describe("the shell of the tests", () => {
  test("has no token and no file of the runner, and ends at the first failure", async () => {
    const [command = "", ...args] = testJob({}).shell.split(" ");
    const script = join(folder, "script.sh");
    writeFileSync(script, "env\nfalse | true\necho went on\n");
    const hidden = {
      ...{ GITHUB_TOKEN: "t", GH_TOKEN: "t", ACTIONS_RUNTIME_TOKEN: "t", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "t" },
      ...{
        ACTIONS_RUNTIME_URL: "u",
        ACTIONS_RESULTS_URL: "u",
        ACTIONS_CACHE_URL: "u",
        ACTIONS_ID_TOKEN_REQUEST_URL: "u",
      },
      ...{ GITHUB_ENV: "/f", GITHUB_PATH: "/f", GITHUB_OUTPUT: "/f", GITHUB_STATE: "/f", BASH_ENV: "/f" },
    };
    const env = { PATH: process.env.PATH ?? "", GITHUB_SHA: "kept", ...hidden };
    const { code, output } = await run(
      command,
      args.map((word) => word.replace("{0}", script)),
      env,
    );
    expect(code).toBe(1);
    const names = output.split("\n").map((line) => line.split("=")[0] ?? "");
    expect(names.filter((name) => name in hidden)).toEqual([]);
    expect(names).toContain("GITHUB_SHA");
    expect(output).not.toContain("went on");
  });
});
