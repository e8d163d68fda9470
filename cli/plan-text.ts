/** A plan in people's words: one line a change, old and new for what is updated. */
import { diffLines } from "diff";
import type { PlanResult } from "../lib/plan-result.ts";
import type { Removal, RemovalPreview } from "../lib/removal.ts";
import type { Change, FieldChange } from "../lib/terraform/plan.ts";
import { legible, visible } from "./visible.ts";

const signs: Readonly<Record<Change["action"], string>> = {
  create: "+",
  import: "=",
  update: "~",
  delete: "-",
  forget: ".",
  replace: "±",
  read: "?",
  unknown: "!",
};

/** Lines of a changed text that are shown; `--json` has all of them. */
const shownLines = 8;

export function planText(plan: PlanResult): string {
  const result = legible(plan, ["before", "after", "workspace", "saved"]);
  if (result.changes.length === 0) return [`${result.repository}: no changes`, ...waitingLines(result)].join("\n");
  const { create, update, delete: removed } = result.summary;
  if (result.preview) return removalText(result, result.preview);
  const lines = result.changes
    .filter((change) => !isRecord(change))
    .flatMap((change) => [`  ${signs[change.action]} ${change.address}`, ...change.fields.flatMap(fieldLines)]);
  const records = result.changes.filter(isRecord).length;
  return [
    `${result.repository}: ${create} to create, ${update} to change, ${removed} to remove`,
    ...riskLines(result.changes),
    ...lines,
    ...(records > 0
      ? [
          `    and ${records} ${records === 1 ? "record" : "records"} of what was there before us and of what a destroy has to do`,
        ]
      : []),
    ...foundLines(result),
  ].join("\n");
}

/** A destroy by what it does to the fork; the addresses are in `--json`. */
function removalText(result: PlanResult, { removed, restored, kept }: RemovalPreview): string {
  const group = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`  ${title}:`, ...lines.map((line) => `    ${line}`)];
  return [
    `${result.repository}: ${removed.length} ${removed.length === 1 ? "thing" : "things"} to remove`,
    ...riskLines(result.changes),
    ...group(
      "removed",
      removed.map((thing) => `- ${thing}`),
    ),
    ...group(
      "restored, unless people changed it since",
      restored.map(({ thing, to }) => `~ ${thing} to ${JSON.stringify(to)}`),
    ),
    ...group(
      "kept",
      kept.map(({ thing, why }) => `. ${thing}: ${why}`),
    ),
  ].join("\n");
}

/** Records are on this side alone: nothing on GitHub changes by them. */
function isRecord({ address, action }: Change): boolean {
  const changed = action === "update" && /^terraform_data\.(guard|restore)\b/.test(address);
  return changed || /^terraform_data\.(before|seen|ownership)\b/.test(address);
}

function foundLines({ found }: Pick<PlanResult, "found">): string[] {
  const line = (words: string, things: readonly string[]) =>
    things.length > 0 ? [`  ${words}: ${things.join(", ")}`] : [];
  return [
    ...line("ours already, taken into the state", found.imported),
    ...line("adopted, kept by a destroy", found.adopted),
    ...line("left alone, as it was there before", found.leftAlone),
    ...waitingLines({ found }),
  ];
}

function waitingLines({ found }: Pick<PlanResult, "found">): string[] {
  return [
    ...found.warnings.map((sentence) => `  warning: ${sentence}`),
    ...found.waiting.map((sentence) => `  ${sentence}`),
  ];
}

/** What a destroy did beyond the resources it named. */
export function removalLines(repository: string, removal: Removal): string[] {
  const { removed, closed, restored, kept } = legible(removal);
  return [
    ...restored.map(({ thing, to }) => `restored: ${thing} to ${JSON.stringify(to)}`),
    ...kept.map(({ thing, as, why }) => `kept: ${thing}${as ? ` as ${as}` : ""} (${why})`),
    ...closed.map((thing) => `closed: ${thing}`),
    ...removed.map((thing) => `removed: ${thing}`),
  ].map((line) => `${repository}: ${line}`);
}

/** First, because a reader who stops early must have seen them. */
function riskLines(changes: readonly Change[]): string[] {
  const risks = changes.flatMap((change) => change.risks);
  return risks.length === 0 ? [] : ["  look at these first:", ...risks.map((risk) => `    ! ${risk}`)];
}

function fieldLines({ path, before, after }: FieldChange): string[] {
  if (typeof before === "string" && typeof after === "string" && `${before}${after}`.includes("\n")) {
    const changed = changedLines(before, after);
    const more = changed.length > shownLines ? [`        … ${changed.length - shownLines} more lines`] : [];
    return [`      ${path}:`, ...changed.slice(0, shownLines).map((line) => `        ${cut(line)}`), ...more];
  }
  return [`      ${path}: ${cut(JSON.stringify(before) ?? "(none)")} -> ${cut(JSON.stringify(after) ?? "(none)")}`];
}

/** Lines that differ in nothing but a digest are not shown one by one: every other change brings them along. */
function changedLines(before: string, after: string): string[] {
  const lines = diffLines(before, after)
    .filter((part) => part.added || part.removed)
    .flatMap((part) =>
      part.value
        .replace(/\n$/, "")
        .split("\n")
        .map((text) => ({ sign: part.added ? "+" : "-", text, bare: text.replace(digest, "#") })),
    );
  const isDigest = (line: (typeof lines)[number]) =>
    digest.test(line.text) && lines.some((other) => other.sign !== line.sign && other.bare === line.bare);
  const shown = lines.filter((line) => !isDigest(line)).map(({ sign, text }) => `${sign} ${text}`);
  return shown.length < lines.length ? [...shown, "and the digest of it"] : shown;
}

/** Of configuration and program, whole or shortened; without the flag that makes `test` remember. */
const digest = /\b[0-9a-f]{12}(?:[0-9a-f]{52})?\b/;

function cut(text: string): string {
  const line = visible(text);
  if (line.length <= 160) return line;
  // Not through the middle of a character.
  return `${line.slice(0, 130).replace(/[\ud800-\udbff]$/, "")}… (${line.length} characters)`;
}
