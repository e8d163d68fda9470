/**
 * The hourly request budget as headers and `GET /rate_limit` tell it. It is counted, never enforced: a fault with status 403
 * stands in for a limit that was hit, so that a long test does not run into a real one.
 */
import type { Sandbox } from "./http.ts";
import { actorName, type Identity } from "./identity.ts";

/** GitHub's primary limits per hour (rate-limits-for-the-rest-api); a job token's is per repository. */
const limits = { anonymous: 60, user: 5000, job: 1000, app: 5000, installation: 5000, "deploy-key": 0 } as const;
const hour = 3600;

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
  const limit = limits[identity.kind];
  return { limit, used, remaining: Math.max(0, limit - used), reset, resource: "core" };
}

export function countRequest(sandbox: Sandbox, identity: Identity): void {
  windowOf(sandbox, identity).used += 1;
}
