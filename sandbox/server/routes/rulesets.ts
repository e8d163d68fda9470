/** Repository rulesets. What they refuse is judged in policy.ts; here they are kept, checked and shown. */
import { Hono } from "hono";
import { requirePaidRules } from "../access.ts";
import { appInstalledOn } from "../apps.ts";
import { type Body, oneOf, optionalString, readBody, requiredString } from "../body.ts";
import { authorize, type Env, GitHubError, notFound, type RouteContext, type Routes } from "../http.ts";
import { atLeast, fullName, type Identity, role } from "../identity.ts";
import { paginate } from "../paging.ts";
import { actionsApp, nodeId, repositoryUrl } from "../shapes.ts";
import type { BypassActor, Repository, Ruleset } from "../state.ts";

type Rule = Ruleset["rules"][number];

/** GitHub's refusal of a ruleset is a list of sentences, not of fields (eclipse-csi/otterdog#490). */
function refused(...sentences: string[]): GitHubError {
  return new GitHubError(422, "Validation Failed", { errors: sentences });
}

const maxRulesets = 75;
const roles: Record<number, Parameters<typeof atLeast>[1]> = { 2: "maintain", 4: "write", 5: "admin" };
const plainRules = ["creation", "deletion", "required_linear_history", "required_signatures", "non_fast_forward"];

/** Required parameters of each rule type that has some ("repository-rule-…" schemas), and the JSON type of each. */
const parameters: Record<string, { required: Record<string, string>; defaults: Record<string, unknown> }> = {
  update: { required: {}, defaults: { update_allows_fetch_and_merge: false } },
  pull_request: {
    required: {
      dismiss_stale_reviews_on_push: "boolean",
      require_code_owner_review: "boolean",
      require_last_push_approval: "boolean",
      required_approving_review_count: "number",
      required_review_thread_resolution: "boolean",
    },
    defaults: { allowed_merge_methods: ["merge", "squash", "rebase"], required_reviewers: [] },
  },
  required_status_checks: {
    required: { required_status_checks: "object", strict_required_status_checks_policy: "boolean" },
    defaults: { do_not_enforce_on_create: false },
  },
};

function checkedRule(value: unknown): Rule {
  const { type, parameters: given } = (value ?? {}) as { type?: unknown; parameters?: Record<string, unknown> };
  const name = String(type);
  const known = parameters[name];
  if (!known) {
    if (!plainRules.includes(name)) throw refused(`Invalid rule '${name}': `);
    return { type: name };
  }
  for (const [field, wanted] of Object.entries(known.required)) {
    if (typeof given?.[field] !== wanted) throw refused(`Invalid rule '${name}': `);
  }
  return { type: name, parameters: { ...known.defaults, ...given } };
}

function checkedActor(c: RouteContext, repository: Repository, value: unknown): BypassActor {
  const given = (value ?? {}) as { actor_id?: unknown; actor_type?: unknown; bypass_mode?: unknown };
  const type = oneOf("Ruleset", "bypass_actors", String(given.actor_type), [
    "RepositoryRole",
    "Team",
    "Integration",
    "OrganizationAdmin",
    "DeployKey",
    "User",
  ]);
  const mode = oneOf("Ruleset", "bypass_actors", String(given.bypass_mode ?? "always"), [
    "always",
    "pull_request",
    "exempt",
  ]);
  const id = typeof given.actor_id === "number" ? given.actor_id : null;
  const organization = c.var.sandbox.state.owner(repository.owner)?.type === "Organization";
  const where = "must be part of the ruleset source or owner organization";
  switch (type) {
    case "DeployKey":
      if (mode === "pull_request") throw refused("Deploy keys can only have an always bypass mode");
      return { actor_id: null, actor_type: type, bypass_mode: mode };
    case "OrganizationAdmin":
      if (!organization) throw refused(`Actor Organization admin ${where}`);
      return { actor_id: 1, actor_type: type, bypass_mode: mode };
    case "RepositoryRole":
      if (id === null || !roles[id]) throw refused(`Actor role ${where}`);
      return { actor_id: id, actor_type: type, bypass_mode: mode };
    case "User":
      if (!c.var.sandbox.state.data.owners.some((owner) => owner.id === id && owner.type === "User")) {
        throw refused(`Actor user ${where}`);
      }
      return { actor_id: id, actor_type: type, bypass_mode: mode };
    // GitHub's own App is refused on every repository (tetherto/qvac#3555), others must be installed there.
    case "Integration":
      if (appInstalledOn(c.var.sandbox.state, id, repository))
        return { actor_id: id, actor_type: type, bypass_mode: mode };
      throw refused(`Actor ${id === actionsApp.id ? "GitHub Actions" : String(id)} integration ${where}`);
    case "Team":
      throw refused(`Actor Team ${where}`);
  }
}

function checkedConditions(value: unknown): Ruleset["conditions"] {
  const name = (value as { ref_name?: { include?: unknown; exclude?: unknown } } | undefined)?.ref_name;
  const list = (patterns: unknown): string[] => {
    if (patterns === undefined) return [];
    if (!Array.isArray(patterns)) throw refused("Conditions ref_name is invalid");
    return patterns.map((pattern) => {
      if (pattern === "~ALL" || pattern === "~DEFAULT_BRANCH") return pattern;
      if (typeof pattern !== "string" || pattern === "") throw refused("Conditions ref_name is invalid");
      return pattern.startsWith("refs/") ? pattern : `refs/heads/${pattern}`;
    });
  };
  return { ref_name: { include: list(name?.include), exclude: list(name?.exclude) } };
}

/** The ruleset as the request leaves it: what is not named keeps its value, or its default when the ruleset is new. */
function checked(c: RouteContext, repository: Repository, body: Body, before: Ruleset | undefined): Ruleset {
  const { state } = c.var.sandbox;
  const name = before ? (optionalString(body, "name") ?? before.name) : requiredString(body, "name");
  if (name.trim() === "") throw refused("Name can't be blank");
  if (repository.rulesets.some((other) => other !== before && other.name.toLowerCase() === name.toLowerCase())) {
    throw refused("Name must be unique");
  }
  const enforcement = before
    ? (optionalString(body, "enforcement") ?? before.enforcement)
    : requiredString(body, "enforcement");
  const target = oneOf("Ruleset", "target", optionalString(body, "target") ?? before?.target ?? "branch", [
    "branch",
    "tag",
    "push",
  ]);
  if (enforcement === "evaluate" && state.owner(repository.owner)?.plan !== "enterprise") {
    throw refused("Enforcement evaluate is not available on this plan");
  }
  const list = (field: string): unknown[] | undefined => {
    const value = body[field];
    if (value !== undefined && value !== null && !Array.isArray(value)) throw refused(`${field} must be an array`);
    return value ? (value as unknown[]) : undefined;
  };
  const rules = list("rules")?.map(checkedRule) ?? before?.rules ?? [];
  const repeated = rules.find((rule, index) => rules.findIndex((other) => other.type === rule.type) !== index);
  if (repeated) throw refused(`Invalid rule '${repeated.type}': `);
  const now = state.timestamp();
  return {
    id: before?.id ?? state.id(),
    name,
    target,
    enforcement: oneOf("Ruleset", "enforcement", enforcement, ["active", "disabled", "evaluate"]),
    bypass_actors:
      list("bypass_actors")?.map((actor) => checkedActor(c, repository, actor)) ?? before?.bypass_actors ?? [],
    conditions: body.conditions || !before ? checkedConditions(body.conditions) : before.conditions,
    rules,
    created_at: before?.created_at ?? now,
    updated_at: now,
  };
}

function canBypass(repository: Repository, ruleset: Ruleset, identity: Identity) {
  const modes = ruleset.bypass_actors
    .filter((actor) => actor.actor_type === "RepositoryRole" && identity.kind === "user")
    .filter((actor) => {
      const wanted = roles[actor.actor_id ?? 0];
      return wanted !== undefined && atLeast(role(repository, identity), wanted);
    })
    .map((actor) => actor.bypass_mode);
  if (modes.includes("exempt")) return "exempt" as const;
  if (modes.includes("always")) return "always" as const;
  return modes.includes("pull_request") ? ("pull_requests_only" as const) : ("never" as const);
}

function summary(c: RouteContext, repository: Repository, ruleset: Ruleset) {
  const { sandbox } = c.var;
  return {
    id: ruleset.id,
    name: ruleset.name,
    target: ruleset.target,
    source_type: "Repository" as const,
    source: fullName(repository),
    enforcement: ruleset.enforcement,
    node_id: nodeId("RepositoryRuleset", ruleset.id),
    _links: {
      self: { href: `${repositoryUrl(sandbox, repository)}/rulesets/${ruleset.id}` },
      html: { href: `${sandbox.url}/${fullName(repository)}/rules/${ruleset.id}` },
    },
    created_at: ruleset.created_at,
    updated_at: ruleset.updated_at,
  };
}

function rulesetShape(c: RouteContext, repository: Repository, ruleset: Ruleset) {
  // Only who may write the ruleset sees who may bypass it (REST reference, "Get a repository ruleset").
  const writes = atLeast(role(repository, c.var.identity), "admin");
  return {
    ...summary(c, repository, ruleset),
    conditions: ruleset.conditions,
    rules: ruleset.rules,
    ...(writes ? { bypass_actors: ruleset.bypass_actors } : {}),
    current_user_can_bypass: canBypass(repository, ruleset, c.var.identity),
  };
}

function find(c: RouteContext, repository: Repository): Ruleset {
  const ruleset = repository.rulesets.find((one) => one.id === Number(c.req.param("id")));
  if (!ruleset) throw notFound();
  return ruleset;
}

const read = { role: "read", job: ["metadata", "read"] } as const;
const admin = { role: "admin", job: "never" } as const;

export function rulesetsRoutes(): Routes {
  const routes = new Hono<Env>();
  const all = "/repos/:owner/:repo/rulesets";
  const one = `${all}/:id{[0-9]+}`;
  const open = (c: RouteContext, need: typeof read | typeof admin): Repository => {
    const repository = authorize(c, need);
    requirePaidRules(c, repository);
    return repository;
  };

  routes.get(all, (c) => {
    const repository = open(c, read);
    const targets = c.req.query("targets")?.split(",");
    const shown = repository.rulesets.filter((ruleset) => !targets || targets.includes(ruleset.target));
    return c.json(paginate(c, shown).map((ruleset) => summary(c, repository, ruleset)));
  });
  routes.post(all, async (c) => {
    const repository = open(c, admin);
    if (repository.rulesets.length >= maxRulesets) throw refused(`Rulesets limit of ${maxRulesets} reached`);
    const ruleset = checked(c, repository, await readBody(c), undefined);
    repository.rulesets.push(ruleset);
    return c.json(rulesetShape(c, repository, ruleset), 201);
  });
  routes.get(one, (c) => {
    const repository = open(c, read);
    return c.json(rulesetShape(c, repository, find(c, repository)));
  });
  routes.put(one, async (c) => {
    const repository = open(c, admin);
    const before = find(c, repository);
    const after = checked(c, repository, await readBody(c), before);
    repository.rulesets = repository.rulesets.map((ruleset) => (ruleset === before ? after : ruleset));
    return c.json(rulesetShape(c, repository, after));
  });
  routes.delete(one, (c) => {
    const repository = open(c, admin);
    const ruleset = find(c, repository);
    repository.rulesets = repository.rulesets.filter((other) => other !== ruleset);
    return c.body(null, 204);
  });
  return routes;
}
