/** What the fork's own CI says of a candidate (`tests.checks`): reading it, and what to make of it. */
import type { TestStep } from "./decide.ts";
import type { GitHub } from "./github.ts";
import type { Sha } from "./graph.ts";

/** As GitHub counts a required check; `missing`: nothing of that name was reported since the candidate was pushed. */
export type CheckState = "success" | "skipped" | "failure" | "pending" | "missing";

export interface CheckResult {
  readonly name: string;
  readonly state: CheckState;
  readonly seconds: number;
}

/** https://docs.github.com/rest/checks/runs#list-check-runs-for-a-git-reference */
interface CheckRun {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly check_suite?: { readonly id: number } | null;
}

/** https://docs.github.com/rest/commits/statuses#get-the-combined-status-for-a-specific-reference */
interface CommitStatus {
  readonly context: string;
  readonly state: string;
  readonly created_at: string;
}

/**
 * Two requests, as long as there are no more than a hundred checks and a hundred statuses.
 * @param since what was reported earlier does not count: the same commit may have been tested before.
 */
export async function readChecks(
  github: GitHub,
  repository: string,
  names: readonly string[],
  sha: Sha,
  since: number,
): Promise<CheckResult[]> {
  const at = `/repos/${repository}/commits/${sha}`;
  const runs = (await github.list(`${at}/check-runs?filter=latest&per_page=100`, "check_runs")) as CheckRun[];
  const statuses = (await github.list(`${at}/status?per_page=100`, "statuses")) as CommitStatus[];
  return names.map((name) => resultOf(name, runs, statuses, since));
}

function resultOf(
  name: string,
  runs: readonly CheckRun[],
  statuses: readonly CommitStatus[],
  since: number,
): CheckResult {
  const newer = (time: string | null) => time === null || Date.parse(time) >= since;
  const mine = newestOfSuites(runs.filter((run) => run.name === name && newer(run.started_at)));
  const said = statuses.filter(({ context, created_at }) => context === name && newer(created_at));
  const states = [...mine.map(stateOfRun), ...said.map(stateOfStatus)];
  return { name, state: combined(states), seconds: secondsOf(mine) };
}

/** A job that was run again has a check run more in its suite. */
function newestOfSuites(runs: readonly CheckRun[]): CheckRun[] {
  const newest = new Map<number, CheckRun>();
  for (const run of [...runs].sort((a, b) => a.id - b.id)) newest.set(run.check_suite?.id ?? run.id, run);
  return [...newest.values()];
}

/**
 * "success, skipped, and neutral" is what lets a required check pass; of one name all have to, a check run and a status alike.
 * https://docs.github.com/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/troubleshooting-required-status-checks
 */
function combined(states: readonly CheckState[]): CheckState {
  const order = ["failure", "pending", "success", "skipped"] as const;
  return order.find((state) => states.includes(state)) ?? "missing";
}

function stateOfRun({ status, conclusion }: CheckRun): CheckState {
  if (status !== "completed") return "pending";
  if (conclusion === "success") return "success";
  return conclusion === "skipped" || conclusion === "neutral" ? "skipped" : "failure";
}

function stateOfStatus({ state }: CommitStatus): CheckState {
  if (state === "pending") return "pending";
  return state === "success" ? "success" : "failure";
}

function secondsOf(runs: readonly CheckRun[]): number {
  const times = (key: "started_at" | "completed_at") =>
    runs.flatMap((run) => (run[key] === null ? [] : [Date.parse(run[key])]));
  const [started, completed] = [times("started_at"), times("completed_at")];
  if (started.length === 0 || completed.length === 0) return 0;
  return Math.max(0, Math.round((Math.max(...completed) - Math.min(...started)) / 1000));
}

export type Judgement =
  | { readonly kind: "passed" }
  | { readonly kind: "failed"; readonly names: readonly string[] }
  /** `open`: what has no conclusion. Empty where everything was skipped: then nothing was tested. */
  | { readonly kind: "unknown"; readonly open: readonly CheckResult[] };

export function judgeChecks(results: readonly CheckResult[]): Judgement {
  const failed = results.filter(({ state }) => state === "failure");
  if (failed.length > 0) return { kind: "failed", names: failed.map(({ name }) => name) };
  const open = results.filter(({ state }) => state === "pending" || state === "missing");
  if (open.length > 0 || results.every(({ state }) => state === "skipped")) return { kind: "unknown", open };
  return { kind: "passed" };
}

/** "Could not tell", with what to do. */
export function unknownWords(open: readonly CheckResult[], branch: string): string {
  if (open.length === 0) {
    return `the fork's own CI skipped every one of tests.checks on ${branch}, so nothing was tested: name one that runs there`;
  }
  const words = open.map(({ name, state }) => `${name} ${state === "missing" ? "never reported" : "did not end"}`);
  return `the fork's own CI did not say whether the candidate is good: ${words.join(", ")}. Let the workflows of tests.checks run for pushes to ${branch}, mend the names, or give them more of tests.timeoutMinutes; then run the workflow again`;
}

/** As a step of the test plan is recorded. */
export function asSteps(results: readonly CheckResult[]): TestStep[] {
  return results
    .filter(({ state }) => state !== "missing" && state !== "pending")
    .map(({ name, state, seconds }) => ({
      name: state === "skipped" ? `${name} (skipped)` : name,
      ok: state !== "failure",
      seconds,
    }));
}
