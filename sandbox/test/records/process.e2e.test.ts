import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execa } from "execa";

const main = new URL("../../dist/main.js", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "sandbox-process-"));
const ready = join(folder, "ready.json");

interface Ready {
  url: string;
  ssh: string;
  controlToken: string;
  pid: number;
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await what())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

let child: ChildProcess;
let output = "";

async function start(): Promise<Ready> {
  output = "";
  child = spawn(process.execPath, [main, "--data", join(folder, "data"), "--ready-file", ready]);
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  await until(() => existsSync(ready));
  return JSON.parse(readFileSync(ready, "utf8"));
}

async function end(): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  return ended;
}

async function control({ url, controlToken }: Ready, method: string, path: string, body?: object) {
  const response = await fetch(`${url}/_sandbox${path}`, {
    method,
    headers: { authorization: `Bearer ${controlToken}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** A source repository with one workflow that sleeps for a minute and leaves its process id behind. */
async function source(): Promise<string> {
  const at = join(folder, "source");
  const env = {
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@example.com",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@example.com",
    GIT_AUTHOR_DATE: "2026-11-01T00:00:00Z",
    GIT_COMMITTER_DATE: "2026-11-01T00:00:00Z",
  };
  const workflow = [
    "on: { workflow_dispatch: }",
    `jobs: { slow: { runs-on: ubuntu-latest, steps: [{ run: 'echo $$ > ${join(folder, "pid")}; exec sleep 60' }] } }`,
    "",
  ].join("\n");
  await execa("git", ["init", "--quiet", "--bare", "--initial-branch=main", at], { env });
  const git = (args: string[], input?: string) =>
    execa("git", args, { cwd: at, env, ...(input === undefined ? {} : { input }) });
  const blob = (await git(["hash-object", "-w", "--stdin"], workflow)).stdout;
  const inner = (await git(["mktree"], `100644 blob ${blob}\tslow.yml\n`)).stdout;
  const middle = (await git(["mktree"], `040000 tree ${inner}\tworkflows\n`)).stdout;
  const tree = (await git(["mktree"], `040000 tree ${middle}\t.github\n`)).stdout;
  const commit = (await git(["commit-tree", tree, "-m", "one"])).stdout;
  await git(["update-ref", "refs/heads/main", commit]);
  return at;
}

function alive(pid: number): boolean {
  try {
    // A killed child that nobody has waited for still answers a signal; its state says so.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

let first: Ready;
let token: string;

beforeAll(async () => {
  first = await start();
});
afterAll(async () => {
  if (child.exitCode === null) await end();
  rmSync(folder, { recursive: true, force: true });
});

describe("the sandbox process", () => {
  test("says that it is ready without its token, which stands in a file for its owner alone", async () => {
    // The file may be there before the line has come through the pipe.
    await until(() => output.endsWith("\n"));
    expect(JSON.parse(output)).toEqual({ ready: true, url: first.url });
    expect(statSync(ready).mode & 0o777).toBe(0o600);
    expect(first.pid).toBe(child.pid);
    expect(first.controlToken).toMatch(/^.{20,}$/);
  });

  test("ends running jobs with their processes when it is terminated, and takes its ready file away", async () => {
    await control(first, "POST", "/owners", { login: "ada", type: "User" });
    token = (await control(first, "POST", "/tokens", { login: "ada" })).token;
    await control(first, "POST", "/repositories", { owner: "ada", name: "fork", git: await source() });
    const dispatch = `${first.url}/repos/ada/fork/actions/workflows/slow.yml/dispatches`;
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(dispatch, { method: "POST", headers, body: '{"ref":"main"}' })).status).toBe(204);
    await until(() => existsSync(join(folder, "pid")) && readFileSync(join(folder, "pid"), "utf8") !== "");
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    expect(alive(pid)).toBe(true);
    expect(await end()).toBe(0);
    await until(() => !alive(pid));
    expect(existsSync(ready)).toBe(false);
  });

  test("takes an earlier state up again: repositories, tokens and runs are there, the old control token is not", async () => {
    const second = await start();
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${second.url}/repos/ada/fork/actions/runs`, { headers });
    const runs = (await answer.json()) as { workflow_runs: unknown[] };
    expect(runs.workflow_runs).toMatchObject([{ status: "completed", conclusion: "cancelled" }]);
    const { stdout } = await execa("git", ["ls-remote", `${second.url}/ada/fork.git`, "refs/heads/main"]);
    expect(stdout).toMatch(/^[0-9a-f]{40}\trefs\/heads\/main$/);
    await expect(control({ ...second, controlToken: first.controlToken }, "GET", "/log")).rejects.toThrow("401");
  });

  test("a wrong option is one message and exit code 2", async () => {
    const { exitCode, stderr } = await execa(process.execPath, [main, "--port", "x", "--data", folder], {
      reject: false,
    });
    expect([exitCode, stderr]).toEqual([2, 'upstream-sync-sandbox: --port must be a number from 0 to 65535, got "x"']);
  });
});
