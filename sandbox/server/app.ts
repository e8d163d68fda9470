/** The web application: who is calling, what GitHub says around every answer, and the order in which routes are asked. */
import { createHash, randomBytes } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono, type MiddlewareHandler } from "hono";
import { getPath } from "hono/utils/url";
import { appOfJwt, looksLikeJwt } from "./apps.ts";
import type { Fault, Faults } from "./faults.ts";
import { type Env, GitHubError, type RouteContext, type Routes, type Sandbox } from "./http.ts";
import { actorName, anonymous, fullName, identify } from "./identity.ts";
import { type Violations, validating } from "./openapi/validation.ts";
import { countRequest, rateOf, refuseOverLimit } from "./rate-limit.ts";
import { annotate } from "./request-log.ts";

export interface Parts {
  /** Below `/_sandbox`: no faults, no log, their own authorization. */
  control: readonly Routes[];
  /** git over HTTP: authenticates by itself, as git wants a challenge. */
  git: readonly Routes[];
  /** Asked in this order. */
  rest: readonly Routes[];
}

export interface Observed {
  faults: Faults;
  /** Routes that nobody serves, "GET /foo". */
  unknown: Set<string>;
  /** Set when answers are to be compared with GitHub's description. */
  violations?: Violations;
}

const enterprisePrefix = "/api/v3";

/**
 * One application at `/` and `/api/v3`, and `/repositories/:id/…` as another name of `/repos/:owner/:repo/…` (the client
 * library of Terraform's provider asks for environment secrets by it).
 */
function restPath(sandbox: Sandbox, raw: string): string {
  const path =
    raw === enterprisePrefix || raw.startsWith(`${enterprisePrefix}/`) ? raw.slice(enterprisePrefix.length) : raw;
  const byId = /^\/repositories\/(\d+)(\/.*)?$/.exec(path);
  const repository = byId && sandbox.state.data.repositories.find((one) => one.id === Number(byId[1]));
  if (byId && repository) return `/repos/${fullName(repository)}${byId[2] ?? ""}`;
  return path === "" ? "/" : path;
}

function incoming(c: RouteContext): HttpBindings["incoming"] | undefined {
  return (c.env as HttpBindings | undefined)?.incoming;
}

/** The token of an `Authorization` header: `Bearer x`, `token x`, or Basic with the token as password (or as user alone). */
function tokenOf(header: string): string {
  const [scheme = "", rest = ""] = header.split(/\s+(.*)/s);
  if (scheme.toLowerCase() !== "basic") return rest.trim();
  const [user = "", ...password] = Buffer.from(rest, "base64").toString().split(":");
  const secret = password.join(":");
  return secret === "" || secret === "x-oauth-basic" ? user : secret;
}

const authenticate: MiddlewareHandler<Env> = async (c, next) => {
  const header = c.req.header("authorization");
  if (header) {
    const { state } = c.var.sandbox;
    const token = tokenOf(header);
    const identity = looksLikeJwt(token)
      ? ({ kind: "app", app: appOfJwt(state.data.apps ?? [], token) } as const)
      : identify(state, token);
    if (!identity) throw new GitHubError(401, "Bad credentials");
    c.set("identity", identity);
  }
  if (c.req.path !== "/rate_limit") refuseOverLimit(c.var.sandbox, c.var.identity, requestId());
  await next();
};

/** Whether an ETag is among those of `If-None-Match`; weak comparison (RFC 9110, 13.1.2). */
function matches(header: string | undefined, etag: string): boolean {
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, "");
  return (header ?? "").split(",").some((tag) => tag.trim() === "*" || opaque(tag) === opaque(etag));
}

/**
 * GitHub's ETag: SHA-256 over the request's Accept, Authorization and Cookie, each followed by ":", and the body (found out by
 * bored-engineer/github-conditional-http-transport, which Terraform's provider uses to foretell it). Weak, as behind gzip.
 */
function etagOf(c: RouteContext, body: Uint8Array): string {
  const hash = createHash("sha256");
  for (const name of ["accept", "authorization", "cookie"]) {
    const value = c.req.header(name);
    if (value !== undefined) hash.update(`${value}:`);
  }
  return `W/"${hash.update(body).digest("hex")}"`;
}

/** Conditional answers: 304 when the caller has what it would get. A 304 costs no request of the budget. */
const conditional: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const { sandbox, identity } = c.var;
  let unchanged = false;
  if (c.req.method === "GET" && c.res.status === 200 && c.req.path !== "/rate_limit") {
    const etag = etagOf(c, new Uint8Array(await c.res.clone().arrayBuffer()));
    unchanged = matches(c.req.header("if-none-match"), etag);
    if (unchanged) c.res = new Response(null, { status: 304, headers: c.res.headers });
    c.header("ETag", etag);
    c.header(
      "Cache-Control",
      identity.kind === "anonymous" ? "public, max-age=60, s-maxage=60" : "private, max-age=60",
    );
    c.header("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, X-Requested-With");
  }
  if (!unchanged) countRequest(sandbox, identity);
};

function githubHeaders(c: RouteContext): void {
  const { sandbox, identity } = c.var;
  const rate = rateOf(sandbox, identity);
  const headers: Record<string, string> = {
    "x-github-request-id": requestId(),
    "x-github-media-type": "github.v3; format=json",
    "x-github-api-version-selected": c.req.header("x-github-api-version") ?? "2022-11-28",
    "x-ratelimit-limit": String(rate.limit),
    "x-ratelimit-remaining": String(rate.remaining),
    "x-ratelimit-used": String(rate.used),
    "x-ratelimit-reset": String(rate.reset),
    "x-ratelimit-resource": rate.resource,
    ...(identity.kind === "user"
      ? { "x-oauth-scopes": identity.scopes.join(", "), "x-accepted-oauth-scopes": "" }
      : {}),
  };
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
}

/** Terraform's `github_rest_api` gives nulls for an answer without this header, so errors carry it as well. */
function requestId(): string {
  const part = (bytes: number): string => randomBytes(bytes).toString("hex").toUpperCase();
  return `${part(2)}:${part(3)}:${part(4)}:${part(4)}:${part(4)}`;
}

function cut(c: RouteContext): Response {
  const request = incoming(c);
  if (!request) throw new Error("a connection can be cut only below a Node server");
  request.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

/** The answer as it is, but the connection breaks in the middle of it. */
function brokenOff(c: RouteContext, bytes: number): Response {
  const { body, status, headers } = c.res;
  const socket = incoming(c)?.socket;
  let left = bytes;
  const breaking = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, Math.max(0, left)));
      left -= chunk.length;
      // What was let through is on its way before the socket goes.
      if (left <= 0) setTimeout(() => socket?.destroy(), flushing);
    },
    flush: () => void setTimeout(() => socket?.destroy(), flushing),
  });
  return new Response(body?.pipeThrough(breaking) ?? null, { status, headers });
}

const flushing = 20;

/** github-changelog-generator#993; docs: rate-limits-for-the-rest-api, "Handling rate limit errors appropriately". */
function secondaryLimit(seconds: number, status = 403): Response {
  const request = requestId();
  const message = `You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to GitHub Support for help, please include the request ID ${request}.`;
  const documentation_url =
    "https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits";
  return Response.json(
    { message, documentation_url, status: String(status) },
    { status, headers: { "retry-after": String(seconds), "x-github-request-id": request } },
  );
}

function answerOf(c: RouteContext, fault: Fault): Response {
  if (fault.cut || fault.outage || fault.kill) return cut(c);
  if (fault.secondaryLimit !== undefined) return secondaryLimit(fault.secondaryLimit, fault.status);
  const status = fault.status ?? 503;
  const body = fault.body ?? { message: `sandbox: fault ${status}`, status: String(status) };
  return new Response(typeof body === "string" ? body : JSON.stringify(body), {
    status,
    headers: {
      "content-type": typeof body === "string" ? "text/plain" : "application/json; charset=utf-8",
      "x-github-request-id": requestId(),
      ...fault.headers,
    },
  });
}

function errorAnswer(error: Error, c: RouteContext): Response {
  if (error instanceof GitHubError) return c.json(error.body(), error.status);
  // A broken JSON body met by a route that reads it directly.
  if (error instanceof SyntaxError) return c.json({ message: "Problems parsing JSON", status: "400" }, 400);
  process.stderr.write(`sandbox: ${c.req.method} ${c.req.path}: ${error.stack ?? error.message}\n`);
  return c.json({ message: `sandbox: ${error.message}`, status: "500" }, 500);
}

export function createApp(sandbox: Sandbox, parts: Parts, observed: Observed): Hono<Env> {
  const app = new Hono<Env>({ getPath: (request) => restPath(sandbox, getPath(request)) });
  app.onError(errorAnswer);
  app.notFound((c) => {
    const route = `${c.req.method} ${c.req.path}`;
    observed.unknown.add(route);
    return c.json({ message: `sandbox: no route ${route}`, status: "501" }, 501);
  });
  app.use(async (c, next) => {
    c.set("sandbox", sandbox);
    c.set("identity", anonymous);
    await next();
  });
  for (const routes of parts.control) app.route("/", routes);

  app.use(async (c, next) => {
    const request = incoming(c);
    const fault = observed.faults.strike(c.req.method, c.req.path);
    if (fault && fault.when !== "after" && fault.cutAfterBytes === undefined) {
      observed.faults.carryOut(fault);
      return answerOf(c, fault);
    }
    await next();
    if (request) annotate(request, { actor: actorName(c.var.identity), git: c.var.git });
    if (fault?.cutAfterBytes !== undefined) c.res = brokenOff(c, fault.cutAfterBytes);
    else if (fault) {
      // Read to its end: git's answer to a push streams while the push is under way, and the effect is to be there.
      await c.res.arrayBuffer();
      observed.faults.carryOut(fault);
      // Assigning over a response merges its headers; an undefined one first makes the fault's answer the only one.
      c.res = undefined;
      c.res = answerOf(c, fault);
    }
    return undefined;
  });
  for (const routes of parts.git) app.route("/", routes);

  app.use(async (c, next) => {
    await next();
    githubHeaders(c);
    const reads = c.req.method === "GET" || c.req.method === "HEAD";
    if (!reads && c.res.status < 400) sandbox.state.save();
  });
  app.use(conditional);
  if (observed.violations) app.use(validating(observed.violations));
  app.use(authenticate);
  for (const routes of parts.rest) app.route("/", routes);
  return app;
}
