/** Asks the sync program itself (`sync/by-hand.ts`) about commits in a clone: what it would merge, and what it thinks of what people did. */
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { programPolicies } from "../config/policies.ts";
import type { ForkConfig } from "../config/schema.ts";
import { Failure } from "../failure.ts";
import { packageRoot } from "../package-root.ts";
import { followText } from "../render/follow.ts";

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
  /** What of upstream that is: `refs/heads/main`, `refs/tags/v1.4.2`. */
  readonly ref: string;
  readonly tested?: string | undefined;
  readonly held?: string | undefined;
}

/** What a run would make of these commits. @throws Failure in the program's words. */
export async function askProgram(
  fork: ForkConfig,
  gitFolder: string,
  { ref, ...commits }: LocalCommits,
  proposals: Readonly<Record<string, string>>,
): Promise<ByHandAnswer> {
  const { branches, landing, upstreamWorkflows } = fork;
  const policies = programPolicies(fork.policies);
  const rules = { branches, landing, upstreamWorkflows, policies, upstream: { ref } };
  const request = { ask: "fold", gitFolder, ...rules, commits, proposals };
  return answerSchema.parse(await ask(request));
}

/** Which of upstream's tags a run would take now. @throws Failure in the program's words. */
export async function chooseTag(
  fork: ForkConfig,
  listings: { readonly fork: string; readonly tags: string },
): Promise<{ readonly ref: string }> {
  const { branches, upstream } = fork;
  return choiceSchema.parse(
    await ask({ ask: "choice", follow: followText(fork.follow), upstream, branches, listings }),
  );
}

const rangeSchema = z.object({
  from: z.string(),
  to: z.string(),
  commits: z.number(),
  files: z.number(),
  bothChanged: z.array(z.string()),
  risks: z.array(z.object({ title: z.string(), paths: z.array(z.string()) })),
});

/** What upstream brings to a target. */
export type UpstreamRange = z.output<typeof rangeSchema>;

/** @param gitFolder a bare repository that has both commits. @throws Failure in the program's words. */
export async function askRange(
  gitFolder: string,
  commits: { readonly target: string; readonly upstream: string },
): Promise<UpstreamRange> {
  return rangeSchema.parse(await ask({ ask: "range", gitFolder, commits }));
}

const choiceSchema = z.object({ ref: z.string() });

async function ask(request: object): Promise<unknown> {
  const program = join(packageRoot(), "dist", "sync", "by-hand.js");
  const result = await execa(process.execPath, [program], { input: JSON.stringify(request), reject: false });
  if (result.exitCode === 0) return JSON.parse(result.stdout);
  throw new Failure(
    `the sync program stopped: ${result.stderr.split("\n", 1)[0]}`,
    "that is what a run of the workflow says too: mend it first",
    result.stderr,
  );
}
