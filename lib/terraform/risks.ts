/**
 * What a change of a plan risks, in people's words; pure. A table by resource type: a type or an action that is not in it counts as
 * dangerous, because nobody judged it.
 */
import type { ChangeAction } from "./plan.ts";

export interface JudgedChange {
  readonly address: string;
  readonly type: string;
  readonly action: ChangeAction;
  /** Attributes as Terraform's JSON plan gives them; null where the resource is not there. */
  readonly before: unknown;
  readonly after: unknown;
}

/** Sentences without a full stop; empty when the change takes nothing away and opens nothing. */
export function risksOf(change: JudgedChange): string[] {
  if (change.action === "unknown")
    return [`${change.address}: the IaC tool plans an action this version does not know`];
  if (change.action === "read" || change.action === "import" || change.action === "forget") return [];
  const judge = judges[change.type];
  if (judge === undefined)
    return [`${change.address}: a resource of type ${change.type}, which this version cannot judge`];
  return judge({ action: change.action, before: object(change.before), after: object(change.after) });
}

type Attributes = Readonly<Record<string, unknown>>;

interface Judged {
  readonly action: Exclude<ChangeAction, "unknown" | "read" | "import" | "forget">;
  readonly before: Attributes;
  readonly after: Attributes;
}

type Judge = (change: Judged) => string[];

const removes = ({ action }: Judged) => action === "delete" || action === "replace";
const none: Judge = () => [];

const judges: Readonly<Record<string, Judge>> = {
  github_branch: (change) => (removes(change) ? [`branch ${text(change.before.branch)} is deleted`] : []),
  github_issue_label: (change) =>
    removes(change)
      ? [`label ${text(change.before.name)} is deleted, and so taken off every issue and pull request`]
      : [],
  github_repository_ruleset: judgeRuleset,
  github_branch_protection: (change) =>
    change.action === "create" ? [] : [`classic protection of ${text(change.before.pattern)} changes`],
  github_repository_deploy_key: judgeDeployKey,
  github_repository_environment: (change) =>
    removes(change) ? [`environment ${text(change.before.environment)} is deleted with its secrets`] : [],
  github_repository_environment_deployment_policy: (change) =>
    change.action === "update"
      ? [`other branches may use environment ${text(change.after.environment)}: ${text(change.after.branch_pattern)}`]
      : [],
  github_actions_environment_secret: judgeSecret,
  github_actions_secret: judgeSecret,
  github_actions_repository_permissions: (change) => judgeActions(change),
  github_workflow_repository_permissions: (change) => judgeWorkflowPermissions(change),
  github_repository_file: judgeFile,
  terraform_data: none,
};

function judgeRuleset(change: Judged): string[] {
  const { action, before, after } = change;
  const name = text((action === "create" ? after : before).name);
  if (action === "create") return [];
  if (removes(change)) return [`protection is taken away: ruleset ${name} is deleted`];
  const widened = bypassActors(after).filter((actor) => !bypassActors(before).includes(actor));
  return [
    ...(before.enforcement === "active" && after.enforcement !== "active"
      ? [`protection is weakened: ruleset ${name} is ${text(after.enforcement)} instead of active`]
      : []),
    ...weakenedRules(before.rules, after.rules).map((rule) => `protection is weakened: ruleset ${name}, ${rule}`),
    ...uncovered(before, after).map((ref) => `protection is weakened: ruleset ${name} no longer covers ${ref}`),
    ...widened.map((actor) => `bypass is widened: ${actor} may pass ruleset ${name}`),
  ];
}

/** A rule that is gone, a number that went down, a switch that went off, a list that lost an entry. */
function weakenedRules(before: unknown, after: unknown): string[] {
  const now = leaves(after);
  return [...leaves(before)].flatMap(([path, was]) => {
    const is = now.get(path);
    if (was === undefined || was === false || was === null || is === was) return [];
    if (typeof was === "number" && typeof is === "number") return is < was ? [`${path} ${was} -> ${is}`] : [];
    if (is === undefined || is === false || is === null) return [`${path} is no longer asked for`];
    return typeof was === "boolean" ? [] : [`${path} ${text(was)} -> ${text(is)}`];
  });
}

function uncovered(before: Attributes, after: Attributes): string[] {
  const includes = (value: Attributes) => [...leaves(value.conditions)].filter(([path]) => /\binclude\b/.test(path));
  const now = new Set(includes(after).map(([, ref]) => ref));
  const excludedNow = [...leaves(after.conditions)].filter(([path]) => /\bexclude\b/.test(path)).map(([, ref]) => ref);
  const excludedBefore = new Set(
    [...leaves(before.conditions)].filter(([path]) => /\bexclude\b/.test(path)).map(([, ref]) => ref),
  );
  return [
    ...includes(before)
      .filter(([, ref]) => !now.has(ref))
      .map(([, ref]) => String(ref)),
    ...excludedNow.filter((ref) => !excludedBefore.has(ref)).map(String),
  ];
}

function bypassActors(ruleset: Attributes): string[] {
  const actors = Array.isArray(ruleset.bypass_actors) ? ruleset.bypass_actors.map(object) : [];
  return actors.map((actor) =>
    [text(actor.actor_type), actor.actor_id ? text(actor.actor_id) : "", `(${text(actor.bypass_mode)})`]
      .filter((word) => word !== "")
      .join(" "),
  );
}

function judgeDeployKey(change: Judged): string[] {
  const { before, after } = change;
  return [
    ...(removes(change) ? [`deploy key ${text(before.title)} is removed`] : []),
    ...(change.action !== "delete" && after.read_only === false
      ? [`permission is raised: deploy key ${text(after.title)} may write to the repository`]
      : []),
  ];
}

function judgeSecret({ action, before, after }: Judged): string[] {
  const name = text((action === "create" ? after : before).secret_name);
  if (action === "create") return [];
  return action === "delete" ? [`secret ${name} is deleted`] : [`secret ${name} is replaced`];
}

function judgeActions({ action, before, after }: Judged): string[] {
  if (action === "delete") return ["what Actions may run is set back"];
  return [
    ...(before.enabled !== true && after.enabled === true ? ["permission is raised: Actions are switched on"] : []),
    ...(before.allowed_actions !== after.allowed_actions && after.allowed_actions === "all"
      ? ["permission is raised: every action may run"]
      : []),
  ];
}

function judgeWorkflowPermissions({ action, before, after }: Judged): string[] {
  if (action === "delete") return ["what workflows may do is set back"];
  return [
    ...(before.can_approve_pull_request_reviews !== true && after.can_approve_pull_request_reviews === true
      ? ["permission is raised: workflows may open and approve pull requests"]
      : []),
    ...(before.default_workflow_permissions !== "write" &&
    after.default_workflow_permissions === "write" &&
    action === "update"
      ? ["permission is raised: workflows may write by default"]
      : []),
  ];
}

const runs = /^\.github\/(workflows|upstream-sync)\//;

function judgeFile({ action, before, after }: Judged): string[] {
  const path = text((action === "create" ? after : before).file);
  if (runs.test(path)) return [`${path} ${verb(action)}: it runs in the fork's Actions`];
  return /(^|\/)CODEOWNERS$/.test(path) && action !== "create"
    ? [`${path} ${verb(action)}: who has to review may change`]
    : [];
}

function verb(action: Judged["action"]): string {
  return { create: "is added", update: "changes", delete: "is deleted", replace: "is replaced" }[action];
}

function leaves(value: unknown, path = "", into = new Map<string, unknown>()): Map<string, unknown> {
  if (value !== null && typeof value === "object") {
    for (const [key, child] of Object.entries(value)) {
      // Terraform wraps a single block in a list; its index says nothing to people.
      const step = /^0$/.test(key) && Array.isArray(value) && value.length === 1 ? "" : key;
      leaves(child, [path, step].filter((part) => part !== "").join("."), into);
    }
  } else {
    into.set(path, value);
  }
  return into;
}

function object(value: unknown): Attributes {
  return typeof value === "object" && value !== null ? (value as Attributes) : {};
}

function text(value: unknown): string {
  return value === undefined || value === null ? "(unknown)" : String(value);
}
