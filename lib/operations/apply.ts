/** Carries out a plan that was shown: exactly its bytes, whether it builds a set-up or takes one away. */

import type { PlanResult } from "../plan-result.ts";
import type { ProgressEvent } from "../progress.ts";
import { type Progress, apply as terraformApply } from "../terraform/run.ts";

export interface ApplyResult {
  readonly repository: string;
  readonly done: readonly Progress[];
}

export async function* apply(planned: PlanResult): AsyncGenerator<ProgressEvent, ApplyResult> {
  const done: Progress[] = [];
  for await (const progress of terraformApply(planned.workspace, planned.saved)) {
    done.push(progress);
    yield { fork: planned.repository, text: `${progress.address}: ${progress.action} done` };
  }
  return { repository: planned.repository, done };
}
