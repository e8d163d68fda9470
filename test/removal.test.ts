import { expect, test } from "@jest/globals";
import { previewOf } from "../lib/removal.ts";
import { rollbackReport } from "../lib/rollback-report.ts";
import type { PlanJson } from "../lib/terraform/plan.ts";

const deleted = (type: string, before: object) => ({
  address: `${type}.x`,
  mode: "managed" as const,
  type,
  change: { actions: ["delete"], before, after: null },
});
const input = {
  repository: "acme/fork",
  branches: { sync: "sync/upstream", target: "dev" },
  removesBranch: true,
  before: { workflow: { can_approve_pull_request_reviews: false } },
};
const record = (thing: string, ours: boolean) => ({
  address: `terraform_data.before["${thing}"]`,
  index: thing,
  values: { input: { there: true, ours } },
});
const plan = (guard: object): PlanJson => ({
  format_version: "1.2",
  resource_changes: [
    deleted("github_branch", { branch: "sync/upstream" }),
    deleted("github_repository_file", { file: "docs/upstream-sync.md", branch: "dev" }),
    deleted("github_issue_label", { name: "upstream-sync" }),
    deleted("github_new_thing", { id: "7" }),
    deleted("terraform_data", { input }),
  ],
  prior_state: {
    values: {
      root_module: {
        resources: [
          { address: "terraform_data.guard", values: { input: guard } },
          record("label:bug", false),
          record("environment:upstream-sync", true),
        ],
      },
    },
  },
});

test("what a destroy is going to do is told in words: removed, restored, kept and why", () => {
  expect(previewOf(plan(input), { commits: 2 })).toEqual({
    removed: ["branch sync/upstream", "file docs/upstream-sync.md on dev", "label upstream-sync", "github_new_thing 7"],
    restored: [{ thing: "workflow permissions", to: { can_approve_pull_request_reviews: false } }],
    kept: [
      { thing: "label bug", why: "it was there before" },
      {
        thing: "the commits of branch sync/upstream, as sync/upstream-backup-<date>",
        why: "2 commits on sync/upstream of acme/fork have not landed on dev",
      },
    ],
    unlanded: "2 commits on sync/upstream of acme/fork have not landed on dev",
  });
});

test("nothing is asked about work that has landed, a branch that stays, or one that is gone", () => {
  const unlanded = (guard: object, work?: { commits: number | undefined }) => previewOf(plan(guard), work).unlanded;
  expect(unlanded(input, { commits: 0 })).toBeUndefined();
  expect(unlanded(input, undefined)).toBeUndefined();
  expect(unlanded({ ...input, removesBranch: false }, { commits: 2 })).toBeUndefined();
  expect(unlanded(input, { commits: 1 })).toBe("1 commit on sync/upstream of acme/fork has not landed on dev");
  expect(unlanded(input, { commits: undefined })).toBe(
    "commits on sync/upstream of acme/fork cannot be compared with dev",
  );
});

test("the report tells what was done, from beginning to end, with every ref", () => {
  const text = rollbackReport({
    repository: "acme/fork",
    begun: "2026-11-28T10:00:00.000Z",
    ended: "2026-11-28T10:00:05.000Z",
    preview: previewOf(plan(input), { commits: 2 }),
    removal: {
      removed: ["refs/upstream-sync/main/synced"],
      closed: ["pull request #3"],
      restored: [{ thing: "workflow permissions", to: { can_approve_pull_request_reviews: false } }],
      kept: [
        { thing: "branch sync/upstream", as: "sync/upstream-backup-20261128", why: "2 commits have not landed on dev" },
      ],
    },
    refsBefore: new Map([
      ["refs/heads/dev", "a".repeat(40)],
      ["refs/heads/sync/upstream", "b".repeat(40)],
    ]),
    refsAfter: new Map([
      ["refs/heads/dev", "a".repeat(40)],
      ["refs/heads/sync/upstream-backup-20261128", "b".repeat(40)],
    ]),
    failure: undefined,
  });
  expect(text).toBe(
    [
      "# Rollback of acme/fork",
      "",
      "By `upstream-sync destroy`, from 2026-11-28T10:00:00.000Z to 2026-11-28T10:00:05.000Z (UTC).",
      "",
      "It went to its end.",
      "",
      "## Removed",
      "",
      "- branch sync/upstream",
      "- file docs/upstream-sync.md on dev",
      "- label upstream-sync",
      "- github_new_thing 7",
      "",
      "## Closed",
      "",
      "- pull request #3",
      "",
      "## Restored",
      "",
      '- workflow permissions: `{"can_approve_pull_request_reviews":false}`',
      "",
      "## Kept",
      "",
      "- label bug: it was there before",
      "- branch sync/upstream as `sync/upstream-backup-20261128`: 2 commits have not landed on dev",
      "",
      "## Refs",
      "",
      "| ref | before | after |",
      "| --- | --- | --- |",
      `| \`refs/heads/dev\` | \`${"a".repeat(40)}\` | the same |`,
      `| \`refs/heads/sync/upstream\` | \`${"b".repeat(40)}\` | (none) |`,
      `| \`refs/heads/sync/upstream-backup-20261128\` | (none) | \`${"b".repeat(40)}\` |`,
      "",
      "## Afterwards",
      "",
      "- To get work back from a backup branch, open a pull request from it, or merge it as any branch.",
      "- To set it up again: `upstream-sync credentials create acme/fork --replace`, then `upstream-sync apply acme/fork`.",
      "",
    ].join("\n"),
  );
});
