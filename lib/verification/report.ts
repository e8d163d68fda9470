/** The dated report of a verification; pure. */
import type { Finding } from "../checks/check.ts";

export interface Criterion extends Finding {
  /** Stable, for scripts. */
  readonly id: string;
  /** The rows of the process that it proves: `P14`, `P15`. */
  readonly proves: string;
  readonly title: string;
  /** Pages that show it. */
  readonly links: readonly string[];
}

export interface Probe {
  /** As in docs/limits.md. */
  readonly id: string;
  readonly question: string;
  readonly done: string;
  readonly seen: string;
  readonly answer: "yes" | "no" | "cannot tell";
}

export interface Verification {
  readonly repository: string;
  readonly id: string;
  /** The GitHub that answered. */
  readonly server: string;
  /** ISO 8601. */
  readonly begun: string;
  readonly ended: string;
  readonly criteria: readonly Criterion[];
  readonly probes: readonly Probe[];
  readonly runs: readonly { readonly what: string; readonly url: string; readonly outcome: string }[];
  /** What could not be taken away. */
  readonly left: readonly string[];
  readonly requests: number;
  /** Why it was cut off; undefined when it went to its end. */
  readonly failure: string | undefined;
}

export function isProved({ criteria, left, failure }: Verification): boolean {
  return failure === undefined && left.length === 0 && criteria.every(({ state }) => state !== "not ok");
}

export function verificationReport(verification: Verification): string {
  const { repository, id, server, begun, ended, criteria, probes, runs, left, requests, failure } = verification;
  const count = (state: string) => criteria.filter((one) => one.state === state).length;
  return [
    `# Verification of ${repository}`,
    "",
    `By \`upstream-sync verify\` on ${server}, from ${begun} to ${ended} (UTC), id \`${id}\`, ${requests} requests.`,
    "",
    failure === undefined ? "It went to its end." : `**It was cut off: ${oneLine(failure)}**`,
    `${count("ok")} ok, ${count("not ok")} not ok, ${count("cannot tell")} cannot tell.`,
    "",
    "| proves | what | | seen |",
    "| --- | --- | --- | --- |",
    ...criteria.map(
      ({ proves, title, state, evidence, remedy, links }) =>
        `| ${proves} | ${title} | ${state === "ok" ? "ok" : `**${state}**`} | ${cell(evidence)}${remedy === undefined ? "" : `. To do: ${cell(remedy)}`}${linked(links)} |`,
    ),
    "",
    "## Runs of the workflow",
    "",
    ...list(runs.map(({ what, url, outcome }) => `${what}: [${outcome}](${url})`)),
    ...probeLines(probes),
    "",
    "## Afterwards",
    "",
    ...(left.length === 0
      ? ["Everything that it made is gone; closed pull requests and issues stay, as GitHub deletes none."]
      : ["**Left on the fork**; `upstream-sync verify --clean` tries again:", "", ...list(left)]),
    "",
  ].join("\n");
}

function probeLines(probes: readonly Probe[]): string[] {
  if (probes.length === 0) return [];
  return [
    "",
    "## Questions about GitHub",
    "",
    "| # | question | done | seen | answer |",
    "| --- | --- | --- | --- | --- |",
    ...probes.map(
      ({ id, question, done, seen, answer }) =>
        `| ${id} | ${cell(question)} | ${cell(done)} | ${cell(seen)} | **${answer}** |`,
    ),
  ];
}

function list(lines: readonly string[]): string[] {
  return lines.length === 0 ? ["None."] : lines.map((line) => `- ${oneLine(line)}`);
}

function linked(links: readonly string[]): string {
  return links.length === 0 ? "" : ` ${links.map((link, index) => `[${index + 1}](${link})`).join(" ")}`;
}

function cell(text: string): string {
  return oneLine(text).replaceAll("|", "\\|");
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ");
}
