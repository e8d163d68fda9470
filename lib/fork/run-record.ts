/** The record a run leaves as an annotation (docs/architecture.md, "The sync program"), as tools outside the fork read it. */
import { z } from "zod";

const sha = z.string().nullable();

/** Lists may be cut by the writer, which then says in `of` how long they were. Keys of later versions are let through. */
const recordSchema = z.looseObject({
  v: z.literal(1),
  outcome: z.enum(["up-to-date", "promoted", "conflict", "tests-failed", "stopped"]),
  reason: z.string(),
  run: z.number(),
  route: z.string().optional(),
  upstream: z.looseObject({ ref: z.string(), sha, why: z.string().optional() }),
  sync: z.looseObject({ before: sha, after: sha }),
  target: sha,
  candidate: sha,
  tests: z.array(z.looseObject({ name: z.string(), ok: z.boolean(), seconds: z.number() })),
  conflicts: z.array(z.looseObject({ path: z.string(), kind: z.string(), side: z.string() })),
  trusted: z.array(z.string()).default([]),
  held: z.array(z.string()),
  kept: z.array(z.looseObject({ path: z.string(), policy: z.string() })).default([]),
  firstConflict: sha.default(null),
  pr: z.number().nullable(),
  issue: z.number().nullable(),
  behind: z.looseObject({ commits: z.number(), days: z.number() }).nullable(),
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
