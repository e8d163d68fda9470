/** What a rehearsal showed, in people's words: the outcome first. */
import pc from "picocolors";
import type { RehearseResult } from "../lib/operations/rehearse.ts";

const headlines = {
  "up-to-date": "nothing to do",
  promoted: "the next sync goes through",
  conflict: "the next sync meets a conflict",
  "tests-failed": "the next sync fails its tests: nothing moves",
  stopped: "the next sync stops",
} as const;

/** How many entries of a list are shown; `--json` has all. */
const most = 20;

export function rehearsalText(result: RehearseResult): string {
  const { repository, outcome, reason } = result;
  return [
    `${repository}: ${pc.bold(outcome)}: ${headlines[outcome]}${reason ? ` (${plain(reason)})` : ""}`,
    ...rangeLines(result),
    ...conflictLines(result),
    ...listLines("upstream's workflow files, held back", result.held.map(quoted)),
    ...listLines(
      "kept by the fork's policies",
      result.kept.map(({ path, policy }) => `${quoted(path)} (${policy})`),
    ),
    ...listLines("changed on both sides, merged without a conflict", mergedOnBothSides(result).map(quoted)),
    ...riskLines(result),
    ...testLines(result),
    ...pullLines(result),
    ...failedLines(result),
    `  time: ${result.seconds} s for the run`,
    ...placeLines(result),
  ].join("\n");
}

function rangeLines({ range, upstreamCommit }: RehearseResult): string[] {
  const sha = upstreamCommit?.sha;
  if (!sha) return [];
  const what = `  upstream: ${sha.slice(0, 12)} of ${plain(upstreamCommit.ref)}`;
  return [
    range
      ? `${what}, ${count(range.commits, "commit")} that the target has not, ${count(range.files, "file")} changed`
      : what,
  ];
}

function conflictLines({ conflicts }: RehearseResult): string[] {
  const lines = conflicts.map(({ path, kind, side, commit, author, subject }) => {
    const who = commit ? `: ${commit.slice(0, 12)} by ${plain(author ?? "")}, ${quoted(subject ?? "")}` : "";
    return `${quoted(path)} (${kind}, with ${side})${who}`;
  });
  return listLines("conflicts", lines);
}

/** A path that conflicts, is held or is kept is told as that. */
function mergedOnBothSides({ range, conflicts, held, kept }: RehearseResult): string[] {
  const told = new Set([...conflicts.map(({ path }) => path), ...held, ...kept.map(({ path }) => path)]);
  return (range?.bothChanged ?? []).filter((path) => !told.has(path));
}

function riskLines({ range }: RehearseResult): string[] {
  const lines = (range?.risks ?? []).map(({ title, paths }) => {
    const shown = paths.slice(0, 5).map(quoted).join(", ");
    return `${title} (${paths.length}): ${shown}${paths.length > 5 ? " …" : ""}`;
  });
  return listLines("look at these with care", lines);
}

function testLines({ tests }: RehearseResult): string[] {
  if (tests.leftOut) return ["  tests: left out, so this says nothing about them"];
  return listLines(
    "tests",
    tests.steps.map(({ name, ok, seconds }) => `${plain(name)}: ${ok ? "passed" : "failed"}, ${seconds} s`),
  );
}

function pullLines({ syncPull: pr, conflictPull, issues }: RehearseResult): string[] {
  return [
    ...(pr
      ? [
          `  pull request: #${pr.number} ${quoted(pr.title)} into ${pr.base}${pr.open ? "" : pr.merged ? ", merged" : ", closed"}`,
        ]
      : []),
    ...(conflictPull
      ? [`  draft for the conflict: #${conflictPull.number}, from ${conflictPull.head} into ${conflictPull.base}`]
      : []),
    ...issues.map(({ number, title }) => `  issue: #${number} ${quoted(title)}`),
  ];
}

/** A conflict makes the run red as well, and its log says no more than the lines above. */
function failedLines({ outcome, reason, failed }: RehearseResult): string[] {
  if (!failed || outcome === "conflict") return [];
  // The reason stands above already, and the record is for machines.
  const news = (line: string) => !line.startsWith('##[notice]{"v":1') && !(reason && line.includes(reason));
  return [
    `  failed: ${plain(failed.job)}, ${plain(failed.step)}`,
    ...failed.log
      .split("\n")
      .filter(news)
      .map((line) => `    | ${plain(line)}`),
  ];
}

function placeLines({ log, fork, upstream, data }: RehearseResult): string[] {
  if (data === null) return ["  nothing is kept; --data DIR keeps logs and repositories"];
  return [
    `  logs: ${log}`,
    `  fork: ${fork}`,
    `  upstream: ${upstream}`,
    `  next: change them by git, then upstream-sync rehearse --data ${data}`,
  ];
}

function listLines(title: string, entries: readonly string[]): string[] {
  if (entries.length === 0) return [];
  const rest = entries.length > most ? [`    and ${entries.length - most} more (--json has all)`] : [];
  return [`  ${title} (${entries.length}):`, ...entries.slice(0, most).map((entry) => `    ${entry}`), ...rest];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function quoted(text: string): string {
  return JSON.stringify(plain(text));
}

/** Upstream chose these words: nothing in them may speak to the terminal. */
function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "\uFFFD");
}
