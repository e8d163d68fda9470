/** How a proposal reaches people: which branch, which pull request, or why not; pure. */

export interface ProposalFacts {
  /** Files of the base that are not as they should be. */
  readonly changes: number;
  readonly baseTip: string;
  /** The branch that brings the files, when it is there. */
  readonly branch:
    | { readonly tip: string; readonly ahead: number; readonly behind: number; readonly allOurs: boolean }
    | undefined;
  /** Ours from that branch to this base, the newest first. */
  readonly pulls: readonly { readonly number: number; readonly open: boolean; readonly head: string }[];
}

export type ProposalDecision =
  /** The base is as it should be; what an earlier proposal left is tidied up. */
  | { readonly act: "nothing"; readonly close: number | undefined; readonly deleteBranch: boolean }
  | { readonly act: "stop"; readonly got: string }
  /** One commit with these parents; its files are those of `on` with the changes. */
  | {
      readonly act: "propose";
      readonly parents: readonly string[];
      readonly on: string;
      readonly open: number | undefined;
    };

/** Nothing is ever forced: a commit that has the branch's tip as a parent is a fast-forward of it, whatever its files are. */
export function decideProposal({ changes, baseTip, branch, pulls }: ProposalFacts): ProposalDecision {
  const open = pulls.find((pull) => pull.open)?.number;
  // Commits that a pull request was made of live on with it, under refs/pull/.
  const kept = branch !== undefined && (branch.ahead === 0 || pulls.some((pull) => pull.head === branch.tip));
  if (changes === 0) return { act: "nothing", close: open, deleteBranch: kept || branch?.allOurs === true };
  if (branch === undefined) return { act: "propose", parents: [baseTip], on: baseTip, open };
  // What came to the base since then counts in the merge: a file that only the base has is not taken away by a branch without it.
  const outdated = branch.behind > 0 && branch.allOurs;
  if (open !== undefined && !outdated) return { act: "propose", parents: [branch.tip], on: branch.tip, open };
  if (!kept && !branch.allOurs) return { act: "stop", got: "a branch of that name with commits of other people" };
  const parents = branch.ahead === 0 ? [baseTip] : [branch.tip, baseTip];
  return { act: "propose", parents, on: baseTip, open };
}
