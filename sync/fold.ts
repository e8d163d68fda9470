/**
 * candidate = sync tip ⊕ target tip ⊕ upstream commit: left to right, one merge commit each, a step left out when it is an
 * ancestor already. Same inputs give the same commits, so a second run arrives at the same candidate.
 */
import { type Git, GitError } from "./git.ts";
import { committerDate, isAncestor, mergeBases, readable, type Sha, treeOf } from "./graph.ts";
import { isWorkflowPath, withWorkflowsOf } from "./hold.ts";
import { parseMergeTree } from "./merge-tree.ts";
import { Stop } from "./stop.ts";

export type Side = "target" | "upstream";

export interface Conflict {
  /** For people: bytes that are not UTF-8 are replaced. */
  readonly path: string;
  readonly kind: string;
  readonly side: Side;
}

export interface FoldInput {
  readonly sync: Sha;
  readonly target: Sha;
  readonly upstream: Sha;
  /** Names for the commit messages. */
  readonly names: { readonly sync: string; readonly target: string; readonly upstream: string };
  readonly upstreamWorkflows: "hold" | "accept";
}

export interface Fold {
  /** The last commit that went in; the sync tip itself when nothing did. */
  readonly tip: Sha;
  readonly tree: Sha;
  /** Empty when every step went in; else the paths of the first step that did not, all of one side. */
  readonly conflicts: readonly Conflict[];
}

/** @throws Stop when a side shares no history with the sync branch. */
export async function foldCandidate(git: Git, input: FoldInput): Promise<Fold> {
  let tip = input.sync;
  for (const side of ["target", "upstream"] as const) {
    const step = await mergeStep(git, input, tip, side);
    if (step.conflicts.length > 0) return { tip, tree: await treeOf(git, tip), conflicts: step.conflicts };
    tip = step.tip;
  }
  return { tip, tree: await treeOf(git, tip), conflicts: [] };
}

interface Step {
  readonly tip: Sha;
  readonly conflicts: readonly Conflict[];
}

async function mergeStep(git: Git, input: FoldInput, tip: Sha, side: Side): Promise<Step> {
  const commit = input[side];
  if (await isAncestor(git, commit, tip)) return { tip, conflicts: [] };
  const [base] = await mergeBases(git, tip, commit);
  if (base === undefined) throw unrelated(input, side);
  const merged = await mergeTrees(git, tip, commit);
  const holds = side === "upstream" && input.upstreamWorkflows === "hold";
  const open = holds ? merged.conflicts.filter(({ path }) => !isWorkflowPath(path)) : merged.conflicts;
  if (open.length > 0) {
    return { tip, conflicts: open.map(({ path, kind }) => ({ path: readable(path), kind, side })) };
  }
  const tree = holds ? await withWorkflowsOf(git, await treeOf(git, tip), merged.tree) : merged.tree;
  const message = mergeMessage(input, side, base, await countCommits(git, tip, commit));
  return { tip: await commitMerge(git, tree, [tip, commit], message), conflicts: [] };
}

async function mergeTrees(git: Git, ours: Sha, theirs: Sha) {
  const args = ["merge-tree", "--write-tree", "-z", ours, theirs];
  const result = await git.attempt(args);
  const output = parseMergeTree(result.code, result.stdout);
  if (output === undefined) throw new GitError(args, result);
  return output;
}

async function countCommits(git: Git, from: Sha, to: Sha): Promise<number> {
  return Number(await git.text(["rev-list", "--count", to, `^${from}`]));
}

/** Author, committer and dates come from the inputs alone: a clock would give each run another commit id. */
async function commitMerge(git: Git, tree: Sha, parents: readonly Sha[], message: string): Promise<Sha> {
  const dates = await Promise.all(parents.map((parent) => committerDate(git, parent)));
  const date = `${Math.max(...dates)} +0000`;
  const environment = {
    GIT_AUTHOR_NAME: "upstream-sync",
    GIT_AUTHOR_EMAIL: "upstream-sync@users.noreply.github.com",
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: "upstream-sync",
    GIT_COMMITTER_EMAIL: "upstream-sync@users.noreply.github.com",
    GIT_COMMITTER_DATE: date,
  };
  const args = ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent])];
  return git.text(args, { input: message, environment });
}

/** Our own words, SHAs and counts: upstream's text could close the fork's issues or skip its checks. */
function mergeMessage(input: FoldInput, side: Side, base: Sha, commits: number): string {
  const { sync, [side]: name } = input.names;
  const from = side === "upstream" ? `upstream ${name}` : name;
  return [
    `chore: merge ${from} ${input[side].slice(0, 12)} into ${sync}`,
    "",
    `${commits} ${commits === 1 ? "commit" : "commits"} of ${from}, merged by upstream-sync.`,
    "",
    `Upstream-Sync-Side: ${side}`,
    `Upstream-Sync-Range: ${base}..${input[side]}`,
    "",
  ].join("\n");
}

function unrelated(input: FoldInput, side: Side): Stop {
  const name = side === "upstream" ? `upstream's ${input.names.upstream}` : input.names.target;
  return new Stop({
    what: `${name} and ${input.names.sync} have unrelated histories`,
    got: `no commit is an ancestor of both ${input[side].slice(0, 12)} and ${input.sync.slice(0, 12)}`,
    remedy: `Make ${input.names.sync} from a branch that descends from upstream, or join the histories by hand and have that reviewed; the program never merges unrelated histories`,
  });
}
