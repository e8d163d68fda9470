/** What an apply or a destroy of one fork is about to do. Writes nothing outside the project's own folder. */
import type { ForkConfig } from "../config/schema.ts";
import type { ProgressEvent } from "../progress.ts";
import { type Change, type PlanSummary, summarize } from "../terraform/plan.ts";
import { init, type SavedPlan, plan as terraformPlan, type Workspace } from "../terraform/run.ts";
import { openWorkspace } from "../workspace.ts";
import type { Context } from "./context.ts";

export interface PlanResult {
  readonly repository: string;
  /** Whether the plan takes the set-up away. */
  readonly destroy: boolean;
  readonly changes: readonly Change[];
  readonly summary: PlanSummary;
  readonly workspace: Workspace;
  readonly saved: SavedPlan;
}

export async function* plan(
  context: Context,
  options: { readonly fork: ForkConfig; readonly destroy: boolean },
): AsyncGenerator<ProgressEvent, PlanResult> {
  const { fork, destroy } = options;
  const workspace = yield* openWorkspace(context, fork);
  yield { fork: fork.repository, text: "init" };
  await init(workspace);
  yield { fork: fork.repository, text: destroy ? "planning the removal" : "planning" };
  const saved = await terraformPlan(workspace, { destroy });
  return {
    repository: fork.repository,
    destroy,
    changes: saved.changes,
    summary: summarize(saved.changes),
    workspace,
    saved,
  };
}
