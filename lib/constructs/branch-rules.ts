import {
  RepositoryRuleset,
  type RepositoryRulesetBypassActors,
} from "@cdktf/provider-github/lib/repository-ruleset/index.js";
import { Construct } from "constructs";
import type { ForkRepository } from "./fork-repository.ts";
import type { SyncBranch } from "./sync-branch.ts";
import type { BypassActor } from "./sync-credentials.ts";

/** The commit status the sync program posts on the SHA it tested. */
export const testsContext = "upstream-sync/tests";

export interface BranchRulesProps {
  readonly repository: ForkRepository;
  readonly branch: SyncBranch;
  /** "strict": history and gate; "minimal": history only. */
  readonly mode: "strict" | "minimal";
  /** Approvals a pull request into the sync branch needs. */
  readonly approvals: number;
  /** Whether administrators are bound by the gate like everybody. */
  readonly includeAdministrators: boolean;
  /** The one who may push to the sync branch; undefined leaves the gate closed for everyone. */
  readonly bypass: BypassActor | undefined;
}

/** Repository role "admin" (reference: provider.md §2.1). */
const administrators: BypassActor = { actorType: "RepositoryRole", actorId: 5 };

/**
 * Two rulesets guard the sync branch. *history*: nobody deletes it or rewrites it, without exception. *gate*: changes come by
 * reviewed, tested pull request, except from the workflow's own credential. Two, because a bypass covers a whole ruleset: a key
 * that may pass the gate must not be able to force (reference: github-facts-2.md, "Rules, statuses, credentials").
 */
export class BranchRules extends Construct {
  constructor(scope: Construct, id: string, props: BranchRulesProps) {
    super(scope, id);
    const shared = {
      repository: props.repository.name,
      target: "branch",
      enforcement: "active",
      conditions: { refName: { include: [`refs/heads/${props.branch.name}`], exclude: [] } },
    };

    const history = new RepositoryRuleset(this, "history", {
      ...shared,
      name: "upstream-sync: history",
      rules: { deletion: true, nonFastForward: true },
    });
    history.overrideLogicalId("history");

    if (props.mode === "minimal") return;
    const actors = [
      ...(props.bypass ? [props.bypass] : []),
      ...(props.includeAdministrators ? [] : [administrators]),
    ].map((actor): RepositoryRulesetBypassActors => ({ ...actor, bypassMode: "always" }));
    const gate = new RepositoryRuleset(this, "gate", {
      ...shared,
      name: "upstream-sync: gate",
      bypassActors: actors,
      rules: {
        pullRequest: { requiredApprovingReviewCount: props.approvals },
        requiredStatusChecks: { requiredCheck: [{ context: testsContext }], doNotEnforceOnCreate: true },
      },
    });
    gate.overrideLogicalId("gate");
  }
}
