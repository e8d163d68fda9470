import { DataGithubRestApi } from "@cdktf/provider-github/lib/data-github-rest-api/index.js";
import { Fn } from "cdktf";
import { Construct } from "constructs";

export interface ForkRepositoryProps {
  /** The account the fork belongs to, for example "acme". */
  readonly owner: string;
  /** The repository's name without its owner. */
  readonly name: string;
}

/**
 * The fork as it stands on GitHub. Nothing is created: a fork belongs to its team, and destroying the provider's
 * `github_repository` would delete or archive it.
 */
export class ForkRepository extends Construct {
  readonly owner: string;
  readonly name: string;
  /** Where schedules fire from and where the workflow goes; read from GitHub at plan time. */
  readonly defaultBranch: string;

  constructor(scope: Construct, id: string, props: ForkRepositoryProps) {
    super(scope, id);
    this.owner = props.owner;
    this.name = props.name;

    const api = new DataGithubRestApi(this, "repository", {
      endpoint: `repos/${props.owner}/${props.name}`,
      lifecycle: {
        postcondition: [
          {
            // The provider answers 404 by nulls instead of an error, so the check is ours (reference: provider.md §0 row 2).
            condition: "${self.code == 200}",
            errorMessage: `${props.owner}/${props.name} could not be read on GitHub: it is absent, or the token has no access to it`,
          },
        ],
      },
    });
    api.overrideLogicalId("repository");
    this.defaultBranch = Fn.lookup(Fn.jsondecode(api.body), "default_branch");
  }

  /** Terraform expression (without `${}`) of a field of GitHub's answer, for example "allow_merge_commit". */
  fact(field: string): string {
    return `jsondecode(data.github_rest_api.repository.body).${field}`;
  }
}
