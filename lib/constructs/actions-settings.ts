import { ActionsRepositoryPermissions } from "@cdktf/provider-github/lib/actions-repository-permissions/index.js";
import { WorkflowRepositoryPermissions } from "@cdktf/provider-github/lib/workflow-repository-permissions/index.js";
import { Construct } from "constructs";
import type { ForkRepository } from "./fork-repository.ts";
import { Ownership } from "./ownership.ts";

export interface ActionsSettingsProps {
  readonly repository: ForkRepository;
}

/**
 * Actions are on and workflows may open pull requests. A setting that already suffices is left alone and not managed at all.
 */
export class ActionsSettings extends Construct {
  constructor(scope: Construct, id: string, props: ActionsSettingsProps) {
    super(scope, id);
    const endpoint = `repos/${props.repository.owner}/${props.repository.name}/actions/permissions`;
    const ownership = new Ownership(this, "ownership", {
      things: { "actions-permissions": endpoint, "workflow-permissions": `${endpoint}/workflow` },
    });

    const actions = new ActionsRepositoryPermissions(this, "actions", {
      repository: props.repository.name,
      enabled: true,
      allowedActions: "all",
    });
    actions.overrideLogicalId("actions");
    actions.addOverride("count", `\${${ownership.before("actions-permissions", "enabled", "false")} ? 0 : 1}`);

    const workflow = new WorkflowRepositoryPermissions(this, "workflow", {
      repository: props.repository.name,
      // What the team's other workflows get stays as it was; ours states its permissions itself.
      defaultWorkflowPermissions: `\${${ownership.before("workflow-permissions", "default_workflow_permissions", '"read"')}}`,
      canApprovePullRequestReviews: true,
      // Two writes to the same family of settings, one after the other.
      dependsOn: [actions],
    });
    workflow.overrideLogicalId("workflow");
    workflow.addOverride(
      "count",
      `\${${ownership.before("workflow-permissions", "can_approve_pull_request_reviews", "false")} ? 0 : 1}`,
    );
  }
}
