/** Which rulesets speak about a ref, and whom they let pass. Pure. */
import { atLeast, type Identity, role } from "./identity.ts";
import type { BypassActor, Owner, Permission, Repository, Ruleset } from "./state.ts";

/**
 * Ruby's `File.fnmatch` with FNM_PATHNAME, which GitHub's conditions use (docs: creating rulesets, "fnmatch syntax"):
 * `*` and `?` stop at a slash, a doubled star and a slash stand for any folders, also none.
 */
export function fnmatch(pattern: string, text: string): boolean {
  const source = pattern.replace(/\*\*\/|\*+|\?|\[(?:\\.|[^\]\\])+\]|\\?[\s\S]/g, (part) => {
    if (part === "**/") return "(?:[^/]+/)*";
    if (part.startsWith("*")) return "[^/]*";
    if (part === "?") return "[^/]";
    if (part.length > 2 && part.startsWith("[")) return part.replace(/^\[[!^]/, "[^");
    const letter = part.length === 2 && part.startsWith("\\") ? part.slice(1) : part;
    return letter.replace(/[.*+?^${}()|[\]\\/]/, "\\$&");
  });
  return new RegExp(`^${source}$`).test(text);
}

function named(patterns: readonly string[], repository: Repository, ref: string): boolean {
  return patterns.some((pattern) => {
    if (pattern === "~ALL") return true;
    if (pattern === "~DEFAULT_BRANCH") return ref === `refs/heads/${repository.defaultBranch}`;
    return fnmatch(pattern, ref);
  });
}

const prefixes: Partial<Record<Ruleset["target"], string>> = { branch: "refs/heads/", tag: "refs/tags/" };

/** Active rulesets whose conditions name the ref. */
export function rulesetsFor(repository: Repository, ref: string): Ruleset[] {
  return repository.rulesets.filter(({ enforcement, target, conditions }) => {
    const prefix = prefixes[target];
    if (enforcement !== "active" || !prefix || !ref.startsWith(prefix)) return false;
    const { include, exclude } = conditions.ref_name;
    return named(include, repository, ref) && !named(exclude, repository, ref);
  });
}

/** GitHub's ids of the roles a repository rule can name. */
const roleIds: Record<number, Permission> = { 2: "maintain", 4: "write", 5: "admin" };

function isActor(
  actor: BypassActor,
  repository: Repository,
  owner: Owner | undefined,
  identity: Identity,
  userId?: number,
) {
  switch (actor.actor_type) {
    case "DeployKey":
      return identity.kind === "deploy-key";
    case "Integration":
      return identity.kind === "installation" && actor.actor_id === identity.token.app.id;
    case "RepositoryRole": {
      const wanted = roleIds[actor.actor_id ?? 0];
      // Job tokens have a role on no list (reference: thyra#149), so only people are looked at.
      return wanted !== undefined && identity.kind === "user" && atLeast(role(repository, identity), wanted);
    }
    case "OrganizationAdmin":
      // The sandbox knows no members: an administrator of an organization's repository stands for one of the organization.
      return owner?.type === "Organization" && identity.kind === "user" && role(repository, identity) === "admin";
    case "User":
      return identity.kind === "user" && userId !== undefined && actor.actor_id === userId;
    default:
      return false;
  }
}

/**
 * How the caller stands to a ruleset. "pull_request" bypass helps only whoever merges a pull request; "exempt" passes
 * without a word, "always" with a note.
 */
export function bypassOf(
  ruleset: Ruleset,
  who: { repository: Repository; owner: Owner | undefined; identity: Identity; userId: number | undefined },
  door: "direct" | "pull-merge",
): "none" | "noted" | "silent" {
  const modes = ruleset.bypass_actors
    .filter((actor) => isActor(actor, who.repository, who.owner, who.identity, who.userId))
    .map((actor) => actor.bypass_mode);
  if (modes.includes("exempt")) return "silent";
  if (modes.includes("always") || (door === "pull-merge" && modes.includes("pull_request"))) return "noted";
  return "none";
}
