/** Repositories: their facts and settings, who works on them, which rules hold on a branch, and what CODEOWNERS gets wrong. */
import { Hono } from "hono";
import { requirePaidRules } from "../access.ts";
import { type Body, oneOf, optionalBoolean, optionalString, readBody } from "../body.ts";
import { codeownersErrors, codeownersPaths } from "../codeowners.ts";
import { bare, readRef, setDefaultBranch } from "../git.ts";
import { readFile, resolveCommit } from "../git-objects.ts";
import {
  authorize,
  type Env,
  GitHubError,
  notFound,
  type RouteContext,
  type Routes,
  validationFailed,
} from "../http.ts";
import { atLeast, fullName, type Identity, role } from "../identity.ts";
import { paginate } from "../paging.ts";
import { rulesetsFor } from "../rule-match.ts";
import { fullRepository, repositoryShape, simpleUser } from "../shapes.ts";
import type { Permission, Repository } from "../state.ts";

const read = { role: "read", job: ["metadata", "read"] } as const;
const admin = { role: "admin", job: "never" } as const;

const switches = [
  "has_issues",
  "allow_merge_commit",
  "allow_squash_merge",
  "allow_rebase_merge",
  "allow_auto_merge",
  "delete_branch_on_merge",
] as const satisfies readonly (keyof Repository["settings"])[];
const settable = [...switches, "archived", "default_branch", "visibility", "private", "name"];

/** Settings that would be accepted and forgotten are refused instead: a client must not believe them. */
function refuseUnmodelled(body: Body, repository: Repository): void {
  const unknown = Object.keys(body).filter((key) => !settable.includes(key));
  if (typeof body.name === "string" && body.name !== repository.name) unknown.push("name");
  if (unknown.length > 0) throw new GitHubError(501, `sandbox: not modelled in PATCH /repos: ${unknown.join(", ")}`);
}

async function change(c: RouteContext, repository: Repository, body: Body): Promise<void> {
  const { state } = c.var.sandbox;
  refuseUnmodelled(body, repository);
  const given = switches.flatMap((key) => {
    const value = optionalBoolean(body, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  const settings = { ...repository.settings, ...Object.fromEntries(given) };
  if (!settings.allow_merge_commit && !settings.allow_squash_merge && !settings.allow_rebase_merge) {
    throw validationFailed(
      "Repository",
      "merge_commit_allowed",
      "custom",
      "Sorry, you need to allow at least one merge strategy.",
    );
  }
  const branch = optionalString(body, "default_branch");
  if (branch !== undefined && branch !== repository.defaultBranch) {
    if (!(await readRef(bare(state, repository), `refs/heads/${branch}`))) {
      const words = `The branch ${branch} was not found. Please push that ref first or create it via the Git Data API.`;
      throw validationFailed("Repository", "default_branch", "invalid", words);
    }
    await setDefaultBranch(bare(state, repository), branch);
    repository.defaultBranch = branch;
  }
  const hidden = optionalBoolean(body, "private");
  const visibility =
    optionalString(body, "visibility") ?? (hidden === undefined ? undefined : hidden ? "private" : "public");
  if (visibility !== undefined)
    repository.visibility = oneOf("Repository", "visibility", visibility, ["public", "private"]);
  const archived = optionalBoolean(body, "archived");
  if (archived !== undefined) repository.archived = archived;
  repository.settings = settings;
}

/** The owner and everybody with a right of their own; a public repository's readers are not collaborators. */
function collaborators(c: RouteContext, repository: Repository): [login: string, permission: Permission][] {
  const owner = c.var.sandbox.state.owner(repository.owner);
  const others = Object.entries(repository.collaborators).filter(([login]) => login !== repository.owner);
  return owner?.type === "User" ? [[owner.login, "admin"], ...others] : others;
}

function collaboratorShape(c: RouteContext, [login, permission]: [string, Permission]) {
  const permissions = {
    admin: permission === "admin",
    maintain: atLeast(permission, "maintain"),
    push: atLeast(permission, "write"),
    triage: atLeast(permission, "triage"),
    pull: true,
  };
  return { ...simpleUser(c.var.sandbox, login), permissions, role_name: permission };
}

/** GitHub's old four levels, which this answer still gives beside `role_name`. */
function legacyLevel(permission: Permission | undefined): "admin" | "write" | "read" | "none" {
  if (permission === undefined) return "none";
  if (permission === "admin") return "admin";
  return atLeast(permission, "write") ? "write" : "read";
}

function collaboratorRoutes(routes: Routes): void {
  const all = "/repos/:owner/:repo/collaborators";
  const push = { role: "write", job: ["metadata", "read"] } as const;
  const loginOf = (c: RouteContext): string => (c.req.param("login") ?? "").toLowerCase();
  routes.get(all, (c) => {
    const repository = authorize(c, push);
    return c.json(paginate(c, collaborators(c, repository)).map((one) => collaboratorShape(c, one)));
  });
  routes.get(`${all}/:login`, (c) => {
    const repository = authorize(c, push);
    if (!collaborators(c, repository).some(([login]) => login.toLowerCase() === loginOf(c))) {
      throw new GitHubError(404, `${c.req.param("login")} is not a user`);
    }
    return c.body(null, 204);
  });
  routes.get(`${all}/:login/permission`, (c) => {
    const repository = authorize(c, push);
    const person = c.var.sandbox.state.owner(loginOf(c));
    if (!person) throw new GitHubError(404, `${c.req.param("login")} is not a user`);
    const identity: Identity = { kind: "user", login: person.login, scopes: [] };
    const permission = role(repository, identity);
    const level = legacyLevel(permission);
    const user = { ...collaboratorShape(c, [person.login, permission ?? "read"]), role_name: permission ?? "none" };
    return c.json({ permission: level, role_name: permission ?? "none", user });
  });
}

function mayOwn(c: RouteContext, repository: Repository, owner: string): boolean {
  // Teams do not exist here, and no account shows a mail address: GitHub knows neither owner.
  if (!owner.startsWith("@") || owner.includes("/")) return false;
  const person = c.var.sandbox.state.owner(owner.slice(1));
  return (
    person?.type === "User" && atLeast(role(repository, { kind: "user", login: person.login, scopes: [] }), "write")
  );
}

export function repositoriesRoutes(): Routes {
  const routes = new Hono<Env>();
  const one = "/repos/:owner/:repo";

  routes.get(one, (c) => c.json(fullRepository(c.var.sandbox, authorize(c, read), c.var.identity)));
  routes.patch(one, async (c) => {
    const repository = authorize(c, admin);
    await change(c, repository, await readBody(c));
    return c.json(fullRepository(c.var.sandbox, repository, c.var.identity));
  });
  routes.get(`${one}/forks`, (c) => {
    const repository = authorize(c, read);
    const { sandbox, identity } = c.var;
    const forks = sandbox.state.data.repositories
      .filter((other) => other.parent === fullName(repository))
      .filter((other) => role(other, identity) !== undefined || other.visibility === "public");
    return c.json(paginate(c, forks).map((fork) => repositoryShape(sandbox, fork, identity)));
  });
  routes.get(`${one}/topics`, (c) => {
    authorize(c, read);
    return c.json({ names: [] });
  });
  collaboratorRoutes(routes);
  // The branch need not exist: GitHub answers for the name (REST reference, "Get rules for a branch").
  routes.get(`${one}/rules/branches/:branch{.+}`, (c) => {
    const repository = authorize(c, read);
    requirePaidRules(c, repository);
    const rules = rulesetsFor(repository, `refs/heads/${c.req.param("branch")}`).flatMap((ruleset) =>
      ruleset.rules.map((rule) => ({
        ...rule,
        ruleset_source_type: "Repository",
        ruleset_source: fullName(repository),
        ruleset_id: ruleset.id,
      })),
    );
    return c.json(paginate(c, rules));
  });
  routes.get(`${one}/codeowners/errors`, async (c) => {
    const repository = authorize(c, { role: "read", job: ["contents", "read"] });
    const at = bare(c.var.sandbox.state, repository);
    const ref = c.req.query("ref") ?? repository.defaultBranch;
    if (!(await resolveCommit(at, ref))) throw notFound();
    for (const path of codeownersPaths) {
      const text = (await readFile(at, ref, path))?.toString();
      if (text === undefined) continue;
      return c.json({ errors: codeownersErrors(text, path, (owner) => mayOwn(c, repository, owner)) });
    }
    throw notFound();
  });
  return routes;
}
