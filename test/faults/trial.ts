/** What a story of faults is made of, and how its trials are chosen. */
import { differences, type ForkState, parted } from "./fork-state.ts";
import type { Lab } from "./lab.ts";

export interface Verdict {
  /** In the end everything stands as without the fault. */
  readonly converged: boolean;
  /** Things of people, from before, that are gone or changed. */
  readonly lost: readonly string[];
  /** For a trial that did not converge: what differs. */
  readonly detail: string;
}

/** One fault, and doing it again. */
export interface Trial {
  /** Unique among all stories; names the trial on the command line. */
  readonly id: string;
  run(): Promise<Verdict>;
}

export interface Story {
  readonly name: string;
  /** Tells the story undisturbed, and gives everything that can go wrong in it. */
  prepare(lab: Lab): Promise<readonly Trial[]>;
}

/** @param before how things stood when the story began. @param expected how they stand after it, undisturbed. */
export function judge(
  before: ForkState,
  expected: ForkState,
  got: ForkState,
  problems: readonly string[] = [],
): Verdict {
  const found = differences(expected, got);
  // Whatever the undisturbed story leaves as it was is people's.
  const lost = found.filter(({ thing }) => before[thing] !== undefined && before[thing] === expected[thing]);
  return {
    converged: found.length === 0 && problems.length === 0,
    lost: lost.map(({ thing }) => thing),
    detail: [...problems, ...found.map(parted)].join("\n"),
  };
}

/** A place where the connection can be cut: the `nth` request of this kind. */
export interface Place {
  readonly route: string;
  readonly request: number;
}

/**
 * The places of an undisturbed story. Several requests go out at once, in an order of their own each time, and ids differ: so a
 * request is known by what it is and how many of its kind came before.
 */
export function placesOf(requests: readonly string[]): Place[] {
  const counts = new Map<string, number>();
  return requests.map((request) => {
    const route = request
      .split("/")
      .map((segment) => (/^(\d+|[0-9a-f]{40}|[0-9a-f]{40}\.{2,3}\S+)$/.test(segment) ? ":id" : segment))
      .join("/");
    const count = (counts.get(route) ?? 0) + 1;
    counts.set(route, count);
    return { route, request: count };
  });
}

/** A read that was not answered and one whose answer was lost are the same to everybody. */
export function momentsOf({ route }: Place): readonly ("before" | "after")[] {
  return isRead(route) ? ["before"] : ["before", "after"];
}

export interface How {
  readonly when: "before" | "after";
  /** Nothing gets through afterwards. */
  readonly outage: boolean;
}

/** What was carried out of all that was asked, when the connection broke at this place. */
export function carriedOut(requests: readonly string[], place: Place, { when, outage }: How): string[] {
  const at = placesOf(requests).findIndex(({ route, request }) => route === place.route && request === place.request);
  if (at < 0) return [...requests];
  return [...requests.slice(0, when === "after" ? at + 1 : at), ...(outage ? [] : requests.slice(at + 1))];
}

export function isRead(request: string): boolean {
  return /^(GET|HEAD) |\/git-upload-pack$/.test(request);
}

export function placeName({ route, request }: Place): string {
  return `${route} #${request}`;
}

/** From 0 to below `count`, the same for the same name: two labs may find things in another order. */
export function oneOf(count: number, name: string): number {
  return [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_521, 0) % count;
}

/** `count` of them, always the same for the same seed; all when there are fewer. */
export function sample<T>(all: readonly T[], count: number, seed: number): T[] {
  const next = random(seed);
  return all
    .map((one) => [next(), one] as const)
    .sort(([one], [other]) => one - other)
    .slice(0, count)
    .map(([, one]) => one);
}

/** From 0 up to 1, the same row for the same seed: Tommy Ettinger's mulberry32, in the public domain. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
