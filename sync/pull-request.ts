/** The text of the sync pull request, written from results; pure. */
import type { TestStep } from "./decide.ts";
import type { Conflict } from "./fold.ts";
import { code, codeList, count } from "./markdown.ts";
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
  readonly tests:
    | { readonly kind: "steps"; readonly steps: readonly TestStep[]; readonly url: string }
    /** Of an earlier run, read from the commit status. */
    | { readonly kind: "status"; readonly state: string; readonly url: string | undefined }
    | { readonly kind: "none" };
}

const BEGIN = "<!-- upstream-sync:begin -->";
const END = "<!-- upstream-sync:end -->";

/** GitHub refuses bodies over 65,536 characters; lists are cut long before. */
const MOST_LISTED = 60;

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
  const begin = body.indexOf(BEGIN);
  const end = body.indexOf(END, begin);
  if (begin < 0 || end < 0) return body.trim() === "" ? ours : `${body.trimEnd()}\n\n${ours}`;
  return body.slice(0, begin) + ours + body.slice(end + END.length);
}

function testLines({ tests, tip }: PullRequestFacts): string[] {
  switch (tests.kind) {
    case "steps":
      return [
        `${tests.steps.every((step) => step.ok) ? "Passed" : "Failed"} on ${code(tip)}: [log](${tests.url})`,
        "",
        ...tests.steps.map((step) => `- ${code(step.name)}: ${step.ok ? "passed" : "failed"}, ${step.seconds} s`),
      ];
    case "status":
      return [`Status of ${code(tip)}: ${code(tests.state)}${tests.url ? ` ([log](${tests.url}))` : ""}`];
    case "none":
      return [`No test result is recorded for ${code(tip)}.`];
  }
}

function list(title: string, words: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  return ["", `### ${title} (${paths.length})`, "", words, "", ...codeList(paths, MOST_LISTED)];
}

function conflictLines(conflicts: readonly Conflict[]): string[] {
  if (conflicts.length === 0) return [];
  const shown = conflicts.slice(0, MOST_LISTED).map(({ path, kind, side }) => `- ${code(path)}: ${kind}, with ${side}`);
  const rest = conflicts.length > MOST_LISTED ? [`- and ${conflicts.length - MOST_LISTED} more`] : [];
  return ["", `### Not in this pull request: conflicts (${conflicts.length})`, "", ...shown, ...rest];
}

function documentUrl(settings: Settings): string {
  const path = `${settings.repository}/blob/${settings.branches.target}/${settings.documentPath}`;
  return `${settings.serverUrl}/${path.split("/").map(encodeURIComponent).join("/")}`;
}
