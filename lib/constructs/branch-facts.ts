import { DataGithubRestApi } from "@cdktf/provider-github/lib/data-github-rest-api/index.js";
import { TerraformLocal } from "cdktf";
import { Construct } from "constructs";
import { hcl } from "./expression.ts";
import type { ForkRepository } from "./fork-repository.ts";
import type { HomeBranch } from "./homes.ts";
import type { BypassActor } from "./sync-credentials.ts";

export interface BranchFactsProps {
  readonly repository: ForkRepository;
  /** Read at every plan; one name may stand here twice. */
  readonly branches: readonly HomeBranch[];
  /** Read as long as the expression (without `${}`) is true. */
  readonly untilSetUp: { readonly branch: HomeBranch; readonly when: string };
}

/** Whose pushes are meant. */
export interface Pusher {
  readonly actorType: BypassActor["actorType"];
  readonly actorId?: number;
  /** Boolean expression: it may do what administrators may. */
  readonly administrates?: string;
}

/** Rule types that a commit by the API cannot satisfy, whatever is in it (github-semantics.md §1.1). Of a person's commits none is signed. */
export const refusing: readonly string[] = [
  "pull_request",
  "required_status_checks",
  "update",
  "merge_queue",
  "required_deployments",
  "workflows",
  "code_scanning",
  "required_signatures",
];

/** A push of ours has merge commits besides. */
const refusingPushes = [...refusing, "required_linear_history"];

/** Classic protection answers with the settings that are on; these keep commits out. */
const refusingClassic = [
  'can(protection.required_pull_request_reviews) ? ["required pull request reviews"] : []',
  'can(protection.required_status_checks) ? ["required status checks"] : []',
  'try(protection.lock_branch.enabled, false) ? ["locked branch"] : []',
  'try(protection.required_signatures.enabled, false) ? ["required signatures"] : []',
];
const refusingClassicPushes = [
  ...refusingClassic,
  'try(protection.required_linear_history.enabled, false) ? ["required linear history"] : []',
];

/**
 * Which rules hold on the fork's branches, read at every plan and kept nowhere: two look-ups a branch and one for each ruleset.
 * All of it is known before the first write. One for a stack: its reads have fixed names.
 */
export class BranchFacts extends Construct {
  constructor(scope: Construct, id: string, props: BranchFactsProps) {
    super(scope, id);
    const path = `repos/${props.repository.owner}/${props.repository.name}`;
    const always = props.branches.map((branch) => branch.expression).join(", ");
    const { branch, when } = props.untilSetUp;
    const branches = `toset(concat([${always}], ${when} ? [${branch.expression}] : []))`;
    this.read("rules", branches, `${path}/rules/branches/\${urlencode(each.key)}?per_page=100`);
    // 404 where there is none.
    this.read("protection", branches, `${path}/branches/\${urlencode(each.key)}/protection`);
    const rules = "flatten([for read in data.github_rest_api.rules : try(jsondecode(read.body), [])])";
    this.read("ruleset", `toset([for rule in ${rules} : tostring(rule.ruleset_id)])`, `${path}/rulesets/\${each.key}`);

    this.name(
      "ruleset_of",
      '{ for id, read in data.github_rest_api.ruleset : id => { name = try(jsondecode(read.body).name, id), passes = contains(["always", "exempt"], try(jsondecode(read.body).current_user_can_bypass, "never")), actors = try(jsondecode(read.body).bypass_actors, null) } }',
    );
    this.name(
      "ruleset_refusals",
      `{ for branch, read in data.github_rest_api.rules : branch => ${rulesIn("read", refusing, `!${rulesetOf}.passes`)} }`,
    );
    // An administrator, who applies this, is bound by classic protection only when it says so.
    this.name(
      "classic_refusals",
      `{ for branch, read in data.github_rest_api.protection : branch => ${classicIn("read", refusingClassic, enforced)} }`,
    );
  }

  /** Expression (without `${}`): a list of words, one item for each rule that refuses our commit to this branch. */
  refusals(branch: HomeBranch): string {
    return `concat(local.ruleset_refusals[${branch.expression}], local.classic_refusals[${branch.expression}])`;
  }

  /**
   * Expression: the same for pushes of merge commits by somebody else than who applies this, before the branch is set up. Whom a
   * ruleset lets pass is told to its administrators alone: of others' nothing is said.
   */
  pushRefusals(branch: HomeBranch, pusher: Pusher): string {
    const passes = `anytrue([for actor in ${rulesetOf}.actors : actor.actor_type == "${pusher.actorType}" && ${pusher.actorId === undefined ? "true" : `try(actor.actor_id == ${pusher.actorId}, false)`} && contains(["always", "exempt"], actor.bypass_mode)])`;
    const rules = rulesIn("read", refusingPushes, `try(!${passes}, false)`);
    // A deploy key of an organization's repository stands for an administrator (github-semantics.md §1.2).
    const bound = pusher.administrates === undefined ? "true" : `!(${pusher.administrates}) || ${enforced}`;
    const classic = classicIn("read", refusingClassicPushes, bound);
    const of = (kind: string, words: string) =>
      `flatten([for name, read in data.github_rest_api.${kind} : ${words} if name == ${branch.expression}])`;
    return `concat(${of("rules", rules)}, ${of("protection", classic)})`;
  }

  /** Expression: the rulesets and protections that let only signed commits onto the branch, whoever brings them. */
  signatures(branch: HomeBranch): string {
    const rules = rulesIn(`data.github_rest_api.rules[${branch.expression}]`, ["required_signatures"], "true");
    const classic = classicIn(
      `data.github_rest_api.protection[${branch.expression}]`,
      refusingClassic.slice(-1),
      "true",
    );
    return `concat(${rules}, ${classic})`;
  }

  /**
   * Expression: which of these merge methods are left by the repository's settings and by everybody's rulesets but the one named.
   * @param methods of "merge", "squash", "rebase".
   */
  mergeMethods(repository: ForkRepository, branch: HomeBranch, methods: readonly string[], besides: string): string {
    const setting = (name: string) => `try(${repository.fact(name)}, true)`;
    const settings = `{ merge = ${setting("allow_merge_commit")}, squash = ${setting("allow_squash_merge")}, rebase = ${setting("allow_rebase_merge")} }`;
    const rules = `[for rule in try(jsondecode(data.github_rest_api.rules[${branch.expression}].body), []) : rule if local.ruleset_of[rule.ruleset_id].name != ${hcl(besides)}]`;
    const lists = `alltrue([for rule in ${rules} : contains(try(rule.parameters.allowed_merge_methods, [method]), method) if rule.type == "pull_request"])`;
    const linear = `!(method == "merge" && anytrue([for rule in ${rules} : rule.type == "required_linear_history"]))`;
    return `[for method in ${hcl(methods)} : method if ${settings}[method] && ${lists} && ${linear}]`;
  }

  private read(name: string, forEach: string, endpoint: string): void {
    const data = new DataGithubRestApi(this, name, { endpoint });
    data.overrideLogicalId(name);
    data.addOverride("for_each", `\${${forEach}}`);
  }

  private name(name: string, expression: string): void {
    new TerraformLocal(this, name, `\${${expression}}`).overrideLogicalId(name);
  }
}

const rulesetOf = "local.ruleset_of[rule.ruleset_id]";
const enforced = "try(protection.enforce_admins.enabled, false)";

/** Expression: words for each rule of these types in a read of a branch's rules, if `bound` holds. */
function rulesIn(read: string, types: readonly string[], bound: string): string {
  const words = `"rule \${rule.type} of ruleset \\"\${${rulesetOf}.name}\\" (\${rule.ruleset_source})"`;
  return `distinct([for rule in try(jsondecode(${read}.body), []) : ${words} if contains(${hcl(types)}, rule.type) && ${bound}])`;
}

/** The same of a read of classic protection, which answers 404 where there is none. */
function classicIn(read: string, settings: readonly string[], bound: string): string {
  return `flatten([for protection in [try(jsondecode(${read}.body), {})] : [for rule in concat(${settings.join(", ")}) : "\${rule} of the classic protection"] if ${bound}])`;
}
