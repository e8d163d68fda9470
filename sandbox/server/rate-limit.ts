/**
 * The hourly request budget as headers and `GET /rate_limit` tell it. It is counted, and enforced only when the control plane says
 * so, so that a long test does not run into a limit nobody meant.
 */
import { GitHubError, type Sandbox } from "./http.ts";
import { actorName, type Identity } from "./identity.ts";

/** GitHub's primary limits per hour (rate-limits-for-the-rest-api); a job token's is per repository. */
const limits = { anonymous: 60, user: 5000, job: 1000, app: 5000, installation: 5000, "deploy-key": 0 } as const;
const hour = 3600;

export type EnforcedLimits = Partial<Record<Identity["kind"], number>>;

const enforced = new WeakMap<Sandbox, EnforcedLimits>();

export function isLimited(kind: string): kind is Identity["kind"] {
  return kind in limits;
}

export function enforceLimits(sandbox: Sandbox, wanted: EnforcedLimits): void {
  enforced.set(sandbox, wanted);
  windows.delete(sandbox);
}

interface Window {
  used: number;
  /** Seconds since 1970. */
  reset: number;
}

const windows = new WeakMap<Sandbox, Map<string, Window>>();

function windowOf(sandbox: Sandbox, identity: Identity): Window {
  const all = windows.get(sandbox) ?? new Map<string, Window>();
  windows.set(sandbox, all);
  const key = identity.kind === "job" ? `job:${identity.token.repository}` : actorName(identity);
  const now = Math.floor(sandbox.state.now().getTime() / 1000);
  const current = all.get(key);
  if (current && current.reset > now) return current;
  const fresh = { used: 0, reset: now + hour };
  all.set(key, fresh);
  return fresh;
}

export function rateOf(sandbox: Sandbox, identity: Identity) {
  const { used, reset } = windowOf(sandbox, identity);
  const limit = enforced.get(sandbox)?.[identity.kind] ?? limits[identity.kind];
  return { limit, used, remaining: Math.max(0, limit - used), reset, resource: "core" };
}

function exceeded(sandbox: Sandbox, identity: Identity, request: string): string {
  if (identity.kind === "anonymous") {
    return "API rate limit exceeded for 127.0.0.1. (But here's the good news: Authenticated requests get a higher rate limit. Check out the documentation for more details.)";
  }
  const who =
    identity.kind === "user"
      ? `user ID ${sandbox.state.owner(identity.login)?.id}`
      : `installation ID ${identity.kind === "installation" ? identity.token.installation : 0}`;
  const time = sandbox.state.timestamp().replace("T", " ").replace("Z", "");
  return `API rate limit exceeded for ${who}. If you reach out to GitHub Support for help, please include the request ID ${request} and timestamp ${time} UTC.`;
}

/** @throws GitHubError 403 (zerocracy/judges-action#589) when the budget of an enforced limit is used up. */
export function refuseOverLimit(sandbox: Sandbox, identity: Identity, request: string): void {
  const limit = enforced.get(sandbox)?.[identity.kind];
  if (limit === undefined || windowOf(sandbox, identity).used < limit) return;
  throw new GitHubError(403, exceeded(sandbox, identity, request), {
    documentation: "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api",
  });
}

export function countRequest(sandbox: Sandbox, identity: Identity): void {
  windowOf(sandbox, identity).used += 1;
}
