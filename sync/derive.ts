/** From commits to a fold and the facts about it: `merge` does this to make a candidate, `finish` to check a conflict. */
import { isCandidate, type MergeFacts, needsFold } from "./decide.ts";
import { type Fold, foldCandidate } from "./fold.ts";
import type { Git } from "./git.ts";
import { carriesUpstream, isAncestor, type Sha } from "./graph.ts";
import type { Settings } from "./settings.ts";

export interface Commits {
  readonly sync: Sha;
  readonly target: Sha;
  readonly upstream: Sha;
  readonly tested: Sha | undefined;
}

export interface Derived {
  /** Undefined when there is nothing to fold. */
  readonly fold: Fold | undefined;
  readonly candidate: boolean;
}

export async function derive(git: Git, settings: Settings, commits: Commits): Promise<Derived> {
  const { sync, target, upstream, tested } = commits;
  const facts: MergeFacts = {
    sync,
    tested,
    upstreamInTarget: await isAncestor(git, upstream, target),
    syncInTarget: await isAncestor(git, sync, target),
    syncCarriesUpstream: await carriesUpstream(git, sync, upstream, target),
  };
  if (!needsFold(facts)) return { fold: undefined, candidate: false };
  const fold = await foldCandidate(git, {
    sync,
    target,
    upstream,
    names: { sync: settings.branches.sync, target: settings.branches.target, upstream: settings.upstream.branch },
    upstreamWorkflows: settings.upstreamWorkflows,
  });
  const conflict = fold.conflicts.length > 0;
  const carries = conflict && (await carriesUpstream(git, fold.tip, upstream, target));
  return { fold, candidate: isCandidate(facts, { tip: fold.tip, conflict, carriesUpstream: carries }) };
}
