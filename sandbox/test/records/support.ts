/** A sandbox without its git doors: the record routes and the control plane on a port of their own. */
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { controlRoutes } from "../../control/routes.ts";
import { createApp } from "../../server/app.ts";
import { Faults } from "../../server/faults.ts";
import { bare, readRef, updateRef } from "../../server/git.ts";
import { commitFile } from "../../server/git-commits.ts";
import { Violations } from "../../server/openapi/validation.ts";
import { recordRoutes } from "../../server/records.ts";
import { logRequests, RequestLog } from "../../server/request-log.ts";
import { createRuns, type Runs } from "../../server/runs.ts";
import { State, type TokenPermissions } from "../../server/state.ts";

export const controlToken = "control";
/** A public key made for these tests; its private half was thrown away. */
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbV0mCyZyB5nBxBzNOnVUQXmpwvLzWs2QvXFV8vQFzk";

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the answer holds.
  body: any;
}

export interface TestSandbox {
  url: string;
  state: State;
  runs: Runs;
  /** `who`: a token; undefined asks anonymously. */
  ask(method: string, path: string, who?: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  control(method: string, path: string, body?: unknown): Promise<Answer>;
  /** A person with a token. */
  person(login: string): Promise<string>;
  jobToken(repository: string, permissions: TokenPermissions): string;
  close(): Promise<void>;
}

export async function startRecords(): Promise<TestSandbox> {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-records-"));
  const state = new State(folder, () => ({
    version: 1,
    nextId: 1000,
    clockOffset: 0,
    owners: [],
    userTokens: {},
    repositories: [],
    hostKey: "test",
  }));
  const log = new RequestLog();
  const faults = new Faults(() => runs.kill());
  const unknown = new Set<string>();
  const violations = new Violations();
  let answer: (request: Request, env: unknown) => Response | Promise<Response> = () =>
    new Response(null, { status: 503 });
  const server = createAdaptorServer({ fetch: (request, env) => answer(request, env) }) as Server;
  logRequests(server, log, () => state.now());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sandbox = { state, url, ssh: "127.0.0.1:22" };
  const runs = createRuns(sandbox);
  const parts = {
    control: controlRoutes({ token: controlToken, runs, log, faults, unknown, violations }),
    git: [],
    rest: recordRoutes(runs, () => hostKey),
  };
  const app = createApp(sandbox, parts, { faults, unknown, violations });
  answer = (request, env) => app.fetch(request, env as never);

  const ask: TestSandbox["ask"] = async (method, path, who, body, headers) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...(who === undefined ? {} : { authorization: `Bearer ${who}` }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get("content-type")?.includes("json") && text !== "";
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
  };
  const control: TestSandbox["control"] = (method, path, body) => ask(method, `/_sandbox${path}`, controlToken, body);
  return {
    url,
    state,
    runs,
    ask,
    control,
    async person(login) {
      if (!state.owner(login)) await control("POST", "/owners", { login, type: "User" });
      return (await control("POST", "/tokens", { login })).body.token;
    },
    jobToken(repository, permissions) {
      const token = `ghs_${Math.random()}`;
      state.jobTokens.set(token, { repository, runId: 1, permissions });
      return token;
    },
    async close() {
      await runs.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
      // Every answer a test got has the shape GitHub describes.
      if (violations.entries.length > 0) throw new Error(JSON.stringify(violations.entries, null, 2));
    },
  };
}

const person = { name: "Ada", email: "ada@example.com", date: "2026-11-01T00:00:00Z" };

/** Commits a file to a branch (made when missing), below all doors; answers the commit. */
export async function commit(state: State, name: string, branch: string, path: string, text: string): Promise<string> {
  const [owner = "", repository = ""] = name.split("/");
  const at = bare(state, { owner, name: repository });
  const before = await readRef(at, `refs/heads/${branch}`);
  const file = { path, content: Buffer.from(text), mode: "100644" };
  const made = await commitFile(at, before, file, { message: `add ${path}`, author: person, committer: person });
  await updateRef(at, { ref: `refs/heads/${branch}`, before, after: made.commit });
  return made.commit;
}
