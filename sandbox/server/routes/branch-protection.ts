/** Classic branch protection by REST, for a branch by its name. GraphQL has patterns as well. */
import { Hono } from "hono";
import { requirePaidRules } from "../access.ts";
import { type Body, readBody } from "../body.ts";
import { actorId, type BranchProtection, unprotected } from "../classic-protection.ts";
import { bare, readRef } from "../git.ts";
import { authorize, type Env, GitHubError, type RouteContext, type Routes, validationFailed } from "../http.ts";
import { repositoryUrl, simpleUser } from "../shapes.ts";
import type { Repository } from "../state.ts";

const admin = { role: "admin", job: "never" } as const;
const path = "/repos/:owner/:repo/branches/:branch{.+}/protection";

function actorsShape(c: RouteContext, url: string, actors: readonly string[]) {
  const { sandbox } = c.var;
  const people = sandbox.state.data.owners.filter(({ id }) => actors.includes(actorId("User", id)));
  return {
    url,
    users_url: `${url}/users`,
    teams_url: `${url}/teams`,
    users: people.map(({ login }) => simpleUser(sandbox, login)),
    teams: [],
    apps: [],
  };
}

/** "branch-protection". */
function shape(c: RouteContext, repository: Repository, branch: string, protection: BranchProtection) {
  const url = `${repositoryUrl(c.var.sandbox, repository)}/branches/${encodeURIComponent(branch)}/protection`;
  const { checks, reviews, restrictions } = protection;
  const checksUrl = `${url}/required_status_checks`;
  const reviewsUrl = `${url}/required_pull_request_reviews`;
  const { url: dismissals, ...dismissalActors } = actorsShape(
    c,
    `${url}/dismissal_restrictions`,
    reviews?.dismissalActors ?? [],
  );
  return {
    url,
    ...(checks
      ? {
          required_status_checks: {
            url: checksUrl,
            strict: checks.strict,
            contexts: checks.contexts.map(({ context }) => context),
            contexts_url: `${checksUrl}/contexts`,
            checks: checks.contexts,
          },
        }
      : {}),
    ...(reviews
      ? {
          required_pull_request_reviews: {
            url: reviewsUrl,
            dismiss_stale_reviews: reviews.dismissStale,
            require_code_owner_reviews: reviews.codeOwners,
            require_last_push_approval: reviews.lastPush,
            required_approving_review_count: reviews.count,
            ...(reviews.restrictDismissals ? { dismissal_restrictions: { url: dismissals, ...dismissalActors } } : {}),
          },
        }
      : {}),
    ...(restrictions
      ? {
          restrictions: {
            ...actorsShape(c, `${url}/restrictions`, restrictions.actors),
            apps_url: `${url}/restrictions/apps`,
          },
        }
      : {}),
    required_signatures: { url: `${url}/required_signatures`, enabled: protection.signatures },
    enforce_admins: { url: `${url}/enforce_admins`, enabled: protection.enforceAdmins },
    required_linear_history: { enabled: protection.linearHistory },
    allow_force_pushes: { enabled: protection.allowForcePushes },
    allow_deletions: { enabled: protection.allowDeletions },
    block_creations: { enabled: restrictions?.blocksCreations ?? false },
    required_conversation_resolution: { enabled: protection.conversationResolution },
    lock_branch: { enabled: protection.lock },
    allow_fork_syncing: { enabled: false },
  };
}

function needed<T>(body: Body, field: string, check: (value: unknown) => value is T): T {
  const value = body[field];
  if (value === undefined) throw new GitHubError(422, `Invalid request.\n\n"${field}" wasn't supplied.`);
  if (!check(value)) throw validationFailed("ProtectedBranch", field, "invalid");
  return value;
}

const isSection = (value: unknown): value is Body | null => typeof value === "object" && !Array.isArray(value);
const isSwitch = (value: unknown): value is boolean | null => value === null || typeof value === "boolean";

function userIds(c: RouteContext, section: Body | null | undefined): string[] {
  const logins = Array.isArray(section?.users) ? section.users.map(String) : [];
  return logins.flatMap((login) => {
    const owner = c.var.sandbox.state.owner(login);
    return owner ? [actorId("User", owner.id)] : [];
  });
}

/** Four sections are required by name, null switches one off (REST reference, "Update branch protection"). */
function given(c: RouteContext, repository: Repository, body: Body): Omit<BranchProtection, "id" | "pattern"> {
  const checks = needed(body, "required_status_checks", isSection);
  const reviews = needed(body, "required_pull_request_reviews", isSection);
  const restrictions = needed(body, "restrictions", isSection);
  const enforceAdmins = needed(body, "enforce_admins", isSwitch);
  const ofPerson = c.var.sandbox.state.owner(repository.owner)?.type === "User";
  const dismissals = reviews?.dismissal_restrictions as Body | undefined;
  if (ofPerson && (restrictions || (dismissals && Object.keys(dismissals).length > 0))) {
    throw new GitHubError(422, "Validation Failed", {
      errors: ["Only organization repositories can have users and team restrictions"],
    });
  }
  const contexts = Array.isArray(checks?.checks)
    ? checks.checks.map((one: Body) => ({
        context: String(one.context),
        app_id: typeof one.app_id === "number" ? one.app_id : null,
      }))
    : Array.isArray(checks?.contexts)
      ? checks.contexts.map((one) => ({ context: String(one), app_id: null }))
      : [];
  const on = (field: string): boolean => body[field] === true;
  return {
    ...unprotected,
    enforceAdmins: enforceAdmins === true,
    allowForcePushes: on("allow_force_pushes"),
    allowDeletions: on("allow_deletions"),
    linearHistory: on("required_linear_history"),
    conversationResolution: on("required_conversation_resolution"),
    lock: on("lock_branch"),
    checks: checks ? { strict: checks.strict === true, contexts } : null,
    reviews: reviews
      ? {
          count:
            typeof reviews.required_approving_review_count === "number" ? reviews.required_approving_review_count : 1,
          dismissStale: reviews.dismiss_stale_reviews === true,
          codeOwners: reviews.require_code_owner_reviews === true,
          lastPush: reviews.require_last_push_approval === true,
          restrictDismissals: dismissals !== undefined,
          dismissalActors: userIds(c, dismissals),
          bypassActors: userIds(c, reviews.bypass_pull_request_allowances as Body | undefined),
        }
      : null,
    restrictions: restrictions ? { actors: userIds(c, restrictions), blocksCreations: on("block_creations") } : null,
  };
}

async function open(c: RouteContext): Promise<{ repository: Repository; branch: string }> {
  const repository = authorize(c, admin);
  requirePaidRules(c, repository);
  const branch = c.req.param("branch") ?? "";
  const tip = await readRef(bare(c.var.sandbox.state, repository), `refs/heads/${branch}`);
  if (!tip) throw new GitHubError(404, "Branch not found");
  return { repository, branch };
}

function own(repository: Repository, branch: string): BranchProtection {
  const found = repository.branchProtections?.find(({ pattern }) => pattern === branch);
  // Terraform's provider and octokit's users know a branch without protection by this text (go-github: ErrBranchNotProtected).
  if (!found) throw new GitHubError(404, "Branch not protected");
  return found;
}

export function branchProtectionRoutes(): Routes {
  const routes = new Hono<Env>();
  routes.get(path, async (c) => {
    const { repository, branch } = await open(c);
    return c.json(shape(c, repository, branch, own(repository, branch)));
  });
  routes.put(path, async (c) => {
    const { repository, branch } = await open(c);
    const next = given(c, repository, await readBody(c));
    const before = repository.branchProtections?.find(({ pattern }) => pattern === branch);
    const protection = { id: before?.id ?? c.var.sandbox.state.id(), pattern: branch, ...next };
    repository.branchProtections = [
      ...(repository.branchProtections ?? []).filter((one) => one !== before),
      protection,
    ];
    return c.json(shape(c, repository, branch, protection));
  });
  routes.delete(path, async (c) => {
    const { repository, branch } = await open(c);
    const protection = own(repository, branch);
    repository.branchProtections = (repository.branchProtections ?? []).filter((one) => one !== protection);
    return c.body(null, 204);
  });
  return routes;
}
