/** Upstream's workflow files that were held, taken in afterwards: their merge as git would have made it. */
import type { Fold } from "./fold.ts";
import type { Git } from "./git.ts";
import { type Sha, treeOf } from "./graph.ts";
import { withOurs, withWorkflowPathsOf, withWorkflowsOf } from "./hold.ts";
import { commitMerge, mergeTrees } from "./merge-step.ts";

export interface Held {
  /** The upstream commit up to which the fork has upstream's workflow files. */
  readonly since: Sha;
  readonly upstream: Sha;
  /** Name of the sync branch, for the commit message. */
  readonly sync: string;
}

/**
 * Only `.github/workflows` changes, by a three-way merge from `since` to `upstream`. What both sides changed stays the fork's:
 * it stays on the list of what is held, for people to settle.
 */
export async function takeHeld(git: Git, fold: Fold, { since, upstream, sync }: Held): Promise<Fold> {
  const { tip, tree } = fold;
  const like = async (commit: Sha) => withOurs(git, tip, await withWorkflowsOf(git, commit, tree));
  const base = await commitMerge(git, await like(since), [since], "base");
  const ours = await commitMerge(git, tree, [base], "ours");
  const theirs = await commitMerge(git, await like(upstream), [base], "theirs");
  const merged = await mergeTrees(git, ours, theirs);
  const both = merged.conflicts.map(({ path }) => path);
  const taken = both.length === 0 ? merged.tree : await withWorkflowPathsOf(git, tip, merged.tree, both);
  if (taken === (await treeOf(git, tip))) return fold;
  const message = [
    `chore: take upstream's workflow files of ${upstream.slice(0, 12)} into ${sync}`,
    "",
    "They were held until people accepted them.",
    "",
    "Upstream-Sync-Side: upstream",
    `Upstream-Sync-Range: ${since}..${upstream}`,
    "",
  ];
  return { ...fold, tip: await commitMerge(git, taken, [tip], message.join("\n")), tree: taken };
}
