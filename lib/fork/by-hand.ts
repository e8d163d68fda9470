/** Asks the sync program itself (`sync/by-hand.ts`) about commits in a clone: what it would merge, and what it thinks of what people did. */
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import type { ForkConfig } from "../config/schema.ts";
import { Failure } from "../failure.ts";
import { packageRoot } from "../package-root.ts";

const conflict = z.object({ path: z.string(), kind: z.string(), side: z.enum(["target", "proposal", "upstream"]) });
const answerSchema = z.object({
  tip: z.string().nullable(),
  conflicts: z.array(conflict),
  setAside: z.array(
    z.object({ name: z.string(), why: z.enum(["markers", "conflict", "lost"]), files: z.array(conflict) }),
  ),
  taken: z.array(z.object({ name: z.string(), conflicted: z.array(z.string()), oneSided: z.string().nullable() })),
});

export type ByHandAnswer = z.output<typeof answerSchema>;
export type LocalConflict = z.output<typeof conflict>;

export interface LocalCommits {
  readonly sync: string;
  readonly target: string;
  readonly upstream: string;
  readonly tested?: string | undefined;
  readonly held?: string | undefined;
}

/** @throws Failure in the program's words. */
export async function askProgram(
  fork: ForkConfig,
  gitFolder: string,
  commits: LocalCommits,
  proposals: Readonly<Record<string, string>>,
): Promise<ByHandAnswer> {
  const { branches, upstream, upstreamWorkflows, policies } = fork;
  const input = JSON.stringify({ gitFolder, branches, upstream, upstreamWorkflows, policies, commits, proposals });
  const program = join(packageRoot(), "dist", "sync", "by-hand.js");
  const result = await execa(process.execPath, [program], { input, reject: false });
  if (result.exitCode === 0) return answerSchema.parse(JSON.parse(result.stdout));
  throw new Failure(
    `the sync program stopped: ${result.stderr.split("\n", 1)[0]}`,
    "that is what a run of the workflow says too: mend it first",
    result.stderr,
  );
}
