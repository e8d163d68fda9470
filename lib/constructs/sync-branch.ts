import { Branch } from "@cdktf/provider-github/lib/branch/index.js";
import { Construct } from "constructs";
import type { ForkRepository } from "./fork-repository.ts";

export interface SyncBranchProps {
  readonly repository: ForkRepository;
  /** Name of the branch only the sync program moves, for example "sync/upstream". */
  readonly name: string;
  /** Branch it is born from. Read once: later moves of that branch do not move this one. */
  readonly from: string;
}

/** The sync branch exists. A branch of that name is adopted and never reset. */
export class SyncBranch extends Construct {
  /** The branch's name, resolved after the branch exists: whoever uses it depends on it. */
  readonly name: string;

  constructor(scope: Construct, id: string, props: SyncBranchProps) {
    super(scope, id);
    const branch = new Branch(this, "branch", {
      repository: props.repository.name,
      branch: props.name,
      sourceBranch: props.from,
      // Its birthplace moves on every day; a change of source would replace, that is delete, the branch.
      lifecycle: { ignoreChanges: ["source_branch", "source_sha"] },
    });
    branch.overrideLogicalId("sync");
    this.name = branch.branch;
  }
}
