/** The step summary: what the run found, for people; pure. */
import { testsLeftOut } from "./decide.ts";
import { code, conflictLine, count, cutLines, keptLine, testLine } from "./markdown.ts";
import type { Behind, Outcome, RunRecord } from "./record.ts";
import type { Settings } from "./settings.ts";

const HEADLINES: Readonly<Record<Outcome, string>> = {
  "up-to-date": "Up to date",
  promoted: "Promoted: tested, and on the sync branch",
  conflict: "Conflict: people have to decide",
  "tests-failed": "Tests failed: nothing moved",
  stopped: "Stopped: the program could not or would not go on",
};

const WAITING: Readonly<Record<NonNullable<RunRecord["waits"]>, string>> = {
  review: "Stands back: what is under review stays as it is",
  pause: "Paused: people asked for it",
};

const GO_ON: typeof WAITING = {
  review: "Merge the pull request with a merge commit; the next run goes on from there.",
  pause: "The reason says how to go on.",
};

const NEXT: Readonly<Record<Outcome, (settings: Settings) => string>> = {
  "up-to-date": () => "Nothing to do.",
  promoted: ({ branches, landing }) =>
    `Review the pull request into ${code(branches.target)} and ${landing === "merge" ? "merge it with a merge commit" : "squash and merge it"}.`,
  conflict: ({ branches }) =>
    `Follow the issue, or the draft pull request into ${code(branches.sync)}: both have the commands. What you push is tested and taken in by the next run.`,
  "tests-failed": () =>
    "Read the log of the test job. The next run tests again; a fix goes to the target, or to upstream, first.",
  stopped: () => "Do what the reason says, then run the workflow again.",
};

export function summaryOf(record: RunRecord, settings: Settings, warnings: readonly string[]): string {
  const { upstream, sync, tests, conflicts, trusted, held, kept, behind } = record;
  return [
    `## ${record.waits ? WAITING[record.waits] : HEADLINES[record.outcome]}`,
    "",
    code(record.reason, 2000),
    "",
    ...(upstream.sha
      ? [`- upstream: ${upstream.why ? code(upstream.why) : code(upstream.ref)} at ${code(upstream.sha)}`]
      : []),
    ...(sync.before ? [`- ${code(settings.branches.sync)}: ${moved(sync.before, sync.after)}`] : []),
    ...(record.target ? [`- ${code(settings.branches.target)}: ${code(record.target)}`] : []),
    ...(record.candidate ? [`- candidate: ${code(record.candidate)}`] : []),
    ...(record.pr ? [`- pull request: [number ${record.pr}](${pullUrl(settings, record.pr)})`] : []),
    ...(record.issue ? [`- issue: [number ${record.issue}](${issueUrl(settings, record.issue)})`] : []),
    ...(behind ? [`- ${lag(behind)}`] : []),
    ...section("Tests", testsLeftOut(tests) ? [] : tests.map(testLine)),
    ...section("Conflicting files", [
      ...conflicts.map(conflictLine),
      ...(record.firstConflict ? [`- the first commit of upstream that conflicts: ${code(record.firstConflict)}`] : []),
    ]),
    ...section(
      "The fork's own tests, run as the target has them and not as they come",
      trusted.map((path) => `- ${code(path)}`),
    ),
    ...section(
      "Upstream's workflow files that the fork does not take",
      held.map((path) => `- ${code(path)}`),
    ),
    ...section("Kept by the fork's policies", kept.map(keptLine)),
    ...section(
      "Warnings",
      warnings.map((warning) => `- ${code(warning)}`),
    ),
    "",
    ...(record.over
      ? ["**Too far behind**: land what waits for it, or change `freshness` in the configuration.", ""]
      : []),
    record.waits ? GO_ON[record.waits] : NEXT[record.outcome](settings),
  ].join("\n");
}

export function pullUrl(settings: Settings, number: number): string {
  return `${settings.serverUrl}/${settings.repository}/pull/${number}`;
}

function issueUrl(settings: Settings, number: number): string {
  return `${settings.serverUrl}/${settings.repository}/issues/${number}`;
}

function moved(before: string, after: string | null): string {
  return after === null || after === before ? `${code(before)}, not moved` : `${code(before)} to ${code(after)}`;
}

function lag({ commits, days, atLeast }: Behind): string {
  if (commits === 0 && !atLeast) return "the target has all of upstream";
  return `the target lacks ${atLeast ? "at least " : ""}${count(commits, "commit")} of upstream, the oldest ${count(days, "day")} old`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `### ${title}`, "", ...cutLines(lines, 200)];
}
