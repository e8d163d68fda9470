import { DataGithubRestApi } from "@cdktf/provider-github/lib/data-github-rest-api/index.js";
import { TerraformLocal } from "cdktf";
import { Construct } from "constructs";
import { hcl } from "./expression.ts";
import type { ForkRepository } from "./fork-repository.ts";
import type { HomeBranch } from "./homes.ts";

export interface BranchFactsProps {
  readonly repository: ForkRepository;
  /** One name may stand here twice. */
  readonly branches: readonly HomeBranch[];
}

/** Rule types that a commit by the API cannot satisfy, whatever is in it (github-semantics.md §1.1). */
const refusing = [
  "pull_request",
  "required_status_checks",
  "update",
  "merge_queue",
  "required_deployments",
  "workflows",
  "code_scanning",
];

/** Classic protection answers with the settings that are on; these three keep commits out. */
const refusingClassic = `concat(
  can(protection.required_pull_request_reviews) ? ["required pull request reviews"] : [],
  can(protection.required_status_checks) ? ["required status checks"] : [],
  try(protection.lock_branch.enabled, false) ? ["locked branch"] : [],
)`;

/**
 * Which rules hold on the fork's branches, read at every plan and kept nowhere: two look-ups a branch and one for each ruleset.
 * All of it is known before the first write.
 */
export class BranchFacts extends Construct {
  constructor(scope: Construct, id: string, props: BranchFactsProps) {
    super(scope, id);
    const path = `repos/${props.repository.owner}/${props.repository.name}`;
    const branches = `toset([${props.branches.map((branch) => branch.expression).join(", ")}])`;
    this.read("rules", branches, `${path}/rules/branches/\${urlencode(each.key)}?per_page=100`);
    // 404 where there is none.
    this.read("protection", branches, `${path}/branches/\${urlencode(each.key)}/protection`);
    const rules = "flatten([for read in data.github_rest_api.rules : try(jsondecode(read.body), [])])";
    this.read("ruleset", `toset([for rule in ${rules} : tostring(rule.ruleset_id)])`, `${path}/rulesets/\${each.key}`);

    this.name(
      "ruleset_of",
      '{ for id, read in data.github_rest_api.ruleset : id => { name = try(jsondecode(read.body).name, id), passes = contains(["always", "exempt"], try(jsondecode(read.body).current_user_can_bypass, "never")) } }',
    );
    this.name(
      "ruleset_refusals",
      `{ for branch, read in data.github_rest_api.rules : branch => distinct([for rule in try(jsondecode(read.body), []) : "rule \${rule.type} of ruleset \\"\${local.ruleset_of[rule.ruleset_id].name}\\" (\${rule.ruleset_source})" if contains(${JSON.stringify(refusing)}, rule.type) && !local.ruleset_of[rule.ruleset_id].passes]) }`,
    );
    // An administrator, who applies this, is bound by classic protection only when it says so.
    this.name(
      "classic_refusals",
      `{ for branch, read in data.github_rest_api.protection : branch => flatten([for protection in [try(jsondecode(read.body), {})] : [for rule in ${refusingClassic} : "\${rule} of the classic protection"] if try(protection.enforce_admins.enabled, false)]) }`,
    );
  }

  /** Expression (without `${}`): a list of words, one item for each rule that refuses our commit to this branch. */
  refusals(branch: HomeBranch): string {
    return `concat(local.ruleset_refusals[${branch.expression}], local.classic_refusals[${branch.expression}])`;
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
