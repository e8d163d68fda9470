/** Environments with their branch policies and sealed secrets. */
import { type Context, Hono } from "hono";
import { isFreePrivate } from "../access.ts";
import { readBody, requiredString } from "../body.ts";
import { authorize, type Env, GitHubError, notFound, type RouteContext, type Routes } from "../http.ts";
import { paginate } from "../paging.ts";
import { newKeyPair, unseal } from "../sealed.ts";
import { nodeId, repositoryUrl } from "../shapes.ts";
import type { Environment, Repository, State } from "../state.ts";

const admin = { role: "admin", job: "never" } as const;
const read = { role: "read", job: ["actions", "read"] } as const;

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export function environmentNamed(repository: Repository, name: string): Environment | undefined {
  return repository.environments.find((one) => same(one.name, name));
}

/** The environment, made without any protection when it is missing: what a workflow run does that names a new one. */
export async function ensureEnvironment(state: State, repository: Repository, name: string): Promise<Environment> {
  const pair = await newKeyPair();
  const found = environmentNamed(repository, name);
  if (found) return found;
  const now = state.timestamp();
  const made: Environment = {
    id: state.id(),
    name,
    ...pair,
    branchPolicy: null,
    branchPatterns: [],
    secrets: {},
    created_at: now,
    updated_at: now,
  };
  repository.environments.push(made);
  return made;
}

function environmentShape(c: RouteContext, repository: Repository, environment: Environment) {
  const { sandbox } = c.var;
  const page = `${sandbox.url}/${repository.owner}/${repository.name}/deployments/activity_log?environments_filter=`;
  return {
    id: environment.id,
    node_id: nodeId("Environment", environment.id),
    name: environment.name,
    url: `${repositoryUrl(sandbox, repository)}/environments/${encodeURIComponent(environment.name)}`,
    html_url: `${page}${encodeURIComponent(environment.name)}`,
    created_at: environment.created_at,
    updated_at: environment.updated_at,
    can_admins_bypass: true,
    protection_rules: environment.branchPolicy
      ? [{ id: environment.id, node_id: nodeId("GateRule", environment.id), type: "branch_policy" }]
      : [],
    deployment_branch_policy: environment.branchPolicy,
  };
}

function policyOf(value: unknown): Environment["branchPolicy"] {
  if (value === undefined || value === null) return null;
  const { protected_branches, custom_branch_policies } = value as Record<string, unknown>;
  if (typeof protected_branches !== "boolean" || typeof custom_branch_policies !== "boolean") {
    throw new GitHubError(422, "Invalid request.\n\nInvalid property /deployment_branch_policy.");
  }
  if (protected_branches === custom_branch_policies) {
    throw new GitHubError(422, "protected_branches and custom_branch_policies cannot have the same value");
  }
  return { protected_branches, custom_branch_policies };
}

function open(c: RouteContext, need: typeof admin | typeof read): Repository {
  const repository = authorize(c, need);
  if (isFreePrivate(c, repository)) throw notFound();
  return repository;
}

function find(c: RouteContext, repository: Repository): Environment {
  const environment = environmentNamed(repository, c.req.param("name") ?? "");
  if (!environment) throw notFound();
  return environment;
}

const all = "/repos/:owner/:repo/environments";
const one = `${all}/:name`;

function policyRoutes(routes: Routes): void {
  const policies = `${one}/deployment-branch-policies`;
  const shape = (pattern: { id: number; name: string }) => ({
    id: pattern.id,
    node_id: nodeId("GateBranchPolicy", pattern.id),
    name: pattern.name,
    type: "branch" as const,
  });
  /** Custom policies exist only while the environment asks for them. */
  const custom = (c: RouteContext, need: typeof admin | typeof read): Environment => {
    const environment = find(c, open(c, need));
    if (!environment.branchPolicy?.custom_branch_policies) throw notFound();
    return environment;
  };
  const pattern = (c: RouteContext, environment: Environment) => {
    const found = environment.branchPatterns.find((item) => item.id === Number(c.req.param("id")));
    if (!found) throw notFound();
    return found;
  };
  routes.get(policies, (c) => {
    const { branchPatterns } = custom(c, read);
    return c.json({ total_count: branchPatterns.length, branch_policies: paginate(c, branchPatterns).map(shape) });
  });
  routes.post(policies, async (c) => {
    const environment = custom(c, admin);
    const body = await readBody(c);
    const name = requiredString(body, "name");
    if (body.type === "tag") throw new GitHubError(501, "sandbox: tag policies of environments are not modelled");
    const there = environment.branchPatterns.find((item) => item.name === name);
    if (there) return c.json({ message: "See Other", status: "303" }, 303);
    const made = { id: c.var.sandbox.state.id(), name };
    environment.branchPatterns.push(made);
    return c.json(shape(made), 200);
  });
  routes.get(`${policies}/:id`, (c) => c.json(shape(pattern(c, custom(c, read)))));
  routes.put(`${policies}/:id`, async (c) => {
    const found = pattern(c, custom(c, admin));
    found.name = requiredString(await readBody(c), "name");
    return c.json(shape(found));
  });
  routes.delete(`${policies}/:id`, (c) => {
    const environment = custom(c, admin);
    const found = pattern(c, environment);
    environment.branchPatterns = environment.branchPatterns.filter((item) => item !== found);
    return c.body(null, 204);
  });
}

/** GitHub's rules for the names of secrets and variables; names are stored in upper case. */
export function settingName(name: string): string {
  if (!/^[a-z_][a-z0-9_]*$/i.test(name) || /^github_/i.test(name)) {
    throw new GitHubError(
      422,
      "Name can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). Spaces are not allowed. Must start with a letter ([a-z], [A-Z]) or underscores (_). Must not start with GITHUB_.",
    );
  }
  return name.toUpperCase();
}

function secretRoutes(routes: Routes): void {
  const secrets = `${one}/secrets`;
  const shape = (name: string, secret: Environment["secrets"][string]) => ({
    name,
    created_at: secret.created_at,
    updated_at: secret.updated_at,
  });
  const named = (c: Context<Env>, environment: Environment) => {
    const name = (c.req.param("secret") ?? "").toUpperCase();
    const secret = environment.secrets[name];
    if (!secret) throw notFound();
    return { name, secret };
  };
  routes.get(`${secrets}/public-key`, (c) => {
    const environment = find(c, open(c, admin));
    return c.json({ key_id: environment.keyId, key: environment.publicKey });
  });
  routes.get(secrets, (c) => {
    const entries = Object.entries(find(c, open(c, admin)).secrets);
    const page = paginate(c, entries).map(([name, secret]) => shape(name, secret));
    return c.json({ total_count: entries.length, secrets: page });
  });
  routes.get(`${secrets}/:secret`, (c) => {
    const { name, secret } = named(c, find(c, open(c, admin)));
    return c.json(shape(name, secret));
  });
  routes.put(`${secrets}/:secret`, async (c) => {
    const environment = find(c, open(c, admin));
    const name = settingName(c.req.param("secret"));
    const body = await readBody(c);
    const sealed = requiredString(body, "encrypted_value");
    if (requiredString(body, "key_id") !== environment.keyId) {
      throw new GitHubError(422, "Bad request - key_id is not the id of this environment's public key");
    }
    const value = await unseal(environment, sealed);
    if (value === undefined) {
      throw new GitHubError(422, "Bad request - encrypted_value was not sealed with this environment's public key");
    }
    const now = c.var.sandbox.state.timestamp();
    const before = environment.secrets[name];
    environment.secrets[name] = { value, created_at: before?.created_at ?? now, updated_at: now };
    return before ? c.body(null, 204) : c.json({}, 201);
  });
  routes.delete(`${secrets}/:secret`, (c) => {
    const environment = find(c, open(c, admin));
    delete environment.secrets[named(c, environment).name];
    return c.body(null, 204);
  });
}

export function environmentsRoutes(): Routes {
  const routes = new Hono<Env>();
  routes.get(all, (c) => {
    const repository = open(c, read);
    const page = paginate(c, repository.environments).map((item) => environmentShape(c, repository, item));
    return c.json({ total_count: repository.environments.length, environments: page });
  });
  routes.get(one, (c) => {
    const repository = open(c, read);
    return c.json(environmentShape(c, repository, find(c, repository)));
  });
  routes.put(one, async (c) => {
    const repository = open(c, admin);
    const body = await readBody(c);
    const policy = policyOf(body.deployment_branch_policy);
    const timer = body.wait_timer ?? 0;
    const reviewers = body.reviewers ?? [];
    if (timer !== 0 || !Array.isArray(reviewers) || reviewers.length > 0) {
      throw new GitHubError(501, "sandbox: wait timers and reviewers of environments are not modelled");
    }
    const environment = await ensureEnvironment(c.var.sandbox.state, repository, c.req.param("name"));
    environment.branchPolicy = policy;
    // Patterns belong to a custom policy: they go with it.
    if (!policy?.custom_branch_policies) environment.branchPatterns = [];
    environment.updated_at = c.var.sandbox.state.timestamp();
    return c.json(environmentShape(c, repository, environment));
  });
  routes.delete(one, (c) => {
    const repository = open(c, admin);
    const environment = find(c, repository);
    repository.environments = repository.environments.filter((other) => other !== environment);
    return c.body(null, 204);
  });
  policyRoutes(routes);
  secretRoutes(routes);
  return routes;
}
