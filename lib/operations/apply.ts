/** Carries out a plan that was shown: exactly its bytes, whether it builds a set-up or takes one away. */

import type { PlanResult } from "../plan-result.ts";
import type { ProgressEvent } from "../progress.ts";
import { type Progress, type Said, apply as terraformApply } from "../terraform/run.ts";

export interface ApplyResult {
  readonly repository: string;
  readonly done: readonly Progress[];
  readonly removal: Removal;
}

/** What a destroy did beyond Terraform's resources; `sync/removal-report.ts` prints it. */
export interface Removal {
  readonly removed: readonly string[];
  /** Our pull requests and issues that people had open. */
  readonly closed: readonly string[];
  readonly restored: readonly { readonly thing: string; readonly to: unknown }[];
  readonly kept: readonly { readonly thing: string; readonly why: string; readonly as?: string }[];
}

export async function* apply(planned: PlanResult): AsyncGenerator<ProgressEvent, ApplyResult> {
  const done: Progress[] = [];
  let removal: Removal = { removed: [], closed: [], restored: [], kept: [] };
  for await (const event of terraformApply(planned.workspace, planned.saved)) {
    if ("said" in event) {
      const report = reportIn(event);
      if (report) removal = joined(removal, report);
      else yield { fork: planned.repository, text: event.said };
    } else {
      done.push(event);
      yield { fork: planned.repository, text: `${event.address}: ${event.action} done` };
    }
  }
  return { repository: planned.repository, done, removal };
}

function reportIn({ said }: Said): Partial<Removal> | undefined {
  if (!said.startsWith('{"upstream-sync":')) return undefined;
  return (JSON.parse(said) as { "upstream-sync": Partial<Removal> })["upstream-sync"];
}

function joined(one: Removal, other: Partial<Removal>): Removal {
  return {
    removed: [...one.removed, ...(other.removed ?? [])],
    closed: [...one.closed, ...(other.closed ?? [])],
    restored: [...one.restored, ...(other.restored ?? [])],
    kept: [...one.kept, ...(other.kept ?? [])],
  };
}
