import type { Repository } from "./state.ts";

/** How GitHub sets up a repository that somebody has just made: public, no fork, with nothing in it. */
export function newRepository(id: number, owner: string, name: string, createdAt: string): Repository {
  return {
    id,
    owner,
    name,
    visibility: "public",
    parent: null,
    defaultBranch: "main",
    archived: false,
    settings: {
      has_issues: true,
      allow_merge_commit: true,
      allow_squash_merge: true,
      allow_rebase_merge: true,
      allow_auto_merge: false,
      delete_branch_on_merge: false,
    },
    actions: {
      enabled: true,
      allowed_actions: "all",
      default_workflow_permissions: "read",
      can_approve_pull_request_reviews: false,
      deployKeysAllowed: true,
    },
    collaborators: {},
    labels: [],
    rulesets: [],
    keys: [],
    environments: [],
    variables: {},
    issues: [],
    statuses: [],
    workflows: [],
    runs: [],
    created_at: createdAt,
  };
}
