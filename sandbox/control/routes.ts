/** The control plane: what a test does that nobody can do to GitHub. */
import type { Faults } from "../server/faults.ts";
import type { Routes } from "../server/http.ts";
import type { Violations } from "../server/openapi/validation.ts";
import type { RequestLog } from "../server/request-log.ts";
import type { Runs } from "../server/runs.ts";
import { accountsRoutes } from "./accounts.ts";
import { appsControlRoutes } from "./apps.ts";
import { controlAuthorization } from "./authorization.ts";
import { clockRoutes } from "./clock.ts";
import { observationRoutes } from "./observation.ts";
import { snapshotsRoutes } from "./snapshots.ts";

export interface Control {
  token: string;
  runs: Runs;
  log: RequestLog;
  faults: Faults;
  unknown: Set<string>;
  violations: Violations;
}

export function controlRoutes({ token, runs, log, faults, unknown, violations }: Control): Routes[] {
  return [
    controlAuthorization(token),
    accountsRoutes(),
    appsControlRoutes(),
    clockRoutes(runs),
    observationRoutes({ log, faults, unknown, violations }),
    snapshotsRoutes(runs),
  ];
}
