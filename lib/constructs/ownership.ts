import { DataGithubRestApi } from "@cdktf/provider-github/lib/data-github-rest-api/index.js";
import { TerraformResource } from "cdktf";
import { Construct } from "constructs";

export interface OwnershipProps {
  /** Thing -> REST endpoint whose answer tells how it stood before, for example `repos/o/r/actions/permissions`. */
  readonly things: Readonly<Record<string, string>>;
}

/**
 * How things stood before us is written down once, in the state, at the first apply: `terraform_data.before["<thing>"]`.
 * What is managed is decided from that record alone, so that our own change never changes the decision.
 */
export class Ownership extends Construct {
  constructor(scope: Construct, id: string, props: OwnershipProps) {
    super(scope, id);
    const live = new DataGithubRestApi(this, "live", { endpoint: "${each.value}" });
    live.overrideLogicalId("before");
    live.addOverride("for_each", props.things);

    // The generic resource class: cdktf's own DataResource starts `terraform version` at every synth (reference: cdktf.md §2).
    const before = new TerraformResource(this, "before", { terraformResourceType: "terraform_data" });
    before.overrideLogicalId("before");
    before.addOverride("for_each", props.things);
    before.addOverride("input", "${data.github_rest_api.before[each.key].body}");
    before.addOverride("lifecycle", { ignore_changes: ["input"] });
  }

  /** Terraform expression (without `${}`) of a field of the recorded answer; `fallback` where the answer has none. */
  before(thing: string, field: string, fallback: string): string {
    return `try(jsondecode(terraform_data.before[${JSON.stringify(thing)}].input).${field}, ${fallback})`;
  }
}
