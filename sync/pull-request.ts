/** The text of the sync pull request, written from results; pure. */
import { type Asked, askedLine } from "./asked.ts";
import type { NamedIssue } from "./closed-issues.ts";
import { type TestStep, testsLeftOut } from "./decide.ts";
import { ACCEPT_LABEL, BEGIN, REMOVED } from "./known-pull-request.ts";
import { code, conflictLine, count, cutLines, fitting, keptLine, LIMIT, testLine, urlPart } from "./markdown.ts";
import type { Conflict } from "./merge-step.ts";
import type { Kept } from "./policies.ts";
import type { Risk } from "./risks.ts";
import type { Settings } from "./settings.ts";

export interface PullRequestFacts {
  /** Commits of upstream that the pull request brings: after `from`, up to `to`. */
  readonly range: { readonly from: string; readonly to: string; readonly commits: number };
  /** What was taken earlier and is not part of what comes now: a release of another line. */
  readonly left: string | undefined;
  /** The last sync came to the target with this commit, without its history, and these files of it did not. */
  readonly landed: { readonly commit: string; readonly lost: readonly string[] } | undefined;
  /** The commit on the sync branch. */
  readonly tip: string;
  /** Files changed on the target and by upstream since their common ancestor. */
  readonly bothChanged: readonly string[];
  readonly risks: readonly Risk[];
  readonly held: readonly string[];
  readonly kept: readonly Kept[];
  readonly conflicts: readonly Conflict[];
  /** The first commit of upstream that conflicts, where upstream is taken in parts. */
  readonly firstConflict: string | null;
  /** Open issues of the fork that the words of upstream's commits would close. */
  readonly closing: readonly NamedIssue[];
  readonly settled: readonly SettledByPeople[];
  readonly tests:
    | { readonly kind: "steps"; readonly steps: readonly TestStep[]; readonly url: string }
    /** Of an earlier run, read from the commit status. */
    | { readonly kind: "status"; readonly state: string; readonly url: string | undefined }
    | { readonly kind: "none" };
}

/** A conflict that people settled on a branch for people. */
export interface SettledByPeople {
  readonly branch: string;
  readonly sha: string;
  /** How many files had conflicted. */
  readonly files: number;
  /** The side whose version all of them have. */
  readonly oneSided: string | undefined;
}

const END = "<!-- upstream-sync:end -->";
// Whole lines: a path may look like a mark, but it never stands alone in a line.
const OUR_PART = new RegExp(`^${BEGIN}\\r?$.*?^${END}\\r?$`, "ms");

/** How many entries a list has at most; the first that fits into the room is taken. */
const LENGTHS = [40, 20, 8, 2];

/**
 * Upstream's own words appear nowhere; its paths only as code spans.
 * @param room characters that GitHub leaves for it. Lists are cut to fit, and what is left out is counted.
 */
export function pullRequestBody(facts: PullRequestFacts, settings: Settings, asked: Asked, room: number): string {
  const whole = (most: number) => bodyOf(facts, settings, asked, most);
  return fitting(room, LENGTHS, whole, () => shortBody(facts, settings, asked));
}

/** People's own text leaves no room for more. */
function shortBody({ range, tip }: PullRequestFacts, settings: Settings, asked: Asked): string {
  return [
    BEGIN,
    `Brings ${count(range.commits, "commit")} of upstream; tip ${code(tip)}. The rest of the text does not fit here: [summary of the run](${settings.run.url}).`,
    askedLine(asked),
    END,
  ].join("\n");
}

function bodyOf(facts: PullRequestFacts, settings: Settings, asked: Asked, most: number): string {
  const { range } = facts;
  const { sync, target } = settings.branches;
  return [
    BEGIN,
    `Brings ${count(range.commits, "commit")} of upstream into ${code(target)}.`,
    ...landedLines(facts, settings, most),
    "",
    `- upstream: ${code(settings.upstream.url)}, ${code(settings.upstream.why)}`,
    ...leftLines(facts.left),
    `- range: ${code(range.from)} to ${code(range.to)}`,
    `- tip of ${code(sync)}: ${code(facts.tip)}`,
    "",
    "### Tests",
    "",
    ...testLines(facts, most),
    ...(facts.tests.kind === "steps" ? trustedLines(settings) : []),
    ...settledLines(facts.settled, most),
    ...list("Changed on both sides", "Git merged these without a conflict; read them first.", facts.bothChanged, most),
    ...riskLines(facts.risks, most),
    ...list(
      "Upstream's workflow files, not taken",
      `The fork keeps its own: a file there runs with its rights. The label ${code(ACCEPT_LABEL)} on this pull request lets the next run take them.`,
      facts.held,
      most,
    ),
    ...closingLines(facts.closing, most),
    ...keptLines(facts.kept, most),
    ...conflictLines(facts, most),
    "",
    "### Next",
    "",
    ...nextLines(facts, settings),
    "",
    `<sub>Written by upstream-sync from recorded results, workflow digest ${code(settings.digest.slice(0, 12))}. [How this works](${documentUrl(settings)})</sub>`,
    askedLine(asked),
    END,
  ].join("\n");
}

/** The history first: it is why this is there at all when no file changes. */
function landedLines({ landed }: PullRequestFacts, { landing, branches }: Settings, most: number): string[] {
  if (landed === undefined) return [];
  const { commit, lost } = landed;
  const what = `The last sync came to ${code(branches.target)} with ${code(commit)}`;
  const words = lost.length === 0 ? "every file of it is there, compared tree by tree" : "not all of it arrived";
  return [
    ...(landing === "merge"
      ? [
          "",
          `**${what} without a merge commit, by a squash or a rebase, and ${words}.** This pull request joins the two histories, so that git knows of it. Land it with a merge commit, also when it changes no file.`,
        ]
      : []),
    ...list(
      "Did not arrive with the last sync, and come again",
      `${what}. If they were left out on purpose, take them out here once more: on ${code(branches.target)}, after this has landed.`,
      lost,
      most,
    ),
  ];
}

const LANDING: Readonly<Record<Settings["landing"], string>> = {
  merge:
    "- Review it, and merge it with a **merge commit**: a squash or a rebase drops the link to upstream's history, and the next run has to repair that.",
  squash:
    "- Review it, and land it with **squash and merge**: the next run compares the trees and goes on from what landed. The list of commits below has earlier syncs too; the files do not.",
};

/** What is for people to do, as things stand. */
function nextLines({ conflicts }: PullRequestFacts, { landing, pullRequest, branches }: Settings): string[] {
  return [
    LANDING[landing],
    ...(conflicts.length > 0 ? ["- Settle the conflicts listed above; the issue about them has the commands."] : []),
    pullRequest.whenApproved === "hold"
      ? "- Once it is approved nothing is added to it; what comes later waits until it has landed."
      : "- It may still receive changes after it was approved.",
    `- To pause the sync, close it. A label or a reviewer that you take away is not asked for again; ${code(branches.sync)} itself is moved by the workflow alone.`,
  ];
}

function closingLines(closing: readonly NamedIssue[], most: number): string[] {
  if (closing.length === 0) return [];
  const words =
    "These of this fork are open, and words in upstream's commits close them on the default branch, though upstream means its own of the same number. The run after that opens them again.";
  const lines = closing.map(
    ({ number, title, pull }) => `- ${pull ? "pull request" : "issue"} ${code(`#${number}`)}: ${code(title, 120)}`,
  );
  return ["", `### Closed by words, and not meant (${closing.length})`, "", words, "", ...cutLines(lines, most)];
}

function leftLines(left: string | undefined): string[] {
  if (left === undefined) return [];
  return [`- it does not contain ${code(left)}, which was taken before: what upstream changed only there stays`];
}

function riskLines(risks: readonly Risk[], most: number): string[] {
  if (risks.length === 0) return [];
  const few = Math.max(1, Math.floor(most / 4));
  const lines = risks.map(({ title, paths }) => {
    const shown = paths.slice(0, few).map((path) => code(path));
    const rest = paths.length > few ? ` and ${paths.length - few} more` : "";
    return `- ${title} (${paths.length}): ${shown.join(", ")}${rest}`;
  });
  return ["", "### Look at these with care", "", ...lines];
}

/** When the set-up goes. @param kept branch that has the commits; undefined: they have landed. */
export function withFarewell(body: string, kept: string | undefined): string {
  const rest =
    kept === undefined
      ? "All that was on its branch has landed."
      : `The commits that have not landed are kept on ${code(kept)}.`;
  return withLastWord(body, `**Closed: upstream-sync was taken away from this fork.** ${rest}`);
}

/** Of one that we close: the word first, the results below it stay. */
export function withLastWord(body: string, word: string): string {
  const words = `${REMOVED}\n${word}`;
  const longer = body.replace(BEGIN, () => `${BEGIN}\n${words}\n`);
  return longer.length <= LIMIT ? longer : withOurPart(body, [BEGIN, words, END].join("\n"));
}

/** Replaces our part of a body and keeps what people wrote around it. */
export function withOurPart(body: string, ours: string): string {
  if (OUR_PART.test(body)) return body.replace(OUR_PART, () => ours);
  return body.trim() === "" ? ours : `${body.trimEnd()}\n\n${ours}`;
}

function testLines({ tests, tip }: PullRequestFacts, most: number): string[] {
  switch (tests.kind) {
    case "steps":
      if (testsLeftOut(tests.steps)) return [`Left out of this rehearsal: nothing was tested on ${code(tip)}.`];
      return [
        `${tests.steps.every((step) => step.ok) ? "Passed" : "Failed"} on ${code(tip)}: [log](${tests.url})`,
        "",
        ...cutLines(tests.steps.map(testLine), most),
      ];
    case "status":
      return [`Status of ${code(tip)}: ${code(tests.state)}${tests.url ? ` ([log](${tests.url}))` : ""}`];
    case "none":
      return [`No test result is recorded for ${code(tip)}.`];
  }
}

function trustedLines({ tests: { trusted, checks }, branches }: Settings): string[] {
  if (checks.length > 0)
    return ["", "These are the fork's own CI: it ran upstream's code with what it gives its jobs."];
  if (trusted.length === 0) return [];
  const files = trusted.map((path) => code(path)).join(", ");
  return ["", `The tests' own files were those of ${code(branches.target)}, whatever upstream has there: ${files}`];
}

function list(title: string, words: string, paths: readonly string[], most: number): string[] {
  if (paths.length === 0) return [];
  const lines = paths.map((path) => `- ${code(path)}`);
  return ["", `### ${title} (${paths.length})`, "", words, "", ...cutLines(lines, most)];
}

function settledLines(settled: readonly SettledByPeople[], most: number): string[] {
  if (settled.length === 0) return [];
  const lines = settled.map(({ branch, sha, files, oneSided }) => {
    const what = `- ${code(branch)} at ${code(sha)}: ${count(files, "conflicting file")}`;
    return oneSided === undefined
      ? what
      : `${what}. **All of them have the version of ${code(oneSided)}, as it was**: check that nothing of the other side is missed`;
  });
  return ["", `### Conflicts that people settled (${settled.length})`, "", ...cutLines(lines, most)];
}

function conflictLines({ conflicts, firstConflict }: PullRequestFacts, most: number): string[] {
  if (conflicts.length === 0) return [];
  const title = `### Not in this pull request: conflicts (${conflicts.length})`;
  const from = firstConflict === null ? [] : [`Upstream from its commit ${code(firstConflict)} on:`, ""];
  return ["", title, "", ...from, ...cutLines(conflicts.map(conflictLine), most)];
}

function keptLines(kept: readonly Kept[], most: number): string[] {
  if (kept.length === 0) return [];
  const words = "Upstream changed these; the fork's configuration says what becomes of that.";
  return ["", `### Kept by the fork's policies (${kept.length})`, "", words, "", ...cutLines(kept.map(keptLine), most)];
}

function documentUrl(settings: Settings): string {
  const path = `${settings.repository}/blob/${settings.branches.target}/${settings.documentPath}`;
  return `${settings.serverUrl}/${path.split("/").map(urlPart).join("/")}`;
}
