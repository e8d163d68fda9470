/** The repository's own switches, and what its plan leaves out. */
import { type Check, gh, notOk, ok, type View, whenTold } from "./check.ts";

const issues: Check = {
  id: "issues",
  title: "Issues are on: a conflict is told in one",
  find({ facts, fork }) {
    const { repository, issues } = facts.settings;
    if (issues) return ok("issues are on");
    return notOk(
      "issues are off, as in every new fork",
      `upstream-sync doctor ${fork.repository} --fix, or ${gh("repo", "edit", repository, "--enable-issues")}`,
      { kind: "request", method: "PATCH", path: `/repos/${repository}`, body: { has_issues: true } },
    );
  },
};

const pullRequests: Check = {
  id: "pull-requests",
  title: "Pull requests are on",
  find({ facts }) {
    const { repository, pullRequests } = facts.settings;
    return pullRequests
      ? ok("pull requests are on")
      : notOk(
          "pull requests are switched off",
          gh("api", "-X", "PATCH", `repos/${repository}`, "-F", "has_pull_requests=true"),
        );
  },
};

/** Plans whose private repositories have drafts (github-semantics.md §1.5). */
const plansWithDrafts = ["team", "enterprise", "business", "business_plus"];

const drafts: Check = {
  id: "drafts",
  title: "A conflict's pull request can be a draft",
  find({ facts }) {
    const { private: hidden, repository } = facts.settings;
    if (!hidden) return ok("the fork is public");
    return whenTold(
      facts.plan,
      (plan) =>
        plansWithDrafts.includes(plan)
          ? ok(`private, on plan ${plan}`)
          : notOk(
              `private repositories have no drafts on plan ${plan}: a conflict's pull request opens as an ordinary one`,
              `mark it by a label and do not merge it before its conflicts are settled; or ${gh("repo", "edit", repository, "--visibility", "public")}`,
            ),
      "look at the plan under Settings, Billing: drafts of private repositories need Team or Enterprise",
    );
  },
};

/** GitHub's words where a private repository's plan has neither rules nor environments. */
export function planRefuses({ facts }: View): string | undefined {
  const refused = [...facts.rules.values()].find((answer) => !answer.told && /upgrade to github/i.test(answer.why));
  return refused && !refused.told ? refused.why : undefined;
}

const plan: Check = {
  id: "plan",
  title: "The plan has rules and environments for this fork",
  find(view) {
    const { facts, fork } = view;
    const refused = planRefuses(view);
    if (refused !== undefined) {
      return notOk(
        `${facts.settings.repository} is private on a plan without rules and environments: ${refused}`,
        `upgrade the plan, or ${gh("repo", "edit", fork.repository, "--visibility", "public")}`,
      );
    }
    return ok(facts.settings.private ? "private, on a plan with rules" : "the fork is public");
  },
};

const mergeMethod: Check = {
  id: "merge-method",
  title: "The repository allows how the sync lands",
  find({ facts, fork }) {
    const { repository, merge } = facts.settings;
    return whenTold(
      merge ? { told: true, value: merge } : { told: false, why: "the token may not see the merge methods" },
      ({ commit, squash, rebase }) => {
        const { words, allowed, option, key } = {
          merge: {
            words: "merge commits",
            allowed: commit,
            option: "--enable-merge-commit",
            key: "allow_merge_commit",
          },
          squash: { words: "squashes", allowed: squash, option: "--enable-squash-merge", key: "allow_squash_merge" },
        }[fork.landing];
        if (allowed) return ok(`${words} are allowed`);
        const methods = { "merge commits": commit, squash, rebase };
        const left = Object.entries(methods).flatMap(([method, is]) => (is ? [method] : []));
        const other = fork.landing === "merge" ? { is: squash, name: "squash" } : { is: commit, name: "merge" };
        return notOk(
          `only ${left.join(" and ")}, and upstream-sync.yaml says landing: ${fork.landing}`,
          [
            `upstream-sync doctor ${fork.repository} --fix`,
            gh("repo", "edit", repository, option),
            ...(other.is ? [`write landing: ${other.name} for ${fork.repository} in upstream-sync.yaml`] : []),
          ].join(", or "),
          { kind: "request", method: "PATCH", path: `/repos/${repository}`, body: { [key]: true } },
        );
      },
    );
  },
};

const branchDeletion: Check = {
  id: "branch-deletion",
  title: "The sync branch outlives its pull request",
  find({ facts, fork }) {
    const { repository, deleteBranchOnMerge } = facts.settings;
    if (!deleteBranchOnMerge) return ok("GitHub keeps the branch of a merged pull request");
    const { sync } = fork.branches;
    return whenTold(facts.rules.get(sync) ?? { told: false, why: `nothing is known of ${sync}` }, (rules) =>
      rules.some(({ type }) => type === "deletion")
        ? ok("merged branches are deleted; a rule keeps the sync branch")
        : notOk(
            `merged branches are deleted, and no rule keeps ${sync}`,
            `upstream-sync apply ${fork.repository}, or ${gh("repo", "edit", repository, "--delete-branch-on-merge=false")}`,
          ),
    );
  },
};

export const settingsChecks = [issues, pullRequests, plan, drafts, mergeMethod, branchDeletion];
