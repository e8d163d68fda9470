/**
 * candidate = sync tip ⊕ target tip ⊕ proposals ⊕ upstream commit: left to right, one merge commit each, a step left out
 * when it is an ancestor already. Same inputs give the same commits, so a second run arrives at the same candidate.
 */
import { withAttributes } from "./attributes.ts";
import { type Git, GitError } from "./git.ts";
import { committerDate, isAncestor, mergeBases, readable, type Sha, treeOf } from "./graph.ts";
import { isOurs, isWorkflowPath, withOurs, withWorkflowPathsOf, withWorkflowsOf } from "./hold.ts";
import { type MergeTreeOutput, parseMergeTree } from "./merge-tree.ts";
import { Stop } from "./stop.ts";

export type Side = "target" | "proposal" | "upstream";

export interface Conflict {
  /** For people: bytes that are not UTF-8 are replaced. */
  readonly path: string;
  readonly kind: string;
  readonly side: Side;
}

/** A branch on which people settled a conflict or merged by hand. */
export interface Proposal {
  /** `conflict-1`, `manual`. */
  readonly name: string;
  /** The branch's full name, for the commit message. */
  readonly branch: string;
  readonly sha: Sha;
}

export interface FoldInput {
  readonly sync: Sha;
  readonly target: Sha;
  readonly proposals: readonly Proposal[];
  readonly upstream: Sha;
  /** Names for the commit messages. */
  readonly names: { readonly sync: string; readonly target: string; readonly upstream: string };
  readonly upstreamWorkflows: "hold" | "accept";
}

export interface SetAside extends Proposal {
  /** `markers`: conflict markers are left in it. `conflict`: it does not merge with what the other branches have now. */
  readonly why: "markers" | "conflict";
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
}

interface Step {
  readonly side: Side;
  readonly commit: Sha;
  readonly name: string;
  /** What is merged, in an error's words. */
  readonly words: string;
  /** Whose `.github/workflows` the result has; undefined: as git merges them. */
  readonly workflowsOf?: Sha | undefined;
  readonly proposal?: Proposal;
}

/** @throws Stop when a side shares no history with the sync branch. */
export async function foldCandidate(git: Git, input: FoldInput): Promise<Fold> {
  let tip = input.sync;
  const setAside: SetAside[] = [];
  for (const step of await stepsOf(git, input)) {
    const { tip: next, conflicts } = await mergeStep(git, input, tip, step);
    if (conflicts.length === 0) tip = next;
    else if (step.proposal) setAside.push({ ...step.proposal, why: "conflict", files: conflicts });
    else return { tip, tree: await treeOf(git, tip), conflicts, setAside };
  }
  return { tip, tree: await treeOf(git, tip), conflicts: [], setAside };
}

/** Proposals come after the target, unless the target conflicts: then they are what settles that. */
async function stepsOf(git: Git, input: FoldInput): Promise<Step[]> {
  const { names, proposals } = input;
  const hold = input.upstreamWorkflows === "hold";
  const target: Step = { side: "target", commit: input.target, name: names.target, words: names.target };
  const upstream: Step = {
    side: "upstream",
    commit: input.upstream,
    name: `upstream ${names.upstream}`,
    words: `upstream's ${names.upstream}`,
  };
  const ofPeople = (workflowsOf?: Sha): Step[] =>
    proposals.map((proposal) => {
      const { branch, sha } = proposal;
      return { side: "proposal", commit: sha, name: branch, words: branch, workflowsOf, proposal };
    });
  if (proposals.length === 0) return [target, upstream];
  const merged = await mergedWith(git, input.sync, target, names.sync);
  if (merged === undefined || merged.conflicts.length === 0) return [target, ...ofPeople(), upstream];
  // What the target changed in workflow files is the fork's own; what a proposal changed there may be upstream's.
  const own = hold ? await settledWorkflows(git, merged, proposals) : undefined;
  return [...ofPeople(own), target, upstream];
}

/** The tree of a merge that conflicted, with those workflow files that conflicted as people settled them. */
function settledWorkflows(git: Git, merged: MergeTreeOutput, proposals: readonly Proposal[]): Promise<Sha> {
  const paths = merged.conflicts.map(({ path }) => path).filter(isWorkflowPath);
  const last = proposals.at(-1);
  return last === undefined || paths.length === 0
    ? Promise.resolve(merged.tree)
    : withWorkflowPathsOf(git, last.sha, merged.tree, paths);
}

interface Stepped {
  readonly tip: Sha;
  readonly conflicts: readonly Conflict[];
}

async function mergeStep(git: Git, input: FoldInput, tip: Sha, step: Step): Promise<Stepped> {
  const merged = await mergedWith(git, tip, step, input.names.sync);
  if (merged === undefined) return { tip, conflicts: [] };
  const { side, commit } = step;
  const holds = side !== "target" && input.upstreamWorkflows === "hold";
  const kept = (path: string) => side !== "target" && (isOurs(path) || (holds && isWorkflowPath(path)));
  const open = merged.conflicts.filter(({ path }) => !kept(path));
  if (open.length > 0) {
    return { tip, conflicts: open.map(({ path, kind }) => ({ path: readable(path), kind, side })) };
  }
  const own = holds ? (step.workflowsOf ?? (await treeOf(git, tip))) : undefined;
  const held = own === undefined ? merged.tree : await withWorkflowsOf(git, own, merged.tree);
  const tree = side === "target" ? held : await withOurs(git, tip, held);
  const message = mergeMessage(input.names.sync, step, merged.base, await countCommits(git, tip, commit));
  return { tip: await commitMerge(git, tree, [tip, commit], message), conflicts: [] };
}

/** Undefined when there is nothing to merge. */
async function mergedWith(
  git: Git,
  tip: Sha,
  { commit, words }: Pick<Step, "commit" | "words">,
  sync: string,
): Promise<(MergeTreeOutput & { base: Sha }) | undefined> {
  if (await isAncestor(git, commit, tip)) return undefined;
  const [base] = await mergeBases(git, tip, commit);
  if (base === undefined) throw unrelated(words, sync, commit, tip);
  return { ...(await mergeTrees(git, tip, commit)), base };
}

/** What git makes of two commits, under the attributes of `ours`. @throws GitError when it cannot tell. */
export async function mergeTrees(git: Git, ours: Sha, theirs: Sha): Promise<MergeTreeOutput> {
  const args = ["merge-tree", "--write-tree", "-z", ours, theirs];
  const result = await withAttributes(git, ours, (place) => git.attempt(args, place));
  const output = parseMergeTree(result.code, result.stdout);
  if (output === undefined) throw new GitError(args, result);
  return output;
}

async function countCommits(git: Git, from: Sha, to: Sha): Promise<number> {
  return Number(await git.text(["rev-list", "--count", to, `^${from}`]));
}

/** Author, committer and dates come from the inputs alone: a clock would give each run another commit id. */
export async function commitMerge(git: Git, tree: Sha, parents: readonly Sha[], message: string): Promise<Sha> {
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
function mergeMessage(sync: string, { side, name, commit }: Step, base: Sha, commits: number): string {
  return [
    `chore: merge ${name} ${commit.slice(0, 12)} into ${sync}`,
    "",
    `${commits} ${commits === 1 ? "commit" : "commits"} of ${name}, merged by upstream-sync.`,
    "",
    `Upstream-Sync-Side: ${side}`,
    `Upstream-Sync-Range: ${base}..${commit}`,
    "",
  ].join("\n");
}

function unrelated(words: string, sync: string, commit: Sha, tip: Sha): Stop {
  return new Stop({
    what: `${words} and ${sync} have unrelated histories`,
    got: `no commit is an ancestor of both ${commit.slice(0, 12)} and ${tip.slice(0, 12)}`,
    remedy: `Make ${sync} from a branch that descends from upstream, and a branch for a proposal from ${sync}, or join the histories by hand and have that reviewed; the program never merges unrelated histories`,
  });
}
