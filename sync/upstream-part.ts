/** Upstream as far as it merges (`policies.partial`). */
import { withAttributes } from "./attributes.ts";
import type { Git } from "./git.ts";
import type { Sha } from "./graph.ts";
import {
  type Conflict,
  conflictsIn,
  conflictsWith,
  mergeStep,
  type Step,
  type StepInput,
  type Stepped,
  type UpstreamPart,
} from "./merge-step.ts";

export interface PartInput extends StepInput {
  /** What an earlier fold of the same commits made, as a run's first job hands it to its last: where that stopped, this one begins. */
  readonly earlier?: Sha | undefined;
}

/** Paths that are looked for, and commits that are looked through: more would take longer than halving does. */
const MOST_PATHS = 100;
const MOST_COMMITS = 5000;

/** Where in the line the conflict most likely begins: at the first commit that touches a conflicting file. -1: no idea. */
async function guessPart(
  git: Git,
  tip: Sha,
  { commit }: Pick<Step, "commit">,
  conflicts: readonly Conflict[],
  line: readonly Sha[],
): Promise<number> {
  // An argument cannot hold the bytes of other names as they are.
  const paths = conflicts.map(({ path }) => path).filter((path) => /^[ -~]+$/.test(path));
  if (line.length > MOST_COMMITS || paths.length === 0) return -1;
  const range = ["rev-list", "--first-parent", "--reverse", commit, `^${tip}`, "--"];
  const environment = { GIT_LITERAL_PATHSPECS: "1" };
  const [first = ""] = (await git.text([...range, ...paths.slice(0, MOST_PATHS)], { environment })).split("\n");
  return line.indexOf(first);
}

/**
 * All of upstream, or else the longest run of its first-parent line that merges, found by a guess and by halving: one merge for each
 * halving, and four more.
 */
export async function mergePart(git: Git, input: PartInput, tip: Sha, step: Step): Promise<Stepped> {
  const line = (await git.text(["rev-list", "--first-parent", "--reverse", step.commit, `^${tip}`])).split("\n");
  const resumed = await resume(git, input, tip, step, line);
  if (resumed !== undefined) return resumed;
  const whole = await mergeStep(git, input, tip, step);
  if (whole.conflicts.length === 0) return whole;
  const { clean, first } = await firstConflict(git, input, tip, step, whole.conflicts, line);
  if (clean === undefined) return { tip, conflicts: whole.conflicts, part: { taken: undefined, first } };
  const part = await mergeStep(git, input, tip, { ...step, commit: clean });
  const rest = await mergeStep(git, input, part.tip, step);
  // With the part in, git may find the rest to merge after all.
  if (rest.conflicts.length === 0) return rest;
  return { tip: part.tip, conflicts: rest.conflicts, part: { taken: clean, first } };
}

/** Undefined where the earlier fold took in no part of this line. */
async function resume(
  git: Git,
  input: PartInput,
  tip: Sha,
  step: Step,
  line: readonly Sha[],
): Promise<Stepped | undefined> {
  const { earlier } = input;
  if (earlier === undefined) return undefined;
  const [onto, taken = ""] = (await git.attempt(["rev-parse", `${earlier}^@`])).stdout.toString("utf8").split("\n");
  const at = line.indexOf(taken);
  const next = line[at + 1];
  if (onto !== tip || at < 0 || next === undefined) return undefined;
  const files = await conflictsWith(git, input, tip, { ...step, commit: next });
  const { conflicts } = await mergeStep(git, input, earlier, step);
  if (files.length === 0 || conflicts.length === 0) return undefined;
  return { tip: earlier, conflicts, part: { taken, first: { commit: next, files } } };
}

/** The first commit of the line with which the whole conflicts, and the last before it; what comes after a conflict is taken for one too. */
async function firstConflict(
  git: Git,
  input: StepInput,
  tip: Sha,
  step: Step,
  conflicts: readonly Conflict[],
  line: readonly Sha[],
): Promise<{ clean: Sha | undefined; first: UpstreamPart["first"] }> {
  let [clean, bad, files] = [-1, line.length - 1, conflicts];
  // Ten times or more on the same tip: its attributes are written out once.
  await withAttributes(git, tip, async (place) => {
    const tryAt = async (index: number) => {
      const found = await conflictsIn(git, input, tip, { ...step, commit: line[index] as Sha }, place);
      if (found.length === 0) clean = index;
      else [bad, files] = [index, found];
    };
    const guess = await guessPart(git, tip, step, conflicts, line);
    for (const index of [guess, guess - 1]) if (index > clean && index < bad) await tryAt(index);
    while (bad - clean > 1) await tryAt(Math.floor((clean + bad) / 2));
  });
  return { clean: line[clean], first: { commit: line[bad] as Sha, files } };
}
