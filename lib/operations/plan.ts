/** What an apply or a destroy of one fork is about to do. Writes nothing on GitHub, and to the state only `toApply`. */
import type { ForkConfig } from "../config/schema.ts";
import { foundIn } from "../ownership.ts";
import type { PlanResult } from "../plan-result.ts";
import type { ProgressEvent } from "../progress.ts";
import { summarize } from "../terraform/plan.ts";
import { init, mendState, plan as terraformPlan } from "../terraform/run.ts";
import { openWorkspace } from "../workspace.ts";
import type { Context } from "./context.ts";

export async function* plan(
  context: Context,
  options: {
    readonly fork: ForkConfig;
    readonly destroy: boolean;
    /** It will be applied: first the state is mended where an apply was cut short. A plan alone shows what that would come to. */
    readonly toApply?: boolean;
  },
): AsyncGenerator<ProgressEvent, PlanResult> {
  const { fork, destroy } = options;
  const workspace = yield* openWorkspace(context, fork);
  yield { fork: fork.repository, text: "init" };
  await init(workspace);
  yield { fork: fork.repository, text: destroy ? "planning the removal" : "planning" };
  let saved = await terraformPlan(workspace, { destroy });
  const mended = options.toApply && !destroy ? await mendState(workspace, saved.json) : [];
  if (mended.length > 0) {
    yield { fork: fork.repository, text: `planning again: the apply before was cut short at ${mended.join(", ")}` };
    saved = await terraformPlan(workspace, { destroy });
  }
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
