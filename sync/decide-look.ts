/** What `look` decides, as functions from facts to decisions: no git, no network, no clock. */
import type { Wait } from "./decide-wait.ts";
import type { RemoteRefs } from "./refs.ts";

export interface LookFacts {
  readonly upstream: string;
  readonly sync: string;
  readonly target: string;
  readonly recorded: RemoteRefs["recorded"];
  /** Candidates of runs that did not finish. */
  readonly leftOver: number;
  readonly proposals: RemoteRefs["proposals"];
  readonly seen: RemoteRefs["seen"];
  /** Asked for by hand. */
  readonly retest: boolean;
}

export type LookAnswer =
  | { readonly kind: "idle"; readonly reason: string; readonly landed: boolean; readonly waits?: Wait["waits"] }
  /** A conflict is open, and nothing moved that could settle it. */
  | { readonly kind: "waiting"; readonly reason: string }
  /** People have the word, and have to be told once. */
  | { readonly kind: "tell"; readonly reason: string }
  | { readonly kind: "go"; readonly reason: string };

/** `ask-landed`: only the target moved; whether that was the sync landing has to be asked (see `decideLanded`). */
export type LookDecision = LookAnswer | { readonly kind: "ask-landed"; readonly tested: string };

export function decideLook(facts: LookFacts): LookDecision {
  const { recorded, seen } = facts;
  if (facts.retest) return { kind: "go", reason: "the tests are asked for again" };
  if (facts.leftOver > 0) return { kind: "go", reason: "an earlier run did not finish" };
  const moved = [...facts.proposals].filter(([name, tip]) => seen.get(name) !== tip).map(([name]) => name);
  if (moved.length > 0) return { kind: "go", reason: `people moved ${moved.join(", ")}` };
  if (seen.has("upstream")) return decideWaiting(facts);
  if (!recorded.synced || !recorded.tested || !recorded.target) return { kind: "go", reason: "this is the first run" };
  if (facts.upstream !== recorded.synced) return { kind: "go", reason: "upstream moved" };
  if (facts.sync !== recorded.tested) return { kind: "go", reason: "the sync branch is not where it was promoted to" };
  if (facts.target === recorded.target) return { kind: "idle", reason: "nothing moved", landed: false };
  if (recorded.landed) return decideLanded({ landed: true });
  return { kind: "ask-landed", tested: recorded.tested };
}

/** A conflict that is open comes out the same as long as all that was folded is where it was. */
function decideWaiting({ upstream, sync, target, proposals, seen }: LookFacts): LookAnswer {
  const now = new Map([...proposals, ["upstream", upstream], ["sync", sync], ["target", target]]);
  // A branch that was seen and is gone counts too: people took their proposal back.
  const moved = [...new Set([...now.keys(), ...seen.keys()])].filter((name) => seen.get(name) !== now.get(name));
  if (moved.length > 0) return { kind: "go", reason: `a conflict is open, and there is news of ${moved.join(", ")}` };
  return { kind: "waiting", reason: "a conflict is open and waits for people; nothing moved since it was found" };
}

/** Whether workflow files are held that came after the last time people could accept them. */
export function isHolding({ recorded }: LookFacts): boolean {
  return recorded.held !== undefined && recorded.held !== recorded.synced;
}

/** There is something to do; whether it is people's turn (see `decideWait`). */
export function decideTurn(reason: string, wait: Wait | undefined): LookAnswer {
  if (wait === undefined) return { kind: "go", reason };
  return wait.tell === undefined
    ? { kind: "idle", reason: wait.reason, landed: false, waits: wait.waits }
    : { kind: "tell", reason: wait.reason };
}

/** @param facts `landed`: whether the target holds the promoted tip. */
export function decideLanded({ landed }: { readonly landed: boolean }): LookAnswer {
  return landed
    ? { kind: "idle", reason: "what was promoted has landed, and upstream did not move", landed: true }
    : { kind: "go", reason: "the target moved" };
}
