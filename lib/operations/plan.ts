/** What an apply or a destroy of one fork is about to do. Writes nothing outside the project's own folder. */
import type { ForkConfig } from "../config/schema.ts";
import { foundIn } from "../ownership.ts";
import type { PlanResult } from "../plan-result.ts";
import type { ProgressEvent } from "../progress.ts";
import { summarize } from "../terraform/plan.ts";
import { init, plan as terraformPlan } from "../terraform/run.ts";
import { openWorkspace } from "../workspace.ts";
import type { Context } from "./context.ts";

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
    found: foundIn(saved.json, saved.changes),
    workspace,
    saved,
  };
}
