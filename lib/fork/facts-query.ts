/** The GraphQL half of ForkFacts: one query, made for the branches and files that are asked about. */
import type { Octokit } from "octokit";
import { explain } from "../github.ts";
import type { Told } from "./facts.ts";

export interface FileFact {
  /** git's id of the content. */
  readonly oid: string;
  /** Undefined for a file that is not text, or too long for GitHub to show. */
  readonly text: string | undefined;
}

/** Classic protection of a branch, as far as it can stand in the way. */
export interface ClassicFact {
  readonly pattern: string;
  readonly administratorsIncluded: boolean;
  readonly reviews: boolean;
  readonly checks: boolean;
  readonly linear: boolean;
  readonly locked: boolean;
  readonly restricted: boolean;
  readonly signatures: boolean;
}

export interface BranchFact {
  readonly tip: string;
  readonly classic: ClassicFact | undefined;
}

export interface BypassFact {
  readonly kind: "deploy key" | "role" | "app" | "organization owners" | "enterprise owners" | "person or team";
  /** A role's or an App's number. */
  readonly id: number | undefined;
  readonly name: string;
  readonly mode: string;
}

export interface RulesetFact {
  readonly id: number;
  readonly name: string;
  /** Undefined when GitHub does not tell this token. */
  readonly bypass: readonly BypassFact[] | undefined;
}

export interface UpstreamFact {
  readonly private: boolean;
  /** Undefined when the branch is not there. */
  readonly tip: string | undefined;
  /** Key -> whether the file is on the upstream's branch. */
  readonly files: ReadonlyMap<string, boolean>;
  /** Names of its workflow files. */
  readonly workflows: readonly string[];
}

export interface GraphFacts {
  readonly viewer: string;
  /** Names of at most 100 branches. */
  readonly branchNames: readonly string[];
  readonly branches: ReadonlyMap<string, BranchFact | undefined>;
  /** Key -> the file; undefined where it is not. */
  readonly files: ReadonlyMap<string, FileFact | undefined>;
  /** Names at the top of the default branch. */
  readonly topNames: readonly string[];
  /** Workflow files of the default branch, with their text. */
  readonly workflowFiles: readonly { readonly name: string; readonly text: string }[];
  readonly rulesets: Told<readonly RulesetFact[]>;
  readonly collaborators: Told<Collaborators>;
  /** Undefined when nobody asked: it is on another server. */
  readonly upstream: Told<UpstreamFact> | undefined;
}

export interface Collaborators {
  /** Login in lower case -> `ADMIN`, `MAINTAIN`, `WRITE`, `TRIAGE`, `READ`. */
  readonly people: ReadonlyMap<string, string>;
  /** Whether that is all of them. */
  readonly all: boolean;
}

export interface WantedFile {
  /** How the facts name it. */
  readonly key: string;
  /** "HEAD": the default branch. */
  readonly branch: string;
  readonly path: string;
}

export interface GraphWanted {
  readonly branches: readonly string[];
  readonly files: readonly WantedFile[];
  /** The upstream's repository where it is on the same server. */
  readonly upstream: { readonly owner: string; readonly name: string; readonly branch: string } | undefined;
  /** Files to look for on the upstream's branch. */
  readonly upstreamFiles: readonly { readonly key: string; readonly path: string }[];
}

/** A folder has an id alone. */
const file = "oid ... on Blob { text isTruncated }";
const classic =
  "pattern isAdminEnforced requiresApprovingReviews requiresStatusChecks requiresLinearHistory lockBranch restrictsPushes requiresCommitSignatures";
/** Nothing of a team but that it is one: any other field of it would refuse the whole query to a token without `read:org`. */
const ruleset = `databaseId name bypassActors(first: 100) { nodes {
  bypassMode deployKey organizationAdmin enterpriseOwner repositoryRoleDatabaseId repositoryRoleName
  actor { __typename ... on App { databaseId slug } } } }`;
const workflowFolder = ".github/workflows";

/** Every name and path goes in as a variable: nothing of a config becomes part of the query's text. */
function compose(place: { owner: string; name: string }, wanted: GraphWanted) {
  const variables: Record<string, string> = { owner: place.owner, name: place.name };
  const variable = (name: string, value: string): string => {
    variables[name] = value;
    return `$${name}`;
  };
  const branches = wanted.branches.map(
    (branch, n) =>
      `b${n}: ref(qualifiedName: ${variable(`b${n}`, `refs/heads/${branch}`)}) { target { oid } branchProtectionRule { ${classic} } }`,
  );
  const files = wanted.files.map(
    ({ branch, path }, n) => `f${n}: object(expression: ${variable(`f${n}`, `${branch}:${path}`)}) { ${file} }`,
  );
  const { upstream } = wanted;
  const ofUpstream = upstream && [
    `ref(qualifiedName: ${variable("ub", `refs/heads/${upstream.branch}`)}) { target { oid } }`,
    `workflows: object(expression: ${variable("uw", `${upstream.branch}:${workflowFolder}`)}) { ... on Tree { entries { name } } }`,
    ...wanted.upstreamFiles.map(
      ({ path }, n) => `u${n}: object(expression: ${variable(`u${n}`, `${upstream.branch}:${path}`)}) { oid }`,
    ),
  ];
  const second =
    upstream &&
    `upstream: repository(owner: ${variable("uo", upstream.owner)}, name: ${variable("un", upstream.name)}) { isPrivate ${ofUpstream?.join(" ")} }`;
  const first = `fork: repository(owner: $owner, name: $name) {
    refs(refPrefix: "refs/heads/", first: 100) { nodes { name } }
    rulesets(first: 75, includeParents: true) { nodes { ${ruleset} } }
    collaborators(first: 100) { pageInfo { hasNextPage } edges { permission node { login } } }
    top: object(expression: "HEAD:") { ... on Tree { entries { name } } }
    workflows: object(expression: "HEAD:${workflowFolder}") { ... on Tree { entries { name object { ${file} } } } }
    ${[...branches, ...files].join(" ")}
  }`;
  const declared = Object.keys(variables).map((name) => `$${name}: String!`);
  return { query: `query(${declared.join(", ")}) { viewer { login } ${first} ${second ?? ""} }`, variables };
}

type Blob = { readonly oid?: string; readonly text?: string | null; readonly isTruncated?: boolean } | null;
type Tree = { readonly entries?: readonly { readonly name: string; readonly object?: Blob }[] } | null;
type Ref = {
  readonly target: { readonly oid: string };
  readonly branchProtectionRule?: Readonly<Record<string, boolean | string>> | null;
} | null;

interface BypassAnswer {
  readonly bypassMode: string | null;
  readonly deployKey: boolean;
  readonly organizationAdmin: boolean;
  readonly enterpriseOwner: boolean;
  readonly repositoryRoleDatabaseId: number | null;
  readonly repositoryRoleName: string | null;
  readonly actor: { readonly __typename: string; readonly databaseId?: number; readonly slug?: string } | null;
}

interface RulesetAnswer {
  readonly databaseId: number;
  readonly name: string;
  readonly bypassActors: { readonly nodes: readonly BypassAnswer[] } | null;
}

interface RepositoryAnswer {
  readonly isPrivate: boolean;
  readonly refs: { readonly nodes: readonly { readonly name: string }[] };
  /** A ruleset of an organization that the token may not see is null. */
  readonly rulesets: { readonly nodes: readonly (RulesetAnswer | null)[] } | null;
  readonly collaborators: {
    readonly pageInfo: { readonly hasNextPage: boolean };
    readonly edges: readonly { readonly permission: string; readonly node: { readonly login: string } }[];
  } | null;
  readonly top: Tree;
  readonly workflows: Tree;
  readonly ref: Ref;
}

interface Answer {
  readonly viewer: { readonly login: string };
  readonly fork: (RepositoryAnswer & Readonly<Record<string, unknown>>) | null;
  readonly upstream?: (RepositoryAnswer & Readonly<Record<string, unknown>>) | null;
}

/** @throws Failure when the question as a whole is refused; what is refused of it stands in the facts. */
export async function askGraph(
  octokit: Octokit,
  place: { readonly owner: string; readonly name: string },
  wanted: GraphWanted,
): Promise<GraphFacts> {
  const { query, variables } = compose(place, wanted);
  const { data, refusals } = await octokit
    .graphql<Answer>(query, variables)
    .then((data) => ({ data, refusals: [] as readonly Refusal[] }))
    .catch((error) => partial(error, place));
  const fork = data.fork as NonNullable<Answer["fork"]>;
  const why = (field: string) =>
    refusals.find(({ path }) => path?.join(".").startsWith(field))?.message ?? "GitHub does not tell this token";
  return {
    viewer: data.viewer.login,
    branchNames: fork.refs.nodes.map(({ name }) => name),
    branches: new Map(wanted.branches.map((name, n) => [name, branchFact(fork[`b${n}`] as Ref)])),
    files: new Map(wanted.files.map(({ key }, n) => [key, fileFact(fork[`f${n}`] as Blob)])),
    topNames: fork.top?.entries?.map(({ name }) => name) ?? [],
    workflowFiles: (fork.workflows?.entries ?? [])
      .filter(({ name }) => /\.ya?ml$/.test(name))
      .map(({ name, object }) => ({ name, text: object?.text ?? "" })),
    rulesets: fork.rulesets
      ? { told: true, value: fork.rulesets.nodes.filter((one) => one !== null).map(rulesetFact) }
      : { told: false, why: why("fork.rulesets") },
    collaborators: fork.collaborators
      ? { told: true, value: collaboratorsOf(fork.collaborators) }
      : { told: false, why: why("fork.collaborators") },
    upstream: wanted.upstream && upstreamFact(data.upstream, wanted, why("upstream")),
  };
}

interface Refusal {
  readonly message: string;
  readonly path?: readonly string[] | undefined;
}

/** GitHub answers what it can and lists what it refused. */
function partial(
  error: unknown,
  { owner, name }: { owner: string; name: string },
): { data: Answer; refusals: readonly Refusal[] } {
  const { data, errors } = error as { data?: Partial<Answer> | null; errors?: readonly Refusal[] };
  if (data?.fork && data.viewer) return { data: data as Answer, refusals: errors ?? [] };
  return explain(error, `read ${owner}/${name}`);
}

function branchFact(ref: Ref): BranchFact | undefined {
  if (!ref) return undefined;
  const rule = ref.branchProtectionRule;
  const on = (field: string) => rule?.[field] === true;
  return {
    tip: ref.target.oid,
    classic: rule
      ? {
          pattern: String(rule.pattern),
          administratorsIncluded: on("isAdminEnforced"),
          reviews: on("requiresApprovingReviews"),
          checks: on("requiresStatusChecks"),
          linear: on("requiresLinearHistory"),
          locked: on("lockBranch"),
          restricted: on("restrictsPushes"),
          signatures: on("requiresCommitSignatures"),
        }
      : undefined,
  };
}

function fileFact(blob: Blob): FileFact | undefined {
  if (!blob?.oid) return undefined;
  return { oid: blob.oid, text: blob.isTruncated ? undefined : (blob.text ?? undefined) };
}

function rulesetFact({ databaseId, name, bypassActors }: RulesetAnswer): RulesetFact {
  return { id: databaseId, name, bypass: bypassActors?.nodes.map(bypassFact) };
}

function bypassFact(one: BypassAnswer): BypassFact {
  const mode = (one.bypassMode ?? "ALWAYS").toLowerCase();
  if (one.deployKey) return { kind: "deploy key", id: undefined, name: "every deploy key that may write", mode };
  if (one.organizationAdmin)
    return { kind: "organization owners", id: undefined, name: "the organization's owners", mode };
  if (one.enterpriseOwner) return { kind: "enterprise owners", id: undefined, name: "the enterprise's owners", mode };
  if (one.repositoryRoleDatabaseId !== null)
    return { kind: "role", id: one.repositoryRoleDatabaseId, name: `role ${one.repositoryRoleName ?? "?"}`, mode };
  const { __typename: type, databaseId, slug } = one.actor ?? {};
  if (databaseId !== undefined) return { kind: "app", id: databaseId, name: `App ${slug ?? databaseId}`, mode };
  // The list of actors in GraphQL has no people in it: such an actor comes without a name.
  return { kind: "person or team", id: undefined, name: type === "Team" ? "a team" : "a person", mode };
}

function collaboratorsOf({ pageInfo, edges }: NonNullable<RepositoryAnswer["collaborators"]>): Collaborators {
  return {
    people: new Map(edges.map(({ permission, node }) => [node.login.toLowerCase(), permission])),
    all: !pageInfo.hasNextPage,
  };
}

function upstreamFact(answer: Answer["upstream"], wanted: GraphWanted, why: string): Told<UpstreamFact> {
  if (!answer) return { told: false, why };
  return {
    told: true,
    value: {
      private: answer.isPrivate,
      tip: answer.ref?.target.oid,
      files: new Map(
        wanted.upstreamFiles.map(({ key }, n) => [key, (answer[`u${n}`] as Blob)?.oid !== undefined] as const),
      ),
      workflows: answer.workflows?.entries?.map(({ name }) => name) ?? [],
    },
  };
}
