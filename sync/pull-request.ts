/** The text of the sync pull request, written from results; pure. */
import type { TestStep } from "./decide.ts";
import type { Conflict } from "./fold.ts";
import { code, conflictLine, count, cutLines, testLine } from "./markdown.ts";
import type { Settings } from "./settings.ts";

export interface PullRequestFacts {
  /** Commits of upstream that the pull request brings: after `from`, up to `to`. */
  readonly range: { readonly from: string; readonly to: string; readonly commits: number };
  /** The commit on the sync branch. */
  readonly tip: string;
  /** Files changed on the target and by upstream since their common ancestor. */
  readonly bothChanged: readonly string[];
  readonly held: readonly string[];
  readonly conflicts: readonly Conflict[];
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

const BEGIN = "<!-- upstream-sync:begin -->";
const END = "<!-- upstream-sync:end -->";
// Whole lines: a path may look like a mark, but it never stands alone in a line.
const OUR_PART = new RegExp(`^${BEGIN}\\r?$.*?^${END}\\r?$`, "ms");

/** Lines of a list, each of some 310 characters at most: GitHub refuses bodies over 65,536. */
const MOST_LISTED = 40;

/** Upstream's own words appear nowhere; its paths only as code spans. */
export function pullRequestBody(facts: PullRequestFacts, settings: Settings): string {
  const { range } = facts;
  const { sync, target } = settings.branches;
  return [
    BEGIN,
    `Brings ${count(range.commits, "commit")} of upstream into ${code(target)}.`,
    "",
    `- upstream: ${code(settings.upstream.url)}, branch ${code(settings.upstream.branch)}`,
    `- range: ${code(range.from)} to ${code(range.to)}`,
    `- tip of ${code(sync)}: ${code(facts.tip)}`,
    "",
    "Merge with a **merge commit**: a squash or a rebase drops the link to upstream's history, and every later sync conflicts.",
    "",
    "### Tests",
    "",
    ...testLines(facts),
    ...settledLines(facts.settled),
    ...list("Changed on both sides", "Git merged these without a conflict; read them first.", facts.bothChanged),
    ...list("Upstream's workflow files, not taken", "The fork keeps its own.", facts.held),
    ...conflictLines(facts.conflicts),
    "",
    `<sub>Written by upstream-sync from recorded results, workflow digest ${code(settings.digest.slice(0, 12))}. [How this works](${documentUrl(settings)})</sub>`,
    END,
  ].join("\n");
}

/** Replaces our part of a body and keeps what people wrote around it. */
export function withOurPart(body: string, ours: string): string {
  if (OUR_PART.test(body)) return body.replace(OUR_PART, () => ours);
  return body.trim() === "" ? ours : `${body.trimEnd()}\n\n${ours}`;
}

function testLines({ tests, tip }: PullRequestFacts): string[] {
  switch (tests.kind) {
    case "steps":
      return [
        `${tests.steps.every((step) => step.ok) ? "Passed" : "Failed"} on ${code(tip)}: [log](${tests.url})`,
        "",
        ...cutLines(tests.steps.map(testLine), MOST_LISTED),
      ];
    case "status":
      return [`Status of ${code(tip)}: ${code(tests.state)}${tests.url ? ` ([log](${tests.url}))` : ""}`];
    case "none":
      return [`No test result is recorded for ${code(tip)}.`];
  }
}

function list(title: string, words: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const lines = paths.map((path) => `- ${code(path)}`);
  return ["", `### ${title} (${paths.length})`, "", words, "", ...cutLines(lines, MOST_LISTED)];
}

function settledLines(settled: readonly SettledByPeople[]): string[] {
  if (settled.length === 0) return [];
  const lines = settled.map(({ branch, sha, files, oneSided }) => {
    const what = `- ${code(branch)} at ${code(sha)}: ${count(files, "conflicting file")}`;
    return oneSided === undefined
      ? what
      : `${what}. **All of them have the version of ${code(oneSided)}, as it was**: check that nothing of the other side is missed`;
  });
  return ["", `### Conflicts that people settled (${settled.length})`, "", ...cutLines(lines, MOST_LISTED)];
}

function conflictLines(conflicts: readonly Conflict[]): string[] {
  if (conflicts.length === 0) return [];
  const title = `### Not in this pull request: conflicts (${conflicts.length})`;
  return ["", title, "", ...cutLines(conflicts.map(conflictLine), MOST_LISTED)];
}

function documentUrl(settings: Settings): string {
  const path = `${settings.repository}/blob/${settings.branches.target}/${settings.documentPath}`;
  return `${settings.serverUrl}/${path.split("/").map(encodeURIComponent).join("/")}`;
}
