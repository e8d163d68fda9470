import { ActionsRepositoryPermissions } from "@cdktf/provider-github/lib/actions-repository-permissions/index.js";
import { DataGithubRestApi } from "@cdktf/provider-github/lib/data-github-rest-api/index.js";
import { WorkflowRepositoryPermissions } from "@cdktf/provider-github/lib/workflow-repository-permissions/index.js";
import { Construct } from "constructs";
import type { ForkRepository } from "./fork-repository.ts";
import type { Owned, Ownership } from "./ownership.ts";

export interface ActionsSettingsProps {
  readonly repository: ForkRepository;
  readonly ownership: Ownership;
}

/**
 * Actions are on and workflows may open pull requests. A setting that suffices at first is not managed at all; of one that does not,
 * only the one field we need is ours, and the others follow what people set.
 */
export class ActionsSettings extends Construct {
  /** Expression of the settings that are managed: "actions" or "workflow" -> GitHub's answer as it was before. */
  readonly before: string;

  constructor(scope: Construct, id: string, props: ActionsSettingsProps) {
    super(scope, id);
    const endpoint = `repos/${props.repository.owner}/${props.repository.name}/actions/permissions`;
    const read = (name: string, at: string) => {
      const data = new DataGithubRestApi(this, name, { endpoint: at });
      data.overrideLogicalId(name);
      return `jsondecode(data.github_rest_api.${name}.body)`;
    };
    const actionsNow = read("actions_permissions", endpoint);
    const selected = new DataGithubRestApi(this, "selected_actions", { endpoint: `${endpoint}/selected-actions` });
    selected.overrideLogicalId("selected_actions");
    // GitHub answers 409 while another policy is in force.
    selected.addOverride(
      "for_each",
      `\${toset([for policy in ["selected"] : policy if try(${actionsNow}.allowed_actions, "") == policy])}`,
    );
    const patterns = `{ for policy, read in data.github_rest_api.selected_actions : policy => jsondecode(read.body) }`;
    const workflowNow = read("workflow_permissions", `${endpoint}/workflow`);

    const ownedActions = props.ownership.claim({
      thing: "setting:Actions",
      // Enough as it is. We use no actions of others, so which of them are allowed does not matter.
      there: `try(${actionsNow}.enabled, false)`,
      ours: () => "false",
      note: `merge(${actionsNow}, ${patterns})`,
    });
    const actions = new ActionsRepositoryPermissions(this, "actions", {
      repository: props.repository.name,
      enabled: true,
      // While Actions are off GitHub tells no policy (and had none to keep).
      allowedActions: `\${try(${actionsNow}.allowed_actions, "all")}`,
    });
    actions.overrideLogicalId("actions");
    actions.addOverride("count", `\${${ownedActions.managed} ? 1 : 0}`);

    const ownedWorkflow = props.ownership.claim({
      thing: "setting:workflow permissions",
      there: `try(${workflowNow}.can_approve_pull_request_reviews, false)`,
      ours: () => "false",
      note: workflowNow,
    });
    const workflow = new WorkflowRepositoryPermissions(this, "workflow", {
      repository: props.repository.name,
      // What the team's other workflows get stays as they want it; ours states its permissions itself.
      defaultWorkflowPermissions: `\${${workflowNow}.default_workflow_permissions}`,
      canApprovePullRequestReviews: true,
      // Two writes to the same family of settings, one after the other.
      dependsOn: [actions],
    });
    workflow.overrideLogicalId("workflow");
    workflow.addOverride("count", `\${${ownedWorkflow.managed} ? 1 : 0}`);

    const kept = (name: string, owned: Owned) =>
      `{ for name in ["${name}"] : name => ${owned.note} if ${owned.managed} }`;
    this.before = `merge(${kept("actions", ownedActions)}, ${kept("workflow", ownedWorkflow)})`;
  }
}
