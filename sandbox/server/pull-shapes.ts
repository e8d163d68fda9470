/** Pull requests as REST answers show them, and whether they can be merged. Fields: GitHub's OpenAPI description. */
import { headOf } from "./after-update.ts";
import { bare, readRef } from "./git.ts";
import { compare, mergeTree } from "./git-objects.ts";
import { statsOf } from "./git-shapes.ts";
import { notFound, type RouteContext, type Sandbox } from "./http.ts";
import { anonymous, canSee, fullName } from "./identity.ts";
import { judgeUpdate } from "./judging.ts";
import type { MergeMethod } from "./policy.ts";
import { labelShape } from "./routes/labels.ts";
import { nodeId, repositoryShape, repositoryUrl, simpleUser } from "./shapes.ts";
import type { Issue, Repository, Review } from "./state.ts";

export type Pull = NonNullable<Issue["pull"]>;
/** An issue that is a pull request. */
export type PullIssue = Issue & { pull: Pull };

export function isPull(issue: Issue): issue is PullIssue {
  return issue.pull !== null;
}

/** The pull request of `:number`; 404 for an issue that is none. */
export function pullOf(c: RouteContext, repository: Repository): PullIssue {
  const issue = repository.issues.find((one) => one.number === Number(c.req.param("number")));
  if (!issue || !isPull(issue)) throw notFound();
  return issue;
}

export function association(repository: Repository, login: string) {
  if (login.toLowerCase() === repository.owner.toLowerCase()) return "OWNER" as const;
  const known = Object.keys(repository.collaborators).some((one) => one.toLowerCase() === login.toLowerCase());
  return known ? ("COLLABORATOR" as const) : ("NONE" as const);
}

function teamShape(sandbox: Sandbox, repository: Repository, slug: string) {
  const url = `${sandbox.url}/api/v3/orgs/${repository.owner}/teams/${slug}`;
  return {
    id: 0,
    node_id: nodeId(`Team:${repository.owner}/${slug}`, 0),
    name: slug,
    slug,
    description: null,
    privacy: "closed" as const,
    notification_setting: "notifications_enabled" as const,
    permission: "push",
    url,
    html_url: `${sandbox.url}/orgs/${repository.owner}/teams/${slug}`,
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    type: "organization" as const,
    parent: null,
  };
}

export function requestedShape(c: RouteContext, repository: Repository, pull: Pull) {
  const { sandbox } = c.var;
  return {
    users: pull.requestedReviewers.map((login) => simpleUser(sandbox, login)),
    teams: pull.requestedTeams.map((slug) => teamShape(sandbox, repository, slug)),
  };
}

/** "pull-request-simple", the entry of a list. */
export function simplePull(c: RouteContext, repository: Repository, issue: PullIssue) {
  const { sandbox, identity } = c.var;
  const { pull } = issue;
  const api = repositoryUrl(sandbox, repository);
  const html = `${sandbox.url}/${fullName(repository)}/pull/${issue.number}`;
  const url = `${api}/pulls/${issue.number}`;
  const issueUrl = `${api}/issues/${issue.number}`;
  const head = headOf(sandbox.state, repository, pull);
  const side = (of: Repository | undefined, ref: string, sha: string) => ({
    label: `${of?.owner ?? "unknown"}:${ref}`,
    ref,
    sha,
    user: of ? simpleUser(sandbox, of.owner) : null,
    repo: of && canSee(of, identity) ? repositoryShape(sandbox, of, identity) : null,
  });
  const assignees = issue.assignees.map((login) => simpleUser(sandbox, login));
  const requested = requestedShape(c, repository, pull);
  const links = {
    self: url,
    html,
    issue: issueUrl,
    comments: `${issueUrl}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${api}/pulls/comments{/number}`,
    commits: `${url}/commits`,
    statuses: `${api}/statuses/${pull.headSha}`,
  };
  return {
    id: issue.id,
    node_id: nodeId("PullRequest", issue.id),
    url,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issueUrl,
    commits_url: links.commits,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    comments_url: links.comments,
    statuses_url: links.statuses,
    number: issue.number,
    state: issue.state,
    locked: false,
    active_lock_reason: null,
    title: issue.title,
    body: issue.body,
    user: simpleUser(sandbox, issue.user),
    labels: repository.labels
      .filter((label) => issue.labels.includes(label.name))
      .map((label) => labelShape(c, repository, label)),
    milestone: null,
    assignee: assignees[0] ?? null,
    assignees,
    requested_reviewers: requested.users,
    requested_teams: requested.teams,
    created_at: issue.created_at,
    updated_at: issue.updated_at,
    closed_at: issue.closed_at,
    merged_at: pull.merged_at,
    merge_commit_sha: pull.merge_commit_sha,
    draft: pull.draft,
    head: side(head.repository, head.branch, pull.headSha),
    base: side(repository, pull.base, pull.baseSha),
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])) as Record<
      keyof typeof links,
      { href: string }
    >,
    author_association: association(repository, issue.user),
    auto_merge: null,
  };
}

export function allowedMethods({ settings }: Repository): MergeMethod[] {
  const methods: [MergeMethod, boolean][] = [
    ["merge", settings.allow_merge_commit],
    ["squash", settings.allow_squash_merge],
    ["rebase", settings.allow_rebase_merge],
  ];
  return methods.filter(([, allowed]) => allowed).map(([method]) => method);
}

/** Whether the rules of the base let nobody in particular merge it by any method. */
async function blocked(c: RouteContext, repository: Repository, issue: PullIssue, base: string): Promise<boolean> {
  const update = { ref: `refs/heads/${issue.pull.base}`, before: base, after: issue.pull.headSha };
  for (const method of allowedMethods(repository)) {
    const pull = { issue, method };
    const verdict = await judgeUpdate(c.var.sandbox, update, { repository, identity: anonymous, pull });
    if (!verdict.refusals.some(({ kind }) => kind !== "workflow-file")) return false;
  }
  return true;
}

function unstable(repository: Repository, sha: string): boolean {
  const latest = new Map(
    repository.statuses.filter((status) => status.sha === sha).map(({ context, state }) => [context, state]),
  );
  return [...latest.values()].some((state) => state !== "success");
}

interface Mergeability {
  readonly mergeable: boolean | null;
  readonly mergeable_state: string;
}

/** What the answer to a write says, which only starts the computation: https://docs.github.com/rest/pulls/pulls#create-a-pull-request */
const NOT_YET: Mergeability = { mergeable: null, mergeable_state: "unknown" };

/** GitHub computes it in the background and says null until it knows; here whoever reads waits for it. */
async function mergeability(c: RouteContext, repository: Repository, issue: PullIssue): Promise<Mergeability> {
  const at = bare(c.var.sandbox.state, repository);
  const base = await readRef(at, `refs/heads/${issue.pull.base}`);
  if (issue.state === "closed" || !base) return NOT_YET;
  const { clean } = await mergeTree(at, base, issue.pull.headSha);
  if (!clean) return { mergeable: false, mergeable_state: "dirty" };
  if (issue.pull.draft) return { mergeable: true, mergeable_state: "draft" };
  if (await blocked(c, repository, issue, base)) return { mergeable: true, mergeable_state: "blocked" };
  return { mergeable: true, mergeable_state: unstable(repository, issue.pull.headSha) ? "unstable" : "clean" };
}

/**
 * What a pull request changes: three-dot, against its base as it is. Once merged the head is in the base, so then against the base
 * as it was.
 */
export async function changesOf(sandbox: Sandbox, repository: Repository, { pull }: PullIssue) {
  const at = bare(sandbox.state, repository);
  const tip = pull.merged_at ? null : await readRef(at, `refs/heads/${pull.base}`);
  const base = tip ?? pull.baseSha;
  return (await compare(at, base, pull.headSha)) ?? { commits: [], files: [], ahead: 0 };
}

/** "pull-request", as a read has it. */
export async function pullShape(c: RouteContext, repository: Repository, issue: PullIssue) {
  return shapeWith(c, repository, issue, mergeability(c, repository, issue));
}

/** "pull-request", as the answer to a write has it. */
export function writtenPullShape(c: RouteContext, repository: Repository, issue: PullIssue) {
  return shapeWith(c, repository, issue, NOT_YET);
}

async function shapeWith(
  c: RouteContext,
  repository: Repository,
  issue: PullIssue,
  mergeable: Mergeability | Promise<Mergeability>,
) {
  const { sandbox } = c.var;
  const [merge, changes] = await Promise.all([mergeable, changesOf(sandbox, repository, issue)]);
  const { additions, deletions } = statsOf(changes.files);
  return {
    ...simplePull(c, repository, issue),
    merged: issue.pull.merged_at !== null,
    mergeable: merge.mergeable,
    rebaseable: merge.mergeable,
    mergeable_state: merge.mergeable_state,
    merged_by: issue.pull.merged_by ? simpleUser(sandbox, issue.pull.merged_by) : null,
    comments: issue.comments.length,
    review_comments: 0,
    maintainer_can_modify: issue.pull.head.includes(":"),
    commits: changes.ahead,
    additions,
    deletions,
    changed_files: changes.files.length,
  };
}

export function reviewShape(c: RouteContext, repository: Repository, issue: PullIssue, review: Review) {
  const { sandbox } = c.var;
  const page = `${sandbox.url}/${fullName(repository)}/pull/${issue.number}#pullrequestreview-${review.id}`;
  const url = `${repositoryUrl(sandbox, repository)}/pulls/${issue.number}`;
  return {
    id: review.id,
    node_id: nodeId("PullRequestReview", review.id),
    user: simpleUser(sandbox, review.user),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: url,
    author_association: association(repository, review.user),
    _links: { html: { href: page }, pull_request: { href: url } },
    submitted_at: review.submitted_at,
    commit_id: review.commit_id,
  };
}
