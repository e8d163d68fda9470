/**
 * A sync by hand: what a run of the workflow merges is merged in a clone, on the branch for manual syncs, by the same program. Nothing outside
 * the clone changes until the person pushes.
 */
import type { ForkConfig } from "../config/schema.ts";
import { Failure } from "../failure.ts";
import { askProgram, type LocalConflict } from "../fork/by-hand.ts";
import {
  beginMerge,
  fetchBoth,
  isAncestor,
  localTip,
  noteBegun,
  openWorkTree,
  refusePending,
  requireIdentity,
  type WorkTree,
} from "../fork/work-tree.ts";
import type { ProgressEvent } from "../progress.ts";
import type { Context } from "./context.ts";

export interface SyncLocalOptions {
  readonly fork: ForkConfig;
  readonly here: string;
  readonly folder: string | undefined;
}

export interface SyncLocalResult {
  readonly repository: string;
  readonly state: "nothing" | "merged" | "conflict";
  readonly folder: string;
  readonly branch: string;
  /** The commit up to which everything went in. */
  readonly tip: string | null;
  /** What git left to the person, and with which side. */
  readonly conflicts: readonly LocalConflict[];
  readonly next: readonly string[];
}

export async function* syncLocal(
  context: Context,
  options: SyncLocalOptions,
): AsyncGenerator<ProgressEvent, SyncLocalResult> {
  const { fork } = options;
  const { repository, branches } = fork;
  const branch = `${branches.sync}-manual`;
  const tree = yield* openWorkTree(context, fork, options);
  await requireIdentity(tree);
  await refusePending(tree);
  const fetched = yield* fetchBoth(tree, fork);
  await refuseWaiting(tree, branch, fetched.proposals.get("manual"), fetched.sync);
  yield { fork: repository, text: "merging as a run does" };
  const { tip, conflicts } = await askProgram(fork, tree.gitFolder, fetched, {});
  const done = { repository, folder: tree.folder, branch, tip, conflicts };
  if (tip === null || (tip === fetched.sync && conflicts.length === 0)) {
    return { ...done, state: "nothing", next: [`upstream-sync status ${repository}`] };
  }
  await moveTo(tree, branch, tip);
  const here = process.cwd() === tree.folder ? "" : ` --in ${tree.folder}`;
  if (conflicts.length === 0) {
    const next = [
      `look at it in ${tree.folder}: git log --oneline ${tree.remote}/${branches.sync}..`,
      `git push ${tree.remote} ${branch}, then upstream-sync sync ${repository}; or both at once: upstream-sync resolve ${repository}${here}`,
    ];
    noteBegun(tree, { branch });
    return { ...done, state: "merged", next };
  }
  const [side, commit] =
    conflicts[0]?.side === "target" ? [branches.target, fetched.target] : ["upstream", fetched.upstream];
  yield { fork: repository, text: `on ${branch}; merging ${side} into it` };
  await beginMerge(tree, commit, "chore: resolve upstream sync conflicts");
  noteBegun(tree, { branch });
  return {
    ...done,
    state: "conflict",
    next: [
      `edit these files in ${tree.folder}`,
      `upstream-sync resolve ${repository}${here}: checks, commits, pushes, and starts a run`,
      "or give it up: git merge --abort",
    ],
  };
}

/** Somebody's manual sync that no run has taken yet is not built over. */
async function refuseWaiting(tree: WorkTree, branch: string, there: string | undefined, sync: string): Promise<void> {
  if (there === undefined || (await isAncestor(tree, there, sync))) return;
  throw new Failure(
    `${branch} is on the fork already, with commits that no run has taken`,
    "start a run that takes them: upstream-sync sync; then, if something is left, run this again",
  );
}

/** Forward only. @throws Failure when the local branch has commits that this merge does not. */
async function moveTo(tree: WorkTree, branch: string, tip: string): Promise<void> {
  const { git } = tree;
  const local = await localTip(tree, branch);
  if (local === undefined) {
    await git.text(["switch", "--quiet", "--no-track", "--create", branch, tip]);
    return;
  }
  if (!(await isAncestor(tree, local, tip))) {
    throw new Failure(
      `the branch ${branch} in ${tree.folder} has commits of its own: got ${local.slice(0, 12)}`,
      `push them, or put them away, for example git branch --move ${branch} ${branch}-mine, then run this again; nothing was touched`,
    );
  }
  await git.text(["switch", "--quiet", branch]);
  await git.text(["merge", "--quiet", "--ff-only", tip]);
}
