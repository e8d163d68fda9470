/** A new upstream-sync.yaml, with a comment at each choice: people read it before they apply it. Pure. */
import { stringify } from "yaml";
import type { Choices } from "./choices.ts";

const schema = "./node_modules/upstream-sync/schema/upstream-sync.schema.json";

/** A scalar or a list as YAML writes it on one line. */
function flow(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", flowCollectionPadding: true, lineWidth: 0 }).trim();
}

interface Line {
  readonly key: string;
  readonly value: unknown;
  readonly says: string;
}

export function configText(choices: Choices): string {
  return [
    `# yaml-language-server: $schema=${schema}`,
    "# What is not written here has its default; every key with its meaning: examples/complete/upstream-sync.yaml",
    "version: 1",
    "forks:",
    `  ${flow(choices.repository)}:`,
    ...forkLines(choices).flatMap(({ key, value, says }) => [`    # ${says}`, `    ${key}: ${flow(value)}`]),
    "",
  ].join("\n");
}

function forkLines({ upstream, upstreamPrivate, branches, tests, ...rest }: Choices): readonly Line[] {
  return [
    {
      key: "upstream",
      value: { [upstream.key]: upstream.value, branch: upstream.branch, ...(upstreamPrivate ? { private: true } : {}) },
      says: upstreamPrivate
        ? "Only readable with a token: credentials create --upstream-token"
        : "The project the fork follows",
    },
    {
      key: "branches",
      value: branches,
      says: `Branch ${branches.sync} is made from ${branches.from}; its pull request goes to ${branches.target}`,
    },
    { key: "tests", value: tests, says: "What has to pass before anything moves" },
    ...(rest.reviewers.length > 0
      ? [{ key: "pullRequest", value: { reviewers: rest.reviewers }, says: "Asked for a review each time" }]
      : []),
    { key: "credentials", value: rest.credentials, says: "What the workflow pushes with" },
    ...(rest.credentials === "github-token"
      ? [{ key: "protection", value: { sync: { mode: "minimal" } }, says: "The workflow's own token passes no gate" }]
      : []),
    ...(rest.delivery === "pull-request"
      ? [{ key: "delivery", value: rest.delivery, says: "A rule refuses our commits: people merge the files" }]
      : []),
    {
      key: "document",
      value: { branches: rest.documentBranches },
      says: "The branches the handbook travels, latest first",
    },
  ];
}
