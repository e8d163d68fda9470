/** Who is asked to review a pull request, and what they said. */
import { Hono } from "hono";
import { refuseArchived, requireAccount } from "../access.ts";
import { oneOf, optionalString, optionalStrings, readBody } from "../body.ts";
import { authorize, type Env, GitHubError, type RouteContext, type Routes, validationFailed } from "../http.ts";
import { actorName, fullName } from "../identity.ts";
import { paginate } from "../paging.ts";
import { association, pullOf, requestedShape, reviewShape, simplePull } from "../pull-shapes.ts";
import { nodeId } from "../shapes.ts";
import type { Repository, Review } from "../state.ts";

const reading = { role: "read", job: ["pull-requests", "read"] } as const;
const asking = { role: "triage", job: ["pull-requests", "write"] } as const;

function listed(c: RouteContext, repository: Repository, author: string, logins: readonly string[]): string[] {
  if (logins.some((login) => login.toLowerCase() === author.toLowerCase())) {
    throw new GitHubError(422, "Review cannot be requested from pull request author.");
  }
  // One name that does not fit fails the whole request (RedHatQE/openshift-virtualization-tests#5735).
  const { state } = c.var.sandbox;
  const people = logins.map((login) => state.owner(login)?.login ?? login);
  if (people.some((login) => association(repository, login) === "NONE")) throw notCollaborators(repository);
  return people;
}

function notCollaborators(repository: Repository): GitHubError {
  return new GitHubError(
    422,
    "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a " +
      `collaborator of the ${fullName(repository)} repository.`,
  );
}

function checkTeams(c: RouteContext, repository: Repository, teams: readonly string[]): void {
  const [first] = teams;
  if (first === undefined) return;
  // A job token cannot read an organization's teams (peter-evans/create-pull-request#155).
  if (c.var.identity.kind === "job") {
    const id = nodeId(`Team:${repository.owner}/${first}`, 0);
    throw new GitHubError(422, `Could not resolve to a node with the global id of '${id}'.`);
  }
  if (c.var.sandbox.state.owner(repository.owner)?.type !== "Organization") throw notCollaborators(repository);
}

function union(now: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...now, ...more])];
}

function requests(routes: Routes): void {
  const path = "/repos/:owner/:repo/pulls/:number{[0-9]+}/requested_reviewers";

  routes.get(path, (c) => {
    const repository = authorize(c, reading);
    return c.json(requestedShape(c, repository, pullOf(c, repository).pull));
  });

  routes.post(path, async (c) => {
    const repository = authorize(c, asking);
    refuseArchived(repository);
    const issue = pullOf(c, repository);
    const body = await readBody(c);
    const people = listed(c, repository, issue.user, optionalStrings(body, "reviewers") ?? []);
    const teams = optionalStrings(body, "team_reviewers") ?? [];
    checkTeams(c, repository, teams);
    issue.pull.requestedReviewers = union(issue.pull.requestedReviewers, people);
    issue.pull.requestedTeams = union(issue.pull.requestedTeams, teams);
    issue.updated_at = c.var.sandbox.state.timestamp();
    return c.json(simplePull(c, repository, issue), 201);
  });

  routes.delete(path, async (c) => {
    const repository = authorize(c, asking);
    refuseArchived(repository);
    const issue = pullOf(c, repository);
    const body = await readBody(c);
    const people = (optionalStrings(body, "reviewers") ?? []).map((login) => login.toLowerCase());
    const teams = optionalStrings(body, "team_reviewers") ?? [];
    const { pull } = issue;
    pull.requestedReviewers = pull.requestedReviewers.filter((login) => !people.includes(login.toLowerCase()));
    pull.requestedTeams = pull.requestedTeams.filter((slug) => !teams.includes(slug));
    issue.updated_at = c.var.sandbox.state.timestamp();
    return c.json(simplePull(c, repository, issue));
  });
}

const events = { APPROVE: "APPROVED", REQUEST_CHANGES: "CHANGES_REQUESTED", COMMENT: "COMMENTED" } as const;

function unprocessable(reason: string): GitHubError {
  return new GitHubError(422, "Unprocessable Entity", { errors: [reason] });
}

function reviews(routes: Routes): void {
  const path = "/repos/:owner/:repo/pulls/:number{[0-9]+}/reviews";

  routes.get(path, (c) => {
    const repository = authorize(c, reading);
    const issue = pullOf(c, repository);
    return c.json(paginate(c, issue.pull.reviews).map((review) => reviewShape(c, repository, issue, review)));
  });

  routes.post(path, async (c) => {
    requireAccount(c);
    const repository = authorize(c, { role: "read", job: ["pull-requests", "write"] });
    refuseArchived(repository);
    const { state } = c.var.sandbox;
    const issue = pullOf(c, repository);
    const body = await readBody(c);
    const event = oneOf("PullRequestReview", "event", optionalString(body, "event") ?? "", [
      "APPROVE",
      "REQUEST_CHANGES",
      "COMMENT",
    ]);
    const text = optionalString(body, "body") ?? "";
    const user = actorName(c.var.identity);
    if (event === "APPROVE" && c.var.identity.kind === "job" && !repository.actions.can_approve_pull_request_reviews) {
      throw unprocessable("GitHub Actions is not permitted to approve pull requests.");
    }
    if (event !== "COMMENT" && issue.user === user) {
      throw unprocessable(
        event === "APPROVE"
          ? "Can not approve your own pull request"
          : "Can not request changes on your own pull request",
      );
    }
    if (event !== "APPROVE" && text === "") throw validationFailed("PullRequestReview", "body", "missing_field");
    const review: Review = {
      id: state.id(),
      user,
      state: events[event],
      body: text,
      commit_id: optionalString(body, "commit_id") ?? issue.pull.headSha,
      submitted_at: state.timestamp(),
    };
    issue.pull.reviews.push(review);
    issue.pull.requestedReviewers = issue.pull.requestedReviewers.filter((login) => login !== user);
    issue.updated_at = review.submitted_at;
    return c.json(reviewShape(c, repository, issue, review));
  });
}

export function pullReviewsRoutes(): Routes {
  const routes = new Hono<Env>();
  requests(routes);
  reviews(routes);
  return routes;
}
