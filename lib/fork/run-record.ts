/** The record a run leaves as an annotation (docs/architecture.md, "The sync program"), as tools outside the fork read it. */
import { z } from "zod";

const sha = z.string().nullable();

/** Lists may be cut by the writer, which then says in `of` how long they were. Keys of later versions are let through. */
const recordSchema = z.looseObject({
  v: z.literal(1),
  /** As the process document explains them. */
  outcome: z.enum(["up-to-date", "promoted", "conflict", "tests-failed", "stopped"]),
  /** A sentence. */
  reason: z.string(),
  run: z.number(),
  /** Only of a verification: whose branches it worked on. */
  route: z.string().optional(),
  /** What of upstream the run went up to, and why that. */
  upstream: z.looseObject({ ref: z.string(), sha, why: z.string().optional() }),
  /** The tip of the sync branch before and after. */
  sync: z.looseObject({ before: sha, after: sha }),
  /** The tip of the target as it was merged. */
  target: sha,
  /** The merge that was tested. */
  candidate: sha,
  tests: z.array(z.looseObject({ name: z.string(), ok: z.boolean(), seconds: z.number() })),
  conflicts: z.array(z.looseObject({ path: z.string(), kind: z.string(), side: z.string() })),
  /** Test files that were taken from the target as people reviewed them (`tests.trusted`). */
  trusted: z.array(z.string()).default([]),
  /** Workflow files of upstream that the fork has in its own version. */
  held: z.array(z.string()),
  /** Files that a policy of the config settled. */
  kept: z.array(z.looseObject({ path: z.string(), policy: z.string() })).default([]),
  /** The first commit of upstream that does not merge, where it is known. */
  firstConflict: sha.default(null),
  /** Number of the sync pull request. */
  pr: z.number().nullable(),
  /** Number of the issue about a conflict. */
  issue: z.number().nullable(),
  /** How far the fork was behind upstream afterwards; `atLeast`: upstream went on since that was counted. */
  behind: z.looseObject({ commits: z.number(), days: z.number(), atLeast: z.literal(true).optional() }).nullable(),
  /** People have the word: what is proposed is under review, or they asked for a pause. */
  waits: z.enum(["review", "pause"]).optional(),
  /** Which limits of the config's `freshness` the target has passed; absent when none. */
  over: z.array(z.enum(["commits", "days"])).optional(),
});

export type RunRecord = z.output<typeof recordSchema>;

/** Undefined for a text that is no record of a version this tool reads. */
export function parseRecord(message: string): RunRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(message)).data;
  } catch {
    return undefined;
  }
}
