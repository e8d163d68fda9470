import { DataGithubRestApi } from "@cdktf/provider-github/lib/data-github-rest-api/index.js";
import { TerraformStack } from "cdktf";
import { Construct } from "constructs";

export interface RestListProps {
  /** Address of a list without its query, for example "repos/acme/open-webui/labels". */
  readonly endpoint: string;
  /** Where the answer is an object, its key that holds the list, as in `{ total_count, branch_policies }`. */
  readonly key?: string;
  /** Terraform name of the read, unique in its stack; `local.<name>_list` holds the list. */
  readonly name: string;
}

/**
 * A whole list of GitHub's, read at plan time: one request up to 100 entries, another for each further page. An absent list (404)
 * is an empty one.
 */
export class RestList extends Construct {
  /** Terraform expression of the list. */
  readonly items: string;

  constructor(scope: Construct, id: string, props: RestListProps) {
    super(scope, id);
    const first = new DataGithubRestApi(this, "first", { endpoint: `${props.endpoint}?per_page=100` });
    first.overrideLogicalId(props.name);
    const at = `data.github_rest_api.${props.name}`;
    // The number of pages is told by the first one: https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
    const last = String.raw`try(tonumber(regex("[?&]page=(\\d+)[^>]*>; rel=\"last\"", jsondecode(${at}.headers).Link[0])[0]), 1)`;

    const more = new DataGithubRestApi(this, "more", {
      endpoint: `${props.endpoint}?per_page=100&page=\${each.key}`,
    });
    more.overrideLogicalId(`more_${props.name}`);
    more.addOverride("for_each", `\${toset([for page in range(2, ${last} + 1) : tostring(page)])}`);
    // Decoded one by one: entries differ in which fields are null, which a list of one type would not take.
    const bodies = `concat(${at}.code == 200 ? [${at}.body] : [], [for page in data.github_rest_api.more_${props.name} : page.body])`;
    const list = props.key === undefined ? "jsondecode(body)" : `jsondecode(body).${props.key}`;
    TerraformStack.of(this).addOverride(`locals.${props.name}_list`, `\${flatten([for body in ${bodies} : ${list}])}`);
    this.items = `local.${props.name}_list`;
  }
}
