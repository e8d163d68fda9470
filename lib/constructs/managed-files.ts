import { RepositoryFile } from "@cdktf/provider-github/lib/repository-file/index.js";
import { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { terraformLiteral } from "../render/terraform-literal.ts";
import type { ForkRepository } from "./fork-repository.ts";

export interface ManagedFile {
  /** Terraform name, a short noun: `github_repository_file.<id>`. */
  readonly id: string;
  readonly path: string;
  readonly content: string;
  readonly branch: string;
  /** Constant over the file's life: another message alone makes an empty commit (reference: provider.md §2.3). */
  readonly message: string;
}

export interface ManagedFilesProps {
  readonly repository: ForkRepository;
  /** Committed in this order. */
  readonly files: readonly ManagedFile[];
  /** Everything in these has to exist before the first file is committed. */
  readonly after: readonly Construct[];
}

/** Each file is on its branch with exactly this content. */
export class ManagedFiles extends Construct {
  constructor(scope: Construct, id: string, props: ManagedFilesProps) {
    super(scope, id);
    // Terraform knows resources only, so a dependency on a construct is one on each resource in it.
    const needed = props.after.flatMap((one) => one.node.findAll()).filter(TerraformResource.isTerraformResource);
    let previous: RepositoryFile | undefined;
    for (const file of props.files) {
      const resource = new RepositoryFile(this, file.id, {
        repository: props.repository.name,
        branch: file.branch,
        file: file.path,
        content: terraformLiteral(file.content),
        commitMessage: file.message,
        // A file of that name that is not ours stops the apply instead of being overwritten.
        overwriteOnCreate: false,
        // Chained: two commits to one branch at once answer 409 (reference: provider.md §4).
        dependsOn: previous ? [previous] : needed,
      });
      resource.overrideLogicalId(file.id);
      previous = resource;
    }
  }
}
