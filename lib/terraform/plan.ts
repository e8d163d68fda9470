/** Reads a saved plan (`terraform show -json`) into what people and checks need. */
import { risksOf } from "./risks.ts";

/** `unknown`: what a newer tool may plan; it is never taken for harmless. */
export type ChangeAction = "create" | "import" | "update" | "delete" | "forget" | "replace" | "read" | "unknown";

export interface FieldChange {
  /** Dotted path, for example "rules.0.deletion". */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Change {
  /** Terraform address, for example `github_branch.sync`. */
  readonly address: string;
  readonly type: string;
  readonly action: ChangeAction;
  /** Only for updates and replacements: what differs. Sensitive values are shown as "(sensitive)". */
  readonly fields: readonly FieldChange[];
  /** What it takes away or opens, in people's words; empty for a harmless change. */
  readonly risks: readonly string[];
  /** It is on GitHub already and comes into the state, whatever else is done to it. */
  readonly imported?: true;
}

/** The part of Terraform's JSON plan format that is read here (format_version 1.x). */
export interface PlanJson {
  readonly format_version: string;
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly mode: "managed" | "data";
    readonly type: string;
    readonly action_reason?: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly before: unknown;
      readonly after: unknown;
      readonly after_unknown?: unknown;
      readonly before_sensitive?: unknown;
      readonly after_sensitive?: unknown;
      readonly importing?: unknown;
    };
  }[];
  readonly checks?: readonly {
    readonly address: { readonly kind: string; readonly name?: string };
    readonly status: string;
    readonly instances?: readonly { readonly problems?: readonly { readonly message: string }[] }[];
  }[];
  readonly planned_values?: PlannedValues;
  readonly prior_state?: { readonly values?: PlannedValues };
}

interface PlannedValues {
  readonly root_module?: {
    readonly resources?: readonly {
      readonly address: string;
      readonly mode?: "managed" | "data";
      readonly index?: unknown;
      readonly values: unknown;
    }[];
  };
}

/**
 * What GitHub has made and could not confirm any more: the tool takes it for half-made and would make it anew, which deletes a file and
 * commits it again, and which a key that is made before its predecessor goes never survives. GitHub makes each in one request, so there
 * is no half; what is not as it should be shows in the next plan. Not our own steps: those may have ended in the middle.
 */
export function unconfirmedIn({ resource_changes = [] }: PlanJson): string[] {
  return resource_changes
    .filter(({ type, action_reason }) => type.startsWith("github_") && action_reason === "replace_because_tainted")
    .map(({ address }) => address);
}

/** What is to be made on GitHub by a stack that has been applied before, wholly or in part. */
export function madeAnewIn({ resource_changes = [], prior_state }: PlanJson): string[] {
  const applied = prior_state?.values?.root_module?.resources?.some(({ mode }) => mode === "managed") ?? false;
  if (!applied) return [];
  return resource_changes
    .filter(({ type, change }) => type.startsWith("github_") && change.actions.join() === "create")
    .map(({ address }) => address);
}

/** Values of the instances of one resource with `for_each`, by their key: as planned, in a destroy as they are. */
export function instancesOf(plan: PlanJson, address: string): Map<string, unknown> {
  const { resources = [] } = (plan.planned_values?.root_module ?? {}) as NonNullable<PlannedValues["root_module"]>;
  const all = resources.length > 0 ? resources : (plan.prior_state?.values?.root_module?.resources ?? []);
  const instances = all.filter((one) => typeof one.index === "string" && one.address.startsWith(`${address}[`));
  return new Map(instances.map(({ index, values }) => [index as string, values]));
}

/** What the stack's own `check` blocks say: nothing changes by it, and people ought to know. @param named whether a block is meant. */
export function warningsOf({ checks = [] }: PlanJson, named: (name: string) => boolean): string[] {
  return checks
    .filter(({ address, status }) => address.kind === "check" && status === "fail" && named(address.name ?? ""))
    .flatMap(({ instances = [] }) => instances.flatMap(({ problems = [] }) => problems.map(({ message }) => message)));
}

/** Changes to managed resources, in the plan's order; what stays as it is does not appear. */
export function changesOf(plan: PlanJson): Change[] {
  if (!plan.format_version.startsWith("1.")) {
    throw new Error(`unknown plan format: got ${plan.format_version}, expected 1.x`);
  }
  return (plan.resource_changes ?? [])
    .filter((resource) => resource.mode === "managed")
    .flatMap((resource) => {
      const imported = resource.change.importing !== undefined && resource.change.importing !== null;
      const { address, type, change } = resource;
      const planned = actionOf(change.actions) ?? (imported ? "import" : undefined);
      const action = planned === "replace" && isProposal(address) ? "update" : planned;
      if (!action) return [];
      const all = action === "update" || action === "replace" ? fieldsOf(change) : [];
      const fields = isProposal(address) ? all.filter(({ path }) => path.startsWith("input.")) : all;
      const risks = risksOf({ address, type, action, before: change.before, after: change.after });
      return [{ address, type, action, fields, risks, ...(imported ? { imported } : {}) }];
    });
}

/** Made anew so that its step runs again; for people it is what is brought that changes. */
export function isProposal(address: string): boolean {
  return /^terraform_data\.(proposal|codeowners)\[/.test(address);
}

function actionOf(actions: readonly string[]): ChangeAction | undefined {
  if (actions.length === 2) return "replace";
  const [only] = actions;
  if (only === "no-op" || only === undefined) return undefined;
  if (only === "create" || only === "update" || only === "delete" || only === "forget" || only === "read") return only;
  return "unknown";
}

type ResourceChange = NonNullable<PlanJson["resource_changes"]>[number]["change"];

function fieldsOf(change: ResourceChange): FieldChange[] {
  const before = leaves(change.before, change.before_sensitive);
  const after = leaves(change.after, change.after_sensitive);
  for (const [path, unknown] of leaves(change.after_unknown, undefined)) {
    if (unknown === true) after.set(path, "(known after apply)");
  }
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => JSON.stringify(before.get(path)) !== JSON.stringify(after.get(path)))
    .map((path) => ({ path, before: before.get(path), after: after.get(path) }));
}

function leaves(
  value: unknown,
  sensitive: unknown,
  path = "",
  into = new Map<string, unknown>(),
): Map<string, unknown> {
  if (sensitive === true) {
    into.set(path, "(sensitive)");
  } else if (value !== null && typeof value === "object") {
    for (const [key, child] of Object.entries(value)) {
      const mark = (sensitive as Record<string, unknown> | undefined)?.[key];
      leaves(child, mark, path === "" ? key : `${path}.${key}`, into);
    }
  } else if (value !== null && value !== undefined && value !== false) {
    into.set(path, value);
  } else if (value === false) {
    into.set(path, false);
  }
  return into;
}

export interface PlanSummary {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
}

/** Counts as Terraform prints them: a replacement is one to add and one to destroy. */
export function summarize(changes: readonly Change[]): PlanSummary {
  const count = (...actions: ChangeAction[]) => changes.filter((change) => actions.includes(change.action)).length;
  return { create: count("create", "replace"), update: count("update"), delete: count("delete", "replace") };
}
