/** Upstream as far as it merges (`policies.partial`). */
import { withAttributes } from "./attributes.ts";
import type { Git } from "./git.ts";
import type { Sha } from "./graph.ts";
import { type Conflict, conflictsIn, mergeStep, type Step, type StepInput, type Stepped } from "./merge-step.ts";

export interface PartInput extends StepInput {
  /** Where an earlier fold of the same commits stopped to take upstream in: looked at first. */
  readonly taken?: Sha | undefined;
}

/** Paths that are looked for, and commits that are looked through: more would take longer than halving does. */
const MOST_PATHS = 100;
const MOST_COMMITS = 5000;

/** Where in the line the conflict most likely begins: at the first commit that touches a conflicting file. -1: no idea. */
async function guessPart(
  git: Git,
  { taken }: PartInput,
  tip: Sha,
  { commit }: Pick<Step, "commit">,
  conflicts: readonly Conflict[],
  line: readonly Sha[],
): Promise<number> {
  if (taken !== undefined && line.includes(taken)) return line.indexOf(taken) + 1;
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
 * halving, and four more. What comes after a conflict is taken for a conflict too.
 */
export async function mergePart(git: Git, input: PartInput, tip: Sha, step: Step): Promise<Stepped> {
  const line = (await git.text(["rev-list", "--first-parent", "--reverse", step.commit, `^${tip}`])).split("\n");
  // Where an earlier fold stopped on the way, the whole is known to conflict.
  const stopped = input.taken !== undefined && line.slice(0, -1).includes(input.taken);
  const whole = stopped ? undefined : await mergeStep(git, input, tip, step);
  if (whole?.conflicts.length === 0) return whole;
  const at = (index: number): Step => ({ ...step, commit: line[index] as Sha });
  let [clean, bad, files] = [-1, whole ? line.length - 1 : line.length, whole?.conflicts ?? []];
  // Ten times or more on the same tip: its attributes are written out once.
  await withAttributes(git, tip, async (place) => {
    const tryAt = async (index: number) => {
      const found = await conflictsIn(git, input, tip, at(index), place);
      if (found.length === 0) clean = index;
      else [bad, files] = [index, found];
    };
    const guess = await guessPart(git, input, tip, step, files, line);
    for (const index of [guess, guess - 1]) if (index > clean && index < bad) await tryAt(index);
    while (bad - clean > 1) await tryAt(Math.floor((clean + bad) / 2));
  });
  if (bad === line.length) return mergeStep(git, input, tip, step);
  const first = { commit: at(bad).commit, files };
  if (clean < 0) return { tip, conflicts: whole?.conflicts ?? files, part: { taken: undefined, first } };
  const part = await mergeStep(git, input, tip, at(clean));
  const rest = await mergeStep(git, input, part.tip, step);
  // With the part in, git may find the rest to merge after all.
  if (rest.conflicts.length === 0) return rest;
  return { tip: part.tip, conflicts: rest.conflicts, part: { taken: at(clean).commit, first } };
}
