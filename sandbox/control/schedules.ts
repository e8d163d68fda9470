/** When schedules fire. Pure. */
import { CronExpressionParser } from "cron-parser";

export interface Scheduled<T> {
  cron: string;
  /** IANA name; GitHub's default is UTC. */
  timezone?: string;
  what: T;
}

export interface Firing<T> {
  at: Date;
  cron: string;
  what: T;
}

function occurrences<T>(
  { cron, timezone, what }: Scheduled<T>,
  from: Date,
  limit: (at: Date, count: number) => boolean,
): Firing<T>[] {
  let times: ReturnType<typeof CronExpressionParser.parse>;
  try {
    times = CronExpressionParser.parse(cron, { currentDate: from, tz: timezone ?? "Etc/UTC" });
  } catch {
    // GitHub ignores a schedule it cannot read; the workflow's other events go on.
    return [];
  }
  const found: Firing<T>[] = [];
  for (let at = times.next().toDate(); limit(at, found.length); at = times.next().toDate())
    found.push({ at, cron, what });
  return found;
}

/** Everything that fires after `from` and not after `to`, in order of time. */
export function firingsBetween<T>(schedules: readonly Scheduled<T>[], from: Date, to: Date): Firing<T>[] {
  return schedules
    .flatMap((schedule) => occurrences(schedule, from, (at) => at <= to))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}

/** The first firing after `from`; undefined when nothing is scheduled. */
export function nextFiring<T>(schedules: readonly Scheduled<T>[], from: Date): Firing<T> | undefined {
  return schedules
    .flatMap((schedule) => occurrences(schedule, from, (_at, count) => count < 1))
    .sort((a, b) => a.at.getTime() - b.at.getTime())[0];
}
