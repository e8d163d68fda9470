import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import type { ForkConfig } from "../config/schema.ts";
import type { RenderedFiles } from "../render/files.ts";
import { ActionsSettings } from "./actions-settings.ts";
import { BranchFacts } from "./branch-facts.ts";
import { BranchRules, historyRuleset } from "./branch-rules.ts";
import { Delivery } from "./delivery.ts";
import { putAfter } from "./depend-on.ts";
import { ForkConditions } from "./fork-conditions.ts";
import { ForkRepository } from "./fork-repository.ts";
import { Guard } from "./guard.ts";
import { homesOf } from "./homes.ts";
import { Labels } from "./labels.ts";
import { Ownership } from "./ownership.ts";
import { PushConditions } from "./push-conditions.ts";
import { SyncBranch } from "./sync-branch.ts";
import type { SyncCredentials } from "./sync-credentials.ts";
import { SyncProgram } from "./sync-program.ts";
import { TargetRules } from "./target-rules.ts";
import { TerraformSteps } from "./terraform-steps.ts";

export interface UpstreamSyncProps {
  readonly fork: ForkConfig;
  /** What goes into the fork, from `renderFiles(fork)`. */
  readonly files: RenderedFiles;
  readonly credentials: SyncCredentials;
  /** The bundled sync program, absolute path of a file: `programFile()` names the one of this package. */
  readonly programFile: string;
  /** The steps that Terraform runs, absolute path of a file: `stepsFile()` names the one of this package. */
  readonly stepsFile: string;
}

/**
 * The whole set-up of one fork: sync branch, its rules, credential, labels, Actions settings and files. The workflow is
 * committed last and removed first, so that no run ever starts on half a set-up.
 */
export class UpstreamSync extends Construct {
  constructor(scope: Construct, id: string, props: UpstreamSyncProps) {
    super(scope, id);
    // Terraform names are fixed and readable, so a second one in the same stack would silently merge with the first.
    const other = TerraformStack.of(this)
      .node.findAll()
      .find((node) => node instanceof UpstreamSync && node !== this);
    if (other) {
      throw new Error(`one stack holds one fork: got a second UpstreamSync at ${this.node.path}; use a stack per fork`);
    }

    const { fork, files } = props;
    const repository = new ForkRepository(this, "fork", { owner: fork.owner, name: fork.name });
    const ownership = new Ownership(this, "ownership");
    const program = new SyncProgram(this, "program", { file: props.programFile });
    const steps = new TerraformSteps(this, "steps", { file: props.stepsFile });
    new ForkConditions(this, "conditions", { repository, ownership, fork });
    const branch = new SyncBranch(this, "branch", {
      repository,
      ownership,
      name: fork.branches.sync,
      from: fork.branches.from,
      target: fork.branches.target,
      keep: fork.rollback.syncBranch === "keep",
      steps,
    });
    const credentials = props.credentials.bind(this, {
      repository,
      ownership,
      steps,
      workflow: files.workflow.path,
    });
    const rules = new BranchRules(this, "rules", {
      repository,
      ownership,
      branch,
      mode: fork.protection.sync.mode,
      approvals: fork.protection.sync.approvals,
      includeAdministrators: fork.protection.sync.includeAdministrators,
      bypass: credentials.bypassActor,
    });
    const homes = homesOf(repository, fork.branches.target);
    const sync = homesOf(repository, fork.branches.sync).target;
    const branchFacts = new BranchFacts(this, "branch-facts", {
      repository,
      branches: [homes.default, homes.target],
      untilSetUp: { branch: sync, when: `!(${rules.standing})` },
    });
    new PushConditions(this, "push", { repository, ownership, branchFacts, sync, target: homes.target, credentials });
    const targetRules =
      fork.protection.target === "none"
        ? []
        : [
            new TargetRules(this, "target-rules", {
              repository,
              ownership,
              branchFacts,
              rulesets: rules.rulesets,
              target: fork.branches.target,
              rules: fork.protection.target,
            }),
          ];
    const labels = new Labels(this, "labels", { repository, ownership, names: fork.pullRequest.labels });
    const settings = new ActionsSettings(this, "actions", { repository, ownership });

    const delivery = new Delivery(this, "delivery", {
      repository,
      ownership,
      branchFacts,
      program,
      steps,
      files,
      target: fork.branches.target,
      by: fork.delivery,
      after: [branch, rules, ...targetRules, labels, settings, credentials.construct],
    });
    // Made first, and so given back last.
    for (const later of [branch, labels, credentials.construct]) putAfter(later, [settings]);
    new Guard(this, "guard", {
      repository,
      branch,
      target: fork.branches.target,
      settings,
      commits: delivery.commits,
      workflow: files.workflow.path,
      ruleset: historyRuleset,
      steps,
    });
  }
}
