/** What becomes of a conflict and of the branches for people: from facts to decisions, no git, no network, no clock. */
import type { RefUpdate } from "./decide.ts";
import type { Outcome } from "./record.ts";
import { conflictNumber } from "./refs.ts";

/** What people have to settle after this run; `unknown`: the run cannot say, and changes nothing for them. */
export type Matter =
  | { readonly kind: "none" }
  | { readonly kind: "unknown" }
  | { readonly kind: "side"; readonly side: "target" | "upstream" }
  | { readonly kind: "proposal"; readonly name: string };

export interface MatterFacts {
  readonly outcome: Outcome;
  /** The side at which the fold ended. */
  readonly side: "target" | "upstream" | undefined;
  /** Names of proposals that did not go in. */
  readonly setAside: readonly string[];
  /** Names of proposals that are in the candidate. */
  readonly taken: readonly string[];
}

export function decideMatter({ outcome, side, setAside, taken }: MatterFacts): Matter {
  const of = ([name]: readonly string[]): Matter =>
    name === undefined ? { kind: "unknown" } : { kind: "proposal", name };
  if (outcome === "promoted" || outcome === "up-to-date") return { kind: "none" };
  if (outcome === "conflict") return side === undefined ? of(setAside) : { kind: "side", side };
  return outcome === "tests-failed" ? of(taken) : { kind: "unknown" };
}

export interface BranchFacts {
  readonly name: string;
  /** Undefined once people have pushed there. */
  readonly placeholder: { readonly side: "target" | "upstream" } | undefined;
  /** Whether the sync branch has all of it. */
  readonly contained: boolean;
  /** Whether the commit it was made for still conflicts with the sync branch; of no meaning once people were there. */
  readonly conflicts: boolean;
}

export interface ConflictDecision {
  /** The branch on which people go on, and whose pull request and issue stay. */
  readonly keep: string | undefined;
  /** A new conflict branch of this number is that branch. */
  readonly create: number | undefined;
  /** Branches that hold nothing the sync branch lacks. */
  readonly remove: readonly string[];
}

/**
 * One conflict, one branch, one pull request, one issue. A branch stays while the conflict it was made for is there, though
 * upstream goes on: people have its name by now, and it takes them as far as it went. Nothing that people pushed is removed
 * before the sync branch has it.
 *
 * @param used the highest number that a conflict branch ever had.
 */
export function decideConflict(matter: Matter, branches: readonly BranchFacts[], used: number): ConflictDecision {
  if (matter.kind === "unknown") return { keep: undefined, create: undefined, remove: [] };
  const keep = keptBranch(matter, branches);
  const create = matter.kind === "side" && keep === undefined ? nextNumber(branches, used) : undefined;
  const done = branches.filter(({ name, placeholder, contained }) => name !== keep && (placeholder || contained));
  return { keep, create, remove: done.map(({ name }) => name) };
}

function keptBranch(matter: Matter, branches: readonly BranchFacts[]): string | undefined {
  if (matter.kind === "proposal") return matter.name;
  if (matter.kind !== "side") return undefined;
  const numbered = branches.filter(({ name }) => conflictNumber(name) > 0);
  const worked = numbered.filter(({ placeholder, contained }) => !placeholder && !contained);
  const waiting = numbered.filter(({ placeholder, conflicts }) => placeholder?.side === matter.side && conflicts);
  return (worked.at(-1) ?? waiting.at(-1))?.name;
}

function nextNumber(branches: readonly BranchFacts[], used: number): number {
  return Math.max(used, ...branches.map(({ name }) => conflictNumber(name))) + 1;
}

export interface SeenFacts {
  readonly outcome: Outcome;
  readonly seen: ReadonlyMap<string, string>;
  /** The tips this run judged. */
  readonly upstream: string;
  readonly target: string;
  readonly sync: string;
  /** Branches for people that are there at the end of this run: their tips as this run judged or made them, by name. */
  readonly branches: ReadonlyMap<string, string>;
}

/** What `look` compares with while people have something to settle. @param ref makes the full ref of a name. */
export function seenUpdates(facts: SeenFacts, ref: (name: string) => string): RefUpdate[] {
  // Failed tests are run again by the next run, so nothing of this one is settled.
  if (facts.outcome === "tests-failed" || facts.outcome === "stopped") return [];
  const { upstream, sync, target } = facts;
  const open = facts.outcome === "conflict" ? Object.entries({ upstream, sync, target }) : [];
  const wanted = new Map([...facts.branches, ...open]);
  return [...new Set([...facts.seen.keys(), ...wanted.keys()])]
    .map((name) => ({ ref: ref(name), from: facts.seen.get(name), to: wanted.get(name) }))
    .filter(({ from, to }) => from !== to);
}
