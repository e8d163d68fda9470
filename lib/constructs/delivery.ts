import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { codeownersEnd, codeownersMark, codeownersPlaces } from "../render/codeowners.ts";
import type { RenderedFiles } from "../render/files.ts";
import { terraformLiteral } from "../render/terraform-literal.ts";
import type { BranchFacts } from "./branch-facts.ts";
import { hcl } from "./expression.ts";
import { FileFacts } from "./file-facts.ts";
import type { ForkRepository } from "./fork-repository.ts";
import { type Home, homesOf } from "./homes.ts";
import { type ManagedFile, ManagedFiles } from "./managed-files.ts";
import type { Owned, Ownership } from "./ownership.ts";
import { Proposals, type ProposedSection } from "./proposals.ts";
import type { SyncProgram } from "./sync-program.ts";
import type { TerraformSteps } from "./terraform-steps.ts";

export interface DeliveryProps {
  readonly repository: ForkRepository;
  readonly ownership: Ownership;
  readonly branchFacts: BranchFacts;
  readonly program: SyncProgram;
  readonly steps: TerraformSteps;
  readonly files: RenderedFiles;
  /** Branch the document and CODEOWNERS go to; workflow and sync program go to the default branch. */
  readonly target: string;
  readonly by: "commit" | "pull-request";
  readonly after: readonly Construct[];
}

/**
 * Workflow, sync program, document and the owners' lines reach the fork, by commits or by a pull request for each branch. A file of
 * ours is known by its mark; somebody else's of the same name stops the plan in words. CODEOWNERS is made when there is none in any
 * of its three places; else our lines of it are proposed by pull request, and the rest of the file is never touched.
 */
export class Delivery extends Construct {
  /** Expression (without `${}`) of the files that are on a branch by commits of ours: a list of `{ branch, path }`. */
  readonly commits: string;

  constructor(scope: Construct, id: string, props: DeliveryProps) {
    super(scope, id);
    const homes = homesOf(props.repository, props.target);
    const watched = [...filesOf(props), ...(props.files.codeowners ? codeownersFiles : [])].map(
      ({ id, path, home }) => ({ id, path, branch: homes[home] }),
    );
    const fileFacts = new FileFacts(this, "files", { repository: props.repository, files: watched });
    const branchNames = { default: `\${${homes.default.expression}}`, target: terraformLiteral(props.target) };
    const files = filesOf(props).map((file) => ({
      ...file,
      owned: claim(props, fileFacts, file, branchNames[file.home]),
    }));
    const codeowners = props.files.codeowners && claimCodeowners(props, fileFacts, branchNames.target);
    const section: ProposedSection | undefined = props.files.codeowners && {
      text: props.files.codeowners.content,
      places: codeownersFiles,
    };
    const shared = { ...props, fileFacts, homes };

    if (props.by === "pull-request") {
      this.commits = "[]";
      const of = (home: Home) => files.filter((file) => file.home === home);
      const proposed = { default: of("default"), target: of("target") };
      new Proposals(this, "proposal", { ...shared, name: "proposal", files: proposed, section });
      // A fork that got its files by commits keeps them: only their way changes.
      const addresses = [...files.map((file) => file.id), "codeowners"].map((name) => `github_repository_file.${name}`);
      TerraformStack.of(this).addOverride(
        "removed",
        addresses.map((from) => ({ from, lifecycle: { destroy: false } })),
      );
      return;
    }
    const [program, ...others] = files as [ManagedFile, ...ManagedFile[]];
    const committed = codeowners ? [program, codeowners, ...others] : files;
    const each = committed.map(
      ({ home, path, owned }) =>
        `[for path in [${hcl(path)}] : { branch = ${homes[home].expression}, path = path } if ${owned.managed}]`,
    );
    this.commits = `concat(${each.join(", ")})`;
    new ManagedFiles(this, "committed", { ...shared, files: committed });
    if (codeowners && section) {
      const when = `!${codeowners.owned.managed}`;
      // Whose the file is stands in the record, which waits for these look-ups; so they go by what is there now.
      const lookedAt = `(${codeownersThere(fileFacts)} && !${codeownersOurs(fileFacts)})`;
      new Proposals(this, "owners", { ...shared, name: "codeowners", files: {}, section, when, lookedAt });
    }
  }
}

const codeownersFiles = codeownersPlaces.map((path, n) => ({
  id: (["codeowners", "codeowners_at_top", "codeowners_in_docs"] as const)[n] as string,
  path,
  home: "target" as const,
}));

/** In the order they are committed: the workflow last, so that no run starts on half a set-up. */
function filesOf(props: DeliveryProps): Omit<ManagedFile, "owned">[] {
  const chore = (path: string) => `chore: manage ${path} with upstream-sync`;
  const { program, document, workflow } = props.files;
  const name = document.path.slice(document.path.lastIndexOf("/") + 1);
  return [
    {
      id: "program",
      ...program,
      value: props.program.text,
      home: "default",
      message: chore(program.path),
      mark: "sync program of upstream-sync",
    },
    {
      id: "document",
      ...document,
      value: terraformLiteral(document.content),
      home: "target",
      message: `docs: update ${name} - ${props.files.change}`,
      mark: "Made by upstream-sync",
    },
    {
      id: "workflow",
      ...workflow,
      value: terraformLiteral(workflow.content),
      home: "default",
      message: chore(workflow.path),
      mark: "Made by upstream-sync",
    },
  ];
}

function claim(props: DeliveryProps, facts: FileFacts, file: Omit<ManagedFile, "owned">, branch: string): Owned {
  const path = terraformLiteral(file.path);
  return props.ownership.claim({
    thing: `file:${file.path}`,
    there: facts.there(file.id),
    ours: () => `strcontains(${facts.text(file.id)}, ${hcl(file.mark)})`,
    importId: `"${props.repository.name}:${path}:${branch}"`,
    foreign: {
      what: `${path} on ${branch}`,
      got: "a file that was there before",
      expected: "none, or one of ours",
      fix: "Rename or remove it there, then apply again; the document's path can be changed by document.path.",
    },
  });
}

/** Ours as a whole, when there was none in any of the three places; without a stop: people's is theirs. */
function claimCodeowners(props: DeliveryProps, facts: FileFacts, branch: string): ManagedFile | undefined {
  if (!props.files.codeowners) return undefined;
  const { path, content } = props.files.codeowners;
  const owned = props.ownership.claim({
    thing: "file:CODEOWNERS",
    there: codeownersThere(facts),
    ours: () => codeownersOurs(facts),
    importId: `"${props.repository.name}:${path}:${branch}"`,
  });
  const message = `chore: manage ${path} with upstream-sync`;
  const value = terraformLiteral(content);
  return { id: "codeowners", path, content, value, home: "target", message, mark: codeownersMark, owned };
}

function codeownersThere(facts: FileFacts): string {
  return `anytrue([${codeownersFiles.map(({ id }) => facts.there(id)).join(", ")}])`;
}

/** One that is our section and nothing else: with a line of people's in it, before or after, it is theirs. */
function codeownersOurs(facts: FileFacts): string {
  const text = facts.text("codeowners");
  const [begin, end] = [hcl(codeownersMark), hcl(codeownersEnd)];
  return `(startswith(${text}, ${begin}) && endswith(trimspace(${text}), ${end}) && length(split(${end}, ${text})) == 2)`;
}
