/**
 * Settles a conflict on a person's machine, in two steps. The first prepares it in a work tree, as git sees it; the second, once files are
 * edited, lets the sync program judge what was done, commits, pushes, starts a run and follows it. Which step it is, the clone tells.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ForkConfig } from "../config/schema.ts";
import { Failure, InputFailure } from "../failure.ts";
import { askProgram, type ByHandAnswer } from "../fork/by-hand.ts";
import { followRun, type SyncResult } from "../fork/follow-run.ts";
import {
  beginMerge,
  currentBranch,
  type FetchedFork,
  fetchBoth,
  forgetBegun,
  isAncestor,
  localTip,
  noteBegun,
  openWorkTree,
  readBegun,
  refuseOtherWork,
  refusePending,
  requireIdentity,
  some,
  type UnmergedFile,
  unmergedFiles,
  type WorkTree,
} from "../fork/work-tree.ts";
import { connect } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import type { Context } from "./context.ts";

export interface ResolveOptions {
  readonly fork: ForkConfig;
  readonly here: string;
  readonly folder: string | undefined;
  /** The person says that one side in every conflicting file is what they want. */
  readonly oneSided: boolean;
}

export type ResolveResult =
  /** No conflict is open, or what people pushed waits for a run. */
  | {
      readonly repository: string;
      readonly state: "nothing" | "pushed";
      readonly why: string;
      readonly next: readonly string[];
    }
  | {
      readonly repository: string;
      readonly state: "prepared";
      readonly folder: string;
      readonly branch: string;
      readonly files: readonly UnmergedFile[];
      readonly next: readonly string[];
    }
  /** Nothing is pushed yet: every conflicting file has this side's version. */
  | {
      readonly repository: string;
      readonly state: "one-sided";
      readonly branch: string;
      readonly side: string;
      readonly files: readonly string[];
    }
  | {
      readonly repository: string;
      readonly state: "pushed-and-run";
      readonly branch: string;
      readonly commit: string;
      readonly oneSided: string | null;
      readonly sync: SyncResult;
    };

const message = "chore: resolve upstream sync conflicts";

export async function* resolve(
  context: Context,
  options: ResolveOptions,
): AsyncGenerator<ProgressEvent, ResolveResult> {
  const { fork } = options;
  const tree = yield* openWorkTree(context, fork, options);
  await requireIdentity(tree);
  const fetched = yield* fetchBoth(tree, fork);
  const branch = await branchWithWork(tree, fork, fetched);
  return branch === undefined
    ? yield* prepare(tree, fork, fetched)
    : yield* finish(context, options, tree, fetched, branch);
}

/** The branch for people that is checked out and has something that the fork has not. */
async function branchWithWork(tree: WorkTree, fork: ForkConfig, fetched: FetchedFork): Promise<string | undefined> {
  const { sync } = fork.branches;
  const branch = await currentBranch(tree);
  if (!branch?.startsWith(`${sync}-`) || !/^(?:conflict-\d+|manual)$/.test(branch.slice(sync.length + 1)))
    return undefined;
  if (existsSync(join(tree.gitFolder, "MERGE_HEAD"))) return branch;
  const edited = (await tree.git.text(["status", "--porcelain=v1", "--untracked-files=no"])) !== "";
  if (edited && readBegun(tree)?.branch === branch) return branch;
  const head = await tree.git.text(["rev-parse", "HEAD"]);
  const there = fetched.proposals.get(branch.slice(sync.length + 1));
  const known = await isAncestor(tree, head, there ?? fetched.sync);
  return known ? undefined : branch;
}

async function* prepare(
  tree: WorkTree,
  fork: ForkConfig,
  fetched: FetchedFork,
): AsyncGenerator<ProgressEvent, ResolveResult> {
  const { repository } = fork;
  const { sync } = fork.branches;
  await refusePending(tree);
  const open = await openConflict(tree, fetched);
  if (!open)
    return { repository, state: "nothing", why: "no conflict is open", next: [`upstream-sync status ${repository}`] };
  const branch = `${sync}-${open.name}`;
  const judged = await askProgram(fork, tree.gitFolder, fetched, { [open.name]: open.tip });
  if (judged.taken.some(({ name }) => name === open.name)) {
    const why = `${branch} is settled already, and waits for a run`;
    return { repository, state: "pushed", why, next: [`upstream-sync sync ${repository}`] };
  }
  await switchTo(tree, branch, open.tip);
  yield { fork: repository, text: `on ${branch}; merging ${sync} into it` };
  await beginMerge(tree, `refs/remotes/${tree.remote}/${sync}`, message);
  noteBegun(tree, { branch });
  const files = await unmergedFiles(tree);
  const left = judged.setAside.find(({ name }) => name === open.name)?.files ?? [];
  const told = new Set(files.map(({ path }) => path));
  return {
    repository,
    state: "prepared",
    folder: tree.folder,
    branch,
    files: [...files, ...left.filter(({ path }) => !told.has(path)).map(({ path, kind }) => ({ path, kind }))],
    next: nextSteps(tree, repository),
  };
}

function nextSteps({ folder }: WorkTree, repository: string): string[] {
  return [
    `edit these files in ${folder}`,
    `upstream-sync resolve ${repository}${process.cwd() === folder ? "" : ` --in ${folder}`}: checks, commits, pushes, and starts a run`,
    "or give it up: git merge --abort",
  ];
}

/** The newest branch for a conflict whose work the sync branch does not have. */
async function openConflict(
  tree: WorkTree,
  { proposals, sync }: FetchedFork,
): Promise<{ name: string; tip: string } | undefined> {
  const number = (name: string) => Number(/^conflict-(\d+)$/.exec(name)?.[1] ?? 0);
  const conflicts = [...proposals].filter(([name]) => number(name) > 0).sort(([a], [b]) => number(b) - number(a));
  for (const [name, tip] of conflicts) if (!(await isAncestor(tree, tip, sync))) return { name, tip };
  return undefined;
}

/** @throws Failure when the local branch of that name went another way. */
async function switchTo(tree: WorkTree, branch: string, tip: string): Promise<void> {
  const { git, remote } = tree;
  const local = await localTip(tree, branch);
  if (local === undefined) {
    await git.text(["switch", "--quiet", "--no-track", "--create", branch, `refs/remotes/${remote}/${branch}`]);
    return;
  }
  if (!(await isAncestor(tree, local, tip))) {
    throw new Failure(
      `the branch ${branch} in ${tree.folder} went another way than the fork's: got ${local.slice(0, 12)}, expected a commit before ${tip.slice(0, 12)}`,
      `put it away, for example git branch --move ${branch} ${branch}-mine, then run this again; nothing was touched`,
    );
  }
  await git.text(["switch", "--quiet", branch]);
  await git.text(["merge", "--quiet", "--ff-only", tip]);
}

async function* finish(
  context: Context,
  { fork, oneSided }: ResolveOptions,
  tree: WorkTree,
  fetched: FetchedFork,
  branch: string,
): AsyncGenerator<ProgressEvent, ResolveResult> {
  const { repository } = fork;
  const { git, remote, folder } = tree;
  refuseOtherWork(tree);
  await refuseUntracked(tree);
  yield { fork: repository, text: `checking ${branch}` };
  const name = branch.slice(fork.branches.sync.length + 1);
  const judged = await askProgram(fork, tree.gitFolder, fetched, { [name]: await wouldBeCommit(tree) });
  refuseAside(judged, name, tree, fork);
  const taken = judged.taken.find((one) => one.name === name);
  if (!taken) {
    throw new InputFailure(
      `nothing is changed on ${branch}: got what the fork has, expected a merge`,
      `edit the files that git names in ${folder}, then run the same command again`,
    );
  }
  if (taken.oneSided !== null && !oneSided) {
    return { repository, state: "one-sided", branch, side: taken.oneSided, files: taken.conflicted };
  }
  await commit(tree);
  const head = await git.text(["rev-parse", "HEAD"]);
  yield { fork: repository, text: `pushing ${head.slice(0, 12)} to ${branch}` };
  await git.text(["push", "--quiet", remote, `HEAD:refs/heads/${branch}`]);
  forgetBegun(tree);
  const sync = yield* followRun(connect(context.env), fork, {});
  return { repository, state: "pushed-and-run", branch, commit: head, oneSided: taken.oneSided, sync };
}

/** A file nobody added may belong to the merge or may not: only the person knows. */
async function refuseUntracked({ git, folder }: WorkTree): Promise<void> {
  const files = (await git.text(["ls-files", "--others", "--exclude-standard", "-z"])).split("\0").filter(Boolean);
  if (files.length === 0) return;
  throw new InputFailure(
    `${folder} has files that git does not know: ${some(files)}`,
    "git add what belongs to the merge, move the rest away, then run the same command again",
  );
}

/** What a commit of all changes would be, made without touching index, files or branch. */
async function wouldBeCommit({ git, gitFolder }: WorkTree): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), "upstream-sync-index-"));
  try {
    const index = join(scratch, "index");
    copyFileSync(join(gitFolder, "index"), index);
    const env = { GIT_INDEX_FILE: index };
    await git.text(["add", "--update", ":/"], env);
    const tree = await git.text(["write-tree"], env);
    const merging = join(gitFolder, "MERGE_HEAD");
    const head = await git.text(["rev-parse", "HEAD"]);
    if (!existsSync(merging) && tree === (await git.text(["rev-parse", "HEAD^{tree}"]))) return head;
    const others = existsSync(merging) ? readFileSync(merging, "utf8").trim().split("\n") : [];
    return await git.text(["commit-tree", tree, ...[head, ...others].flatMap((one) => ["-p", one]), "-m", message]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @throws Failure when a run would not take it. */
function refuseAside(
  { setAside }: ByHandAnswer,
  name: string,
  { folder, remote }: WorkTree,
  { branches }: ForkConfig,
): void {
  const aside = setAside.find((one) => one.name === name);
  if (!aside) return;
  const files = some(aside.files.map(({ path }) => path));
  if (aside.why === "markers") {
    throw new Failure(
      `conflict markers are left in ${files}`,
      `edit these files in ${folder}, then run the same command again`,
    );
  }
  if (aside.why === "lost") {
    throw new Failure(
      `it takes away what must survive (policies.mustSurvive): ${files}`,
      `put that back in ${folder}, or change the policy in the config and apply it, then run the same command again`,
    );
  }
  throw new Failure(
    `it conflicts with what the other branches have now: ${files}`,
    `commit what you have, then in ${folder}: git merge ${remote}/${branches.target}, settle that, and run the same command again`,
  );
}

async function commit({ git, gitFolder }: WorkTree): Promise<void> {
  await git.text(["add", "--update", ":/"]);
  const staged = (await git.attempt(["diff", "--cached", "--quiet"])).code !== 0;
  if (staged || existsSync(join(gitFolder, "MERGE_HEAD"))) await git.text(["commit", "--quiet", "--message", message]);
}
