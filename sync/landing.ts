/**
 * How a sync came to the target. A merge commit says so in the history. A squash or a rebase leaves the content and drops the
 * history, so here the trees tell: the commit of the target into which merging the sync branch brings nothing new is the one
 * that landed it. The fold merges the target up to that commit first and then the rest, and so meets nothing twice.
 */

import type { Git } from "./git.ts";
import {
  changesBetween,
  type FileChange,
  fields,
  isAncestor,
  isInOne,
  listTree,
  mergeBases,
  NO_FILE,
  readable,
  type Sha,
} from "./graph.ts";
import { shellWord } from "./markdown.ts";
import { LANDED_TRAILER, mergeTrees, SIDE_TRAILER } from "./merge-step.ts";
import { proposalBranch, type RemoteRefs } from "./refs.ts";
import { isKnownAncestor } from "./repository.ts";
import type { Settings } from "./settings.ts";
import { Stop } from "./stop.ts";

/** A sync that came without a merge commit. */
export interface Landing {
  /** The commit of the target that has its content. */
  readonly commit: Sha;
  /** Files of which something did not arrive, as raw paths; a merge up to `commit` brings it again. */
  readonly lost: readonly string[];
}

/** `recorded.landed`: the commit that an earlier run found, looked at first. */
interface Tips {
  readonly sync: Sha;
  readonly target: Sha;
  readonly recorded: Pick<RemoteRefs["recorded"], "tested" | "landed">;
}

/** The target's first-parent line: as far back as it is searched, and how many merges are tried. */
const MOST_COMMITS = 500;
const MOST_TRIED = 20;

/**
 * Any commit of the target would do as a place to stop at while merging; the one that has all of the sync is the one at which
 * nothing can conflict. One that has the larger part of its files counts as well, and says what it lost.
 *
 * @returns undefined when the sync landed by a merge commit, or did not land.
 */
export async function findLanding(git: Git, commits: Tips): Promise<Landing | undefined> {
  const { sync, target, recorded } = commits;
  // Before the first promotion the sync branch is a branch of the fork's like any other.
  if (recorded.tested === undefined) return undefined;
  const [base] = await mergeBases(git, sync, target);
  if (base === undefined || base === sync || base === target) return undefined;
  const brought = pathsOf(await changesBetween(git, base, sync));
  if (brought.size === 0) return undefined;
  let best: Landing | undefined;
  for (const commit of await placesToLook(git, commits, brought)) {
    const { tree, conflicts } = await mergeTrees(git, sync, commit);
    if (conflicts.length > 0) continue;
    const lost = [...pathsOf(await changesBetween(git, commit, tree))];
    if (lost.length === 0) return { commit, lost };
    if (best === undefined || lost.length < best.lost.length) best = { commit, lost };
  }
  return best !== undefined && best.lost.length * 2 < brought.size ? best : undefined;
}

/** Newest first: commits that changed a file which the sync brings. */
async function placesToLook(
  git: Git,
  { sync, target, recorded: { landed } }: Tips,
  brought: ReadonlySet<string>,
): Promise<Sha[]> {
  const line = await git.text([
    ...["rev-list", "--first-parent", "--parents", `--max-count=${MOST_COMMITS}`],
    ...[target, `^${sync}`],
  ]);
  const pairs = line.split("\n").map((one) => one.split(" ").slice(0, 2));
  const commits = new Set(pairs.map(([commit = ""]) => commit));
  // A second id on a line of its input stands for the parent: a merge is compared with the first alone.
  const differ = ["diff-tree", "--stdin", "-r", "-z", "--name-only", "--no-renames"];
  const { stdout } = await git.attempt(differ, { input: pairs.map((pair) => `${pair.join(" ")}\n`).join("") });
  const touching = new Set<Sha>();
  let current = "";
  for (const field of fields(stdout)) {
    if (commits.has(field)) current = field;
    else if (brought.has(field)) touching.add(current);
  }
  const known = landed !== undefined && (await isKnownAncestor(git, landed, target)) ? [landed] : [];
  return [...new Set([...known, ...touching])].slice(0, MOST_TRIED);
}

/** The last sync whose content the target has without its history. */
export interface Landed extends Landing {
  /** The sync tip that it was. */
  readonly tip: Sha;
  /** Whether the sync branch has joined the two: a commit of it has both as its parents. */
  readonly joined: boolean;
}

export async function readLanded(git: Git, commits: Tips): Promise<Landed | undefined> {
  const landing = await findLanding(git, commits);
  if (landing !== undefined) return { ...landing, tip: commits.sync, joined: false };
  const [last] = (await ourCommits(git, commits.sync, `^${commits.target}`)).filter(({ landed }) => landed);
  if (last === undefined) return undefined;
  const [tip, commit] = last.parents as [Sha, Sha];
  return { tip, commit, lost: [...pathsOf(await changesBetween(git, commit, last.commit))], joined: true };
}

interface OurCommit {
  readonly commit: Sha;
  readonly parents: readonly Sha[];
  /** It joins a sync tip and the commit that landed it. */
  readonly landed: boolean;
}

/** The commits that this program made on the sync branch, newest first. */
async function ourCommits(git: Git, sync: Sha, ...range: readonly string[]): Promise<OurCommit[]> {
  const format = `--format=%H%x09%P%x09%(trailers:key=${LANDED_TRAILER},valueonly,separator=)`;
  const ours = ["--first-parent", `--grep=^${SIDE_TRAILER}: `, `--max-count=${MOST_COMMITS}`];
  const listed = await git.text(["rev-list", "--no-commit-header", format, ...ours, sync, ...range]);
  return listed
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [commit = "", parents = "", landed] = line.split("\t");
      return { commit, parents: parents.split(" "), landed: Boolean(landed) };
    });
}

/** The target took back a sync that had landed there. */
export interface Revert {
  /** The commit that had landed it. */
  readonly landing: Sha;
  /** The commit of the target that took it back, and whether it is a merge. */
  readonly by: Sha;
  readonly isMerge: boolean;
  /** How many of the files that the sync had brought are as they were before it. */
  readonly files: number;
  readonly of: number;
}

/** So many landings are compared with what is there now. */
const MOST_LANDINGS = 10;
/** Arguments of one command have a limit. */
const MOST_NAMED = 200;

/**
 * To git, what was merged and then reverted is settled: no later merge brings it again. So the trees are asked: most files
 * that a landed sync had changed are on the target as before, and the sync branch has them otherwise.
 *
 * @param known commits that go on with the target as it is: the sync branch, and what people propose.
 */
export async function findRevert(
  git: Git,
  {
    sync,
    target,
    landing,
    known,
  }: {
    readonly sync: Sha;
    readonly target: Sha;
    readonly landing: Landing | undefined;
    readonly known: readonly Sha[];
  },
): Promise<Revert | undefined> {
  if (await isAncestor(git, target, sync)) return undefined;
  const otherwise = pathsOf(await changesBetween(git, sync, target));
  for (const { commit, tip } of await landingsOf(git, sync, target, landing)) {
    const [before] = await mergeBases(git, `${commit}^1`, tip);
    if (before === undefined) continue;
    const brought = pathsOf(await changesBetween(git, before, tip));
    const most = (paths: readonly string[]) => paths.length * 2 > brought.size;
    // On most days that is all: the target has what the sync branch has.
    if (!most([...brought].filter((path) => otherwise.has(path)))) continue;
    const changed = pathsOf(await changesBetween(git, before, target));
    const wanted = new Map((await changesBetween(git, before, sync)).map((change) => [change.path, change]));
    const back = [...brought].filter((path) => !changed.has(path) && wanted.has(path));
    if (!most(back)) continue;
    // A new file that the target only moved elsewhere is still there.
    const there = new Set((await listTree(git, `${target}^{tree}`, ["-r"])).map((entry) => entry.sha));
    const gone = back.filter((path) => !isMoved(wanted.get(path) as FileChange, there));
    if (!most(gone)) continue;
    const { by, isMerge } = await lastChange(git, gone, target, commit);
    if (await isInOne(git, by, [sync, ...known])) continue;
    return { landing: commit, by, isMerge, files: gone.length, of: brought.size };
  }
  return undefined;
}

function isMoved({ before, afterId }: FileChange, there: ReadonlySet<Sha>): boolean {
  return before === NO_FILE && there.has(afterId);
}

/** Newest first: by merge commits on the target, and without one as the sync branch has it written down. */
async function landingsOf(git: Git, sync: Sha, target: Sha, landing: Landing | undefined) {
  const ours = await ourCommits(git, sync);
  const tips = new Set(ours.map(({ commit }) => commit));
  const merges = ["rev-list", "--first-parent", "--merges", "--parents", `--max-count=${MOST_COMMITS}`, target];
  const merged = (await git.text(merges)).split("\n").map((line) => line.split(" "));
  return [
    ...(landing === undefined ? [] : [{ commit: landing.commit, tip: sync }]),
    ...merged.flatMap(([commit = "", , tip = ""]) => (tips.has(tip) ? [{ commit, tip }] : [])).slice(0, MOST_LANDINGS),
    ...ours
      .filter(({ landed }) => landed)
      .map(({ parents: [tip = "", commit = ""] }) => ({ commit, tip }))
      .slice(0, MOST_LANDINGS),
  ];
}

/** The newest commit that changed one of the files: who has that one has all of it. */
async function lastChange(git: Git, paths: readonly string[], target: Sha, since: Sha) {
  const newest = ["rev-list", "--first-parent", "--parents", "--max-count=1", target, `^${since}`, "--"];
  const args = [...newest, ...paths.slice(0, MOST_NAMED).map(readable)];
  const found = (await git.text(args, { environment: { GIT_LITERAL_PATHSPECS: "1" } })).split(" ");
  const [by = "", ...parents] = found;
  return by === "" ? { by: target, isMerge: false } : { by, isMerge: parents.length > 1 };
}

/** Names both ways on, so that people choose. */
export function refusalOfRevert({ branches }: Pick<Settings, "branches">, revert: Revert): Stop {
  const { target } = branches;
  const again = "sync-again";
  const mainline = revert.isMerge ? "--mainline 1 " : "";
  const commands = [
    "git fetch origin",
    `git switch --no-track --create ${again} ${shellWord(`origin/${target}`)}`,
    `git revert --no-edit ${mainline}${revert.by}`,
    `git push origin ${again}`,
  ];
  const manual = `refs/heads/${proposalBranch({ branches }, "manual")}`;
  return new Stop({
    what: `${target} took back the sync that had landed there with ${revert.landing.slice(0, 12)}`,
    got: `${revert.files} of its ${revert.of} files are as they were before, since ${revert.by.slice(0, 12)}, and no later merge would bring them again`,
    remedy: `To have them again, run "${commands.join(" && ")}" in a clone of the fork and merge ${again} into ${target} by a pull request; then run the workflow. If it was wanted, run "git fetch origin && git push origin ${shellWord(`origin/${target}:${manual}`)}", and the next run goes on without them`,
  });
}

function pathsOf(changes: readonly { readonly path: string }[]): Set<string> {
  return new Set(changes.map(({ path }) => path));
}
