/** Where a candidate is put for the tests: under a ref that starts nothing, and on a branch where the fork's own CI is asked. */
import type { RefUpdate } from "./decide.ts";
import type { Push } from "./push.ts";
import { candidateBranch, candidateRef, type RemoteRefs } from "./refs.ts";
import type { Settings } from "./settings.ts";
import { Stop } from "./stop.ts";

const WHAT = "the push of the candidate was refused";

/**
 * @param isLast whether no job changes it any more: only then the CI is started.
 * @throws Stop when somebody else's commit is on the branch.
 */
export async function offerCandidate(
  push: Push,
  settings: Settings,
  refs: RemoteRefs,
  tip: string,
  isLast: boolean,
): Promise<void> {
  const ref = candidateRef(settings);
  const mine = { ref, from: refs.candidates.get(ref), to: tip };
  if (settings.tests.checks.length === 0 || !isLast) return push(WHAT, [mine].filter(isMove));
  const branch = `refs/heads/${candidateBranch(settings)}`;
  const before = refs.candidateBranch;
  if (before !== undefined && !isCandidate(refs, before)) throw taken(settings, before);
  // Only a push starts the CI: a branch that is at this commit already, left by a run that was cut short, is made anew.
  if (before === tip) await push(WHAT, [{ ref: branch, from: before, to: undefined }]);
  await push(WHAT, [mine, { ref: branch, from: before === tip ? undefined : before, to: tip }].filter(isMove));
}

/** Takes the branch away, where it is ours. */
export function branchRemoval(settings: Settings, refs: RemoteRefs, only?: string): RefUpdate[] {
  const from = refs.candidateBranch;
  if (from === undefined || !(only === undefined ? isCandidate(refs, from) : from === only)) return [];
  return [{ ref: `refs/heads/${candidateBranch(settings)}`, from, to: undefined }];
}

function isCandidate(refs: RemoteRefs, sha: string): boolean {
  return [...refs.candidates.values()].includes(sha);
}

/** A started-again run makes the same commit, and finds it where it put it. */
function isMove(update: RefUpdate): boolean {
  return update.from !== update.to;
}

function taken(settings: Settings, sha: string): Stop {
  const branch = candidateBranch(settings);
  return new Stop({
    what: `the branch ${branch} is where candidates are put for the fork's own CI, and it is somebody's`,
    got: `${sha}, which no run of this workflow made`,
    remedy: `Rename that branch if it is needed (people's branches are ${settings.branches.sync}-manual and the like), delete it otherwise, then run the workflow again`,
  });
}
