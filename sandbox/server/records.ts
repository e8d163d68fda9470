/** All routes about records, that is, everything on GitHub that is not in git. */

import { graphqlRoutes } from "./graphql/routes.ts";
import type { Routes } from "./http.ts";
import { actionsSettingsRoutes } from "./routes/actions-settings.ts";
import { appsRoutes } from "./routes/apps.ts";
import { assigneesRoutes } from "./routes/assignees.ts";
import { branchProtectionRoutes } from "./routes/branch-protection.ts";
import { environmentsRoutes } from "./routes/environments.ts";
import { issuesRoutes } from "./routes/issues.ts";
import { keysRoutes } from "./routes/keys.ts";
import { labelsRoutes } from "./routes/labels.ts";
import { repositoriesRoutes } from "./routes/repositories.ts";
import { rulesetsRoutes } from "./routes/rulesets.ts";
import { runsRoutes } from "./routes/runs.ts";
import { statusesRoutes } from "./routes/statuses.ts";
import { usersRoutes } from "./routes/users.ts";
import { workflowsRoutes } from "./routes/workflows.ts";
import type { Runs } from "./runs.ts";
import type { State } from "./state.ts";

/** They must be asked before the git routes: `commits/:ref/status` is also a commit named "…/status". */
export function recordRoutes(runs: Runs, hostPublicKey: (state: State) => string): Routes[] {
  return [
    usersRoutes(hostPublicKey),
    appsRoutes(),
    repositoriesRoutes(),
    labelsRoutes(),
    issuesRoutes(),
    assigneesRoutes(),
    rulesetsRoutes(),
    branchProtectionRoutes(),
    graphqlRoutes(),
    keysRoutes(),
    environmentsRoutes(),
    actionsSettingsRoutes(),
    workflowsRoutes(runs),
    runsRoutes(runs),
    statusesRoutes(),
  ];
}
