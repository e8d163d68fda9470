/** Accounts, tokens and repositories: what on GitHub is made by signing up and by clicking. */
import { randomBytes } from "node:crypto";
import { Hono } from "hono";
import { followMovedBranches } from "../server/after-update.ts";
import {
  type Body,
  oneOf,
  optionalBoolean,
  optionalString,
  optionalStrings,
  readBody,
  requiredString,
} from "../server/body.ts";
import { createRepository, defaultBranchOf } from "../server/git.ts";
import { allowDirectPushes } from "../server/hook-script.ts";
import { type Env, GitHubError, type Routes, type Sandbox } from "../server/http.ts";
import { fullName } from "../server/identity.ts";
import { newRepository } from "../server/new-repository.ts";
import { defaultLabels } from "../server/routes/labels.ts";
import { byName, fullRepository } from "../server/shapes.ts";
import type { Permission, Repository } from "../server/state.ts";
import { disableForkSchedules, workflowFiles, workflows } from "../server/workflow-files.ts";

function problem(message: string): GitHubError {
  return new GitHubError(422, `sandbox: ${message}`);
}

// `_` occurs in the logins of managed users.
const loginPattern = /^[a-z0-9](?:[-_]?[a-z0-9])*$/i;
const plans = ["free", "pro", "team", "enterprise"] as const;
const workflowStates = ["active", "disabled_manually", "disabled_fork", "disabled_inactivity"] as const;
const namePattern = /^[a-z0-9._-]+$/i;

/** The repository that a request asks for; a fork differs in what GitHub switches off there. */
function askedRepository(sandbox: Sandbox, body: Body, parent: Repository | undefined, branch: string): Repository {
  const { state } = sandbox;
  const owner = state.owner(requiredString(body, "owner"))?.login ?? "";
  const made = newRepository(state.id(), owner, requiredString(body, "name"), state.timestamp());
  return {
    ...made,
    visibility: oneOf(
      "Repository",
      "visibility",
      optionalString(body, "visibility") ?? parent?.visibility ?? "public",
      ["public", "private"],
    ),
    parent: parent ? fullName(parent) : null,
    defaultBranch: branch,
    settings: { ...made.settings, has_issues: parent === undefined },
    labels: defaultLabels.map(([name, color, description]) => ({ id: state.id(), name, color, description })),
  };
}

async function create(sandbox: Sandbox, body: Body): Promise<Repository> {
  const { state } = sandbox;
  const [owner, name] = [requiredString(body, "owner"), requiredString(body, "name")];
  if (!state.owner(owner)) throw problem(`no owner ${owner}: make it first with POST /_sandbox/owners`);
  if (!namePattern.test(name) || /\.git$|^\.+$/.test(name)) throw problem(`not a repository name: ${name}`);
  if (state.repository(owner, name)) throw problem(`${owner}/${name} is already there`);
  const parentName = optionalString(body, "parent");
  const parent = parentName === undefined ? undefined : byName(sandbox, parentName);
  if (parentName !== undefined && !parent) throw problem(`no parent repository ${parentName}`);
  const adopt = optionalString(body, "adopt");
  const copyFrom = adopt ?? optionalString(body, "git");
  const copied = copyFrom === undefined ? undefined : await defaultBranchOf(copyFrom).catch(() => undefined);
  if (copyFrom !== undefined && copied === undefined) {
    throw problem(`"${adopt === undefined ? "git" : "adopt"}" is no git repository: ${copyFrom}`);
  }
  const branch = optionalString(body, "defaultBranch") ?? copied ?? parent?.defaultBranch ?? "main";
  const repository = askedRepository(sandbox, body, parent, branch);
  await createRepository(state, repository, {
    ...(adopt === undefined ? {} : { adopt }),
    ...(copyFrom === undefined ? {} : { copyFrom }),
    ...(parent ? { parent } : {}),
  });
  state.data.repositories.push(repository);
  if (parent && (await workflowFiles(state, repository, branch)).length > 0) {
    // A fork that carries workflows has Actions off until somebody confirms (disable-and-enable-workflows).
    repository.actions.enabled = false;
    await disableForkSchedules(state, repository);
  }
  state.save();
  return repository;
}

export function accountsRoutes(): Routes {
  const routes = new Hono<Env>();
  routes.post("/_sandbox/owners", async (c) => {
    const { state } = c.var.sandbox;
    const body = await readBody(c);
    const login = requiredString(body, "login");
    if (!loginPattern.test(login)) throw problem(`not a login: ${login}`);
    if (state.owner(login)) throw problem(`${login} is already there`);
    const type = oneOf("Owner", "type", requiredString(body, "type"), ["User", "Organization"]);
    const plan = oneOf("Owner", "plan", optionalString(body, "plan") ?? "free", plans);
    const owner = { id: state.id(), login, type, plan };
    state.data.owners.push(owner);
    state.save();
    return c.json(owner, 201);
  });
  routes.post("/_sandbox/tokens", async (c) => {
    const { state } = c.var.sandbox;
    const body = await readBody(c);
    const owner = state.owner(requiredString(body, "login"));
    if (owner?.type !== "User") throw problem(`no person ${String(body.login)}: tokens belong to people`);
    const token = `ghp_${randomBytes(27).toString("base64url").replace(/[-_]/g, "0")}`;
    state.data.userTokens[token] = {
      login: owner.login,
      scopes: optionalStrings(body, "scopes") ?? ["repo", "workflow"],
    };
    state.save();
    return c.json({ token }, 201);
  });
  // What GitHub hands to a runner that is not the sandbox's own; it lives as long as the sandbox.
  routes.post("/_sandbox/job-tokens", async (c) => {
    const { state } = c.var.sandbox;
    const body = await readBody(c);
    const name = requiredString(body, "repository");
    if (!byName(c.var.sandbox, name)) throw problem(`no repository ${name}`);
    const token = `ghs_${randomBytes(27).toString("base64url").replace(/[-_]/g, "0")}`;
    const permissions = Object.entries((body.permissions ?? {}) as Record<string, unknown>).map(
      ([scope, level]) => [scope, oneOf("Permission", scope, String(level), ["read", "write"])] as const,
    );
    state.jobTokens.set(token, {
      repository: name,
      runId: Number(body.runId),
      permissions: { ...Object.fromEntries(permissions), metadata: "read" },
    });
    return c.json({ token }, 201);
  });
  routes.post("/_sandbox/repositories", async (c) => {
    const repository = await create(c.var.sandbox, await readBody(c));
    return c.json(
      fullRepository(c.var.sandbox, repository, { kind: "user", login: repository.owner, scopes: [] }),
      201,
    );
  });
  routes.patch("/_sandbox/owners/:login", async (c) => {
    const { state } = c.var.sandbox;
    const owner = state.owner(c.req.param("login"));
    if (!owner) throw problem(`no owner ${c.req.param("login")}`);
    const body = await readBody(c);
    owner.plan = oneOf("Owner", "plan", optionalString(body, "plan") ?? owner.plan, plans);
    const keys = optionalBoolean(body, "deployKeysEnabled");
    if (keys !== undefined) owner.deployKeysEnabled = keys;
    state.save();
    return c.json(owner);
  });
  // What an organization decides for its repositories, and what GitHub does by itself (60 days without activity switch a
  // scheduled workflow off); no REST route of a repository can do it.
  routes.patch("/_sandbox/repositories/:owner/:name", async (c) => {
    const { state } = c.var.sandbox;
    const { owner, name } = c.req.param();
    const repository = state.repository(owner, name);
    if (!repository) throw problem(`no repository ${owner}/${name}`);
    const body = await readBody(c);
    const keys = optionalBoolean(body, "deployKeysAllowed");
    if (keys !== undefined) repository.actions.deployKeysAllowed = keys;
    const direct = optionalBoolean(body, "directPushes");
    if (direct !== undefined) await allowDirectPushes(state.gitFolder(repository), direct);
    const pushes = optionalBoolean(body, "pushWorkflows");
    if (pushes !== undefined) repository.pushWorkflows = pushes;
    const forced = optionalStrings(body, "forcedByOrganization");
    if (forced) {
      const settings = ["permissions", "workflow", "selected-actions"] as const;
      repository.actions.forcedByOrganization = forced.map((one) =>
        oneOf("Repository", "forcedByOrganization", one, settings),
      );
    }
    for (const [path, value] of Object.entries((body.workflowStates ?? {}) as Record<string, unknown>)) {
      const workflow = (await workflows(state, repository)).find(({ known }) => known.path === path);
      if (!workflow) throw problem(`no workflow ${path} in ${owner}/${name}`);
      workflow.known.state = oneOf("Workflow", path, String(value), workflowStates);
    }
    state.save();
    return c.body(null, 204);
  });
  // For whoever changed bare repositories with git itself, which nobody can do to GitHub.
  routes.post("/_sandbox/refs-changed", async (c) => {
    await followMovedBranches(c.var.sandbox.state);
    return c.body(null, 204);
  });
  routes.put("/_sandbox/repositories/:owner/:name/collaborators/:login", async (c) => {
    const { state } = c.var.sandbox;
    const { owner, name, login } = c.req.param();
    const repository = state.repository(owner, name);
    const person = state.owner(login);
    if (!repository) throw problem(`no repository ${owner}/${name}`);
    if (person?.type !== "User") throw problem(`no person ${login}`);
    const levels: Permission[] = ["admin", "maintain", "write", "triage", "read"];
    const body = await readBody(c);
    repository.collaborators[person.login] = oneOf(
      "Collaborator",
      "permission",
      requiredString(body, "permission"),
      levels,
    );
    state.save();
    return c.body(null, 204);
  });
  return routes;
}
