/**
 * candidate = sync tip ⊕ target tip ⊕ proposals ⊕ upstream commit: left to right, one merge commit each, a step left out
 * when it is an ancestor already. Same inputs give the same commits, so a second run arrives at the same candidate.
 */
import { editTree } from "./edit-tree.ts";
import type { Git } from "./git.ts";
import { listTree, mergeBases, type Sha, treeOf } from "./graph.ts";
import {
  type Conflict,
  isFixed,
  mergedWith,
  mergeStep,
  type Proposal,
  type Step,
  type UpstreamPart,
} from "./merge-step.ts";
import type { MergeTreeOutput } from "./merge-tree.ts";
import { mergePart, type PartInput } from "./upstream-part.ts";

export interface FoldInput extends PartInput {
  readonly sync: Sha;
  readonly target: Sha;
  readonly proposals: readonly Proposal[];
  readonly upstream: Sha;
  /** The commit of the target that has the sync's content without its history (see landing.ts): merged before the rest of it. */
  readonly landed?: Sha | undefined;
}

export interface SetAside extends Proposal {
  /**
   * `markers`: conflict markers are left in it. `conflict`: it does not merge with what the other branches have now. `lost`: it
   * takes away what must survive.
   */
  readonly why: "markers" | "conflict" | "lost";
  readonly files: readonly Conflict[];
}

export interface Fold {
  /** The last commit that went in; the sync tip itself when nothing did. */
  readonly tip: Sha;
  readonly tree: Sha;
  /** Empty when target and upstream went in; else the paths of the first of them that did not, all of one side. */
  readonly conflicts: readonly Conflict[];
  /** Proposals that did not merge; the fold goes on without them. */
  readonly setAside: readonly SetAside[];
  /** Where upstream conflicts and is taken as far as it merges (`policies.partial`). */
  readonly part?: UpstreamPart;
}

/** @throws Stop when a side shares no history with the sync branch. */
export async function foldCandidate(git: Git, input: FoldInput): Promise<Fold> {
  let tip = await joinLanded(git, input);
  const setAside: SetAside[] = [];
  for (const step of await stepsOf(git, { ...input, sync: tip })) {
    const merge = step.side === "upstream" && input.policies.partial ? mergePart : mergeStep;
    const { tip: next, conflicts, lost, part } = await merge(git, input, tip, step);
    if (conflicts.length === 0) tip = next;
    else if (step.proposal) setAside.push({ ...step.proposal, why: lost ? "lost" : "conflict", files: conflicts });
    else return { tip: next, tree: await treeOf(git, next), conflicts, setAside, ...(part && { part }) };
  }
  return { tip, tree: await treeOf(git, tip), conflicts: [], setAside };
}

/** The sync tip, with the commit that landed it: found as one that merges (see landing.ts). */
async function joinLanded(git: Git, input: FoldInput): Promise<Sha> {
  const { sync, landed, names } = input;
  if (landed === undefined) return sync;
  const step: Step = { side: "target", commit: landed, name: names.target, words: names.target, landed: true };
  return (await mergeStep(git, input, sync, step)).tip;
}

/** Proposals come after the target, unless the target conflicts: then they are what settles that. */
async function stepsOf(git: Git, input: FoldInput): Promise<Step[]> {
  const { names, proposals } = input;
  const target: Step = { side: "target", commit: input.target, name: names.target, words: names.target };
  const upstream: Step = {
    side: "upstream",
    commit: input.upstream,
    name: `upstream ${names.upstream}`,
    words: `upstream's ${names.upstream}`,
  };
  const [base] = proposals.length === 0 ? [] : await mergeBases(git, input.sync, input.upstream);
  const ofPeople = (own?: Sha): Step[] =>
    proposals.map((proposal) => {
      const { branch, sha } = proposal;
      return { side: "proposal", commit: sha, name: branch, words: branch, own, base, proposal };
    });
  if (proposals.length === 0) return [target, upstream];
  const merged = await mergedWith(git, input.sync, target, names.sync);
  if (merged === undefined || merged.conflicts.length === 0) return [target, ...ofPeople(), upstream];
  // What the target changed in files that are held or kept is the fork's own; what a proposal changed there may be upstream's.
  return [...ofPeople(await settledByPeople(git, input, merged)), target, upstream];
}

/** The tree of a merge that conflicted, with those held or kept files that conflicted as people settled them. */
async function settledByPeople(git: Git, { proposals, ...rules }: FoldInput, merged: MergeTreeOutput): Promise<Sha> {
  const last = proposals.at(-1);
  const fixed = isFixed(rules);
  const paths = merged.conflicts.map(({ path }) => path).filter(fixed);
  if (last === undefined || paths.length === 0) return merged.tree;
  const files = new Map((await listTree(git, `${last.sha}^{tree}`, ["-r"])).map((entry) => [entry.path, entry]));
  return editTree(git, merged.tree, new Map(paths.map((path) => [path, files.get(path)])));
}
