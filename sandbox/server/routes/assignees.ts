/** People an issue or a pull request is assigned to. */
import { type Context, Hono } from "hono";
import { authorizeAny } from "../access.ts";
import { optionalStrings, readBody } from "../body.ts";
import { authorize, type Env, notFound, type Routes } from "../http.ts";
import { atLeast, type Identity, role } from "../identity.ts";
import { paginate } from "../paging.ts";
import { simpleUser } from "../shapes.ts";
import type { Issue, Repository } from "../state.ts";
import { issueShape } from "./issues.ts";

const triage = {
  role: "triage",
  jobs: [
    ["issues", "write"],
    ["pull-requests", "write"],
  ],
} as const;

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
/** GitHub's bound for one issue. */
const most = 10;

function assignable(repository: Repository, login: string): boolean {
  const person: Identity = { kind: "user", login, scopes: [] };
  const known = same(login, repository.owner) || Object.keys(repository.collaborators).some((one) => same(one, login));
  return known && atLeast(role(repository, person), "read");
}

function issueOf(c: Context<Env>, repository: Repository): Issue {
  const issue = repository.issues.find((one) => one.number === Number(c.req.param("number")));
  if (!issue) throw notFound();
  return issue;
}

export function assigneesRoutes(): Routes {
  const routes = new Hono<Env>();
  const one = "/repos/:owner/:repo/issues/:number{[0-9]+}/assignees";
  routes.get("/repos/:owner/:repo/assignees", (c) => {
    const repository = authorize(c, { role: "read", job: ["metadata", "read"] });
    const { sandbox } = c.var;
    const owner = sandbox.state.owner(repository.owner);
    const logins = [...(owner?.type === "User" ? [owner.login] : []), ...Object.keys(repository.collaborators)];
    return c.json(paginate(c, [...new Set(logins)]).map((login) => simpleUser(sandbox, login)));
  });
  routes.get("/repos/:owner/:repo/assignees/:login", (c) => {
    const repository = authorize(c, { role: "read", job: ["metadata", "read"] });
    if (!assignable(repository, c.req.param("login"))) throw notFound();
    return c.body(null, 204);
  });
  // Who cannot be assigned is left out without a word (REST reference, "Add assignees to an issue").
  routes.post(one, async (c) => {
    const repository = authorizeAny(c, triage);
    const issue = issueOf(c, repository);
    const { state } = c.var.sandbox;
    const named = optionalStrings(await readBody(c), "assignees") ?? [];
    const more = named
      .filter((login) => assignable(repository, login))
      .map((login) => state.owner(login)?.login ?? login);
    issue.assignees = [...new Set([...issue.assignees, ...more])].slice(0, most);
    issue.updated_at = state.timestamp();
    return c.json(issueShape(c, repository, issue), 201);
  });
  routes.delete(one, async (c) => {
    const repository = authorizeAny(c, triage);
    const issue = issueOf(c, repository);
    const gone = optionalStrings(await readBody(c), "assignees") ?? [];
    issue.assignees = issue.assignees.filter((login) => !gone.some((other) => same(other, login)));
    issue.updated_at = c.var.sandbox.state.timestamp();
    return c.json(issueShape(c, repository, issue));
  });
  return routes;
}
