/** Everything the sandbox serves of GitHub's REST API, in the order in which routes are asked. */
import type { Routes } from "./http.ts";
import { recordRoutes } from "./records.ts";
import { contentsRoutes } from "./routes/contents.ts";
import { gitDataRoutes } from "./routes/git-data.ts";
import { pullsRoutes } from "./routes/pulls.ts";
import type { Runs } from "./runs.ts";
import type { State } from "./state.ts";

export function restRoutes(runs: Runs, hostPublicKey: (state: State) => string): Routes[] {
  return [...recordRoutes(runs, hostPublicKey), contentsRoutes(), pullsRoutes(), gitDataRoutes()];
}
