import { IssueLabel } from "@cdktf/provider-github/lib/issue-label/index.js";
import { TerraformIterator } from "cdktf";
import { Construct } from "constructs";
import type { ForkRepository } from "./fork-repository.ts";

export interface LabelsProps {
  readonly repository: ForkRepository;
  readonly names: readonly string[];
}

/** The labels of the sync pull request exist. */
export class Labels extends Construct {
  constructor(scope: Construct, id: string, props: LabelsProps) {
    super(scope, id);
    const each = TerraformIterator.fromList([...props.names]);
    const label = new IssueLabel(this, "label", {
      forEach: each,
      repository: props.repository.name,
      name: each.value,
      color: "1d76db",
      // The mark by which a label of ours is recognised.
      description: "Managed by upstream-sync",
    });
    label.overrideLogicalId("label");
  }
}
