/** Puts the sandbox together and listens: HTTP (REST, git, control plane) and ssh, on this machine only. */
import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { controlRoutes } from "../control/routes.ts";
import { createApp } from "./app.ts";
import { Faults } from "./faults.ts";
import { gitHttpRoutes } from "./git-http.ts";
import { judgeRoute } from "./hook.ts";
import { Violations } from "./openapi/validation.ts";
import { startPushRuns } from "./push-runs.ts";
import { logRequests, RequestLog } from "./request-log.ts";
import { restRoutes } from "./rest-routes.ts";
import { createRuns, endAbandonedRuns } from "./runs.ts";
import { hostPublicKey, newHostKey, startSsh } from "./ssh.ts";
import { State } from "./state.ts";

export interface RunningSandbox {
  /** "http://127.0.0.1:PORT" */
  url: string;
  /** "127.0.0.1:PORT" */
  ssh: string;
  controlToken: string;
  /** Ends running jobs and both servers; the state stays in its folder. */
  close(): Promise<void>;
}

/** Small numbers are for issues and pull requests; ids that are large enough are never mistaken for them. */
const firstId = 1000;

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

export interface SandboxOptions {
  /** New, or that of an earlier sandbox. */
  data: string;
  /** 0 = any free one. */
  port: number;
  /** Compare every answer with GitHub's description of it. */
  validate?: boolean;
}

/** @throws when the port is taken. */
export async function startSandbox({ data, port, validate }: SandboxOptions): Promise<RunningSandbox> {
  const state = new State(data, () => ({
    version: 1,
    nextId: firstId,
    clockOffset: 0,
    owners: [],
    userTokens: {},
    repositories: [],
    hostKey: newHostKey(),
  }));
  endAbandonedRuns(state);
  const log = new RequestLog();
  const faults = new Faults(() => runs.kill());
  const unknown = new Set<string>();
  const violations = new Violations();
  const controlToken = randomBytes(24).toString("base64url");

  // The application needs the address it is reached at, so the server listens first; until then it has no answer.
  let answer = (_request: Request, _env: unknown): Response | Promise<Response> => new Response(null, { status: 503 });
  const server = createAdaptorServer({ fetch: (request, env) => answer(request, env) }) as Server;
  logRequests(server, log, () => state.now());
  const url = `http://127.0.0.1:${await listen(server, port)}`;
  const sandbox = { state, url, ssh: "" };
  const runs = createRuns(sandbox);
  state.pushed = startPushRuns(state, runs);
  const ssh = await startSsh({ sandbox, record: (entry) => log.add(entry), faults });
  sandbox.ssh = `127.0.0.1:${ssh.port}`;

  const app = createApp(
    sandbox,
    {
      control: [judgeRoute(), ...controlRoutes({ token: controlToken, runs, log, faults, unknown, violations })],
      git: [gitHttpRoutes()],
      rest: restRoutes(runs, hostPublicKey),
    },
    { faults, unknown, ...(validate ? { violations } : {}) },
  );
  answer = (request, env) => app.fetch(request, env as never);

  return {
    url,
    ssh: sandbox.ssh,
    controlToken,
    async close() {
      await runs.stop();
      await ssh.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      state.save();
    },
  };
}
