import { Branch } from "@cdktf/provider-github/lib/branch/index.js";
import { DataGithubRestApi } from "@cdktf/provider-github/lib/data-github-rest-api/index.js";
import { TerraformResource, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { refPath } from "./expression.ts";
import type { ForkRepository } from "./fork-repository.ts";
import type { Owned, Ownership } from "./ownership.ts";
import type { TerraformSteps } from "./terraform-steps.ts";

export interface SyncBranchProps {
  readonly repository: ForkRepository;
  readonly ownership: Ownership;
  /** Name of the branch only the sync program moves, for example "sync/upstream". */
  readonly name: string;
  /** Branch it is born from. Read once: later moves of that branch do not move this one. */
  readonly from: string;
  /** Branch it will be merged into; one that was there before has to share history with it. */
  readonly target: string;
  /** A destroy leaves the branch, whoever made it. */
  readonly keep: boolean;
  readonly steps: TerraformSteps;
}

/**
 * The sync branch exists. One that was there before is adopted: never reset, not in the state, and still there after a destroy.
 * One with nothing in common with the target stops the plan.
 */
export class SyncBranch extends Construct {
  readonly name: string;
  /** Boolean expression: this stack has made it, and a destroy deletes it. */
  readonly removed: string;
  readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: SyncBranchProps) {
    super(scope, id);
    this.name = props.name;
    const { owner, name: repository } = props.repository;
    const live = new DataGithubRestApi(this, "live", {
      endpoint: `repos/${owner}/${repository}/git/ref/heads/${refPath(props.name)}`,
    });
    live.overrideLogicalId("sync_branch");
    const there = "data.github_rest_api.sync_branch.code == 200";
    const owned = props.ownership.claim({
      thing: `branch:${props.name}`,
      there,
      // A branch carries no mark. What was absent at first and is there now was made by an apply that was cut short.
      ours: (wasThere) => `!${wasThere}`,
      importId: `"${repository}:${props.name}:${props.from}"`,
    });

    // Files are listed on the first page only, and there can be hundreds: https://docs.github.com/rest/commits/commits#compare-two-commits
    const compare = new DataGithubRestApi(this, "compare", {
      endpoint: `repos/${owner}/${repository}/compare/${refPath(props.target)}...${refPath(props.name)}?per_page=1&page=2`,
    });
    compare.overrideLogicalId("sync_branch_history");
    compare.addOverride("for_each", `\${toset([for at in ["found"] : at if ${there}])}`);
    const shares = "alltrue([for one in data.github_rest_api.sync_branch_history : one.code == 200])";
    props.ownership.require(`${owned.managed} || ${shares}`, {
      what: `the branch ${props.name} of ${owner}/${repository}`,
      got: `one that was there before and cannot be compared with ${props.target} (\${try(jsondecode(data.github_rest_api.sync_branch_history["found"].body).message, "")})`,
      expected: `none, or one that shares history with ${props.target}`,
      fix: "Rename or remove that branch, or name another one in branches.sync, then apply again.",
    });

    if (props.keep) {
      this.removed = "false";
      this.resource = keptBranch(this, props);
    } else {
      this.removed = owned.managed;
      this.resource = ownBranch(this, props, owned);
    }
  }
}

function ownBranch(scope: Construct, props: SyncBranchProps, owned: Owned): TerraformResource {
  const branch = new Branch(scope, "branch", {
    repository: props.repository.name,
    branch: props.name,
    sourceBranch: props.from,
    // Its birthplace moves on every day; a change of source would replace, that is delete, the branch.
    lifecycle: { ignoreChanges: ["source_branch", "source_sha"] },
  });
  branch.overrideLogicalId("sync");
  branch.addOverride("count", `\${${owned.managed} ? 1 : 0}`);
  owned.importInto("github_branch.sync[0]");
  return branch;
}

/** The provider's own resource deletes its branch in every destroy, so one that is to stay is made by a step of our own. */
function keptBranch(scope: Construct, { repository, name, from, steps }: SyncBranchProps): TerraformResource {
  const branch = new TerraformResource(scope, "branch", { terraformResourceType: "terraform_data" });
  branch.overrideLogicalId("sync_branch");
  branch.addOverride("input", { repository: `${repository.owner}/${repository.name}`, branch: name, from });
  const environment = { UPSTREAM_SYNC_INPUT: "jsonencode(self.input)" };
  branch.addOverride("provisioner", [steps.provisioner({ verb: "branch", when: "create", environment })]);
  // One that an earlier config had Terraform delete: forgotten, not deleted.
  const forgotten = [{ from: "github_branch.sync", lifecycle: { destroy: false } }];
  TerraformStack.of(scope).addOverride("removed", forgotten);
  return branch;
}
