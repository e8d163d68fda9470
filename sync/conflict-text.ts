/** The text of a conflict's pull request and issue, written from what git says; pure. */
import type { TestStep } from "./decide.ts";
import { shortName } from "./follow.ts";
import { code, conflictLine, cutLines, fenced, fitting, LIMIT, shellWord, testLine } from "./markdown.ts";
import type { Conflict } from "./merge-step.ts";
import type { Settings } from "./settings.ts";
import { VERIFY_TITLE } from "./verify-route.ts";
import { escapeUnseen } from "./visible.ts";

/** Where a conflict stands. */
export type Standing =
  | { readonly kind: "waiting" }
  /** People's commit has conflict markers left, conflicts with what the other branches have now, or takes away what must survive. */
  | { readonly kind: "markers" | "conflict" | "lost"; readonly sha: string }
  | { readonly kind: "tests"; readonly sha: string; readonly steps: readonly TestStep[]; readonly url: string };

export interface ConflictFacts {
  /** The branch for people. */
  readonly branch: string;
  /** Its tip. */
  readonly tip: string;
  /** What conflicts with the sync branch; undefined on a branch that people made. */
  readonly with: { readonly side: "target" | "upstream"; readonly commit: string } | undefined;
  readonly files: readonly Conflict[];
  /** The commit at which upstream stops to merge, where it is taken in parts. */
  readonly first?: FirstConflict | undefined;
  readonly standing: Standing;
  /** Upstream's commit as this run saw it. */
  readonly upstream: string;
}

export interface FirstConflict {
  readonly commit: string;
  /** Upstream's words: for code spans alone. */
  readonly author: string;
  readonly title: string;
  readonly files: readonly Conflict[];
}

/** What a pull request or issue of ours says about itself in its first line. */
export interface ConflictMark {
  readonly branch: string;
  /** The branch's tip when this was written. */
  readonly tip: string;
  /** Of the pull request: the number of the issue. */
  readonly issue?: number;
  readonly closed?: true;
}

/** Where the text stands, and what it can point to. */
export type Place =
  | { readonly kind: "pull"; readonly issue: number | null }
  | { readonly kind: "issue"; readonly pull: number | null };

export const PULL_TITLE = "chore: resolve upstream sync conflicts";
export const ISSUE_TITLE = "Upstream sync waits for people: a conflict";

/** Nobody shall take one of a verification for the team's. */
export function titleOf(title: string, { route }: Pick<Settings, "route">): string {
  return route === "main" ? title : `${VERIFY_TITLE}: ${title}`;
}

/** How many entries a list has at most; the first that fits is taken. */
const LENGTHS = [60, 20, 6, 1];

const END = "<!-- upstream-sync:conflict end -->";
// Whole lines: a path may look like a mark, but it never stands alone in a line.
const OUR_PART = /^<!-- upstream-sync:conflict v1 (\{.*\}) -->\r?$.*?^<!-- upstream-sync:conflict end -->\r?$/ms;

/** Undefined when the text is none of ours. */
export function readMark(body: string | null): ConflictMark | undefined {
  try {
    return JSON.parse(OUR_PART.exec(body ?? "")?.[1] ?? "") as ConflictMark;
  } catch {
    return undefined;
  }
}

/** Replaces our part of a body and keeps what people wrote around it. */
export function withConflictPart(body: string, ours: string): string {
  if (OUR_PART.test(body)) return body.replace(OUR_PART, () => ours);
  return body.trim() === "" ? ours : `${body.trimEnd()}\n\n${ours}`;
}

/** The same with a text that is made for the room which people's own leaves. */
export function withFittingPart(body: string, ours: (room: number) => string): string {
  return withConflictPart(body, ours(LIMIT - withConflictPart(body, "").length));
}

/** @param room characters that GitHub leaves for it. Lists are cut to fit, and what is left out is counted. */
export function openText(facts: ConflictFacts, settings: Settings, place: Place, room = LIMIT): string {
  const { branch, tip } = facts;
  const mark = { branch, tip, ...(place.kind === "pull" && place.issue !== null ? { issue: place.issue } : {}) };
  const short = () =>
    part(mark, [
      `${code(branch)} waits for people. The commands do not fit here: [summary of the run](${settings.run.url}).`,
    ]);
  return fitting(room, LENGTHS, (most) => part(mark, openLines(facts, settings, place, most)), short);
}

function openLines(facts: ConflictFacts, settings: Settings, place: Place, most: number): string[] {
  const { sync } = settings.branches;
  return [
    headline(facts, settings),
    "",
    `What went in before it is tested and on ${code(sync)}. The rest waits until people have settled these files:`,
    "",
    ...cutLines(facts.files.map(conflictLine), most),
    ...policyLines(settings),
    ...firstLines(facts.first, Math.min(most, 20)),
    ...standingLines(facts, settings, most),
    ...upstreamMoved(facts),
    "",
    ...waysOut(facts, settings, place),
    "### What happens next",
    "",
    `The next run of the workflow, by schedule or by hand, finds what was pushed, tests exactly that merged with everything else, and moves ${code(sync)} to it. Then this is closed and ${code(facts.branch)} is removed. Nothing is taken that fails the tests or has conflict markers in it, and nothing of yours is rewritten.`,
  ];
}

export function closedText(
  { branch, tip }: ConflictMark,
  settings: Settings,
  facts: { sync: string; contained: boolean },
): string {
  const where = `${code(settings.branches.sync)} at ${code(facts.sync)}`;
  return part({ branch, tip, closed: true }, [
    facts.contained
      ? `Settled: ${code(branch)} was merged and tested, and is in ${where}. Thank you.`
      : `No longer needed: ${where} was merged and tested without ${code(branch)}.`,
  ]);
}

/** There is one issue and one pull request at a time. @param instead of the same kind, where people go on. */
export function insteadText({ branch, tip }: ConflictMark, instead: number | null): string {
  const there = instead === null ? "what is open already" : code(`#${instead}`);
  return part({ branch, tip, closed: true }, [
    `Closed: one is enough, go on at ${there}. What people have pushed to ${code(branch)} stays, and is taken in by the next run as ever.`,
  ]);
}

/** When the set-up goes. @param stays the branch, with what people have pushed there. */
export function removedText({ branch, tip }: ConflictMark, stays: boolean): string {
  return part({ branch, tip, closed: true }, [
    "Closed: upstream-sync was taken away from this fork, so nothing waits for this any more.",
    stays
      ? `What people have pushed stays on ${code(branch)}.`
      : `Nothing was settled on ${code(branch)}, so it is not kept.`,
  ]);
}

function part(mark: ConflictMark, lines: readonly string[]): string {
  // "--" would end the comment.
  const json = escapeUnseen(JSON.stringify(mark)).replaceAll("--", "-\\u002d");
  return [`<!-- upstream-sync:conflict v1 ${json} -->`, ...lines, END].join("\n");
}

function headline(facts: ConflictFacts, { branches, upstream }: Settings): string {
  const { branch, with: other } = facts;
  if (other === undefined) return `${code(branch)} cannot be merged into ${code(branches.sync)} as it is.`;
  const name =
    other.side === "upstream" ? upstreamName(other.commit, facts.upstream, upstream.ref) : code(branches.target);
  return `${name} at ${code(other.commit)} and ${code(branches.sync)} changed the same places.`;
}

/** A branch has its earlier commits too; the tag of an earlier one is not known here. */
function upstreamName(commit: string, now: string, ref: string): string {
  return commit === now || ref.startsWith("refs/heads/") ? `Upstream's ${code(shortName(ref))}` : "Upstream";
}

function standingLines({ standing, branch }: ConflictFacts, { branches }: Settings, most: number): string[] {
  switch (standing.kind) {
    case "waiting":
      return [];
    case "markers":
      return [
        "",
        `**${code(branch)} at ${code(standing.sha)} was not taken**: these files still have conflict markers.`,
      ];
    case "conflict":
      return [
        "",
        `**${code(branch)} at ${code(standing.sha)} was not taken**: it conflicts with what the other branches have now. Merge ${code(branches.sync)} into it once more.`,
      ];
    case "lost":
      return [
        "",
        `**${code(branch)} at ${code(standing.sha)} was not taken**: it takes away what has to stay (${code("policies.mustSurvive")}). Put that back there.`,
      ];
    case "tests":
      return [
        "",
        `**${code(branch)} at ${code(standing.sha)} was not taken**: the tests failed on the merge with it ([log](${standing.url})).`,
        "",
        ...cutLines(standing.steps.map(testLine), most),
      ];
  }
}

/** In a clone git knows no policies. */
function policyLines({ policies: { keepOurs, keepDeleted } }: Settings): string[] {
  const patterns = [...keepOurs, ...keepDeleted];
  if (patterns.length === 0) return [];
  const shown = patterns.slice(0, 10).map((pattern) => code(pattern));
  const more = patterns.length > 10 ? ` and ${patterns.length - 10} more` : "";
  return [
    "",
    `git may name files under ${shown.join(", ")}${more} as well: they stay as the fork has them, whatever is left there.`,
  ];
}

function firstLines(first: FirstConflict | undefined, most: number): string[] {
  if (first === undefined) return [];
  const { commit, author, title, files } = first;
  return [
    "",
    `Upstream went in as far as it merges. The first commit that does not is ${code(commit)} by ${code(author, 80)}, ${code(title, 120)}:`,
    "",
    ...cutLines(files.map(conflictLine), most),
  ];
}

function upstreamMoved(facts: ConflictFacts): string[] {
  if (facts.with?.side !== "upstream" || facts.with.commit === facts.upstream) return [];
  return ["", `Upstream has gone on to ${code(facts.upstream)} since; what came later is taken in after this.`];
}

/** Each of these ends in the same place; the commands are tested as they stand. */
function waysOut(facts: ConflictFacts, settings: Settings, place: Place): string[] {
  const { branch } = facts;
  const { sync } = settings.branches;
  const settle = ["# edit the files that git names, then", "git add --all", `git commit --message "${PULL_TITLE}"`];
  return [
    ...ownWay(facts, settings),
    "### With git",
    "",
    `In a clone whose ${code("origin")} is this fork:`,
    "",
    ...fenced("shell", [
      "git fetch origin",
      `git switch ${shellWord(branch)}`,
      `git merge ${shellWord(`origin/${sync}`)}`,
      ...settle,
      `git push origin ${shellWord(branch)}`,
    ]),
    "",
    "### In the browser",
    "",
    `On ${pullWords(settings, place)} press **Resolve conflicts**. GitHub offers that for changes of text; for removed, renamed and binary files use git. Leave the merge button alone: the workflow merges, after the tests.`,
    "",
    ...(facts.with === undefined ? [] : manualWay(facts.with.side, settings, settle)),
  ];
}

/** `resolve` settles the branch of a conflict; a person's own branch that was not taken is theirs to mend. */
function ownWay({ with: other }: ConflictFacts, { repository }: Settings): string[] {
  if (other === undefined) return [];
  return [
    "### With upstream-sync",
    "",
    `${code(`upstream-sync resolve ${repository}`)}, in the folder of upstream-sync.yaml: it shows the conflict in a clone; edit the files, then the same command again checks, commits, pushes and starts a run.`,
    "",
  ];
}

function pullWords(settings: Settings, place: Place): string {
  if (place.kind === "pull") return "this pull request";
  if (place.pull === null) return "the pull request from that branch";
  return `[pull request ${place.pull}](${settings.serverUrl}/${settings.repository}/pull/${place.pull})`;
}

function manualWay(side: "target" | "upstream", settings: Settings, settle: readonly string[]): string[] {
  const { branches, upstream } = settings;
  const manual = `${branches.sync}-manual`;
  const other = side === "upstream" ? fetchAndMerge(upstream) : [`git merge ${shellWord(`origin/${branches.target}`)}`];
  return [
    "### On a branch of your own",
    "",
    `Start at ${code(branches.sync)} and merge the other side in:`,
    "",
    ...fenced("shell", [
      "git fetch origin",
      `git switch --no-track --create ${shellWord(manual)} ${shellWord(`origin/${branches.sync}`)}`,
      ...other,
      ...settle,
      `git push origin ${shellWord(manual)}`,
    ]),
    "",
  ];
}

/** A tag's commit and not the tag: git would write the tag's text, which is upstream's, into the message. */
function fetchAndMerge({ url, ref }: Settings["upstream"]): string[] {
  const fetch = `git fetch ${shellWord(url)}`;
  return ref.startsWith("refs/tags/")
    ? [`${fetch} ${shellWord(ref)}`, "git merge 'FETCH_HEAD^0'"]
    : [`${fetch} ${shellWord(shortName(ref))}`, "git merge FETCH_HEAD"];
}
