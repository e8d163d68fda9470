import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import type { BranchFacts } from "./branch-facts.ts";
import type { ForkRepository } from "./fork-repository.ts";
import type { HomeBranch } from "./homes.ts";
import type { Ownership } from "./ownership.ts";
import type { BoundCredentials } from "./sync-credentials.ts";

export interface PushConditionsProps {
  readonly repository: ForkRepository;
  readonly ownership: Ownership;
  readonly branchFacts: BranchFacts;
  readonly sync: HomeBranch;
  readonly target: HomeBranch;
  readonly credentials: BoundCredentials;
}

/** The App whose token every job has: https://api.github.com/apps/github-actions */
const actionsApp = { actorType: "Integration", actorId: 15368 } as const;

/**
 * Rules of the team that the sync cannot keep. One that refuses the workflow's pushes stops the first plan in words; where the target
 * takes signed commits alone, every plan warns: upstream's are as they are, and ours carry no signature.
 */
export class PushConditions extends Construct {
  constructor(scope: Construct, id: string, props: PushConditionsProps) {
    super(scope, id);
    const { repository, ownership, branchFacts, sync, target } = props;
    const actor = props.credentials.bypassActor ?? actionsApp;
    const organization = `try(${repository.fact("owner.type")}, "") == "Organization"`;
    const pusher = actor.actorType === "DeployKey" ? { ...actor, administrates: organization } : actor;
    const refusals = branchFacts.pushRefusals(sync, pusher);
    ownership.require(`length(${refusals}) == 0`, {
      what: `pushes of the workflow to \${${sync.expression}}`,
      got: `\${join("; ", ${refusals})}`,
      expected: `none that holds for ${words[actor.actorType]}`,
      fix: `Let ${words[actor.actorType]} bypass it (Settings, Rules, Rulesets, Bypass list) or leave \${${sync.expression}} out of it, then apply again; a classic protection has to go from that branch.`,
    });

    const signatures = branchFacts.signatures(target);
    TerraformStack.of(this).addOverride("check.signatures", {
      assert: [
        {
          condition: `\${length(${signatures}) == 0}`,
          error_message: `\${${target.expression}} takes signed commits only, which upstream's and ours are not (\${join("; ", ${signatures})}): whoever merges the sync pull request has to bypass that rule, or the rule has to leave \${${target.expression}} out`,
        },
      ],
    });
  }
}

const words = {
  DeployKey: "deploy keys",
  Integration: "the App that pushes",
  RepositoryRole: "who pushes",
} as const;
