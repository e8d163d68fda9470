import { expect, test } from "@jest/globals";
import { planText } from "../../cli/plan-text.ts";
import type { PlanResult } from "../../lib/plan-result.ts";
import type { Change } from "../../lib/terraform/plan.ts";

function planned(...changes: Change[]): PlanResult {
  const summary = { create: 0, update: changes.length, delete: 0 };
  const found = { imported: [], adopted: [], leftAlone: [], waiting: [], warnings: [] };
  return { repository: "acme/open-webui", changes, summary, found } as unknown as PlanResult;
}

test("a plan without changes says so in one line", () => {
  expect(planText(planned())).toBe("acme/open-webui: no changes");
});

test("of a changed file only the changed lines are shown", () => {
  const before = "on:\n  schedule:\n    - cron: 17 0 * * *\njobs: {}\n";
  const change: Change = {
    address: "github_repository_file.workflow",
    type: "github_repository_file",
    action: "update",
    fields: [{ path: "content", before, after: before.replace("17 0", "41 3") }],
    risks: [],
  };
  expect(planText(planned(change))).toBe(
    [
      "acme/open-webui: 0 to create, 1 to change, 0 to remove",
      "  ~ github_repository_file.workflow",
      "      content:",
      "        -     - cron: 17 0 * * *",
      "        +     - cron: 41 3 * * *",
    ].join("\n"),
  );
});

test("a digest that goes with a change is not shown as a change of its own", () => {
  const text = (cron: string, sha: string) =>
    `on: ${cron}\nDIGEST: "${sha.repeat(64)}"\n| \`${sha.repeat(12)}\` | settings |\n`;
  const change: Change = {
    address: "github_repository_file.workflow",
    type: "github_repository_file",
    action: "update",
    fields: [{ path: "content", before: text("17 0 * * *", "a"), after: text("41 3 * * *", "b") }],
    risks: [],
  };
  expect(planText(planned(change)).split("\n").slice(3)).toEqual([
    "        - on: 17 0 * * *",
    "        + on: 41 3 * * *",
    "        and the digest of it",
  ]);
});

test("what a destroy has to do is counted and not shown, what makes or removes the guard is shown", () => {
  const guard = (action: Change["action"]): Change => ({
    address: "terraform_data.guard",
    type: "terraform_data",
    action,
    fields: [{ path: "input.commits.0.branch", before: "main", after: undefined }],
    risks: [],
  });
  expect(
    planText(planned(guard("update")))
      .split("\n")
      .slice(1),
  ).toEqual(["    and 1 record of what was there before us and of what a destroy has to do"]);
  expect(planText(planned(guard("delete")))).toContain("  - terraform_data.guard\n");
});

test("a single value is shown with old and new", () => {
  const change: Change = {
    address: "github_repository_ruleset.gate",
    type: "github_repository_ruleset",
    action: "update",
    fields: [{ path: "rules.0.pull_request.0.required_approving_review_count", before: 1, after: 2 }],
    risks: [],
  };
  expect(planText(planned(change))).toContain("      rules.0.pull_request.0.required_approving_review_count: 1 -> 2");
});

test("a long change is cut, and says by how much", () => {
  const lines = (word: string) => Array.from({ length: 10 }, (_, n) => `${word} ${n}\n`).join("");
  const change: Change = {
    address: "a.b",
    type: "a",
    action: "update",
    fields: [{ path: "content", before: lines("old"), after: lines("new") }],
    risks: [],
  };
  expect(planText(planned(change)).split("\n").at(-1)).toBe("        … 12 more lines");
});

test("what a change risks comes before the changes", () => {
  const change: Change = {
    address: "github_branch.sync",
    type: "github_branch",
    action: "delete",
    fields: [],
    risks: ["branch sync/upstream is deleted"],
  };
  expect(planText(planned(change)).split("\n").slice(1)).toEqual([
    "  look at these first:",
    "    ! branch sync/upstream is deleted",
    "  - github_branch.sync",
  ]);
});

test("a destroy is told by what it does to the fork: removed, restored, kept and why", () => {
  const change: Change = {
    address: "github_branch.sync[0]",
    type: "github_branch",
    action: "delete",
    fields: [],
    risks: ["branch sync/upstream is deleted"],
  };
  const preview = {
    removed: ["branch sync/upstream"],
    restored: [{ thing: "workflow permissions", to: { can_approve_pull_request_reviews: false } }],
    kept: [{ thing: "label bug", why: "it was there before" }],
    unlanded: undefined,
  };
  expect(planText({ ...planned(change), preview })).toBe(
    [
      "acme/open-webui: 1 thing to remove",
      "  look at these first:",
      "    ! branch sync/upstream is deleted",
      "  removed:",
      "    - branch sync/upstream",
      "  restored, unless people changed it since:",
      '    ~ workflow permissions to {"can_approve_pull_request_reviews":false}',
      "  kept:",
      "    . label bug: it was there before",
    ].join("\n"),
  );
});
