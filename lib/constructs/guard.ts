import { TerraformResource, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import type { ActionsSettings } from "./actions-settings.ts";
import { refusing } from "./branch-facts.ts";
import { address, putAfter, resourcesIn } from "./depend-on.ts";
import { hcl } from "./expression.ts";
import type { ForkRepository } from "./fork-repository.ts";
import type { SyncBranch } from "./sync-branch.ts";
import type { TerraformSteps } from "./terraform-steps.ts";

export interface GuardProps {
  readonly repository: ForkRepository;
  readonly branch: SyncBranch;
  readonly target: string;
  readonly settings: ActionsSettings;
  /** Expression of the files that a destroy removes by a commit: a list of `{ branch, path }`. */
  readonly commits: string;
  /** Path of the workflow in the fork. */
  readonly workflow: string;
  /** Name of a ruleset that stands as long as the set-up does. */
  readonly ruleset: string;
  readonly steps: TerraformSteps;
}

/**
 * How a set-up is taken away. First of all `terraform_data.guard` is destroyed, as it depends on everything: the workflow is
 * switched off, a running sync ends, commits of the sync branch that have not landed are kept on a backup branch; when that cannot be
 * done the destroy ends there, in words, with nothing removed. Last of all `terraform_data.restore`, on which everything depends:
 * the Actions settings get back what they were, unless people have changed them since.
 */
export class Guard extends Construct {
  constructor(scope: Construct, id: string, props: GuardProps) {
    super(scope, id);
    const { repository, branch, target, settings, steps } = props;
    const plain = {
      repository: `${repository.owner}/${repository.name}`,
      branches: { sync: branch.name, target },
      workflow: props.workflow.slice(props.workflow.lastIndexOf("/") + 1),
      ruleset: props.ruleset,
    };
    // A destroy-time provisioner sees `self` alone, so all it needs is in the input. It stays far below the 128 KiB that an
    // environment value may have (reference: github-facts-2.md).
    const input = `merge(${hcl(plain)}, { removesBranch = ${branch.removed}, before = ${settings.before} })`;
    const data = (name: string, input: string): TerraformResource => {
      const resource = new TerraformResource(this, name, { terraformResourceType: "terraform_data" });
      resource.overrideLogicalId(name);
      resource.addOverride("input", `\${${input}}`);
      return resource;
    };
    const environment = { UPSTREAM_SYNC_INPUT: "jsonencode(self.input)" };

    const everything = resourcesIn(TerraformStack.of(this));
    const restore = data("restore", input);
    restore.addOverride("count", `\${length(${settings.before}) > 0 ? 1 : 0}`);
    restore.addOverride("provisioner", [steps.provisioner({ verb: "restore", when: "destroy", environment })]);
    putAfter(settings, [restore]);

    const guard = data("guard", `merge(${input}, { commits = ${props.commits} })`);
    guard.addOverride("provisioner", [
      // After a destroy that was cut short, the workflow is off and this is made again.
      steps.provisioner({ verb: "release", when: "create", environment, onFailure: "continue" }),
      steps.provisioner({
        verb: "guard",
        when: "destroy",
        // Of the code and not of the set-up, so it is not in the state.
        environment: { ...environment, UPSTREAM_SYNC_REFUSING_RULES: hcl(refusing.join(" ")) },
      }),
    ]);
    guard.dependsOn = [...everything, restore].map(address);
  }
}
