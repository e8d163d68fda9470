/** What a destroy removes, gives back and keeps, in people's words: before anybody is asked, and as it was done; pure. */
import { foundIn } from "./ownership.ts";
import { changesOf, type PlanJson } from "./terraform/plan.ts";

/** As it was done, beyond Terraform's resources; `sync/removal-report.ts` prints it. */
export interface Removal {
  readonly removed: readonly string[];
  /** Our pull requests and issues that people had open. */
  readonly closed: readonly string[];
  readonly restored: readonly { readonly thing: string; readonly to: unknown }[];
  readonly kept: readonly { readonly thing: string; readonly why: string; readonly as?: string }[];
}

/** How the sync branch stands, read from the fork. */
export interface UnlandedWork {
  /** Commits that the target does not have; undefined when the two cannot be compared. */
  readonly commits: number | undefined;
}

export interface RemovalPreview {
  readonly removed: readonly string[];
  readonly restored: readonly { readonly thing: string; readonly to: unknown }[];
  readonly kept: readonly { readonly thing: string; readonly why: string }[];
  /** Commits that are on the sync branch alone, as a sentence without a full stop; they are kept under another name. */
  readonly unlanded: string | undefined;
}

/** What `lib/constructs/guard.ts` gives to the last steps. */
interface GuardInput {
  readonly repository: string;
  readonly branches: { readonly sync: string; readonly target: string };
  readonly removesBranch: boolean;
  readonly before: Readonly<Record<string, unknown>>;
}

/** Undefined when the plan knows of no set-up, such as one that is half removed. */
export function guardIn(plan: PlanJson): GuardInput | undefined {
  const guard = plan.prior_state?.values?.root_module?.resources?.find(
    ({ address }) => address === "terraform_data.guard",
  );
  return (guard?.values as { input?: GuardInput } | undefined)?.input;
}

/** @param work undefined when the sync branch is gone already. */
export function previewOf(plan: PlanJson, work: UnlandedWork | undefined): RemovalPreview {
  const guard = guardIn(plan);
  const removed = (plan.resource_changes ?? []).flatMap(({ mode, type, change }) =>
    mode === "managed" && change.actions.includes("delete") ? thingOf(type, change.before as Attributes) : [],
  );
  const found = foundIn(plan, changesOf(plan));
  const there = "it was there before";
  const { sync = "", target = "" } = guard?.branches ?? {};
  const count = work?.commits;
  const commits = count === undefined ? "commits" : `${count} ${count === 1 ? "commit" : "commits"}`;
  const unlanded =
    guard?.removesBranch && work !== undefined && count !== 0
      ? `${commits} on ${sync} of ${guard.repository} ${count === undefined ? `cannot be compared with ${target}` : `${count === 1 ? "has" : "have"} not landed on ${target}`}`
      : undefined;
  return {
    removed,
    restored: Object.entries(guard?.before ?? {}).map(([setting, to]) => ({ thing: settings[setting] ?? setting, to })),
    kept: [
      ...found.adopted.map((thing) => ({ thing: spaced(thing), why: there })),
      ...found.leftAlone.map((thing) => ({ thing: spaced(thing), why: there })),
      ...(unlanded ? [{ thing: `the commits of branch ${sync}, as ${sync}-backup-<date>`, why: unlanded }] : []),
    ],
    unlanded,
  };
}

const settings: Readonly<Record<string, string>> = {
  actions: "Actions permissions",
  workflow: "workflow permissions",
};

type Attributes = Readonly<Record<string, unknown>> | null;

/** Nothing for our own records. A type that is not known is told by its own name. */
function thingOf(type: string, before: Attributes): string[] {
  if (type === "terraform_data") return [];
  const [words, key] = things[type] ?? [type, "id"];
  const where = type === "github_repository_file" && before?.branch ? ` on ${before.branch}` : "";
  return [`${words} ${String(before?.[key] ?? "")}${where}`.trim()];
}

const things: Readonly<Record<string, readonly [words: string, attribute: string]>> = {
  github_branch: ["branch", "branch"],
  github_issue_label: ["label", "name"],
  github_repository_ruleset: ["ruleset", "name"],
  github_repository_deploy_key: ["deploy key", "title"],
  github_repository_environment: ["environment", "environment"],
  github_repository_environment_deployment_policy: ["branch policy of the environment", "branch_pattern"],
  github_actions_environment_secret: ["secret", "secret_name"],
  github_actions_repository_permissions: ["what we set of Actions permissions", ""],
  github_workflow_repository_permissions: ["what we set of workflow permissions", ""],
  github_repository_file: ["file", "file"],
};

/** "label:bug" as "label bug". */
function spaced(thing: string): string {
  return thing.replace(":", " ");
}
