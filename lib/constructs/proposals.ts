import { DataGithubRestApi } from "@cdktf/provider-github/lib/data-github-rest-api/index.js";
import { TerraformResource, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { address, resourcesIn } from "./depend-on.ts";
import { hcl } from "./expression.ts";
import type { FileFacts } from "./file-facts.ts";
import type { ForkRepository } from "./fork-repository.ts";
import type { Home, HomeBranch } from "./homes.ts";
import type { Ownership } from "./ownership.ts";
import { ProposalCheck } from "./proposal-check.ts";
import type { TerraformSteps } from "./terraform-steps.ts";

/** Branch that brings the files of the default branch; those of another branch come by one with that branch's name behind it. */
export const filesBranch = "upstream-sync-files";

export interface ProposedFile {
  /** Key of the file in `FileFacts`. */
  readonly id: string;
  readonly path: string;
  readonly content: string;
  /** The content as Terraform gets it. */
  readonly value: string;
  /** Of the commit that brings it. */
  readonly message: string;
  readonly mark: string;
}

/** Our part of a file that is otherwise people's. */
export interface ProposedSection {
  readonly text: string;
  /** Where the file may be, with its key in `FileFacts`; the first that is there counts, the first of all is made when none is. */
  readonly places: readonly { readonly id: string; readonly path: string }[];
}

export interface ProposalsProps {
  /** Terraform name: `terraform_data.<name>` and `terraform_data.<name>_removal`. */
  readonly name: string;
  readonly repository: ForkRepository;
  readonly ownership: Ownership;
  readonly steps: TerraformSteps;
  readonly fileFacts: FileFacts;
  readonly homes: Readonly<Record<Home, HomeBranch>>;
  readonly files: Readonly<Partial<Record<Home, readonly ProposedFile[]>>>;
  /** Goes to the target. */
  readonly section?: ProposedSection | undefined;
  /** Expression (without `${}`): whether anything is proposed at all; always, when absent. */
  readonly when?: string;
  /** Expression over data sources alone, true whenever `when` is: whether to look for branch and pull request; always, when absent. */
  readonly lookedAt?: string;
  /** Everything in these has to exist before people are asked. */
  readonly after: readonly Construct[];
}

/**
 * Files reach a branch by one pull request that people merge, opened by a step of ours when what is to be brought has changed, and
 * never again for the same: a merge, a wait and a refusal all leave the plan empty, and a check says which it is. When the set-up is
 * taken away, a pull request takes the files away; one that was not merged yet is closed and leaves nothing.
 */
export class Proposals extends Construct {
  constructor(scope: Construct, id: string, props: ProposalsProps) {
    super(scope, id);
    const stack = TerraformStack.of(this);
    const homes = (["default", "target"] as const).filter(
      (home) => props.files[home] !== undefined || (home === "target" && props.section),
    );
    stack.addOverride(
      `locals.${props.name}_files`,
      Object.fromEntries(homes.map((home) => [home, contents(props, home)])),
    );
    stack.addOverride(
      `locals.${props.name}_messages`,
      Object.fromEntries(
        homes.flatMap((home) => (props.files[home] ?? []).map(({ path, message }) => [path, message])),
      ),
    );
    const heads = { default: filesBranch, target: `${filesBranch}-${targetName(props)}` };
    // The two homes may be one branch: then everything comes by one pull request.
    const one = homes.length === 2 ? `${props.homes.default.expression} == ${props.homes.target.expression}` : "false";
    const section = sectionExpression(props.section);

    const proposals = homes.map((home) => {
      const files =
        home === "default" && homes.length === 2
          ? `merge(local.${props.name}_files.default, { for path, text in local.${props.name}_files.target : path => text if ${one} })`
          : `local.${props.name}_files.${home}`;
      const own = home === "target" ? section : homes.includes("target") ? `${one} ? ${section} : null` : "null";
      const wanted = home === "target" ? `!(${one})` : "true";
      const base = props.homes[home].expression;
      return `[for at in [0] : { home = ${hcl(home)}, repository = ${hcl(`${props.repository.owner}/${props.repository.name}`)}, base = ${base}, head = ${hcl(heads[home])}, title = "chore: bring upstream-sync's files to \${${base}}", files = ${files}, messages = { for path, message in local.${props.name}_messages : path => message if contains(keys(${files}), path) }, section = ${own} } if ${wanted} && (${props.when ?? "true"})]`;
    });
    stack.addOverride(`locals.${props.name}`, `\${{ for one in concat(${proposals.join(", ")}) : one.home => one }}`);

    const proposal = this.data(props.name, `local.${props.name}`, "each.value");
    proposal.addOverride("triggers_replace", "${sha256(jsonencode(each.value))}");
    const environment = { UPSTREAM_SYNC_PACKED_INPUT: "base64gzip(jsonencode(self.input))" };
    proposal.addOverride("provisioner", [props.steps.provisioner({ verb: "propose", when: "create", environment })]);

    const marks = Object.fromEntries(
      homes.flatMap((home) => (props.files[home] ?? []).map(({ path, mark }) => [path, mark])),
    );
    const removal = this.data(
      `${props.name}_removal`,
      `local.${props.name}`,
      `{ repository = each.value.repository, base = each.value.base, head = each.value.head, title = "chore: take upstream-sync's files away from \${each.value.base}", removals = { for path, text in each.value.files : path => lookup(${hcl(marks)}, path, "") }, section = each.value.section == null ? null : merge(each.value.section, { text = "" }) }`,
    );
    removal.addOverride("provisioner", [
      props.steps.provisioner({ verb: "propose-removal", when: "destroy", environment }),
    ]);
    removal.dependsOn = resourcesIn(...props.after).map(address);
    proposal.dependsOn = [address(removal)];

    const ways = homes.map((home) => {
      const wanted = home === "target" ? `!(${one})` : "true";
      return `${hcl(home)} = { wanted = ${wanted}, base = ${props.homes[home].expression}, head = ${hcl(heads[home])} }`;
    });
    const looked = props.lookedAt ?? "true";
    const looks = `{ for home, way in { ${ways.join(", ")} } : home => way if way.wanted && ${looked} }`;
    this.claimBranches(props, heads, homes, looks);
    new ProposalCheck(this, "check", props);
  }

  private data(name: string, forEach: string, input: string): TerraformResource {
    const resource = new TerraformResource(this, name, { terraformResourceType: "terraform_data" });
    resource.overrideLogicalId(name);
    resource.addOverride("for_each", `\${${forEach}}`);
    resource.addOverride("input", `\${${input}}`);
    return resource;
  }

  /** A branch carries no mark of its own: ours is one that was absent at first, or that a pull request of ours came from. */
  private claimBranches(
    props: ProposalsProps,
    heads: Readonly<Record<Home, string>>,
    homes: readonly Home[],
    looks: string,
  ): void {
    const { owner, name } = props.repository;
    const path = `repos/${owner}/${name}`;
    const read = (id: string, endpoint: string) => {
      const data = new DataGithubRestApi(this, id, { endpoint });
      data.overrideLogicalId(`${props.name}_${id}`);
      data.addOverride("for_each", `\${${looks}}`);
    };
    read("branch", `${path}/git/ref/heads/\${each.value.head}`);
    read(
      "pulls",
      `${path}/pulls?state=all&head=${owner}:\${urlencode(each.value.head)}&base=\${urlencode(each.value.base)}&sort=created&direction=desc&per_page=1`,
    );
    for (const home of homes) {
      const pull = `jsondecode(data.github_rest_api.${props.name}_pulls[${hcl(home)}].body)[0].body`;
      props.ownership.claim({
        thing: `branch:${heads[home]}`,
        there: `try(data.github_rest_api.${props.name}_branch[${hcl(home)}].code == 200, false)`,
        ours: (wasThere) => `(!${wasThere} || try(strcontains(${pull}, "<!-- upstream-sync:files -->"), false))`,
        foreign: {
          what: `the branch ${heads[home]} of ${owner}/${name}`,
          got: "one that was there before",
          expected: "none: it brings our files by pull request",
          fix: "Rename or remove that branch, then apply again.",
        },
      });
    }
  }
}

function contents(props: ProposalsProps, home: Home): Record<string, string> {
  return Object.fromEntries((props.files[home] ?? []).map(({ path, value }) => [path, value]));
}

function targetName({ homes }: ProposalsProps): string {
  return JSON.parse(homes.target.expression) as string;
}

function sectionExpression(section: ProposedSection | undefined): string {
  if (!section) return "null";
  const places = section.places.map(({ path }) => path);
  return hcl({ path: places[0], text: section.text, places });
}
