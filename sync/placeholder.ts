/**
 * The commit of ours at the tip of a conflict branch: no change of its own, on the commit that conflicts. Until people push
 * there, this is what the branch points to.
 */

import type { Git } from "./git.ts";
import { type Sha, treeOf } from "./graph.ts";
import { commitMerge } from "./merge-step.ts";
import { type Placeholder, placeholderIn } from "./placeholder-mark.ts";

/**
 * `[skip ci]`: the tree is upstream's, so a push of it would run upstream's workflows with the fork's secrets.
 * https://docs.github.com/actions/how-tos/manage-workflow-runs/skip-workflow-runs
 *
 * @param facts `base`: the sync branch at that time. `run` makes it another commit than that of an earlier conflict.
 */
export async function makePlaceholder(
  git: Git,
  facts: Placeholder & { readonly base: Sha; readonly sync: string; readonly run: number },
): Promise<Sha> {
  const message = [
    "chore: a place to settle an upstream sync conflict [skip ci]",
    "",
    `Nothing is changed here. Merge ${facts.sync} into this branch and settle the conflicts.`,
    "",
    `Upstream-Sync-Conflict: ${facts.side}`,
    `Upstream-Sync-Commit: ${facts.commit}`,
    `Upstream-Sync-Base: ${facts.base}`,
    `Upstream-Sync-Run: ${facts.run}`,
    "",
  ].join("\n");
  return commitMerge(git, await treeOf(git, facts.commit), [facts.commit], message);
}

/** Undefined when the commit is none of ours: then people have been there. */
export async function readPlaceholder(git: Git, sha: Sha): Promise<Placeholder | undefined> {
  const text = await git.text(["show", "--no-patch", "--format=%P%n%T%n%B", sha]);
  const [parents = "", tree = "", ...message] = text.split("\n");
  const placeholder = placeholderIn({ parents, message: message.join("\n") });
  if (placeholder === undefined) return undefined;
  return tree === (await treeOf(git, placeholder.commit)) ? placeholder : undefined;
}
