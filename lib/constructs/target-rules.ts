import { RepositoryRuleset } from "@cdktf/provider-github/lib/repository-ruleset/index.js";
import { Construct } from "constructs";
import type { ForkConfig } from "../config/schema.ts";
import { terraformLiteral } from "../render/terraform-literal.ts";
import type { BranchFacts } from "./branch-facts.ts";
import { claimRuleset } from "./branch-rules.ts";
import type { ForkRepository } from "./fork-repository.ts";
import { homesOf } from "./homes.ts";
import type { Ownership } from "./ownership.ts";
import type { RestList } from "./rest-list.ts";

export interface TargetRulesProps {
  readonly repository: ForkRepository;
  readonly ownership: Ownership;
  readonly branchFacts: BranchFacts;
  /** Every ruleset of the repository. */
  readonly rulesets: RestList;
  /** Name of the target branch. */
  readonly target: string;
  readonly rules: Exclude<ForkConfig["protection"]["target"], "none">;
}

const name = "upstream-sync: target";

/**
 * Changes reach the target by pull request only, with these reviews, checks and merge methods; it holds every pull request, not only
 * the sync's. Where the repository's settings or another ruleset leave no merge commit, the plan stops in words: the sync pull
 * request could not be landed.
 */
export class TargetRules extends Construct {
  constructor(scope: Construct, id: string, props: TargetRulesProps) {
    super(scope, id);
    const { repository, ownership, branchFacts, rules } = props;
    const ref = `refs/heads/${terraformLiteral(props.target)}`;
    const branch = homesOf(repository, props.target).target;
    const left = branchFacts.mergeMethods(repository, branch, rules.mergeMethods, name);
    ownership.require(`contains(${left}, "merge")`, {
      what: `the ways to merge into ${props.target}`,
      got: `\${join(", ", ${left}) == "" ? "none" : join(", ", ${left})}, after the repository's settings and everybody's rulesets`,
      expected: "merge among them: the sync pull request needs a merge commit",
      fix: "Allow merge commits there (Settings, General, Pull Requests; Settings, Rules), or write protection.target: none.",
    });

    const target = new RepositoryRuleset(this, "target", {
      repository: repository.name,
      name,
      target: "branch",
      enforcement: "active",
      conditions: { refName: { include: [ref], exclude: [] } },
      rules: {
        pullRequest: { requiredApprovingReviewCount: rules.approvals, requireCodeOwnerReview: rules.codeOwners },
        ...(rules.checks.length > 0
          ? { requiredStatusChecks: { requiredCheck: rules.checks.map((context) => ({ context })) } }
          : {}),
      },
    });
    target.overrideLogicalId("target");
    // Not in the bindings, which are of 6.9 (reference: provider.md §0.1).
    target.addOverride("rules.pull_request.allowed_merge_methods", [...rules.mergeMethods]);
    claimRuleset(this, { ...props, id: "target", name, ref }).importInto("github_repository_ruleset.target");
  }
}
