/** Looking from outside: the request log, what nobody serves, and faults made on purpose. */
import { Hono } from "hono";
import { readBody } from "../server/body.ts";
import type { Fault, Faults } from "../server/faults.ts";
import { type Env, GitHubError, type Routes } from "../server/http.ts";
import type { Violations } from "../server/openapi/validation.ts";
import { type EnforcedLimits, enforceLimits, isLimited } from "../server/rate-limit.ts";
import type { RequestLog } from "../server/request-log.ts";

const fields: Record<keyof Fault, (value: unknown) => boolean> = {
  route: (value) => typeof value === "string" && /^([A-Z*]+ )?\//.test(value),
  request: (value) => Number.isInteger(value) && (value as number) > 0,
  times: (value) => Number.isInteger(value) && (value as number) > 0,
  status: (value) => Number.isInteger(value) && (value as number) >= 200 && (value as number) < 600,
  cut: (value) => typeof value === "boolean",
  cutAfterBytes: (value) => Number.isInteger(value) && (value as number) >= 0,
  secondaryLimit: (value) => Number.isInteger(value) && (value as number) >= 0,
  outage: (value) => typeof value === "boolean",
  kill: (value) => typeof value === "boolean",
  when: (value) => value === "before" || value === "after",
  headers: (value) =>
    typeof value === "object" && value !== null && Object.values(value).every((one) => typeof one === "string"),
  body: () => true,
};

function checkedFault(body: Record<string, unknown>): Fault {
  for (const [name, value] of Object.entries(body)) {
    const fits = fields[name as keyof Fault];
    if (!fits)
      throw new GitHubError(
        422,
        `sandbox: unknown field ${name} of a fault; there are ${Object.keys(fields).join(", ")}`,
      );
    if (!fits(value)) throw new GitHubError(422, `sandbox: a fault's ${name} cannot be ${JSON.stringify(value)}`);
  }
  return body as Fault;
}

function checkedLimits(body: Record<string, unknown>): EnforcedLimits {
  for (const [kind, limit] of Object.entries(body)) {
    if (!isLimited(kind) || !Number.isInteger(limit) || (limit as number) < 0) {
      throw new GitHubError(422, `sandbox: not a limit: ${JSON.stringify({ [kind]: limit })}, wanted {"user": 100}`);
    }
  }
  return body as EnforcedLimits;
}

export interface Observations {
  log: RequestLog;
  faults: Faults;
  unknown: Set<string>;
  violations: Violations;
}

export function observationRoutes({ log, faults, unknown, violations }: Observations): Routes {
  const routes = new Hono<Env>();
  routes.get("/_sandbox/log", (c) => {
    const since = Number(c.req.query("since") ?? 1);
    return c.json({ entries: log.since(Number.isFinite(since) ? since : 1), next: log.next });
  });
  routes.get("/_sandbox/unknown", (c) => c.json({ routes: [...unknown] }));
  // Answers (and accepted requests) that do not have the shape GitHub describes; empty unless started with --validate.
  routes.get("/_sandbox/violations", (c) => c.json({ violations: violations.entries }));
  routes.post("/_sandbox/faults", async (c) => {
    faults.add(checkedFault(await readBody(c)));
    return c.body(null, 204);
  });
  // Requests per hour for everybody of a kind, enforced from now on; {} goes back to GitHub's numbers, which are only shown.
  routes.put("/_sandbox/rate-limits", async (c) => {
    enforceLimits(c.var.sandbox, checkedLimits(await readBody(c)));
    return c.body(null, 204);
  });
  // What came in since the faults were cleared last, in order.
  routes.get("/_sandbox/faults", (c) => c.json({ seen: faults.seen }));
  routes.delete("/_sandbox/faults", (c) => {
    faults.clear();
    return c.body(null, 204);
  });
  return routes;
}
