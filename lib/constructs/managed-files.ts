import { RepositoryFile } from "@cdktf/provider-github/lib/repository-file/index.js";
import { Construct } from "constructs";
import { gitBlobId } from "../render/digest.ts";
import { terraformLiteral } from "../render/terraform-literal.ts";
import type { BranchFacts } from "./branch-facts.ts";
import { resourcesIn } from "./depend-on.ts";
import { hcl } from "./expression.ts";
import type { FileFacts } from "./file-facts.ts";
import type { ForkRepository } from "./fork-repository.ts";
import type { HomeBranch } from "./homes.ts";
import type { Ownership } from "./ownership.ts";

export interface ManagedFile {
  /** Terraform name, a short noun: `github_repository_file.<id>`. */
  readonly id: string;
  readonly path: string;
  readonly content: string;
  readonly branch: HomeBranch;
  /** Constant over the file's life: another message alone makes an empty commit (reference: provider.md §2.3). */
  readonly message: string;
  /** Words in the file by which it is known as ours. */
  readonly mark: string;
  /** Expression (without `${}`): whether it is managed at all; always, when absent. */
  readonly when?: string;
}

export interface ManagedFilesProps {
  readonly repository: ForkRepository;
  readonly ownership: Ownership;
  /** Committed in this order. */
  readonly files: readonly ManagedFile[];
  readonly fileFacts: FileFacts;
  readonly branchFacts: BranchFacts;
  /** Everything in these has to exist before the first file is committed. */
  readonly after: readonly Construct[];
}

/**
 * Each file is on its branch with exactly this content. A file of the same name that is not ours, and a branch whose rules refuse
 * the commit, stop the plan in words: nothing has been written then.
 */
export class ManagedFiles extends Construct {
  constructor(scope: Construct, id: string, props: ManagedFilesProps) {
    super(scope, id);
    const needed = resourcesIn(...props.after);
    let previous: RepositoryFile | undefined;
    for (const file of props.files) {
      const resource = new RepositoryFile(this, file.id, {
        repository: props.repository.name,
        branch: file.branch.name,
        file: file.path,
        content: terraformLiteral(file.content),
        commitMessage: file.message,
        overwriteOnCreate: false,
        // Chained: two commits to one branch at once answer 409 (reference: provider.md §4).
        dependsOn: previous ? [previous] : needed,
        lifecycle: { precondition: [isOurs(file, props.fileFacts), branchTakesCommits(file, props)] },
      });
      resource.overrideLogicalId(file.id);
      if (file.when) resource.addOverride("count", `\${${file.when} ? 1 : 0}`);
      props.ownership.importWhen(
        `${props.fileFacts.there(file.id)} && ${marked(file, props.fileFacts)} && ${file.when ?? "true"}`,
        `join(":", [${hcl(props.repository.name)}, ${hcl(file.path)}, ${file.branch.expression}])`,
        `github_repository_file.${file.id}${file.when ? "[0]" : ""}`,
      );
      previous = resource;
    }
  }
}

function marked(file: ManagedFile, facts: FileFacts): string {
  return `strcontains(${facts.text(file.id)}, ${hcl(file.mark)})`;
}

function isOurs(file: ManagedFile, facts: FileFacts) {
  return {
    condition: `\${!${facts.there(file.id)} || ${marked(file, facts)}}`,
    errorMessage: `${terraformLiteral(file.path)} on ${file.branch.name} is not ours: it is there already, without the words "${file.mark}", and is not overwritten. Fix: rename or remove it there`,
  };
}

/** Only a file that has to be written needs the branch: a rule that came later does not spoil an empty plan. */
function branchTakesCommits(file: ManagedFile, { branchFacts, fileFacts }: ManagedFilesProps) {
  const refusals = branchFacts.refusals(file.branch);
  const written = `${fileFacts.sha(file.id)} == ${JSON.stringify(gitBlobId(file.content))}`;
  return {
    condition: `\${${written} || length(${refusals}) == 0}`,
    errorMessage: `${file.branch.name} takes no commit of ${terraformLiteral(file.path)}: \${join("; ", ${refusals})}. Fix: write "delivery: pull-request" under this fork, or let yourself bypass that rule`,
  };
}
