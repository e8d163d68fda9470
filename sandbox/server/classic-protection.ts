/**
 * Classic branch protection: kept in a shape of its own, judged as the rules it stands for. Pure.
 * What holds for whom: docs, about-protected-branches; "Rules applied to everyone including administrators" are force pushes and deletions.
 */
import { type Identity, role } from "./identity.ts";
import { fnmatch } from "./rule-match.ts";
import type { Owner, Repository, Ruleset } from "./state.ts";

export interface BranchProtection {
  id: number;
  /** A branch name, or a pattern in fnmatch's syntax. */
  pattern: string;
  enforceAdmins: boolean;
  allowForcePushes: boolean;
  allowDeletions: boolean;
  linearHistory: boolean;
  signatures: boolean;
  conversationResolution: boolean;
  lock: boolean;
  reviews: null | {
    count: number;
    dismissStale: boolean;
    codeOwners: boolean;
    lastPush: boolean;
    restrictDismissals: boolean;
    /** Node ids of accounts and Apps, here and below. */
    dismissalActors: string[];
    bypassActors: string[];
  };
  checks: null | { strict: boolean; contexts: { context: string; app_id: number | null }[] };
  restrictions: null | { actors: string[]; blocksCreations: boolean };
  forcePushActors: string[];
}

export const unprotected: Omit<BranchProtection, "id" | "pattern"> = {
  enforceAdmins: false,
  allowForcePushes: false,
  allowDeletions: false,
  linearHistory: false,
  signatures: false,
  conversationResolution: false,
  lock: false,
  reviews: null,
  checks: null,
  restrictions: null,
  forcePushActors: [],
};

const heads = "refs/heads/";

/** The one protection that holds for a ref: the branch's own, else the oldest pattern that fits (docs: managing-a-branch-protection-rule). */
export function protectionOf(repository: Repository, ref: string): BranchProtection | undefined {
  if (!ref.startsWith(heads)) return undefined;
  const branch = ref.slice(heads.length);
  const all = repository.branchProtections ?? [];
  return all.find(({ pattern }) => pattern === branch) ?? all.find(({ pattern }) => fnmatch(pattern, branch));
}

/** An actor as GraphQL's node ids name it, so that lists of people, teams and Apps are plain lists. */
export function actorId(kind: "User" | "Integration", id: number): string {
  return Buffer.from(`${kind}:${id}`).toString("base64url");
}

export interface Caller {
  repository: Repository;
  owner: Owner | undefined;
  identity: Identity;
  userId: number | undefined;
}

function listed(actors: readonly string[], { identity, userId }: Caller): boolean {
  if (identity.kind === "user") return userId !== undefined && actors.includes(actorId("User", userId));
  return identity.kind === "installation" && actors.includes(actorId("Integration", identity.token.app.id));
}

/**
 * Whether the caller slips through what holds for others only: administrators, unless they are included. A deploy key stands for an
 * administrator in an organization's repository (reference: github-semantics.md, push matrix).
 */
function isAdministrator({ repository, owner, identity }: Caller): boolean {
  if (identity.kind === "deploy-key") return owner?.type === "Organization";
  return identity.kind === "user" && role(repository, identity) === "admin";
}

type Rule = Ruleset["rules"][number];

/** The rules of a protection for this caller. `everyone`: also for administrators; `others`: noted, not refused, when `passes`. */
export function protectionRules(
  protection: BranchProtection,
  caller: Caller,
): { everyone: Rule[]; others: Rule[]; passes: boolean } {
  const { reviews, checks, restrictions } = protection;
  const mayForce = protection.allowForcePushes || listed(protection.forcePushActors, caller);
  const mayPush = !restrictions || listed(restrictions.actors, caller) || isAdministrator(caller);
  const everyone: Rule[] = [
    ...(mayForce ? [] : [{ type: "non_fast_forward" }]),
    ...(protection.allowDeletions ? [] : [{ type: "deletion" }]),
  ];
  const others: Rule[] = [
    ...(protection.lock ? [{ type: "locked" }] : []),
    ...(mayPush ? [] : [{ type: "restricted", parameters: { creations: restrictions?.blocksCreations === true } }]),
    ...(reviews && !listed(reviews.bypassActors, caller)
      ? [
          {
            type: "pull_request",
            parameters: {
              required_approving_review_count: reviews.count,
              dismiss_stale_reviews_on_push: reviews.dismissStale,
            },
          },
        ]
      : []),
    ...(checks
      ? [
          {
            type: "required_status_checks",
            parameters: {
              do_not_enforce_on_create: true,
              required_status_checks: checks.contexts.map(({ context, app_id }) => ({
                context,
                integration_id: app_id,
              })),
            },
          },
        ]
      : []),
    ...(protection.linearHistory ? [{ type: "required_linear_history" }] : []),
    ...(protection.signatures ? [{ type: "required_signatures" }] : []),
  ];
  return { everyone, others, passes: !protection.enforceAdmins && isAdministrator(caller) };
}
