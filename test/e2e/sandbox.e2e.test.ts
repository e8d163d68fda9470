/** `upstream-sync sandbox` by hand: with git, fetch, octokit and Terraform, stopped and taken up again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execa } from "execa";
import { Octokit } from "octokit";
import { packageRoot } from "../../lib/package-root.ts";
import { cacheFolder, ensureProvider } from "../../lib/terraform/provider.ts";
import { toolEnvironment } from "../../lib/terraform/run.ts";
import { findTool } from "../../lib/terraform/tool.ts";

let folder: string;
let data: string;
let child: ChildProcess;
let url: string;
let tokens: Record<string, string>;

/** Starts the verb and answers when it has said where GitHub is. */
async function start(): Promise<string[]> {
  const main = join(packageRoot(), "dist", "cli", "main.js");
  child = spawn(process.execPath, [main, "sandbox", "--data", data, "--seed", "--validate"], {
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said: string[] = [];
  if (!child.stdout) throw new Error("no output");
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (line.includes("terraform ")) break;
  }
  url = /at (\S+)/.exec(said[0] ?? "")?.[1] ?? "";
  tokens = JSON.parse(readFileSync(join(data, "tokens.json"), "utf8"));
  return said;
}

async function stop(): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  child.kill("SIGINT");
  const [code] = await once(child, "exit");
  return code as number | null;
}

async function control(path: string) {
  const { controlToken } = JSON.parse(readFileSync(join(data, "ready.json"), "utf8"));
  const answer = await fetch(`${url}/_sandbox${path}`, { headers: { authorization: `Bearer ${controlToken}` } });
  return await answer.json();
}

async function git(...args: string[]) {
  const env = { PATH: process.env.PATH ?? "", HOME: folder, GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
  return await execa("git", ["-c", "user.name=Rita", "-c", "user.email=rita@example.com", ...args], {
    cwd: folder,
    env,
    extendEnv: false,
    reject: false,
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-sandbox-"));
  data = join(folder, "github");
  await start();
}, 60_000);

afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

test("the seed's tokens are its owner's alone to read, and are not printed", async () => {
  expect(statSync(join(data, "tokens.json")).mode & 0o777).toBe(0o600);
  expect(Object.keys(tokens)).toEqual(["ada", "rita", "uma"]);
});

test("git clones and pushes, octokit opens the pull request, fetch reads it", async () => {
  const authorized = url.replace("://", `://x-access-token:${tokens.rita}@`);
  expect((await git("clone", "--quiet", `${authorized}/acme/board.git`, "work")).exitCode).toBe(0);
  writeFileSync(join(folder, "work", "card.txt"), "a card\n");
  await git("-C", "work", "checkout", "--quiet", "-b", "topic");
  await git("-C", "work", "add", ".");
  await git("-C", "work", "commit", "--quiet", "-m", "a card");
  expect((await git("-C", "work", "push", "--quiet", "origin", "topic")).stderr).toBe("");

  const rita = new Octokit({ auth: tokens.rita, baseUrl: `${url}/api/v3` });
  const repository = { owner: "acme", repo: "board" };
  const { data: pull } = await rita.rest.pulls.create({ ...repository, title: "card", head: "topic", base: "main" });
  const { viewer } = await rita.graphql<{ viewer: { login: string } }>("{ viewer { login } }");
  expect([pull.number, pull.user.login, viewer.login]).toEqual([1, "rita", "rita"]);

  const answer = await fetch(`${url}/repos/acme/board/pulls/1`, { headers: { authorization: `token ${tokens.ada}` } });
  expect(await answer.json()).toMatchObject({ number: 1, changed_files: 1, mergeable: true });
}, 30_000);

test("Terraform's provider protects a branch classically, and pushes are refused until it takes that away again", async () => {
  const tool = await findTool();
  const steps = ensureProvider(tool, cacheFolder());
  let step = await steps.next();
  while (!step.done) step = await steps.next();
  const stack = join(folder, "stack");
  mkdirSync(stack);
  writeFileSync(
    join(stack, "main.tf.json"),
    JSON.stringify({
      terraform: { required_providers: { github: { source: "integrations/github", version: "6.13.0" } } },
      provider: { github: { base_url: `${url}/`, owner: "acme", token: tokens.ada, write_delay_ms: 0 } },
      resource: {
        github_branch_protection: {
          main: {
            repository_id: "board",
            pattern: "main",
            enforce_admins: true,
            required_pull_request_reviews: [{ required_approving_review_count: 1, dismiss_stale_reviews: true }],
            required_status_checks: [{ strict: true, contexts: ["ci"] }],
          },
        },
      },
    }),
    { mode: 0o600 },
  );
  const terraform = (...args: string[]) =>
    execa(tool.command, args, {
      cwd: stack,
      env: toolEnvironment(process.env, step.value as never),
      extendEnv: false,
      reject: false,
    });
  expect((await terraform("init", "-no-color")).exitCode).toBe(0);
  const applied = await terraform("apply", "-no-color", "-auto-approve");
  expect([applied.exitCode, applied.stderr]).toEqual([0, ""]);
  expect((await terraform("plan", "-no-color", "-detailed-exitcode")).exitCode).toBe(0);

  await git("-C", "work", "checkout", "--quiet", "main");
  await git("-C", "work", "merge", "--quiet", "topic");
  const refused = await git("-C", "work", "push", "origin", "main");
  expect(refused.stderr).toContain("remote: error: GH006: Protected branch update failed for refs/heads/main.");
  expect((await terraform("destroy", "-no-color", "-auto-approve")).exitCode).toBe(0);
  expect((await git("-C", "work", "push", "origin", "main")).exitCode).toBe(0);
}, 60_000);

test("Ctrl-C ends it, the next start takes up what was there, and every answer was GitHub's", async () => {
  expect(await control("/violations")).toEqual({ violations: [] });
  expect(await control("/unknown")).toEqual({ routes: [] });
  const { ada } = tokens;
  expect(await stop()).toBe(0);
  expect(existsSync(join(data, "ready.json"))).toBe(false);
  const said = await start();
  expect(tokens.ada).toBe(ada);
  expect(said.join("\n")).not.toContain(ada);
  const answer = await fetch(`${url}/repos/acme/board/pulls/1`, { headers: { authorization: `token ${ada}` } });
  expect(await answer.json()).toMatchObject({ state: "closed", merged: true });
}, 60_000);
