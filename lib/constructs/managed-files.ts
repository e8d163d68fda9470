import { RepositoryFile } from "@cdktf/provider-github/lib/repository-file/index.js";
import { Construct } from "constructs";
import { gitBlobId } from "../render/digest.ts";
import { terraformLiteral } from "../render/terraform-literal.ts";
import type { BranchFacts } from "./branch-facts.ts";
import { resourcesIn } from "./depend-on.ts";
import { hcl } from "./expression.ts";
import type { FileFacts } from "./file-facts.ts";
import type { ForkRepository } from "./fork-repository.ts";
import type { Home, HomeBranch } from "./homes.ts";
import type { Owned } from "./ownership.ts";

export interface ManagedFile {
  /** Terraform name, a short noun: `github_repository_file.<id>`. */
  readonly id: string;
  readonly path: string;
  readonly content: string;
  /** The content as Terraform gets it: a literal, or an expression that reads it from beside the stack. */
  readonly value: string;
  readonly home: Home;
  /** Changes only with the content: another message alone makes an empty commit (reference: provider.md §2.3). */
  readonly message: string;
  /** Words in the file by which it is known as ours. */
  readonly mark: string;
  readonly owned: Owned;
}

export interface ManagedFilesProps {
  readonly repository: ForkRepository;
  readonly homes: Readonly<Record<Home, HomeBranch>>;
  /** Committed in this order. */
  readonly files: readonly ManagedFile[];
  readonly fileFacts: FileFacts;
  readonly branchFacts: BranchFacts;
  /** Everything in these has to exist before the first file is committed. */
  readonly after: readonly Construct[];
}

/**
 * Each file is on its branch with exactly this content, by a commit of ours. A branch whose rules refuse that commit stops the plan
 * in words: nothing has been written then.
 */
export class ManagedFiles extends Construct {
  constructor(scope: Construct, id: string, props: ManagedFilesProps) {
    super(scope, id);
    const needed = resourcesIn(...props.after);
    let previous: RepositoryFile | undefined;
    for (const file of props.files) {
      const branch = props.homes[file.home];
      const resource = new RepositoryFile(this, file.id, {
        repository: props.repository.name,
        branch: branch.name,
        file: terraformLiteral(file.path),
        content: file.value,
        commitMessage: terraformLiteral(file.message),
        overwriteOnCreate: false,
        // Chained: two commits to one branch at once answer 409 (reference: provider.md §4).
        dependsOn: previous ? [previous] : needed,
        lifecycle: { precondition: [branchTakesCommits(file, branch, props)] },
      });
      resource.overrideLogicalId(file.id);
      // One that is not ours is either left alone or has stopped the plan.
      resource.addOverride("count", `\${${file.owned.managed} ? 1 : 0}`);
      file.owned.importInto(`github_repository_file.${file.id}[0]`);
      previous = resource;
    }
  }
}

/** Only a file that has to be written needs the branch: a rule that came later does not spoil an empty plan. */
function branchTakesCommits(file: ManagedFile, branch: HomeBranch, { branchFacts, fileFacts }: ManagedFilesProps) {
  const refusals = branchFacts.refusals(branch);
  // A pull request of ours carries no signature either.
  const signed = `anytrue([for words in ${refusals} : strcontains(words, "signatures")])`;
  const fix = `\${${signed} ? "let yourself bypass that rule: our commits carry no signature" : "write \\"delivery: pull-request\\" under this fork, or let yourself bypass that rule"}`;
  const written = `${fileFacts.sha(file.id)} == ${hcl(gitBlobId(file.content))}`;
  return {
    condition: `\${${written} || length(${refusals}) == 0}`,
    errorMessage: `${branch.name} takes no commit of ${terraformLiteral(file.path)}: \${join("; ", ${refusals})}. Fix: ${fix}`,
  };
}
