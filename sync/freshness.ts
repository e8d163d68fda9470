/** The budget: how far the target may be behind upstream before a run is red; pure. */
import { count } from "./markdown.ts";
import type { Behind, RunRecord } from "./record.ts";
import type { Settings } from "./settings.ts";

/** What the target may lack at most; a key that is not there sets no limit. */
export interface Freshness {
  readonly commits?: number;
  /** Age of the oldest commit of upstream that the target lacks. */
  readonly days?: number;
}

export function freshnessOf(value: unknown): Freshness | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { commits, days } = value as Record<string, unknown>;
  const isLimit = (one: unknown) => one === undefined || (Number.isInteger(one) && Number(one) > 0);
  return isLimit(commits) && isLimit(days) ? (value as Freshness) : undefined;
}

/** Which limits are passed. */
export function overBudget(behind: Behind | null, budget: Freshness): ("commits" | "days")[] {
  if (behind === null) return [];
  return (["commits", "days"] as const).filter((key) => behind[key] > (budget[key] ?? Number.POSITIVE_INFINITY));
}

/** The record as it is, or with the words and the mark of a target that is too far behind. */
export function withBudget(
  record: RunRecord,
  { branches: { target }, freshness: budget }: Pick<Settings, "branches" | "freshness">,
): RunRecord {
  const over = overBudget(record.behind, budget);
  if (record.behind === null || over.length === 0) return record;
  const { commits, days, atLeast } = record.behind;
  const least = atLeast ? "at least " : "";
  const words = {
    commits: `${target} lacks ${least}${count(commits, "commit")} of upstream (at most ${budget.commits})`,
    days: `the oldest that ${target} lacks is ${count(days, "day")} old (at most ${budget.days})`,
  };
  const why = over.map((key) => words[key]).join(", ");
  return { ...record, reason: `${record.reason}; over the freshness budget: ${why}`, over };
}
