import { DataGithubRestApi } from "@cdktf/provider-github/lib/data-github-rest-api/index.js";
import {
  RepositoryRuleset,
  type RepositoryRulesetBypassActors,
} from "@cdktf/provider-github/lib/repository-ruleset/index.js";
import { Construct } from "constructs";
import { hcl } from "./expression.ts";
import type { ForkRepository } from "./fork-repository.ts";
import type { Owned, Ownership } from "./ownership.ts";
import { RestList } from "./rest-list.ts";
import type { SyncBranch } from "./sync-branch.ts";
import type { BypassActor } from "./sync-credentials.ts";

/** The commit status the sync program posts on the SHA it tested. */
export const testsContext = "upstream-sync/tests";

export interface BranchRulesProps {
  readonly repository: ForkRepository;
  readonly ownership: Ownership;
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

/** Stands as long as the set-up does, whatever its mode. */
export const historyRuleset = "upstream-sync: history";

/** Repository role "admin" (reference: provider.md §2.1). */
const administrators: BypassActor = { actorType: "RepositoryRole", actorId: 5 };

/**
 * Two rulesets guard the sync branch. *history*: nobody deletes it or rewrites it, without exception. *gate*: changes come by
 * reviewed, tested pull request, except from the workflow's own credential. Two, because a bypass covers a whole ruleset: a key
 * that may pass the gate must not be able to force (reference: github-facts-2.md, "Rules, statuses, credentials").
 */
export class BranchRules extends Construct {
  /** Every ruleset of the repository, as GitHub lists them. */
  readonly rulesets: RestList;
  /** Boolean expression (without `${}`): the ruleset that stands as long as the set-up is there now. */
  readonly standing: string;

  constructor(scope: Construct, id: string, props: BranchRulesProps) {
    super(scope, id);
    const shared = {
      repository: props.repository.name,
      target: "branch",
      enforcement: "active",
      conditions: { refName: { include: [`refs/heads/${props.branch.name}`], exclude: [] } },
      // Terraform cannot see it by the name alone, and a rule for a branch that is not there yet refuses its creation.
      dependsOn: [props.branch.resource],
    };
    const list = new RestList(this, "list", {
      endpoint: `repos/${props.repository.owner}/${props.repository.name}/rulesets`,
      name: "rulesets",
    });
    this.rulesets = list;
    this.standing = `anytrue([for one in ${list.items} : lower(one.name) == ${hcl(historyRuleset.toLowerCase())}])`;
    const ref = `refs/heads/${props.branch.name}`;
    const claim = (id: string, name: string) => claimRuleset(this, { ...props, rulesets: list, id, name, ref });

    const history = new RepositoryRuleset(this, "history", {
      ...shared,
      name: historyRuleset,
      rules: { deletion: true, nonFastForward: true },
    });
    history.overrideLogicalId("history");
    claim("history", history.nameInput as string).importInto("github_repository_ruleset.history");

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
    claim("gate", gate.nameInput as string).importInto("github_repository_ruleset.gate");
  }
}

/** Ours is a ruleset of our name for this ref and nothing else; the list does not tell what a ruleset holds. */
export function claimRuleset(
  scope: Construct,
  props: {
    readonly repository: ForkRepository;
    readonly ownership: Ownership;
    readonly rulesets: RestList;
    readonly id: string;
    readonly name: string;
    readonly ref: string;
  },
): Owned {
  const { owner, name: repository } = props.repository;
  const { id, name, ref } = props;
  const live = `[for one in ${props.rulesets.items} : one if lower(one.name) == ${hcl(name.toLowerCase())}]`;
  const detail = new DataGithubRestApi(scope, `${id}-detail`, {
    endpoint: `repos/${owner}/${repository}/rulesets/\${each.value}`,
  });
  detail.overrideLogicalId(`ruleset_${id}`);
  detail.addOverride("for_each", `\${{ for one in ${live} : "found" => one.id }}`);
  const found = `jsondecode(data.github_rest_api.ruleset_${id}["found"].body)`;
  return props.ownership.claim({
    thing: `ruleset:${name}`,
    there: `length(${live}) > 0`,
    ours: () => `try(${found}.conditions.ref_name.include == [${hcl(ref)}], false)`,
    importId: `"${repository}:\${${live}[0].id}"`,
    foreign: {
      what: `the ruleset "${name}" of ${owner}/${repository}`,
      got: "one that was there before and holds other branches",
      expected: `none, or one for ${ref} alone`,
      fix: "Rename or remove it (Settings, Rules, Rulesets), then apply again.",
    },
  });
}
