/** The report of a destroy: what went, what was given back, what stayed, and how the refs stood before and after; pure. */
import type { Removal, RemovalPreview } from "./removal.ts";

export interface RollbackFacts {
  readonly repository: string;
  /** ISO 8601. */
  readonly begun: string;
  readonly ended: string;
  readonly preview: RemovalPreview;
  readonly removal: Removal;
  /** Full ref name -> SHA. */
  readonly refsBefore: ReadonlyMap<string, string>;
  readonly refsAfter: ReadonlyMap<string, string>;
  /** Why it was cut off; undefined when it went to its end. */
  readonly failure: string | undefined;
}

export function rollbackReport(facts: RollbackFacts): string {
  const { repository, begun, ended, preview, removal, failure } = facts;
  // What was done says more than what was planned.
  const told = new Set(removal.kept.map(({ thing }) => thing));
  const kept = [
    ...preview.kept.filter(({ thing }) => !told.has(thing) && !thing.startsWith("the commits of ")),
    ...removal.kept,
  ];
  return [
    `# Rollback of ${repository}`,
    "",
    `By \`upstream-sync destroy\`, from ${begun} to ${ended} (UTC).`,
    "",
    failure === undefined
      ? "It went to its end."
      : `**It was cut off: ${oneLine(failure)}** Run it again; what is listed as removed may still be there.`,
    ...section("Removed", [...preview.removed, ...removal.removed.filter((thing) => !thing.startsWith("refs/"))]),
    ...section("Closed", removal.closed),
    ...section(
      "Restored",
      removal.restored.map(({ thing, to }) => `${thing}: \`${JSON.stringify(to)}\``),
    ),
    ...section(
      "Kept",
      kept.map((one) => `${one.thing}${"as" in one && one.as ? ` as \`${one.as}\`` : ""}: ${one.why}`),
    ),
    ...refs(facts),
    "",
    "## Afterwards",
    "",
    "- To get work back from a backup branch, open a pull request from it, or merge it as any branch.",
    `- To set it up again: \`upstream-sync credentials create ${repository} --replace\`, then \`upstream-sync apply ${repository}\`.`,
    "",
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return ["", `## ${title}`, "", ...(lines.length === 0 ? ["Nothing."] : lines.map((line) => `- ${oneLine(line)}`))];
}

function refs({ refsBefore, refsAfter }: RollbackFacts): string[] {
  const names = [...new Set([...refsBefore.keys(), ...refsAfter.keys()])].sort();
  const cell = (sha: string | undefined) => (sha === undefined ? "(none)" : `\`${sha}\``);
  return [
    "",
    "## Refs",
    "",
    "| ref | before | after |",
    "| --- | --- | --- |",
    ...names.map((name) => {
      const [before, after] = [refsBefore.get(name), refsAfter.get(name)];
      return `| \`${name}\` | ${cell(before)} | ${before === after ? "the same" : cell(after)} |`;
    }),
  ];
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ");
}
