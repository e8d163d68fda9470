/** docs/scenarios.md, made from the list that the tests run. */
import type { Scenario, Topic } from "./scenario.ts";

export function documentOf(topics: readonly Topic[]): string {
  const all = topics.flatMap(({ scenarios }) => scenarios);
  const known = all.filter(({ peers }) => peers !== undefined).length;
  return [
    "# Situations",
    "",
    "<!-- Made by `node dist/test/scenarios/main.js --write-docs` from the list in test/scenarios. Do not edit. -->",
    "",
    `What a fork gets into, what the workflow does about it, and what is left to people: ${all.length} situations. Each row is one test. It makes the situation on a fork and an`,
    "upstream of its own, real repositories on the [sandbox](../sandbox/DIFFERENCES.md), executes the generated workflow, and checks what the row says. After every run it is also",
    "checked that nothing was written to upstream (by the log of all requests), that only people moved the target, that the sync branch lost no commit and has no conflict",
    "markers, that the run is green only if nothing is left to do, and that there is at most one pull request, one conflict pull request and one issue.",
    "",
    'Run them all: `npm run scenarios`; one: `npm run scenarios -- --only "words of its name"`.',
    "",
    `† and a number: one of the ${known} situations in which other tools were seen to fail, by the number it has in our notes.`,
    "",
    ...topics.flatMap(({ title, scenarios }) => [
      `## ${title}`,
      "",
      "| situation | what happens | what a person does |",
      "| --- | --- | --- |",
      ...scenarios.map(row),
      "",
    ]),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}

function row({ name, peers, situation, happens, person }: Scenario): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const mark = peers === undefined ? "" : ` †${peers}`;
  return `| **${cell(name)}**${mark}<br>${cell(situation)} | ${cell(happens)} | ${cell(person)} |`;
}
