/** How far the target is behind upstream, kept so that the next runs know it without a clone; pure. */
import type { RefUpdate } from "./decide.ts";
import type { Behind } from "./record.ts";

/** What a run that had a clone found; it stands in the name of a ref, so that one `ls-remote` reads it. */
export interface Distance {
  /** Days since the epoch: when that was. */
  readonly day: number;
  readonly commits: number;
  /** Seconds since the epoch: the committer date of the oldest commit that the target lacks; 0 when it lacks none. */
  readonly since: number;
  readonly upstream: string;
  /** The ref points there. */
  readonly target: string;
}

const DAY = 86_400;

/** @param now milliseconds since the epoch. */
export function today(now: number): number {
  return Math.floor(now / 1000 / DAY);
}

/** @param dates committer dates, in seconds since the epoch, of the commits that the target lacks. */
export function distanceOf(dates: readonly number[], upstream: string, target: string, now: number): Distance {
  const since = dates.reduce((oldest, date) => Math.min(oldest, date), dates[0] ?? 0);
  return { day: today(now), commits: dates.length, since, upstream, target };
}

export function behindOf({ commits, since }: Pick<Distance, "commits" | "since">, now: number): Behind {
  return { commits, days: commits === 0 ? 0 : Math.max(0, Math.floor((now / 1000 - since) / DAY)) };
}

const NAME = /^(\d+)-(\d+)-(\d+)-([0-9a-f]{40})$/;

/** What follows the folder in the name of the ref. */
export function distanceName({ day, commits, since, upstream }: Distance): string {
  return [day, commits, since, upstream].join("-");
}

/** Undefined for a name that is none of these. */
export function parseDistance(name: string, target: string): Distance | undefined {
  const found = NAME.exec(name);
  if (found === null) return undefined;
  const [, day, commits, since, upstream = ""] = found;
  return { day: Number(day), commits: Number(commits), since: Number(since), upstream, target };
}

/** One is kept at most. @param ref makes the full ref of a name. */
export function distanceUpdates(
  before: readonly Distance[],
  after: Distance,
  ref: (name: string) => string,
): RefUpdate[] {
  const name = distanceName(after);
  const same = before.find((one) => distanceName(one) === name);
  const gone = before.filter((one) => one !== same);
  return [
    ...gone.map((one) => ({ ref: ref(distanceName(one)), from: one.target, to: undefined })),
    ...(same?.target === after.target ? [] : [{ ref: ref(name), from: same?.target, to: after.target }]),
  ];
}

/** Days without a push of ours before a run keeps the schedule on: half of what GitHub waits. */
const QUIET = 30;

/**
 * Each run with something to do pushes the distance, so its day is that of the last push.
 * @param finished whether a run has ever ended: one of an earlier version left no distance. @param now milliseconds since the epoch.
 */
export function isQuiet(distances: readonly Distance[], finished: boolean, now: number): boolean {
  return finished && distances.every(({ day }) => today(now) - day >= QUIET);
}
