/** The one record of a run, which status, doctor, dashboard and audit read from the run's annotation; pure. */
import type { TestStep } from "./decide.ts";
import type { Conflict } from "./merge-step.ts";
import type { Kept } from "./policies.ts";
import { clip, escapeUnseen } from "./visible.ts";

export type Outcome = "up-to-date" | "promoted" | "conflict" | "tests-failed" | "stopped";

/** The target against upstream: commits it lacks, and the age in days of the oldest of them. */
export interface Behind {
  readonly commits: number;
  readonly days: number;
  /** Upstream went on since that was counted, and nobody could tell how far. */
  readonly atLeast?: true;
}

export interface RunRecord {
  readonly v: 1;
  readonly outcome: Outcome;
  readonly reason: string;
  /** The workflow run's id. */
  readonly run: number;
  /** Only of a verification, `verify-<id>`: such a run says nothing about the fork's sync. */
  readonly route?: string;
  /** `why`: how it comes that it is this one, once that is known. */
  readonly upstream: { readonly ref: string; readonly sha: string | null; readonly why?: string };
  readonly sync: { readonly before: string | null; readonly after: string | null };
  /** The target tip that was folded in, or seen. */
  readonly target: string | null;
  readonly candidate: string | null;
  readonly tests: readonly TestStep[];
  readonly conflicts: readonly Conflict[];
  /** Files of the fork's own tests that ran as the target has them, where the candidate has them otherwise. */
  readonly trusted: readonly string[];
  /** Upstream's workflow files that the fork does not take. */
  readonly held: readonly string[];
  /** What the fork's policies kept out of what upstream brings. */
  readonly kept: readonly Kept[];
  /** The first commit of upstream that conflicts, where upstream is taken in parts. */
  readonly firstConflict: string | null;
  readonly pr: number | null;
  readonly issue: number | null;
  /** Null when not known. */
  readonly behind: Behind | null;
  /** People have the word: what is proposed is under review, or they asked for a pause. */
  readonly waits?: "review" | "pause";
  /** Which limits of the budget the target has passed; absent when none. */
  readonly over?: readonly ("commits" | "days")[];
  /** How many entries each list had, when some were left out to keep the record short. */
  readonly of?: Readonly<Partial<Record<CutList, number>>>;
}

const LISTS = ["tests", "conflicts", "trusted", "held", "kept"] as const;

type CutList = (typeof LISTS)[number];

/** Bytes of the annotation's message, after escaping. GitHub keeps longer ones, but readers should not have to. */
export const RECORD_LIMIT = 2000;

/** `::notice title=upstream-sync::<json>`, at most `RECORD_LIMIT` bytes of message: lists are cut, their lengths kept. */
export function recordAnnotation(record: RunRecord): string {
  const { why, ...upstream } = record.upstream;
  let short: RunRecord = {
    ...record,
    // After a stop the reason is all there is, and its end says what to do.
    reason: clip(record.reason, record.outcome === "stopped" ? 1000 : 300),
    upstream: { ...upstream, ...(why === undefined ? {} : { why: clip(why, 120) }) },
    ...shortLists(record),
  };
  while (messageBytes(short) > RECORD_LIMIT) {
    const next = withoutLastOfLongest(short, record);
    if (next === undefined) return annotation(withShorterReason(short, record.reason));
    short = next;
  }
  return annotation(short);
}

/** https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
export function escapeMessage(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function annotation(record: RunRecord): string {
  return `::notice title=upstream-sync::${message(record)}`;
}

function message(record: RunRecord): string {
  // The runner obeys `##[command]` anywhere in a line; \u0023 is the same character to every JSON reader.
  return escapeMessage(escapeUnseen(JSON.stringify(record).replaceAll("##[", "#\\u0023[")));
}

function messageBytes(record: RunRecord): number {
  return Buffer.byteLength(message(record));
}

function withShorterReason(record: RunRecord, reason: string): RunRecord {
  const shorter = [300, 60].map((length) => ({ ...record, reason: clip(reason, length) }));
  return shorter.find((one) => messageBytes(one) <= RECORD_LIMIT) ?? (shorter.at(-1) as RunRecord);
}

/** So many entries never fit; taken off one by one, they would be written out as often. */
const MOST_LISTED = 60;

function shortLists(record: RunRecord): Pick<RunRecord, CutList | "of"> {
  const short = {
    tests: record.tests.slice(0, MOST_LISTED).map((step) => ({ ...step, name: clip(step.name, 80) })),
    conflicts: record.conflicts.slice(0, MOST_LISTED).map((one) => ({ ...one, path: clip(one.path, 200) })),
    trusted: record.trusted.slice(0, MOST_LISTED).map((path) => clip(path, 200)),
    held: record.held.slice(0, MOST_LISTED).map((path) => clip(path, 200)),
    kept: record.kept.slice(0, MOST_LISTED).map((one) => ({ ...one, path: clip(one.path, 200) })),
  };
  const cut = LISTS.filter((list) => record[list].length > MOST_LISTED).map((list) => [list, record[list].length]);
  return cut.length === 0 ? short : { ...short, of: Object.fromEntries(cut) };
}

function withoutLastOfLongest(record: RunRecord, whole: RunRecord): RunRecord | undefined {
  const lists = LISTS.filter((list) => record[list].length > 0);
  const [longest] = lists.sort((a, b) => JSON.stringify(record[b]).length - JSON.stringify(record[a]).length);
  if (longest === undefined) return undefined;
  return {
    ...record,
    [longest]: record[longest].slice(0, -1),
    of: { ...record.of, [longest]: whole[longest].length },
  };
}
