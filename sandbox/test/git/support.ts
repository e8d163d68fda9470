/** A sandbox with its git half only, and real git clients: `git` over HTTP and over the machine's `ssh`. */
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { execa } from "execa";
import ssh2 from "ssh2";
import { createApp } from "../../server/app.ts";
import { Faults } from "../../server/faults.ts";
import { createRepository } from "../../server/git.ts";
import { gitHttpRoutes } from "../../server/git-http.ts";
import { judgeRoute } from "../../server/hook.ts";
import type { Routes } from "../../server/http.ts";
import { newRepository } from "../../server/new-repository.ts";
import { Violations } from "../../server/openapi/validation.ts";
import { type EnforcedLimits, enforceLimits } from "../../server/rate-limit.ts";
import { type LogEntry, logRequests, RequestLog } from "../../server/request-log.ts";
import { contentsRoutes } from "../../server/routes/contents.ts";
import { gitDataRoutes } from "../../server/routes/git-data.ts";
import { pullsRoutes } from "../../server/routes/pulls.ts";
import { hostPublicKey, newHostKey, startSsh } from "../../server/ssh.ts";
import { type Repository, type Ruleset, State, type TokenPermissions } from "../../server/state.ts";

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the answer holds.
  body: any;
}

export interface Ran {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

export interface GitSandbox {
  folder: string;
  url: string;
  state: State;
  ask(method: string, path: string, token?: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  user(login: string, scopes?: string[]): string;
  jobToken(repository: Repository, permissions: TokenPermissions): string;
  repository(name: string, more?: Partial<Repository>): Promise<Repository>;
  fork(parent: Repository, owner: string): Promise<Repository>;
  /** Adds the key and returns the environment by which git uses it. */
  deployKey(repository: Repository, readOnly?: boolean): Record<string, string>;
  /** An unregistered key's environment. */
  unknownKey(): Record<string, string>;
  http(repository: Repository, token?: string): string;
  ssh(repository: Repository): string;
  git(cwd: string, args: string[], environment?: Record<string, string>): Promise<Ran>;
  /** A work tree at the history repositories start from, with the repository as its origin. */
  clone(repository: Repository, token: string): string;
  faults: Faults;
  limit(limits: EnforcedLimits): void;
  /** The commit of `topic`. */
  topic: string;
  /** git exchanges since the last call, as "operation transport". */
  exchanges(): string[];
  entries(): LogEntry[];
  close(): Promise<void>;
}

const date = "2026-01-02T03:04:05Z";
const identity = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "Ann",
  GIT_AUTHOR_EMAIL: "ann@example.com",
  GIT_AUTHOR_DATE: date,
  GIT_COMMITTER_NAME: "Ann",
  GIT_COMMITTER_EMAIL: "ann@example.com",
  GIT_COMMITTER_DATE: date,
  LC_ALL: "C",
};

export async function git(cwd: string, args: string[], environment: Record<string, string> = {}): Promise<Ran> {
  const { exitCode, stdout, stderr } = await execa("git", args, {
    cwd,
    extendEnv: false,
    env: { PATH: process.env.PATH ?? "", HOME: cwd, ...identity, ...environment },
    reject: false,
  });
  // git pads remote lines with spaces to clear a terminal's progress line.
  return { code: exitCode, stdout, stderr: stderr.replace(/ +$/gm, "") };
}

/** Writes files (null removes) and commits; the commit's id. */
export async function commit(cwd: string, files: Record<string, string | null>, message = "change"): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    if (text === null) rmSync(join(cwd, path));
    else {
      mkdirSync(join(cwd, path, ".."), { recursive: true });
      writeFileSync(join(cwd, path), text);
    }
  }
  await git(cwd, ["add", "--all"]);
  await git(cwd, ["commit", "--quiet", "--allow-empty", "--message", message]);
  return (await git(cwd, ["rev-parse", "HEAD"])).stdout;
}

export function ruleset(rules: Ruleset["rules"], more: Partial<Ruleset> = {}): Ruleset {
  return {
    id: 1,
    name: "rules",
    target: "branch",
    enforcement: "active",
    bypass_actors: [],
    conditions: { ref_name: { include: ["~DEFAULT_BRANCH"], exclude: [] } },
    rules,
    created_at: date,
    updated_at: date,
    ...more,
  };
}

export function record(id: number, owner: string, name: string, more: Partial<Repository>): Repository {
  return { ...newRepository(id, owner, name, date), ...more };
}

/**
 * The history every test repository starts from: one commit on `main` with two files, and `topic`, one commit ahead. It is
 * made once; tests copy it, as starting git a dozen times for each would cost more than the tests themselves.
 */
async function seed(folder: string): Promise<{ work: string; topic: string }> {
  const work = join(folder, "seed");
  mkdirSync(work);
  await git(work, ["init", "--quiet", "--initial-branch=main"]);
  await commit(work, { "README.md": "one\ntwo\nthree\n", "docs/a b.md": "text\n" }, "first");
  await git(work, ["checkout", "--quiet", "-b", "topic"]);
  const topic = await commit(work, { "topic.txt": "topic\n" }, "topic");
  await git(work, ["checkout", "--quiet", "main"]);
  return { work, topic };
}

/** `more`: routes that are asked before git's own, for tests that need records as well. */
export async function startGitSandbox(more: (state: State) => Routes[] = () => []): Promise<GitSandbox> {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-git-"));
  const state = new State(join(folder, "data"), () => ({
    version: 1,
    nextId: 1000,
    clockOffset: 0,
    owners: [{ id: 1, login: "acme", type: "Organization", plan: "team" }],
    userTokens: {},
    repositories: [],
    hostKey: newHostKey(),
  }));
  const log = new RequestLog();
  let answer: (request: Request, env: unknown) => Response | Promise<Response> = () =>
    new Response(null, { status: 503 });
  const server = createAdaptorServer({ fetch: (request, env) => answer(request, env) }) as Server;
  logRequests(server, log, () => state.now());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sandbox = { state, url, ssh: "" };
  const faults = new Faults();
  const ssh = await startSsh({ sandbox, record: (entry) => log.add(entry), faults });
  sandbox.ssh = `127.0.0.1:${ssh.port}`;
  const parts = {
    control: [judgeRoute()],
    git: [gitHttpRoutes()],
    rest: [...more(state), contentsRoutes(), pullsRoutes(), gitDataRoutes()],
  };
  const violations = new Violations();
  const app = createApp(sandbox, parts, { faults, unknown: new Set<string>(), violations });
  answer = (request, env) => app.fetch(request, env as never);
  const { work: seedWork, topic } = await seed(folder);
  const template = record(0, "acme", "template", {});
  await createRepository(state, template, { copyFrom: join(seedWork, ".git") });
  const knownHosts = join(folder, "known_hosts");
  writeFileSync(knownHosts, `[127.0.0.1]:${ssh.port} ${hostPublicKey(state)}\n`);
  let count = 0;
  let seen = 1;

  const keyEnvironment = (privateKey: string): Record<string, string> => {
    const file = join(folder, `key-${++count}`);
    writeFileSync(file, privateKey, { mode: 0o600 });
    const options = `-F /dev/null -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=${knownHosts}`;
    return { GIT_SSH_COMMAND: `ssh -i ${file} ${options}` };
  };

  const started: GitSandbox = {
    folder,
    faults,
    limit: (limits) => enforceLimits(sandbox, limits),
    topic,
    url,
    state,
    async ask(method, path, token, body, headers) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const json = /application\/json/.test(response.headers.get("content-type") ?? "");
      return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
    },
    user(login, scopes = ["repo", "workflow"]) {
      if (!state.owner(login)) state.data.owners.push({ id: state.id(), login, type: "User", plan: "free" });
      const token = `person-${++count}`;
      state.data.userTokens[token] = { login, scopes };
      return token;
    },
    jobToken(repository, permissions) {
      const token = `job-${++count}`;
      state.jobTokens.set(token, { repository: `${repository.owner}/${repository.name}`, runId: 1, permissions });
      return token;
    },
    async repository(name, more = {}) {
      const repository = record(state.id(), "acme", name, more);
      state.data.repositories.push(repository);
      cpSync(state.gitFolder(template), state.gitFolder(repository), { recursive: true });
      return repository;
    },
    async fork(parent, owner) {
      const repository = record(state.id(), owner, parent.name, { parent: `${parent.owner}/${parent.name}` });
      state.data.repositories.push(repository);
      await createRepository(state, repository, { parent });
      return repository;
    },
    deployKey(repository, readOnly = false) {
      const privateKey = newHostKey();
      const key = ssh2.utils.parseKey(privateKey);
      if (key instanceof Error) throw key;
      repository.keys.push({
        id: state.id(),
        title: "sync",
        key: `ssh-ed25519 ${key.getPublicSSH().toString("base64")}`,
        read_only: readOnly,
        created_at: date,
      });
      return keyEnvironment(privateKey);
    },
    unknownKey: () => keyEnvironment(newHostKey()),
    http: ({ owner, name }, token) =>
      `${token ? url.replace("://", `://x-access-token:${token}@`) : url}/${owner}/${name}.git`,
    ssh: ({ owner, name }) => `ssh://git@${sandbox.ssh}/${owner}/${name}.git`,
    git,
    clone(repository, token) {
      const work = join(folder, `work-${++count}`);
      cpSync(seedWork, work, { recursive: true });
      const lines = [
        '[remote "origin"]',
        `url = ${started.http(repository, token)}`,
        "fetch = +refs/heads/*:refs/remotes/origin/*",
      ];
      appendFileSync(join(work, ".git", "config"), `${lines.join("\n")}\n`);
      return work;
    },
    exchanges: () =>
      started
        .entries()
        .flatMap(({ git: exchange }) => (exchange ? [`${exchange.operation} ${exchange.transport}`] : [])),
    entries() {
      const entries = log.since(seen);
      seen = log.next;
      return entries;
    },
    async close() {
      await ssh.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
      // Every answer a test got has the shape GitHub describes.
      if (violations.entries.length > 0) throw new Error(JSON.stringify(violations.entries, null, 2));
    },
  };
  return started;
}
