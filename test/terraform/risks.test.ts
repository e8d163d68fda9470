import { describe, expect, test } from "@jest/globals";
import type { ChangeAction } from "../../lib/terraform/plan.ts";
import { risksOf } from "../../lib/terraform/risks.ts";

const risks = (type: string, action: ChangeAction, before: unknown, after: unknown) =>
  risksOf({ address: `${type}.it`, type, action, before, after });

const gate = {
  name: "upstream-sync: gate",
  enforcement: "active",
  conditions: [{ ref_name: [{ include: ["refs/heads/sync/upstream"], exclude: [] }] }],
  bypass_actors: [{ actor_type: "DeployKey", actor_id: null, bypass_mode: "always" }],
  rules: [{ pull_request: [{ required_approving_review_count: 2 }], deletion: true }],
};

describe("risks of a change", () => {
  test.each([
    [
      "a branch goes",
      risks("github_branch", "delete", { branch: "sync/upstream" }, null),
      ["branch sync/upstream is deleted"],
    ],
    [
      "a branch is made anew",
      risks("github_branch", "replace", { branch: "a" }, { branch: "b" }),
      ["branch a is deleted"],
    ],
    ["a branch comes", risks("github_branch", "create", null, { branch: "a" }), []],
    [
      "a label goes",
      risks("github_issue_label", "delete", { name: "bug" }, null),
      ["label bug is deleted, and so taken off every issue and pull request"],
    ],
    [
      "a ruleset goes",
      risks("github_repository_ruleset", "delete", gate, null),
      ["protection is taken away: ruleset upstream-sync: gate is deleted"],
    ],
    [
      "fewer approvals",
      risks("github_repository_ruleset", "update", gate, {
        ...gate,
        rules: [{ pull_request: [{ required_approving_review_count: 1 }], deletion: true }],
      }),
      ["protection is weakened: ruleset upstream-sync: gate, pull_request.required_approving_review_count 2 -> 1"],
    ],
    [
      "more approvals",
      risks("github_repository_ruleset", "update", gate, {
        ...gate,
        rules: [{ pull_request: [{ required_approving_review_count: 3 }], deletion: true }],
      }),
      [],
    ],
    [
      "a rule is dropped",
      risks("github_repository_ruleset", "update", gate, {
        ...gate,
        rules: [{ pull_request: gate.rules[0]?.pull_request }],
      }),
      ["protection is weakened: ruleset upstream-sync: gate, deletion is no longer asked for"],
    ],
    [
      "only evaluated",
      risks("github_repository_ruleset", "update", gate, { ...gate, enforcement: "evaluate" }),
      ["protection is weakened: ruleset upstream-sync: gate is evaluate instead of active"],
    ],
    [
      "another branch is covered instead",
      risks("github_repository_ruleset", "update", gate, {
        ...gate,
        conditions: [{ ref_name: [{ include: ["refs/heads/other"], exclude: [] }] }],
      }),
      ["protection is weakened: ruleset upstream-sync: gate no longer covers refs/heads/sync/upstream"],
    ],
    [
      "one more may pass",
      risks("github_repository_ruleset", "update", gate, {
        ...gate,
        bypass_actors: [...gate.bypass_actors, { actor_type: "RepositoryRole", actor_id: 5, bypass_mode: "always" }],
      }),
      ["bypass is widened: RepositoryRole 5 (always) may pass ruleset upstream-sync: gate"],
    ],
    [
      "a key may write",
      risks("github_repository_deploy_key", "create", null, { title: "upstream-sync", read_only: false }),
      ["permission is raised: deploy key upstream-sync may write to the repository"],
    ],
    ["a key may read", risks("github_repository_deploy_key", "create", null, { title: "ci", read_only: true }), []],
    [
      "a secret is replaced",
      risks("github_actions_environment_secret", "update", { secret_name: "KEY" }, { secret_name: "KEY" }),
      ["secret KEY is replaced"],
    ],
    ["a secret comes", risks("github_actions_environment_secret", "create", null, { secret_name: "KEY" }), []],
    [
      "workflows may open pull requests",
      risks("github_workflow_repository_permissions", "create", null, {
        can_approve_pull_request_reviews: true,
        default_workflow_permissions: "read",
      }),
      ["permission is raised: workflows may open and approve pull requests"],
    ],
    [
      "the workflow changes",
      risks(
        "github_repository_file",
        "update",
        { file: ".github/workflows/a.yml" },
        { file: ".github/workflows/a.yml" },
      ),
      [".github/workflows/a.yml changes: it runs in the fork's Actions"],
    ],
    [
      "the document changes",
      risks("github_repository_file", "update", { file: "docs/a.md" }, { file: "docs/a.md" }),
      [],
    ],
    [
      "a type nobody judged",
      risks("github_repository", "update", { name: "x" }, { name: "x" }),
      ["github_repository.it: a resource of type github_repository, which this version cannot judge"],
    ],
  ])("%s", (_, found, expected) => {
    expect(found).toEqual(expected);
  });
});
