/**
 * ForkFacts: what GitHub tells about a live fork, read in one go. One GraphQL query has everything that lies in git, in rulesets and in
 * the list of people; REST has the settings and what GraphQL does not know. At most 15 requests, see docs/decisions/0013-fork-facts.md.
 */
import { type Octokit, RequestError } from "octokit";
import { explain, isRateLimit } from "../github.ts";
import { workflowPath } from "../render/files.ts";
import { isVerification } from "../verify-names.ts";
import { askGraph, type GraphFacts, type GraphWanted } from "./facts-query.ts";

/** What GitHub said, or why it did not say it: a right that is missing, a plan, a server that does not know the question. */
export type Told<Value> =
  | { readonly told: true; readonly value: Value }
  | { readonly told: false; readonly why: string };

export interface Settings {
  /** `owner/name`, as GitHub spells it. */
  readonly repository: string;
  readonly url: string;
  readonly owner: { readonly login: string; readonly organization: boolean };
  readonly private: boolean;
  readonly archived: boolean;
  readonly defaultBranch: string;
  /** Undefined for a repository that is no fork. */
  readonly parent: Parent | undefined;
  /** Where the network of forks begins; the parent itself when that is no fork. */
  readonly source: string | undefined;
  readonly issues: boolean;
  readonly pullRequests: boolean;
  /** Undefined when the token may not see it: it may not push. */
  readonly merge: { readonly commit: boolean; readonly squash: boolean; readonly rebase: boolean } | undefined;
  readonly deleteBranchOnMerge: boolean;
  /** ISO 8601: the last push of anybody. */
  readonly pushedAt: string | undefined;
  readonly administrator: boolean;
  readonly pusher: boolean;
  /** Of a classic token; undefined for one with rights of its own (fine-grained, of an App). */
  readonly scopes: readonly string[] | undefined;
}

interface Parent {
  readonly repository: string;
  readonly private: boolean;
  readonly defaultBranch: string;
}

export interface Workflow {
  readonly path: string;
  /** GitHub's word: `active`, `disabled_fork`, `disabled_inactivity`, `disabled_manually`. */
  readonly state: string;
}

export interface RunFact {
  readonly url: string;
  readonly event: string;
  readonly conclusion: string | null;
  readonly startedAt: string;
}

export interface KeyFact {
  readonly id: number;
  readonly title: string;
  readonly key: string;
  readonly readOnly: boolean;
  readonly enabled: boolean;
  readonly createdAt: string;
}

export interface CodeownersProblem {
  readonly line: number;
  readonly kind: string;
  readonly path: string;
  readonly source: string;
}

export interface RuleFact {
  readonly type: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly ruleset: number;
  /** `owner/name`, or the organization, that the ruleset belongs to. */
  readonly source: string;
}

export interface ForkFacts extends GraphFacts {
  readonly settings: Settings;
  /** Plan of the owner; asked for private forks only, where it decides what there is. */
  readonly plan: Told<string>;
  readonly actions: Told<boolean>;
  /** Whether workflows may open pull requests. */
  readonly actionsOpenPulls: Told<boolean>;
  readonly workflows: Told<readonly Workflow[]>;
  /** Of our workflow, newest first, without those of a verification. */
  readonly runs: Told<readonly RunFact[]>;
  readonly keys: Told<readonly KeyFact[]>;
  /** Names of the secrets every workflow of the repository can read: its own, and what the organization shares. */
  readonly secrets: Told<readonly string[]>;
  /** Names of the secrets in our environment; undefined where there is no such environment. */
  readonly environmentSecrets: Told<readonly string[] | undefined>;
  /** Undefined where there is no CODEOWNERS. */
  readonly codeowners: Told<readonly CodeownersProblem[] | undefined>;
  /** Branch name -> the rulesets' rules that hold there, whoever set them; also for a branch that is not there yet. */
  readonly rules: ReadonlyMap<string, Told<readonly RuleFact[]>>;
}

export interface FactsWanted extends GraphWanted {
  /** The branch whose CODEOWNERS counts. */
  readonly codeownersBranch: string;
  /** Branches whose rules matter. */
  readonly ruledBranches: readonly string[];
  readonly environment: string;
}

type Place = { readonly owner: string; readonly repo: string };

/**
 * @param wanted what to look for, once it is known what kind of repository it is.
 * @throws Failure when the token is not accepted or does not see the repository; everything else that is refused is in the facts.
 */
export async function readForkFacts(
  octokit: Octokit,
  place: Place,
  wanted: (settings: Settings) => FactsWanted,
): Promise<ForkFacts> {
  const settings = await readSettings(octokit, place);
  const asked = wanted(settings);
  const get = <Value>(route: string, parameters: object, read: (data: never) => Value) =>
    told(octokit.request(`GET /repos/{owner}/{repo}/${route}`, { ...place, ...parameters }), read);
  const [
    graph,
    plan,
    actions,
    actionsOpenPulls,
    workflows,
    runs,
    keys,
    own,
    shared,
    environmentSecrets,
    codeowners,
    rules,
  ] = await Promise.all([
    askGraph(octokit, { owner: place.owner, name: place.repo }, asked),
    readPlan(octokit, settings),
    get("actions/permissions", {}, (data: { enabled: boolean }) => data.enabled),
    get(
      "actions/permissions/workflow",
      {},
      (data: { can_approve_pull_request_reviews: boolean }) => data.can_approve_pull_request_reviews,
    ),
    get("actions/workflows?per_page=100", {}, (data: { workflows: readonly Workflow[] }) =>
      data.workflows.map(({ path, state }) => ({ path, state })),
    ),
    orElse(
      get(`actions/workflows/${workflowPath.split("/").at(-1)}/runs?per_page=25`, {}, runFacts),
      [] as readonly RunFact[],
    ),
    get("keys?per_page=100", {}, keyFacts),
    get("actions/secrets?per_page=100", {}, secretNames),
    get("actions/organization-secrets?per_page=100", {}, secretNames),
    orElse(get(`environments/${asked.environment}/secrets?per_page=100`, {}, secretNames), undefined),
    orElse(get("codeowners/errors", { ref: asked.codeownersBranch }, codeownersProblems), undefined),
    Promise.all(
      [...new Set(asked.ruledBranches)].map(
        async (branch) => [branch, await get("rules/branches/{branch}?per_page=100", { branch }, ruleFacts)] as const,
      ),
    ),
  ]);
  const secrets = bothOf(own, shared);
  return {
    ...graph,
    ...{ settings, plan, actions, actionsOpenPulls, workflows, runs, keys, secrets, environmentSecrets, codeowners },
    rules: new Map(rules),
  };
}

/** One found is a finding whatever the other says; none found is one only when both were told. */
function bothOf(one: Told<readonly string[]>, other: Told<readonly string[]>): Told<readonly string[]> {
  const found = [one, other].flatMap((answer) => (answer.told ? answer.value : []));
  return found.length > 0 ? { told: true, value: found } : one.told ? other : one;
}

async function readSettings(octokit: Octokit, place: Place): Promise<Settings> {
  const { data, headers } = await octokit.rest.repos
    .get(place)
    .catch((error) => explain(error, `read ${place.owner}/${place.repo}`));
  const scopes = headers["x-oauth-scopes"] as string | undefined;
  const { parent, allow_merge_commit: commit, allow_squash_merge: squash, allow_rebase_merge: rebase } = data;
  return {
    repository: data.full_name,
    url: data.html_url,
    owner: { login: data.owner.login, organization: data.owner.type === "Organization" },
    private: data.private,
    archived: data.archived,
    defaultBranch: data.default_branch,
    parent: parent && {
      repository: parent.full_name,
      private: parent.private,
      defaultBranch: parent.default_branch,
    },
    source: data.source?.full_name,
    issues: data.has_issues,
    // Newer than the client's description of GitHub.
    pullRequests: (data as { has_pull_requests?: boolean }).has_pull_requests ?? true,
    merge: commit === undefined ? undefined : { commit, squash: squash ?? false, rebase: rebase ?? false },
    deleteBranchOnMerge: data.delete_branch_on_merge ?? false,
    pushedAt: data.pushed_at ?? undefined,
    administrator: data.permissions?.admin ?? false,
    pusher: data.permissions?.push ?? false,
    scopes: scopes
      ?.split(",")
      .map((scope) => scope.trim())
      .filter(Boolean),
  };
}

/** Public repositories have everything whatever the plan (github-semantics.md §1.5). */
async function readPlan(octokit: Octokit, { private: hidden, owner }: Settings): Promise<Told<string>> {
  if (!hidden) return { told: false, why: "not asked: the fork is public" };
  const request: Promise<{ data: unknown }> = owner.organization
    ? octokit.rest.orgs.get({ org: owner.login })
    : octokit.rest.users.getAuthenticated();
  const read = await told(request, (data: { login: string; plan?: { name: string } }) => data);
  if (!read.told) return read;
  // An organization tells it to its owners, a person to nobody else.
  const { login, plan } = read.value;
  return plan && login.toLowerCase() === owner.login.toLowerCase()
    ? { told: true, value: plan.name }
    : { told: false, why: `GitHub does not tell this token the plan of ${owner.login}` };
}

/** @throws Failure when the token is not accepted, the server fails or a limit is reached; a refusal of one question is an answer. */
async function told<Data, Value>(
  request: Promise<{ data: unknown }>,
  read: (data: Data) => Value,
): Promise<Told<Value> & { readonly status?: number }> {
  try {
    return { told: true, value: read((await request).data as Data) };
  } catch (error) {
    const refused = error instanceof RequestError && [403, 404, 409, 410, 422].includes(error.status);
    if (!refused || isRateLimit(error)) return explain(error, "read the fork");
    const words = error.message.split(/ - https?:|\n/, 1)[0] as string;
    return { told: false, why: `GitHub answered ${error.status} ${words}`, status: error.status };
  }
}

/** 404 means that there is none. */
async function orElse<Value, Other>(
  read: Promise<Told<Value> & { readonly status?: number }>,
  none: Other,
): Promise<Told<Value | Other>> {
  const answer = await read;
  return !answer.told && answer.status === 404 ? { told: true, value: none } : answer;
}

interface RestRun {
  readonly display_title: string;
  readonly html_url: string;
  readonly event: string;
  readonly conclusion: string | null;
  readonly run_started_at?: string;
  readonly created_at: string;
}

function runFacts(data: { readonly workflow_runs: readonly RestRun[] }): readonly RunFact[] {
  const syncs = data.workflow_runs.filter((run) => !isVerification(run));
  return syncs.map((run) => ({
    url: run.html_url,
    event: run.event,
    conclusion: run.conclusion,
    startedAt: run.run_started_at ?? run.created_at,
  }));
}

interface RestKey {
  readonly id: number;
  readonly title: string;
  readonly key: string;
  readonly read_only: boolean;
  readonly enabled?: boolean;
  readonly created_at: string;
}

function keyFacts(data: readonly RestKey[]): readonly KeyFact[] {
  return data.map(({ id, title, key, read_only, enabled, created_at }) => ({
    ...{ id, title, key, readOnly: read_only, enabled: enabled ?? true, createdAt: created_at },
  }));
}

function secretNames(data: { readonly secrets: readonly { readonly name: string }[] }): readonly string[] {
  return data.secrets.map(({ name }) => name);
}

function codeownersProblems(data: { readonly errors: readonly CodeownersProblem[] }): readonly CodeownersProblem[] {
  return data.errors.map(({ line, kind, path, source }) => ({ line, kind, path, source }));
}

interface RestRule {
  readonly type: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly ruleset_id: number;
  readonly ruleset_source: string;
}

function ruleFacts(data: readonly RestRule[]): readonly RuleFact[] {
  return data.map(({ type, parameters, ruleset_id, ruleset_source }) => ({
    ...{ type, parameters: parameters ?? {}, ruleset: ruleset_id, source: ruleset_source },
  }));
}
