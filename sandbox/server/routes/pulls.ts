/** Pull requests: listing, reading, opening, editing. Reviews are in pull-reviews.ts, the merge button in pull-merge.ts. */
import { Hono } from "hono";
import { refuseArchived, requireAccount } from "../access.ts";
import { headOf, networkMember, setPullRef } from "../after-update.ts";
import { type Body, oneOf, optionalBoolean, optionalString, readBody, requiredString } from "../body.ts";
import { bare, readRef } from "../git.ts";
import { isAncestor, mergeBase } from "../git-objects.ts";
import { commitShape, fileShape } from "../git-shapes.ts";
import { authorize, type Env, GitHubError, type RouteContext, type Routes, validationFailed } from "../http.ts";
import { actorName, atLeast, canSee, isIntegration, role } from "../identity.ts";
import { paginate } from "../paging.ts";
import { changesOf, isPull, type PullIssue, pullOf, pullShape, simplePull, writtenPullShape } from "../pull-shapes.ts";
import type { Repository } from "../state.ts";
import { joined } from "./commits.ts";
import { pullMergeRoutes } from "./pull-merge.ts";
import { pullReviewsRoutes } from "./pull-reviews.ts";

const reading = { role: "read", job: ["pull-requests", "read"] } as const;
const longestBody = 65_536;

function invalid(message: string): GitHubError {
  return new GitHubError(422, "Validation Failed", {
    errors: [{ resource: "PullRequest", code: "custom", message }],
  });
}

function listing(routes: Routes): void {
  routes.get("/repos/:owner/:repo/pulls", (c) => {
    const repository = authorize(c, reading);
    const { state = "open", head, base, sort = "created" } = c.req.query();
    // `head` without an owner is no filter GitHub understands: it is ignored there and here.
    const wanted = head?.includes(":") ? head.toLowerCase() : undefined;
    const label = ({ pull }: PullIssue): string => {
      const { repository: from, branch } = headOf(c.var.sandbox.state, repository, pull);
      return `${from?.owner ?? "unknown"}:${branch}`.toLowerCase();
    };
    const key = sort === "updated" ? "updated_at" : "created_at";
    const direction = (c.req.query("direction") ?? (sort === "created" ? "desc" : "asc")) === "asc" ? 1 : -1;
    const found = repository.issues
      .filter(isPull)
      .filter((issue) => state === "all" || issue.state === state)
      .filter((issue) => !base || issue.pull.base === base)
      .filter((issue) => !wanted || label(issue) === wanted)
      .sort((a, b) => direction * (a[key].localeCompare(b[key]) || a.number - b.number));
    return c.json(paginate(c, found).map((issue) => simplePull(c, repository, issue)));
  });

  routes.get("/repos/:owner/:repo/pulls/:number{[0-9]+}", async (c) => {
    const repository = authorize(c, reading);
    return c.json(await pullShape(c, repository, pullOf(c, repository)));
  });

  routes.get("/repos/:owner/:repo/pulls/:number{[0-9]+}/commits", async (c) => {
    const repository = authorize(c, reading);
    const { commits } = await changesOf(c.var.sandbox, repository, pullOf(c, repository));
    return c.json(paginate(c, commits).map((commit) => commitShape(c.var.sandbox, repository, commit)));
  });

  routes.get("/repos/:owner/:repo/pulls/:number{[0-9]+}/files", async (c) => {
    const repository = authorize(c, reading);
    const issue = pullOf(c, repository);
    const { files } = await changesOf(c.var.sandbox, repository, issue);
    return c.json(paginate(c, files).map((file) => fileShape(c.var.sandbox, repository, file, issue.pull.headSha)));
  });
}

interface Sides {
  base: string;
  baseSha: string;
  /** As it is kept: "branch", or "owner:branch" of another repository. */
  head: string;
  headSha: string;
  from: Repository;
}

/** The two sides of a new pull request, or GitHub's reason against it. */
async function sidesOf(c: RouteContext, repository: Repository, body: Body): Promise<Sides> {
  const { state } = c.var.sandbox;
  const base = requiredString(body, "base").replace(/^refs\/heads\//, "");
  const headText = requiredString(body, "head");
  const colon = headText.indexOf(":");
  const owner = colon < 0 ? repository.owner : headText.slice(0, colon);
  const branch = headText.slice(colon + 1);
  const same = owner.toLowerCase() === repository.owner.toLowerCase();
  const from = same ? repository : networkMember(state, repository, owner);
  if (!from || !canSee(from, c.var.identity)) throw validationFailed("PullRequest", "head", "invalid");
  const at = joined(bare(state, repository), bare(state, from));
  const baseSha = await readRef(bare(state, repository), `refs/heads/${base}`);
  if (!baseSha) throw validationFailed("PullRequest", "base", "invalid");
  const headSha = await readRef(bare(state, from), `refs/heads/${branch}`);
  if (!headSha) throw validationFailed("PullRequest", "head", "invalid");
  const names = same ? [base, branch] : [`${repository.owner}:${base}`, `${from.owner}:${branch}`];
  if (!(await mergeBase(at, baseSha, headSha))) {
    throw invalid(`The ${names[0]} branch has no history in common with ${names[1]}`);
  }
  if (await isAncestor(at, headSha, baseSha)) throw invalid(`No commits between ${names[0]} and ${names[1]}`);
  const head = same ? branch : `${from.owner}:${branch}`;
  const twin = repository.issues
    .filter(isPull)
    .some((issue) => issue.state === "open" && issue.pull.head === head && issue.pull.base === base);
  if (twin) throw invalid(`A pull request already exists for ${from.owner}:${branch}.`);
  return { base, baseSha, head, headSha, from };
}

function refuseActions(c: RouteContext, repository: Repository): void {
  if (c.var.identity.kind === "job" && !repository.actions.can_approve_pull_request_reviews) {
    throw new GitHubError(403, "GitHub Actions is not permitted to create or approve pull requests.");
  }
}

/** Drafts are a paid feature of private repositories (reference: github-semantics.md §1.5). */
function draftOf(c: RouteContext, repository: Repository, body: Body): boolean {
  const draft = optionalBoolean(body, "draft") ?? false;
  const plan = c.var.sandbox.state.owner(repository.owner)?.plan;
  if (draft && repository.visibility === "private" && (plan === "free" || plan === "pro")) {
    throw invalid("Draft pull requests are not supported in this repository.");
  }
  return draft;
}

function bodyText(body: Body): string | undefined {
  const text = optionalString(body, "body");
  if (text !== undefined && text.length > longestBody) {
    throw validationFailed("PullRequest", "body", "custom", `body is too long (maximum is ${longestBody} characters)`);
  }
  return text;
}

function titleText(body: Body): string {
  const title = requiredString(body, "title");
  if (title.trim() === "") throw validationFailed("PullRequest", "title", "missing_field");
  return title;
}

function opening(routes: Routes): void {
  routes.post("/repos/:owner/:repo/pulls", async (c) => {
    requireAccount(c);
    const repository = authorize(c, { role: "read", job: ["pull-requests", "write"] });
    refuseArchived(repository);
    const { state } = c.var.sandbox;
    const body = await readBody(c);
    const title = titleText(body);
    const text = bodyText(body) ?? null;
    const draft = draftOf(c, repository, body);
    refuseActions(c, repository);
    const sides = await sidesOf(c, repository, body);
    const now = state.timestamp();
    const issue: PullIssue = {
      id: state.id(),
      number: Math.max(0, ...repository.issues.map((other) => other.number)) + 1,
      title,
      body: text,
      state: "open",
      user: actorName(c.var.identity),
      labels: [],
      assignees: [],
      comments: [],
      created_at: now,
      updated_at: now,
      closed_at: null,
      pull: {
        head: sides.head,
        base: sides.base,
        headSha: sides.headSha,
        baseSha: sides.baseSha,
        draft,
        merged_at: null,
        merged_by: null,
        merge_commit_sha: null,
        requestedReviewers: [],
        requestedTeams: [],
        reviews: [],
      },
    };
    // In the list before anything is awaited, so that no other request takes the number.
    repository.issues.push(issue);
    await setPullRef(state, repository, issue, sides.from);
    return c.json(await writtenPullShape(c, repository, issue), 201);
  });
}

/** Editing is for the author and for those who can write; a reader who is neither is told so. */
function editable(c: RouteContext): { repository: Repository; issue: PullIssue } {
  requireAccount(c);
  const repository = authorize(c, { role: "read", job: ["pull-requests", "write"] });
  const { identity } = c.var;
  const issue = pullOf(c, repository);
  const may =
    isIntegration(identity) || issue.user === actorName(identity) || atLeast(role(repository, identity), "write");
  if (!may) throw new GitHubError(403, "Must have write access to Repository.");
  refuseArchived(repository);
  return { repository, issue };
}

async function reopen(c: RouteContext, repository: Repository, issue: PullIssue): Promise<void> {
  const { state } = c.var.sandbox;
  const head = headOf(state, repository, issue.pull);
  const tip = head.repository && (await readRef(bare(state, head.repository), `refs/heads/${head.branch}`));
  const base = await readRef(bare(state, repository), `refs/heads/${issue.pull.base}`);
  if (issue.pull.merged_at || !head.repository || !tip || !base) {
    throw validationFailed("PullRequest", "state", "invalid", "state cannot be changed. The branch is gone or merged.");
  }
  issue.state = "open";
  issue.closed_at = null;
  issue.pull.headSha = tip;
  await setPullRef(state, repository, issue, head.repository);
}

function editing(routes: Routes): void {
  routes.patch("/repos/:owner/:repo/pulls/:number{[0-9]+}", async (c) => {
    const { repository, issue } = editable(c);
    const { state } = c.var.sandbox;
    const body = await readBody(c);
    const title = body.title === undefined ? issue.title : titleText(body);
    const text = bodyText(body);
    const wanted = optionalString(body, "state");
    const next = wanted === undefined ? issue.state : oneOf("PullRequest", "state", wanted, ["open", "closed"]);
    const base = optionalString(body, "base");
    if (base !== undefined && base !== issue.pull.base) {
      const baseSha = await readRef(bare(state, repository), `refs/heads/${base}`);
      if (!baseSha) throw validationFailed("PullRequest", "base", "invalid");
      issue.pull.base = base;
      issue.pull.baseSha = baseSha;
    }
    if (next === "open" && issue.state === "closed") await reopen(c, repository, issue);
    if (next === "closed" && issue.state === "open") {
      issue.state = "closed";
      issue.closed_at = state.timestamp();
    }
    issue.title = title;
    if (text !== undefined) issue.body = text;
    issue.updated_at = state.timestamp();
    return c.json(await writtenPullShape(c, repository, issue));
  });
}

export function pullsRoutes(): Routes {
  const routes = new Hono<Env>();
  listing(routes);
  opening(routes);
  editing(routes);
  routes.route("/", pullReviewsRoutes());
  routes.route("/", pullMergeRoutes());
  return routes;
}
