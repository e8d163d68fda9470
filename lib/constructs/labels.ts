import { IssueLabel } from "@cdktf/provider-github/lib/issue-label/index.js";
import { Construct } from "constructs";
import { hcl } from "./expression.ts";
import type { ForkRepository } from "./fork-repository.ts";
import type { Ownership } from "./ownership.ts";
import { RestList } from "./rest-list.ts";

/** On the sync pull request it takes over upstream's workflow files that are held back. */
export const acceptWorkflowsLabel = "accept-upstream-workflows";

/** On any open issue or pull request it pauses the sync. */
export const pauseLabel = "pause-upstream-sync";

/** The mark by which a label of ours is recognised. */
const mark = "Managed by upstream-sync";

export interface LabelsProps {
  readonly repository: ForkRepository;
  readonly ownership: Ownership;
  /** Labels of the sync pull request; those with which people steer the sync come on top. */
  readonly names: readonly string[];
}

/**
 * The labels of the sync pull request exist. One that was there before, in any case of letters (GitHub compares names without
 * it), is used as it is: never edited, never deleted.
 */
export class Labels extends Construct {
  constructor(scope: Construct, id: string, props: LabelsProps) {
    super(scope, id);
    const { owner, name: repository } = props.repository;
    const list = new RestList(this, "list", { endpoint: `repos/${owner}/${repository}/labels`, name: "labels" });
    const names = [
      ...new Map([...props.names, acceptWorkflowsLabel, pauseLabel].map((name) => [name.toLowerCase(), name])).values(),
    ];
    const claimed = names.map((name) => {
      const live = `[for label in ${list.items} : label if lower(label.name) == lower(${hcl(name)})]`;
      const owned = props.ownership.claim({
        thing: `label:${name}`,
        there: `length(${live}) > 0`,
        ours: () => `try(${live}[0].description, null) == ${hcl(mark)}`,
        importId: `"${repository}:\${${live}[0].name}"`,
      });
      owned.importInto(`github_issue_label.label[${JSON.stringify(name)}]`);
      return { name, managed: owned.managed };
    });

    const label = new IssueLabel(this, "label", {
      repository: props.repository.name,
      name: "${each.key}",
      color: "1d76db",
      description: mark,
    });
    label.overrideLogicalId("label");
    const managed = claimed.map(({ name, managed }) => `${managed} ? [${hcl(name)}] : []`);
    label.addOverride("for_each", `\${toset(concat(${managed.join(", ")}))}`);
  }
}
