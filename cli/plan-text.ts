/** A plan in people's words: one line a change, old and new for what is updated. */
import { diffLines } from "diff";
import type { PlanResult } from "../lib/plan-result.ts";
import type { Change, FieldChange } from "../lib/terraform/plan.ts";

const signs: Readonly<Record<Change["action"], string>> = {
  create: "+",
  update: "~",
  delete: "-",
  replace: "±",
  read: "?",
  unknown: "!",
};

/** Lines of a changed text that are shown; `--json` has all of them. */
const shownLines = 8;

export function planText(result: PlanResult): string {
  if (result.changes.length === 0) return `${result.repository}: no changes`;
  const { create, update, delete: removed } = result.summary;
  const lines = result.changes.flatMap((change) => [
    `  ${signs[change.action]} ${change.address}`,
    ...change.fields.flatMap(fieldLines),
  ]);
  return [
    `${result.repository}: ${create} to create, ${update} to change, ${removed} to remove`,
    ...riskLines(result.changes),
    ...lines,
  ].join("\n");
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

function changedLines(before: string, after: string): string[] {
  return diffLines(before, after)
    .filter((part) => part.added || part.removed)
    .flatMap((part) =>
      part.value
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => `${part.added ? "+" : "-"} ${line}`),
    );
}

function cut(line: string): string {
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
