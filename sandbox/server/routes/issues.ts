/** Issues and their comments. Pull requests are issues here too, as on GitHub. */
import { Hono } from "hono";
import { authorizeAny, refuseArchived, requireAccount } from "../access.ts";
import { type Body, oneOf, optionalString, optionalStrings, readBody, requiredString } from "../body.ts";
import { recordEvent } from "../closing-words.ts";
import {
  authorize,
  type Env,
  GitHubError,
  notFound,
  type RouteContext,
  type Routes,
  validationFailed,
} from "../http.ts";
import { actorName, atLeast, type Identity, isIntegration, role } from "../identity.ts";
import { paginate } from "../paging.ts";
import { nodeId, repositoryUrl, simpleUser } from "../shapes.ts";
import type { Issue, Repository } from "../state.ts";
import { ensureLabel, labelShape } from "./labels.ts";

type Comment = Issue["comments"][number];
type IssueEvent = NonNullable<Issue["events"]>[number];

/** GitHub's bound for bodies of issues and comments. */
const maxBody = 65_536;

function association(repository: Repository, login: string) {
  if (login.toLowerCase() === repository.owner.toLowerCase()) return "OWNER" as const;
  const known = Object.keys(repository.collaborators).some((one) => one.toLowerCase() === login.toLowerCase());
  return known ? ("COLLABORATOR" as const) : ("NONE" as const);
}

export function issueShape(c: RouteContext, repository: Repository, issue: Issue) {
  const { sandbox } = c.var;
  const base = repositoryUrl(sandbox, repository);
  const url = `${base}/issues/${issue.number}`;
  const html = `${sandbox.url}/${repository.owner}/${repository.name}`;
  const pull = `${base}/pulls/${issue.number}`;
  const pullHtml = `${html}/pull/${issue.number}`;
  const assignees = issue.assignees.map((login) => simpleUser(sandbox, login));
  const labels = repository.labels.filter((label) => issue.labels.includes(label.name));
  return {
    id: issue.id,
    node_id: nodeId(issue.pull ? "PullRequest" : "Issue", issue.id),
    url,
    repository_url: base,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: issue.pull ? pullHtml : `${html}/issues/${issue.number}`,
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    state_reason: issue.state === "closed" && !issue.pull ? (issue.state_reason ?? ("completed" as const)) : null,
    user: simpleUser(sandbox, issue.user),
    labels: labels.map((label) => labelShape(c, repository, label)),
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    locked: false,
    active_lock_reason: null,
    comments: issue.comments.length,
    closed_at: issue.closed_at,
    created_at: issue.created_at,
    updated_at: issue.updated_at,
    closed_by: null,
    author_association: association(repository, issue.user),
    ...(issue.pull
      ? {
          draft: issue.pull.draft,
          pull_request: {
            url: pull,
            html_url: pullHtml,
            diff_url: `${pullHtml}.diff`,
            patch_url: `${pullHtml}.patch`,
            merged_at: issue.pull.merged_at,
          },
        }
      : {}),
  };
}

function commentShape(c: RouteContext, repository: Repository, issue: Issue, comment: Comment) {
  const base = repositoryUrl(c.var.sandbox, repository);
  const kind = issue.pull ? "pull" : "issues";
  const page = `${c.var.sandbox.url}/${repository.owner}/${repository.name}/${kind}/${issue.number}`;
  return {
    id: comment.id,
    node_id: nodeId("IssueComment", comment.id),
    url: `${base}/issues/comments/${comment.id}`,
    html_url: `${page}#issuecomment-${comment.id}`,
    issue_url: `${base}/issues/${issue.number}`,
    body: comment.body,
    user: simpleUser(c.var.sandbox, comment.user),
    created_at: comment.created_at,
    updated_at: comment.updated_at ?? comment.created_at,
    author_association: association(repository, comment.user),
    performed_via_github_app: null,
  };
}

/** Those of an issue's closings; the others that GitHub has are not kept. */
function eventShape(c: RouteContext, repository: Repository, issue: Issue, event: IssueEvent) {
  const base = repositoryUrl(c.var.sandbox, repository);
  return {
    id: event.id,
    node_id: nodeId("IssueEvent", event.id),
    url: `${base}/issues/events/${event.id}`,
    actor: simpleUser(c.var.sandbox, event.actor),
    event: event.event,
    commit_id: event.commit_id,
    commit_url: event.commit_id && `${base}/commits/${event.commit_id}`,
    created_at: event.created_at,
    performed_via_github_app: null,
    issue: issueShape(c, repository, issue),
  };
}

function requireIssues(repository: Repository): void {
  // The words and the status: ossf/allstar#64.
  if (!repository.settings.has_issues) throw new GitHubError(410, "Issues are disabled for this repo");
}

/** An issue or pull request by number; a plain issue cannot be reached while issues are off. */
function find(c: RouteContext, repository: Repository): Issue {
  const issue = repository.issues.find((one) => one.number === Number(c.req.param("number")));
  if (!issue) throw notFound();
  if (!issue.pull) requireIssues(repository);
  return issue;
}

function findComment(c: RouteContext, repository: Repository): { issue: Issue; comment: Comment } {
  const id = Number(c.req.param("id"));
  for (const issue of repository.issues) {
    const comment = issue.comments.find((one) => one.id === id);
    if (comment) return { issue, comment };
  }
  throw notFound();
}

function checkedBody(resource: string, text: string | undefined): string | undefined {
  if (text !== undefined && text.length > maxBody) {
    throw validationFailed(resource, "body", "custom", `body is too long (maximum is ${maxBody} characters)`);
  }
  return text;
}

function assigneesOf(body: Body, repository: Repository): string[] | undefined {
  const logins = optionalStrings(body, "assignees");
  for (const login of logins ?? []) {
    const person: Identity = { kind: "user", login, scopes: [] };
    const explicit = association(repository, login) !== "NONE" && atLeast(role(repository, person), "read");
    if (!explicit) throw validationFailed("Issue", "assignees", "invalid");
  }
  return logins;
}

const read = {
  role: "read",
  jobs: [
    ["issues", "read"],
    ["pull-requests", "read"],
  ],
} as const;
const comment = {
  role: "read",
  jobs: [
    ["issues", "write"],
    ["pull-requests", "write"],
  ],
} as const;
const edit = { role: "triage", jobs: comment.jobs } as const;

function lists(c: RouteContext, issues: readonly Issue[]): Issue[] {
  const state = c.req.query("state") ?? "open";
  const labels = (c.req.query("labels") ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean);
  const creator = c.req.query("creator")?.toLowerCase();
  const assignee = c.req.query("assignee")?.toLowerCase();
  const since = c.req.query("since");
  const sort = c.req.query("sort") === "updated" ? "updated_at" : "created_at";
  const direction = c.req.query("direction") === "asc" ? 1 : -1;
  return issues
    .filter((issue) => state === "all" || issue.state === state)
    .filter((issue) => labels.every((name) => issue.labels.some((on) => on.toLowerCase() === name)))
    .filter((issue) => creator === undefined || issue.user.toLowerCase() === creator)
    .filter((issue) => !assignee || assignee === "*" || issue.assignees.some((one) => one.toLowerCase() === assignee))
    .filter((issue) => since === undefined || Date.parse(issue.updated_at) >= Date.parse(since))
    .sort((a, b) => direction * (a[sort].localeCompare(b[sort]) || a.number - b.number));
}

export function issuesRoutes(): Routes {
  const routes = new Hono<Env>();
  const all = "/repos/:owner/:repo/issues";
  const one = `${all}/:number{[0-9]+}`;

  routes.get(all, (c) => {
    const repository = authorizeAny(c, read);
    const visible = repository.issues.filter((issue) => issue.pull !== null || repository.settings.has_issues);
    return c.json(paginate(c, lists(c, visible)).map((issue) => issueShape(c, repository, issue)));
  });
  routes.post(all, async (c) => {
    requireAccount(c);
    const repository = authorize(c, { role: "read", job: ["issues", "write"] });
    requireIssues(repository);
    refuseArchived(repository);
    const { state } = c.var.sandbox;
    const body = await readBody(c);
    const title = requiredString(body, "title");
    if (title.trim() === "") throw validationFailed("Issue", "title", "missing_field");
    // Labels and assignees of somebody without that right are dropped without a word (REST reference, "Create an issue").
    const mayLabel = isIntegration(c.var.identity) || atLeast(role(repository, c.var.identity), "triage");
    const labels = mayLabel ? (optionalStrings(body, "labels") ?? []) : [];
    const now = state.timestamp();
    const issue: Issue = {
      id: state.id(),
      number: Math.max(0, ...repository.issues.map((other) => other.number)) + 1,
      title,
      body: checkedBody("Issue", optionalString(body, "body")) ?? null,
      state: "open",
      user: actorName(c.var.identity),
      labels: [...new Set(labels.map((name) => ensureLabel(state, repository, name).name))],
      assignees: mayLabel ? (assigneesOf(body, repository) ?? []) : [],
      comments: [],
      created_at: now,
      updated_at: now,
      closed_at: null,
      pull: null,
    };
    repository.issues.push(issue);
    return c.json(issueShape(c, repository, issue), 201);
  });
  routes.get(one, (c) => {
    const repository = authorizeAny(c, read);
    return c.json(issueShape(c, repository, find(c, repository)));
  });
  routes.patch(one, async (c) => {
    const repository = authorizeAny(c, edit);
    const issue = find(c, repository);
    const { state } = c.var.sandbox;
    const body = await readBody(c);
    const labels = optionalStrings(body, "labels");
    const assignees = assigneesOf(body, repository);
    const title = optionalString(body, "title");
    const text = checkedBody("Issue", optionalString(body, "body"));
    const wanted = optionalString(body, "state");
    if (wanted !== undefined) {
      const next = oneOf("Issue", "state", wanted, ["open", "closed"]);
      if (next === "open" && issue.pull?.merged_at) throw validationFailed("Issue", "state", "invalid");
      if (next !== issue.state) {
        issue.closed_at = next === "closed" ? state.timestamp() : null;
        recordEvent(state, issue, next === "closed" ? "closed" : "reopened", actorName(c.var.identity));
      }
      issue.state = next;
    }
    const reason = optionalString(body, "state_reason");
    if (reason === "completed" || reason === "not_planned" || reason === "duplicate") issue.state_reason = reason;
    if (title !== undefined) issue.title = title;
    if (text !== undefined || body.body === null) issue.body = text ?? null;
    if (labels) issue.labels = [...new Set(labels.map((name) => ensureLabel(state, repository, name).name))];
    if (assignees) issue.assignees = assignees;
    issue.updated_at = state.timestamp();
    return c.json(issueShape(c, repository, issue));
  });

  routes.get(`${one}/comments`, (c) => {
    const repository = authorizeAny(c, read);
    const issue = find(c, repository);
    const since = c.req.query("since");
    const shown = issue.comments.filter((item) => !since || Date.parse(item.created_at) >= Date.parse(since));
    return c.json(paginate(c, shown).map((item) => commentShape(c, repository, issue, item)));
  });
  routes.post(`${one}/comments`, async (c) => {
    requireAccount(c);
    const repository = authorizeAny(c, comment);
    refuseArchived(repository);
    const issue = find(c, repository);
    const { state } = c.var.sandbox;
    const text = checkedBody("IssueComment", requiredString(await readBody(c), "body")) ?? "";
    if (text.trim() === "") throw validationFailed("IssueComment", "body", "missing_field", "Body cannot be blank");
    const made = { id: state.id(), user: actorName(c.var.identity), body: text, created_at: state.timestamp() };
    issue.comments.push(made);
    issue.updated_at = made.created_at;
    return c.json(commentShape(c, repository, issue, made), 201);
  });
  // Newest first (REST reference, "List issue events for a repository").
  routes.get(`${all}/events`, (c) => {
    const repository = authorizeAny(c, read);
    const events = repository.issues.flatMap((issue) => (issue.events ?? []).map((event) => ({ issue, event })));
    const newest = events.sort((a, b) => b.event.id - a.event.id);
    return c.json(paginate(c, newest).map(({ issue, event }) => eventShape(c, repository, issue, event)));
  });
  routes.get(`${all}/comments/:id{[0-9]+}`, (c) => {
    const repository = authorizeAny(c, read);
    const { issue, comment: found } = findComment(c, repository);
    return c.json(commentShape(c, repository, issue, found));
  });
  routes.patch(`${all}/comments/:id{[0-9]+}`, async (c) => {
    requireAccount(c);
    const repository = authorizeAny(c, comment);
    const { issue, comment: found } = findComment(c, repository);
    requireAuthorOrWriter(c, repository, found);
    found.body = checkedBody("IssueComment", requiredString(await readBody(c), "body")) ?? "";
    found.updated_at = c.var.sandbox.state.timestamp();
    return c.json(commentShape(c, repository, issue, found));
  });
  routes.delete(`${all}/comments/:id{[0-9]+}`, (c) => {
    requireAccount(c);
    const repository = authorizeAny(c, comment);
    const { issue, comment: found } = findComment(c, repository);
    requireAuthorOrWriter(c, repository, found);
    issue.comments = issue.comments.filter((other) => other !== found);
    return c.body(null, 204);
  });
  return routes;
}

function requireAuthorOrWriter(c: RouteContext, repository: Repository, found: Comment): void {
  const { identity } = c.var;
  if (isIntegration(identity) || actorName(identity) === found.user) return;
  if (!atLeast(role(repository, identity), "write"))
    throw new GitHubError(403, "Must have admin rights to Repository.");
}
