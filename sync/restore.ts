/**
 * `restore`: the last thing a destroy does. Gives the Actions settings back as they were, three-way. A replaced record runs it in
 * mid-life: while the set-up stands it does nothing.
 */
import { readFile } from "node:fs/promises";
import { orMissing, repo } from "./fork-refs.ts";
import type { GitHub } from "./github.ts";
import { readActionsPolicy, readWorkflowPolicy, seenFile } from "./guard.ts";
import { type ActionsPolicy, decideActions, decideWorkflow, type Restoration, type WorkflowPolicy } from "./removal.ts";
import { say, tell } from "./removal-report.ts";
import type { RemovalContext } from "./removal-settings.ts";

export async function restore(context: RemovalContext, github: GitHub): Promise<void> {
  if (await stands(context, github)) {
    say("the set-up still stands, so the Actions settings stay as they are");
    return;
  }
  const seen = await readSeen();
  for (const [setting, before] of Object.entries(context.before)) {
    if (setting === "actions") {
      const decided = decideActions(before as ActionsPolicy, seen.actions as ActionsPolicy | undefined);
      await writeActions(context, github, decided.policy);
      report("Actions permissions", decided);
    } else {
      const decided = decideWorkflow(before as WorkflowPolicy, seen.workflow as WorkflowPolicy | undefined);
      await writeWorkflow(context, github, decided.policy);
      report("workflow permissions", decided);
    }
  }
}

async function stands(context: RemovalContext, github: GitHub): Promise<boolean> {
  const rulesets = (await orMissing(github.list(`${repo(context)}/rulesets?per_page=100`))) as
    | { name: string }[]
    | undefined;
  return (rulesets ?? []).some(({ name }) => name === context.ruleset);
}

async function readSeen(): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(seenFile, "utf8")) as Record<string, unknown>;
  } catch {
    // A destroy that goes on from another machine.
    return {};
  }
}

/** The policy first, while Actions are on: GitHub takes patterns only where `selected` is the policy. */
async function writeActions(context: RemovalContext, github: GitHub, policy: ActionsPolicy): Promise<void> {
  const path = `${repo(context)}/actions/permissions`;
  const now = await readActionsPolicy(context, github);
  if (same(now, policy)) return;
  const { enabled, allowed_actions, selected } = policy;
  if (allowed_actions !== undefined) await github.write("PUT", path, { enabled: true, allowed_actions });
  if (allowed_actions === "selected" && selected !== undefined)
    await github.write("PUT", `${path}/selected-actions`, selected);
  if (!enabled || allowed_actions === undefined) await github.write("PUT", path, { enabled });
}

async function writeWorkflow(context: RemovalContext, github: GitHub, policy: WorkflowPolicy): Promise<void> {
  if (same(await readWorkflowPolicy(context, github), policy)) return;
  await github.write("PUT", `${repo(context)}/actions/permissions/workflow`, policy);
}

/** Whether GitHub's answer has every field as wanted. */
function same(answer: unknown, wanted: object): boolean {
  return Object.entries(wanted).every(
    ([key, value]) => JSON.stringify((answer as Record<string, unknown>)[key]) === JSON.stringify(value),
  );
}

function report(thing: string, { policy, kept }: Restoration<unknown>): void {
  tell({
    restored: [{ thing, to: policy }],
    ...(kept.length > 0 ? { kept: [{ thing: `${thing}: ${kept.join(", ")}`, why: "changed by people since" }] } : {}),
  });
}
