/** Classic protection in GraphQL's vocabulary, both ways. */
import { actorId, type BranchProtection, unprotected } from "../classic-protection.ts";
import type { RouteContext } from "../http.ts";
import { fullName } from "../identity.ts";
import { nodeId } from "../shapes.ts";
import type { Repository } from "../state.ts";

export interface Found {
  repository: Repository;
  protection: BranchProtection;
}

/** Fields of CreateBranchProtectionRuleInput and UpdateBranchProtectionRuleInput; what is left out stays as it was. */
export interface ProtectionInput {
  pattern?: string;
  allowsDeletions?: boolean;
  allowsForcePushes?: boolean;
  blocksCreations?: boolean;
  bypassForcePushActorIds?: string[];
  bypassPullRequestActorIds?: string[];
  dismissesStaleReviews?: boolean;
  isAdminEnforced?: boolean;
  lockBranch?: boolean;
  pushActorIds?: string[];
  requireLastPushApproval?: boolean;
  requiredApprovingReviewCount?: number;
  requiredStatusCheckContexts?: string[];
  requiresApprovingReviews?: boolean;
  requiresCodeOwnerReviews?: boolean;
  requiresCommitSignatures?: boolean;
  requiresConversationResolution?: boolean;
  requiresLinearHistory?: boolean;
  requiresStatusChecks?: boolean;
  requiresStrictStatusChecks?: boolean;
  restrictsPushes?: boolean;
  restrictsReviewDismissals?: boolean;
  reviewDismissalActorIds?: string[];
}

const noReviews: NonNullable<BranchProtection["reviews"]> = {
  count: 1,
  dismissStale: false,
  codeOwners: false,
  lastPush: false,
  restrictDismissals: false,
  dismissalActors: [],
  bypassActors: [],
};

function reviewsOf(before: BranchProtection["reviews"], input: ProtectionInput): BranchProtection["reviews"] {
  if (!(input.requiresApprovingReviews ?? before !== null)) return null;
  const was = before ?? noReviews;
  return {
    count: input.requiredApprovingReviewCount ?? was.count,
    dismissStale: input.dismissesStaleReviews ?? was.dismissStale,
    codeOwners: input.requiresCodeOwnerReviews ?? was.codeOwners,
    lastPush: input.requireLastPushApproval ?? was.lastPush,
    restrictDismissals: input.restrictsReviewDismissals ?? was.restrictDismissals,
    dismissalActors: input.reviewDismissalActorIds ?? was.dismissalActors,
    bypassActors: input.bypassPullRequestActorIds ?? was.bypassActors,
  };
}

function checksOf(before: BranchProtection["checks"], input: ProtectionInput): BranchProtection["checks"] {
  if (!(input.requiresStatusChecks ?? before !== null)) return null;
  return {
    strict: input.requiresStrictStatusChecks ?? before?.strict ?? false,
    contexts:
      input.requiredStatusCheckContexts?.map((context) => ({ context, app_id: null })) ?? before?.contexts ?? [],
  };
}

function restrictionsOf(
  before: BranchProtection["restrictions"],
  input: ProtectionInput,
): BranchProtection["restrictions"] {
  if (!(input.restrictsPushes ?? before !== null)) return null;
  return {
    actors: input.pushActorIds ?? before?.actors ?? [],
    blocksCreations: input.blocksCreations ?? before?.blocksCreations ?? false,
  };
}

/** A protection as the input leaves it. */
export function withInput(
  start: Pick<BranchProtection, "id" | "pattern"> & Partial<BranchProtection>,
  input: ProtectionInput,
): BranchProtection {
  const before = { ...unprotected, ...start };
  return {
    ...before,
    pattern: input.pattern ?? before.pattern,
    enforceAdmins: input.isAdminEnforced ?? before.enforceAdmins,
    allowForcePushes: input.allowsForcePushes ?? before.allowForcePushes,
    allowDeletions: input.allowsDeletions ?? before.allowDeletions,
    linearHistory: input.requiresLinearHistory ?? before.linearHistory,
    signatures: input.requiresCommitSignatures ?? before.signatures,
    conversationResolution: input.requiresConversationResolution ?? before.conversationResolution,
    lock: input.lockBranch ?? before.lock,
    reviews: reviewsOf(before.reviews, input),
    checks: checksOf(before.checks, input),
    restrictions: restrictionsOf(before.restrictions, input),
    forcePushActors: input.bypassForcePushActorIds ?? before.forcePushActors,
  };
}

/** A person or an App by the id lists of actors hold. */
export function actorNode(c: RouteContext, id: string): object | undefined {
  const { data } = c.var.sandbox.state;
  const owner = data.owners.find((one) => actorId("User", one.id) === id);
  if (owner) return { __typename: owner.type, id, databaseId: owner.id, login: owner.login, name: null };
  const app = data.apps?.find((one) => actorId("Integration", one.id) === id);
  return app && { __typename: "App", id, databaseId: app.id, slug: app.slug, name: app.name };
}

function allowances(c: RouteContext, actors: readonly string[]) {
  return () => ({
    nodes: actors.map((id) => ({ id: `${id}-allowance`, actor: actorNode(c, id) ?? null })),
    totalCount: actors.length,
  });
}

/** "BranchProtectionRule". */
export function protectionNode(c: RouteContext, { repository, protection }: Found): object {
  const { reviews, checks, restrictions } = protection;
  return {
    __typename: "BranchProtectionRule",
    id: nodeId("BranchProtectionRule", protection.id),
    databaseId: protection.id,
    pattern: protection.pattern,
    repository: () => ({
      id: nodeId("Repository", repository.id),
      name: repository.name,
      nameWithOwner: fullName(repository),
    }),
    allowsDeletions: protection.allowDeletions,
    allowsForcePushes: protection.allowForcePushes,
    blocksCreations: restrictions?.blocksCreations ?? false,
    dismissesStaleReviews: reviews?.dismissStale ?? false,
    isAdminEnforced: protection.enforceAdmins,
    lockBranch: protection.lock,
    requireLastPushApproval: reviews?.lastPush ?? false,
    requiredApprovingReviewCount: reviews?.count ?? null,
    requiredStatusCheckContexts: checks?.contexts.map(({ context }) => context) ?? [],
    requiresApprovingReviews: reviews !== null,
    requiresCodeOwnerReviews: reviews?.codeOwners ?? false,
    requiresCommitSignatures: protection.signatures,
    requiresConversationResolution: protection.conversationResolution,
    requiresLinearHistory: protection.linearHistory,
    requiresStatusChecks: checks !== null,
    requiresStrictStatusChecks: checks?.strict ?? false,
    restrictsPushes: restrictions !== null,
    restrictsReviewDismissals: reviews?.restrictDismissals ?? false,
    pushAllowances: allowances(c, restrictions?.actors ?? []),
    reviewDismissalAllowances: allowances(c, reviews?.dismissalActors ?? []),
    bypassForcePushAllowances: allowances(c, protection.forcePushActors),
    bypassPullRequestAllowances: allowances(c, reviews?.bypassActors ?? []),
  };
}
