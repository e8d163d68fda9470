import { DataGithubRestApi } from "@cdktf/provider-github/lib/data-github-rest-api/index.js";
import { TerraformLocal } from "cdktf";
import { Construct } from "constructs";
import type { ForkRepository } from "./fork-repository.ts";
import type { HomeBranch } from "./homes.ts";

export interface WatchedFile {
  /** Key of `local.files`. */
  readonly id: string;
  readonly path: string;
  readonly branch: HomeBranch;
}

export interface FileFactsProps {
  readonly repository: ForkRepository;
  readonly files: readonly WatchedFile[];
}

/**
 * How files stand on the fork's branches right now, read at every plan, one look-up a file. A file of more than 1 MB comes
 * without its text.
 */
export class FileFacts extends Construct {
  constructor(scope: Construct, id: string, props: FileFactsProps) {
    super(scope, id);
    const contents = `repos/${props.repository.owner}/${props.repository.name}/contents`;
    const live = new DataGithubRestApi(this, "file", { endpoint: "${each.value}" });
    live.overrideLogicalId("file");
    live.addOverride(
      "for_each",
      Object.fromEntries(
        props.files.map(({ id, path, branch }) => [
          id,
          `${contents}/${path.split("/").map(encodeURIComponent).join("/")}?ref=\${urlencode(${branch.expression})}`,
        ]),
      ),
    );
    const files = new TerraformLocal(
      this,
      "files",
      // GitHub breaks base64 into lines, which Terraform does not decode.
      '${{ for id, read in data.github_rest_api.file : id => { there = read.code == 200, sha = try(jsondecode(read.body).sha, ""), text = try(base64decode(replace(jsondecode(read.body).content, "\\n", "")), "") } }}',
    );
    files.overrideLogicalId("files");
  }

  /** Expression (without `${}`): whether the file is there. */
  there(id: string): string {
    return `local.files[${JSON.stringify(id)}].there`;
  }

  /** Expression: git's id of the file's content, "" when it is not there. */
  sha(id: string): string {
    return `local.files[${JSON.stringify(id)}].sha`;
  }

  /** Expression: the file's text, "" when it is not there. */
  text(id: string): string {
    return `local.files[${JSON.stringify(id)}].text`;
  }
}
