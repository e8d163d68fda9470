/** git over HTTP: a bridge to git's own `git http-backend` (a CGI program), streamed both ways. */
import { join } from "node:path";
import { Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type Context, Hono } from "hono";
import { startGit } from "./git.ts";
import { finishPush, openPush, pushEnvironment } from "./hook.ts";
import type { Env, GitExchange } from "./http.ts";
import {
  actorName,
  anonymous,
  atLeast,
  canSee,
  fullName,
  type Identity,
  identify,
  integrationMay,
  isIntegration,
  role,
} from "./identity.ts";
import { receivePackAnswer, watchForPack, watchStart } from "./pkt-line.ts";
import type { Repository, State } from "./state.ts";

type Service = "git-upload-pack" | "git-receive-pack";

/** A refusal as git shows it: the text after "remote: ", and a challenge with 401 so that git asks for a credential. */
function refuse(status: 401 | 403 | 404, text: string): Response {
  const challenge: Record<string, string> = status === 401 ? { "www-authenticate": 'Basic realm="GitHub"' } : {};
  return new Response(`${text}\n`, { status, headers: { "content-type": "text/plain; charset=UTF-8", ...challenge } });
}

/** The token is Basic's password (any user name), or the whole of `Bearer` or `token`; undefined = GitHub does not know it. */
export function gitIdentity(state: State, authorization: string | undefined): Identity | undefined {
  if (!authorization) return anonymous;
  const [scheme = "", value = ""] = authorization.split(/\s+/, 2);
  if (scheme.toLowerCase() !== "basic") return identify(state, value);
  const [user = "", ...password] = Buffer.from(value, "base64").toString("utf8").split(":");
  const token = password.join(":");
  return identify(state, token === "" || token === "x-oauth-basic" ? user : token);
}

function mayRead(repository: Repository, identity: Identity): boolean {
  return (
    repository.visibility === "public" ||
    !isIntegration(identity) ||
    integrationMay(identity, repository, "contents", "read")
  );
}

function mayWrite(repository: Repository, identity: Identity): boolean {
  if (isIntegration(identity)) return integrationMay(identity, repository, "contents", "write");
  return identity.kind === "user" && identity.scopes.includes("repo") && atLeast(role(repository, identity), "write");
}

/** The repository, or GitHub's refusal. Whoever may not know that a repository exists is told that there is none. */
function admit(c: Context<Env>, service: Service): { repository: Repository; identity: Identity } | Response {
  const { state } = c.var.sandbox;
  const identity = gitIdentity(state, c.req.header("authorization"));
  if (!identity)
    return refuse(401, "Invalid username or token. Password authentication is not supported for Git operations.");
  c.set("identity", identity);
  const name = (c.req.param("repo") ?? "").replace(/\.git$/, "");
  const repository = state.repository(c.req.param("owner") ?? "", name);
  if (!repository || !canSee(repository, identity)) {
    return refuse(identity.kind === "anonymous" ? 401 : 404, "Repository not found.");
  }
  if (!mayRead(repository, identity)) return refuse(403, "Write access to repository not granted.");
  if (service === "git-upload-pack") return { repository, identity };
  if (identity.kind === "anonymous") return refuse(401, "No anonymous write access.");
  if (!mayWrite(repository, identity)) {
    return refuse(403, `Permission to ${fullName(repository)}.git denied to ${actorName(identity)}.`);
  }
  if (repository.archived) return refuse(403, "This repository was archived so it is read-only.");
  return { repository, identity };
}

/** Reads the header a CGI program prints first (RFC 3875, 6); the body's first bytes are put back. */
async function cgiHeader(stdout: Readable): Promise<{ status: number; headers: Headers } | undefined> {
  let head: Buffer = Buffer.alloc(0);
  for (;;) {
    const end = head.indexOf("\r\n\r\n");
    if (end >= 0) {
      stdout.unshift(head.subarray(end + 4));
      const headers = new Headers();
      for (const line of head.toString("utf8", 0, end).split("\r\n")) {
        const colon = line.indexOf(":");
        headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
      }
      const status = Number.parseInt(headers.get("status") ?? "200", 10);
      headers.delete("status");
      return { status, headers };
    }
    const chunk = stdout.read() as Buffer | null;
    if (chunk) head = Buffer.concat([head, chunk]);
    else if (stdout.readableEnded) return undefined;
    else await new Promise<void>((resolve) => once(stdout, resolve));
  }
}

function once(stream: Readable, resolve: () => void): void {
  const done = () => {
    for (const event of ["readable", "end", "close", "error"]) stream.off(event, done);
    resolve();
  };
  for (const event of ["readable", "end", "close", "error"]) stream.on(event, done);
}

/** What a request's first bytes say it is. A lone flush packet is git's probe before a large body: nothing yet. */
function operationOf(service: Service, start: string): GitExchange["operation"] {
  if (service === "git-receive-pack") return start === "0000" ? null : "push";
  return start.startsWith("command=ls-refs", 4) ? "look-up" : null;
}

async function serve(c: Context<Env>, service: Service, tail: string): Promise<Response> {
  const admitted = admit(c, service);
  if (admitted instanceof Response) return admitted;
  const { repository, identity } = admitted;
  const { sandbox } = c.var;
  const { state } = sandbox;
  const protocol = c.req.header("git-protocol") ?? "";
  const exchange: GitExchange = { repository: fullName(repository), transport: "http", operation: null };
  c.set("git", exchange);
  const advertises = tail === "info/refs";
  if (advertises && service === "git-upload-pack" && !/(^|:)version=2(:|$)/.test(protocol))
    exchange.operation = "look-up";

  const push = service === "git-receive-pack" && !advertises ? openPush(state, repository, identity) : undefined;
  const backend = startGit(["http-backend"], {
    GIT_PROJECT_ROOT: join(state.folder, "repositories"),
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: `/${fullName(repository)}.git/${tail}`,
    REQUEST_METHOD: c.req.method,
    QUERY_STRING: advertises ? `service=${service}` : "",
    CONTENT_TYPE: c.req.header("content-type") ?? "",
    REMOTE_USER: actorName(identity),
    REMOTE_ADDR: "127.0.0.1",
    GIT_PROTOCOL: protocol,
    ...(push ? pushEnvironment(sandbox, push) : {}),
  });
  const finish = async (): Promise<void> => {
    if (push) await finishPush(state, push);
  };
  void backend.ended.then(finish).catch(report);
  c.req.raw.signal.addEventListener("abort", () => backend.kill());

  const look = watchStart((start) => {
    if (!advertises) exchange.operation ??= operationOf(service, start.toString("latin1"));
  });
  const zipped = c.req.header("content-encoding") === "gzip";
  const body = c.req.raw.body ? Readable.fromWeb(c.req.raw.body as never) : Readable.from([]);
  // The last step is not part of the pipeline: a git that ends early must not take the request, and so its answer, down. A client
  // that goes away is no fault of the sandbox.
  pipeline([body, ...(zipped ? [createGunzip()] : []), look]).catch(() => backend.kill());
  backend.stdin.on("error", () => undefined);
  look.pipe(backend.stdin);
  backend.stderr.resume();

  const header = await cgiHeader(backend.stdout);
  if (!header) return new Response("git http-backend gave no answer\n", { status: 500 });
  const watch: Transform = push
    ? receivePackAnswer({ skip: 0, reasons: push.reasons, beforeEnd: finish })
    : watchForPack(() => {
        exchange.operation = "fetch";
      });
  pipeline(backend.stdout, watch).catch(() => undefined);
  return new Response(Readable.toWeb(watch) as ReadableStream, header);
}

function report(error: Error): void {
  process.stderr.write(`sandbox: after a push: ${error.stack ?? error.message}\n`);
}

/** `/:owner/:repo(.git)/info/refs`, `/git-upload-pack`, `/git-receive-pack`. They authenticate by themselves and set `c.var.git`. */
export function gitHttpRoutes(): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/:owner/:repo/info/refs", async (c) => {
    const service = c.req.query("service");
    if (service !== "git-upload-pack" && service !== "git-receive-pack") {
      return refuse(403, "Please upgrade your git client.\nGitHub.com no longer supports git over dumb-http.");
    }
    return serve(c, service, "info/refs");
  });
  for (const service of ["git-upload-pack", "git-receive-pack"] as const) {
    routes.post(`/:owner/:repo/${service}`, async (c) => serve(c, service, service));
  }
  return routes;
}
