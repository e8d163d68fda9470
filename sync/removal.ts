/** What happens to a fork's work and settings when the set-up is taken away: facts in, decision out. */

export interface BranchFacts {
  /** Tip of the sync branch; undefined when it is gone. */
  readonly tip: string | undefined;
  /** Commits of it that the target does not have; undefined when the two cannot be compared. */
  readonly unlanded: number | undefined;
  /** Branches that begin with the sync branch's name and a hyphen: name -> tip. */
  readonly siblings: ReadonlyMap<string, string>;
}

export type BranchDecision =
  | { readonly kind: "nothing"; readonly why: string }
  /** An earlier destroy, cut short, has kept this very commit already. */
  | { readonly kind: "kept"; readonly as: string; readonly why: string }
  | { readonly kind: "back-up"; readonly as: string; readonly sha: string; readonly why: string };

/** @param day `yyyymmdd` of today, UTC. */
export function decideBranch(
  facts: BranchFacts,
  branches: { sync: string; target: string },
  day: string,
): BranchDecision {
  const { tip, unlanded, siblings } = facts;
  if (tip === undefined) return { kind: "nothing", why: "it is gone already" };
  if (unlanded === 0) return { kind: "nothing", why: `everything on it has landed on ${branches.target}` };
  const why =
    unlanded === undefined
      ? `it cannot be compared with ${branches.target}`
      : `${unlanded} ${unlanded === 1 ? "commit has" : "commits have"} not landed on ${branches.target}`;
  const first = `${branches.sync}-backup-${day}`;
  const names = [first, ...Array.from({ length: siblings.size + 1 }, (_, index) => `${first}-${index + 2}`)];
  const same = [...siblings].find(([name, sha]) => sha === tip && name.startsWith(`${branches.sync}-backup-`));
  if (same) return { kind: "kept", as: same[0], why };
  return { kind: "back-up", as: names.find((name) => !siblings.has(name)) as string, sha: tip, why };
}

/** `GET actions/permissions`, with the patterns of `selected-actions` where there are some. */
export interface ActionsPolicy {
  readonly enabled: boolean;
  readonly allowed_actions?: string;
  readonly selected?: unknown;
}

/** `GET actions/permissions/workflow`. */
export interface WorkflowPolicy {
  readonly default_workflow_permissions: string;
  readonly can_approve_pull_request_reviews: boolean;
}

export interface Restoration<Policy> {
  /** What has to stand at the end. */
  readonly policy: Policy;
  /** Fields that people have changed since and that stay as they are. */
  readonly kept: readonly string[];
}

/**
 * Three-way, field by field: as we left it -> what it was; changed since by people -> left. `seen` is what stood before Terraform took
 * its own resource away (which sets the provider's defaults); undefined when nobody looked, then nobody is known to have changed it.
 */
export function decideActions(before: ActionsPolicy, seen: ActionsPolicy | undefined): Restoration<ActionsPolicy> {
  if (seen === undefined) return { policy: before, kept: [] };
  // We switch on, and allow everything where GitHub told no policy.
  const enabled = seen.enabled ? before.enabled : seen.enabled;
  const asLeft = seen.allowed_actions === undefined || seen.allowed_actions === (before.allowed_actions ?? "all");
  const { allowed_actions, selected } = asLeft ? before : seen;
  return {
    policy: {
      enabled,
      ...(allowed_actions === undefined ? {} : { allowed_actions }),
      ...(selected === undefined ? {} : { selected }),
    },
    kept: [...(seen.enabled ? [] : ["enabled"]), ...(asLeft ? [] : ["allowed_actions"])],
  };
}

/** The same for what the workflows' token may do. We only ever allow pull requests. */
export function decideWorkflow(before: WorkflowPolicy, seen: WorkflowPolicy | undefined): Restoration<WorkflowPolicy> {
  if (seen === undefined) return { policy: before, kept: [] };
  const asLeft = seen.can_approve_pull_request_reviews;
  const level = seen.default_workflow_permissions;
  return {
    policy: {
      default_workflow_permissions: level,
      can_approve_pull_request_reviews: asLeft ? before.can_approve_pull_request_reviews : false,
    },
    kept: [
      ...(level === before.default_workflow_permissions ? [] : ["default_workflow_permissions"]),
      ...(asLeft ? [] : ["can_approve_pull_request_reviews"]),
    ],
  };
}
