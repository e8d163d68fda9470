import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { gitBlobId } from "../render/digest.ts";
import { hcl } from "./expression.ts";
import type { ProposalsProps } from "./proposals.ts";

/**
 * What people have not done with a proposal, or have done otherwise, is said at every plan as a warning. It changes nothing: a pull
 * request that waits and one that was closed both leave the plan empty.
 */
export class ProposalCheck extends Construct {
  constructor(scope: Construct, id: string, props: ProposalsProps) {
    super(scope, id);
    const stack = TerraformStack.of(this);
    const { name, fileFacts } = props;
    const missing = [...(props.files.default ?? []), ...(props.files.target ?? [])].map(
      (file) => `${fileFacts.sha(file.id)} == ${hcl(gitBlobId(file.content))} ? [] : [${hcl(file.path)}]`,
    );
    if (props.section) {
      const texts = props.section.places.map(({ id }) => fileFacts.text(id)).join(", ");
      const live = `try(compact([${texts}])[0], "")`;
      // However its lines end.
      missing.push(
        `strcontains(replace(${live}, "\\r", ""), ${hcl(props.section.text.trimEnd())}) ? [] : ["our lines of CODEOWNERS"]`,
      );
    }
    const local = (key: string, expression: string) => stack.addOverride(`locals.${name}_${key}`, `\${${expression}}`);
    local("missing", `concat(${missing.join(", ")})`);
    local("last", `[for read in data.github_rest_api.${name}_pulls : try(jsondecode(read.body)[0], null)]`);
    // One word of three for each pull request, the newest to its branch.
    const state = [
      `try(one.state, "") == "open" ? "waits for people"`,
      `try(one.merged_at, null) != null ? "was merged, and what is there now differs from what is wanted"`,
      `"was closed without a merge, so it is not opened again before upstream-sync.yaml changes"`,
    ].join(" : ");
    local(
      "news",
      `[for one in local.${name}_last : "pull request #\${one.number} \${${state}}: \${one.html_url}" if one != null]`,
    );
    stack.addOverride(`check.${name}`, {
      assert: [
        {
          condition: `\${length(local.${name}_missing) == 0 || length(local.${name}_news) == 0}`,
          error_message: `not in force yet: \${join(", ", local.${name}_missing)}; \${join("; ", local.${name}_news)}`,
        },
      ],
    });
  }
}
