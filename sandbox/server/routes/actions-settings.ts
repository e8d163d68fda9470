/** Actions switched on or off, what its token may do by default, variables and repository secrets. */
import { Hono } from "hono";
import {
  type Body,
  oneOf,
  optionalBoolean,
  optionalString,
  optionalStrings,
  readBody,
  requiredString,
} from "../body.ts";
import { authorize, type Env, GitHubError, notFound, type RouteContext, type Routes } from "../http.ts";
import { paginate } from "../paging.ts";
import { keyPairFrom, unseal } from "../sealed.ts";
import { repositoryUrl } from "../shapes.ts";
import type { Repository, Secret } from "../state.ts";
import { settingName } from "./environments.ts";

const admin = { role: "admin", job: "never" } as const;
/** Variables and secrets are listed to collaborators who may write; no job token may see them. */
const collaborator = { role: "write", job: "never" } as const;

function required<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw new GitHubError(422, `Invalid request.\n\n"${field}" wasn't supplied.`);
  return value;
}

function variableShape(repository: Repository, name: string) {
  const found = repository.variables[name.toUpperCase()];
  if (!found) throw notFound();
  return { name: name.toUpperCase(), ...found };
}

/** The descriptions of these operations promise 409 where the organization decides; the words are not public. */
function refuseForced({ actions }: Repository, what: "permissions" | "workflow" | "selected-actions"): void {
  if (actions.forcedByOrganization?.includes(what)) throw new GitHubError(409, "Conflict");
}

function permissionRoutes(routes: Routes): void {
  const base = "/repos/:owner/:repo/actions/permissions";
  routes.get(base, (c) => {
    const repository = authorize(c, admin);
    const { enabled, allowed_actions } = repository.actions;
    const selected = `${repositoryUrl(c.var.sandbox, repository)}/actions/permissions/selected-actions`;
    return c.json({
      enabled,
      // A repository with Actions off has no policy to show.
      ...(enabled ? { allowed_actions, sha_pinning_required: false } : {}),
      ...(enabled && allowed_actions === "selected" ? { selected_actions_url: selected } : {}),
    });
  });
  routes.put(base, async (c) => {
    const repository = authorize(c, admin);
    refuseForced(repository, "permissions");
    const { actions } = repository;
    const body = await readBody(c);
    const enabled = required(optionalBoolean(body, "enabled"), "enabled");
    const allowed = optionalString(body, "allowed_actions");
    if (allowed !== undefined)
      actions.allowed_actions = oneOf("Repository", "allowed_actions", allowed, ["all", "local_only", "selected"]);
    actions.enabled = enabled;
    return c.body(null, 204);
  });
  routes.get(`${base}/workflow`, (c) => {
    const { default_workflow_permissions, can_approve_pull_request_reviews } = authorize(c, admin).actions;
    return c.json({ default_workflow_permissions, can_approve_pull_request_reviews });
  });
  routes.put(`${base}/workflow`, async (c) => {
    const repository = authorize(c, admin);
    refuseForced(repository, "workflow");
    const { actions } = repository;
    const body = await readBody(c);
    const level = optionalString(body, "default_workflow_permissions");
    const approve = optionalBoolean(body, "can_approve_pull_request_reviews");
    if (level !== undefined)
      actions.default_workflow_permissions = oneOf("Repository", "default_workflow_permissions", level, [
        "read",
        "write",
      ]);
    if (approve !== undefined) actions.can_approve_pull_request_reviews = approve;
    return c.body(null, 204);
  });
  const selected = (c: RouteContext): Repository["actions"] => {
    const repository = authorize(c, admin);
    if (c.req.method === "PUT") refuseForced(repository, "selected-actions");
    const { actions } = repository;
    if (actions.allowed_actions !== "selected") {
      throw new GitHubError(409, "The repository's allowed actions are not set to selected.");
    }
    return actions;
  };
  routes.get(`${base}/selected-actions`, (c) =>
    c.json(selected(c).selected ?? { github_owned_allowed: false, verified_allowed: false, patterns_allowed: [] }),
  );
  routes.put(`${base}/selected-actions`, async (c) => {
    const actions = selected(c);
    const body: Body = await readBody(c);
    actions.selected = {
      github_owned_allowed: optionalBoolean(body, "github_owned_allowed") ?? false,
      verified_allowed: optionalBoolean(body, "verified_allowed") ?? false,
      patterns_allowed: optionalStrings(body, "patterns_allowed") ?? [],
    };
    return c.body(null, 204);
  });
}

function variableRoutes(routes: Routes): void {
  const all = "/repos/:owner/:repo/actions/variables";
  routes.get(all, (c) => {
    const repository = authorize(c, collaborator);
    const names = Object.keys(repository.variables).sort();
    const variables = paginate(c, names).map((name) => variableShape(repository, name));
    return c.json({ total_count: names.length, variables });
  });
  routes.post(all, async (c) => {
    const repository = authorize(c, collaborator);
    const body = await readBody(c);
    const name = settingName(requiredString(body, "name"));
    const value = requiredString(body, "value");
    if (repository.variables[name]) throw new GitHubError(409, "Already exists - Variable already exists");
    const now = c.var.sandbox.state.timestamp();
    repository.variables[name] = { value, created_at: now, updated_at: now };
    return c.json({}, 201);
  });
  routes.get(`${all}/:name`, (c) => c.json(variableShape(authorize(c, collaborator), c.req.param("name"))));
  routes.patch(`${all}/:name`, async (c) => {
    const repository = authorize(c, collaborator);
    const { name, ...before } = variableShape(repository, c.req.param("name"));
    const body = await readBody(c);
    const renamed = settingName(optionalString(body, "name") ?? name);
    if (renamed !== name && repository.variables[renamed])
      throw new GitHubError(409, "Already exists - Variable already exists");
    delete repository.variables[name];
    const value = optionalString(body, "value") ?? before.value;
    repository.variables[renamed] = { ...before, value, updated_at: c.var.sandbox.state.timestamp() };
    return c.body(null, 204);
  });
  routes.delete(`${all}/:name`, (c) => {
    const repository = authorize(c, collaborator);
    delete repository.variables[variableShape(repository, c.req.param("name")).name];
    return c.body(null, 204);
  });
}

function secretRoutes(routes: Routes): void {
  const all = "/repos/:owner/:repo/actions/secrets";
  const pairOf = (c: RouteContext, repository: Repository) =>
    keyPairFrom(`${c.var.sandbox.state.data.hostKey}\n${repository.id}`);
  const shape = (name: string, { created_at, updated_at }: Secret) => ({ name, created_at, updated_at });
  routes.get(all, (c) => {
    const entries = Object.entries(authorize(c, collaborator).secrets ?? {});
    const secrets = paginate(c, entries).map(([name, secret]) => shape(name, secret));
    return c.json({ total_count: entries.length, secrets });
  });
  routes.get(`${all}/public-key`, async (c) => {
    const { keyId, publicKey } = await pairOf(c, authorize(c, collaborator));
    return c.json({ key_id: keyId, key: publicKey });
  });
  routes.get(`${all}/:name`, (c) => {
    const name = c.req.param("name").toUpperCase();
    const secret = authorize(c, collaborator).secrets?.[name];
    if (!secret) throw notFound();
    return c.json(shape(name, secret));
  });
  routes.put(`${all}/:name`, async (c) => {
    const repository = authorize(c, collaborator);
    const name = settingName(c.req.param("name"));
    const body = await readBody(c);
    const pair = await pairOf(c, repository);
    if (requiredString(body, "key_id") !== pair.keyId) {
      throw new GitHubError(422, "Bad request - key_id is not the id of this repository's public key");
    }
    const value = await unseal(pair, requiredString(body, "encrypted_value"));
    if (value === undefined) {
      throw new GitHubError(422, "Bad request - encrypted_value was not sealed with this repository's public key");
    }
    const now = c.var.sandbox.state.timestamp();
    const before = repository.secrets?.[name];
    repository.secrets = {
      ...repository.secrets,
      [name]: { value, created_at: before?.created_at ?? now, updated_at: now },
    };
    return before ? c.body(null, 204) : c.json({}, 201);
  });
  routes.delete(`${all}/:name`, (c) => {
    const repository = authorize(c, collaborator);
    const name = c.req.param("name").toUpperCase();
    if (!repository.secrets?.[name]) throw notFound();
    delete repository.secrets[name];
    return c.body(null, 204);
  });
  // An organization shares its secrets in its own settings, which are not here: none of them reaches a repository.
  routes.get("/repos/:owner/:repo/actions/organization-secrets", (c) => {
    authorize(c, collaborator);
    return c.json({ total_count: 0, secrets: [] });
  });
}

export function actionsSettingsRoutes(): Routes {
  const routes = new Hono<Env>();
  permissionRoutes(routes);
  variableRoutes(routes);
  secretRoutes(routes);
  return routes;
}
