/** A run that was followed to its end, in people's words. */
import type { SyncResult } from "../lib/fork/follow-run.ts";
import { legible, visibleLines } from "./visible.ts";

export function syncText(result: SyncResult): string {
  const { repository, run, record, pullRequest, issue, failed } = legible(result, ["log"]);
  return [
    `${repository}: ${record ? `${record.outcome}: ${record.reason}` : `run ended as "${run.conclusion}" without a record`}`,
    ...(record?.conflicts ?? []).map(
      ({ path, kind, side }) => `  conflict: ${JSON.stringify(path)} (${kind}, with ${side})`,
    ),
    ...(pullRequest === undefined ? [] : [`  pull request: ${pullRequest}`]),
    ...(issue === undefined ? [] : [`  issue: ${issue}`]),
    `  run: ${run.url}`,
    ...(failed
      ? [`  failed: ${failed.job}, ${failed.step}`, ...visibleLines(failed.log).map((line) => `    | ${line}`)]
      : []),
  ].join("\n");
}
