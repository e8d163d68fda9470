/** What every route shares: the context it runs in, GitHub's errors, and the two questions "which repository" and "may I". */
import type { Context, Hono } from "hono";
import { GitHubError } from "./github-error.ts";
import { atLeast, canSee, type Identity, integrationMay, isIntegration, role } from "./identity.ts";
import type { Permission, Repository, State } from "./state.ts";

/** The running sandbox, as routes see it. */
export interface Sandbox {
  readonly state: State;
  /** "http://127.0.0.1:PORT", no slash at the end. */
  readonly url: string;
  /** "127.0.0.1:PORT" of the ssh server. */
  readonly ssh: string;
}

/**
 * What a git request was, for the request log; `c.var.git` of a smart HTTP request. Read it when the response has ENDED: a
 * fetch is one only once a pack was seen in the answer, so `operation` is set while the body streams.
 * `null` = no entry of its own: the advertisement before a protocol v2 request or a push, a negotiation round without a
 * pack, a refused request. So `git ls-remote` is one look-up and `git fetch` one look-up and one fetch, in protocol v0, v1 and v2.
 */
export interface GitExchange {
  /** "owner/name". */
  readonly repository: string;
  readonly transport: "http" | "ssh";
  operation: "look-up" | "fetch" | "push" | null;
}

export type Env = { Variables: { sandbox: Sandbox; identity: Identity; git?: GitExchange } };
export type Routes = Hono<Env>;
export { GitHubError };
export type RouteContext = Context<Env>;

export function notFound(): GitHubError {
  return new GitHubError(404, "Not Found");
}

export function validationFailed(resource: string, field: string, code: string, message?: string): GitHubError {
  return new GitHubError(422, "Validation Failed", {
    errors: [{ resource, field, code, ...(message ? { message } : {}) }],
  });
}

/** The repository named by `:owner/:repo`; 404 when it is absent or the caller may not know of it. */
export function repositoryOf(c: RouteContext): Repository {
  const repository = c.var.sandbox.state.repository(c.req.param("owner") ?? "", c.req.param("repo") ?? "");
  if (!repository || !canSee(repository, c.var.identity)) throw notFound();
  return repository;
}

/**
 * The repository, if the caller may do this to it. People need `role`; a job token, and an App's, needs the permission `job`,
 * for example `["contents", "write"]` ("never" = none of them may). Texts as GitHub's.
 */
export function authorize(
  c: RouteContext,
  need: { role: Permission; job: readonly [string, "read" | "write"] | "never" },
): Repository {
  const repository = repositoryOf(c);
  const identity = c.var.identity;
  if (identity.kind === "anonymous") {
    if (need.role === "read") return repository;
    throw new GitHubError(401, "Requires authentication");
  }
  if (identity.kind === "app") throw new GitHubError(401, "Bad credentials");
  if (isIntegration(identity)) {
    if (need.job !== "never" && integrationMay(identity, repository, need.job[0], need.job[1])) return repository;
    throw new GitHubError(403, "Resource not accessible by integration");
  }
  if (atLeast(role(repository, identity), need.role)) return repository;
  // GitHub hides write routes from readers by 404, and says so for admin routes of a repository one can write to.
  if (need.role === "admin" && atLeast(role(repository, identity), "write")) {
    throw new GitHubError(403, "Must have admin rights to Repository.");
  }
  throw notFound();
}
