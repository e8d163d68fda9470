/** What an apply or a destroy of one fork is about to do. Writes nothing on GitHub, and to the state only `toApply`. */
import type { ForkConfig } from "../config/schema.ts";
import { Failure } from "../failure.ts";
import { foundIn } from "../ownership.ts";
import type { PlanResult } from "../plan-result.ts";
import type { ProgressEvent } from "../progress.ts";
import { guardIn, previewOf, type UnlandedWork } from "../removal.ts";
import { type PlanJson, summarize } from "../terraform/plan.ts";
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
  await Promise.all([init(workspace), askOnce(context, fork)]);
  yield { fork: fork.repository, text: destroy ? "planning the removal" : "planning" };
  let saved = await terraformPlan(workspace, { destroy });
  const mended = options.toApply && !destroy ? await mendState(workspace, saved.json) : [];
  if (mended.length > 0) {
    yield { fork: fork.repository, text: `planning again: the apply before was cut short at ${mended.join(", ")}` };
    saved = await terraformPlan(workspace, { destroy });
  }
  const preview = destroy ? previewOf(saved.json, await readWork(context, fork, saved.json)) : undefined;
  return {
    repository: fork.repository,
    destroy,
    changes: saved.changes,
    summary: summarize(saved.changes),
    found: foundIn(saved.json, saved.changes),
    ...(preview ? { preview } : {}),
    workspace,
    saved,
  };
}

/**
 * Terraform's provider waits for ever for a server that does not answer, tells of a bad token a page later, and takes what somebody without
 * the rights is not shown for absent. @throws Failure in words.
 */
async function askOnce({ env }: Context, { owner, name, repository }: ForkConfig): Promise<void> {
  const [{ connect, explain }, { readToken }] = await Promise.all([import("../github.ts"), import("../token.ts")]);
  const { data } = await connect(env)
    .rest.repos.get({ owner, repo: name })
    .catch((error) => explain(error, `read ${repository}`));
  // GitHub tells a person's role; an App's token ("ghs_") has none.
  if (data.permissions?.admin !== false || readToken(env).startsWith("ghs_")) return;
  throw new Failure(
    `the token does not administer ${repository}: it may ${data.permissions.push ? "write to" : "only read"} it`,
    "export GITHUB_TOKEN of somebody who administers the fork; upstream-sync doctor says what else it needs",
  );
}

/** What has not landed, so that people know it before they say yes. */
async function readWork(context: Context, fork: ForkConfig, plan: PlanJson): Promise<UnlandedWork | undefined> {
  const guard = guardIn(plan);
  if (!guard) return undefined;
  const [{ connect }, { countAhead }] = await Promise.all([import("../github.ts"), import("../fork/refs.ts")]);
  const { sync, target } = guard.branches;
  const commits = await countAhead(connect(context.env), fork, { base: target, head: sync });
  return commits === null ? undefined : { commits };
}
