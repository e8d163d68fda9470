/** One merge of the fold: what git makes of it, what ownership and policies settle, and the commit; or what of it is for people. */
import { type Place, withAttributes } from "./attributes.ts";
import { type Git, GitError } from "./git.ts";
import { committerDate, isAncestor, mergeBases, readable, type Sha, treeOf } from "./graph.ts";
import { isOurs, isWorkflowPath, withOurs, withWorkflowsOf } from "./hold.ts";
import { type ConflictedPath, type MergeTreeOutput, parseMergeTree } from "./merge-tree.ts";
import { matcher } from "./patterns.ts";
import {
  isGenerated,
  leftOpen,
  lostBetween,
  type Policies,
  removedBy,
  survivorWords,
  withGenerated,
  withPolicies,
} from "./policies.ts";
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

/** What of upstream's is not taken as it comes. */
export interface Rules {
  readonly upstreamWorkflows: "hold" | "accept";
  readonly policies: Policies;
}

/** What a merge depends on besides its two commits. */
export interface StepInput extends Rules {
  /** Names for the commit messages. */
  readonly names: { readonly sync: string; readonly target: string; readonly upstream: string };
}

export interface Step {
  readonly side: Side;
  readonly commit: Sha;
  readonly name: string;
  /** What is merged, in an error's words. */
  readonly words: string;
  /** A tree with what is the fork's own, where that is not the tip it is merged into. */
  readonly own?: Sha | undefined;
  /** The commit that fork and upstream come from, where it is not that of the two that are merged: people merged both already. */
  readonly base?: Sha | undefined;
  readonly proposal?: Proposal;
  /** It has what is merged into it already. */
  readonly landed?: true;
}

export interface UpstreamPart {
  /** The last commit of upstream's first-parent line that went in; undefined when not one did. */
  readonly taken: Sha | undefined;
  /** The one after it, and what of it conflicts. */
  readonly first: { readonly commit: Sha; readonly files: readonly Conflict[] };
}

/** Whether a path (raw) is the fork's own, so that what comes for it does not matter. */
export function isFixed({ upstreamWorkflows, policies }: Rules): (rawPath: string) => boolean {
  const ours = matcher(policies.keepOurs);
  return (path) => isOurs(path) || (upstreamWorkflows === "hold" && isWorkflowPath(path)) || ours(path);
}

export interface Stepped {
  readonly tip: Sha;
  readonly conflicts: readonly Conflict[];
  /** It merges, and takes away what must survive. */
  readonly lost?: true;
  readonly part?: UpstreamPart;
}

/** @throws Stop when upstream would take away what must survive, and when the two share no history. */
export async function mergeStep(git: Git, input: StepInput, tip: Sha, step: Step): Promise<Stepped> {
  const merged = await mergedWith(git, tip, step, input.names.sync);
  if (merged === undefined) return { tip, conflicts: [] };
  const { side, commit } = step;
  const { open, tree } = await settle(git, input, tip, step, merged);
  if (open.length > 0) return { tip, conflicts: conflictsOn(side, open) };
  const lost = side === "target" ? [] : await lostBetween(git, input.policies, step.own ?? tip, tree);
  if (side === "upstream" && lost[0] !== undefined) {
    throw wouldRemove(step, lost.map(survivorWords), await removedBy(git, lost[0], merged.base, commit));
  }
  if (lost.length > 0) {
    const conflicts = lost.map((one) => ({ path: one.path, kind: "must survive, and does not", side }));
    return { tip, conflicts, lost: true };
  }
  const message = mergeMessage(input.names.sync, step, merged.base, await countCommits(git, tip, commit), tip);
  return { tip: await commitMerge(git, tree, [tip, commit], message), conflicts: [] };
}

function conflictsOn(side: Side, open: readonly ConflictedPath[]): Conflict[] {
  return open.map(({ path, kind }) => ({ path: readable(path), kind, side }));
}

/** What of a merge is for people, and the tree without what is held, kept or this program's own. */
async function settle(
  git: Git,
  rules: Rules,
  tip: Sha,
  step: Pick<Step, "side" | "commit" | "own" | "base">,
  merged: Merged,
) {
  const own = step.own ?? (await treeOf(git, tip));
  const left = await unsettled(git, rules, own, step.side, merged.conflicts);
  const generated = isGenerated(rules.policies);
  const open = left.filter((one) => !generated(one));
  // Then there is no commit, and so nothing to edit.
  if (open.length > 0) return { open, tree: merged.tree };
  // What the team has on the target comes first; the file is made anew either way.
  if (step.side === "target") return { open, tree: await withGenerated(git, left, merged.tree, step.commit) };
  const fixed = isFixed(rules);
  const conflicts = merged.conflicts.filter(({ path }) => !fixed(path));
  const base = step.base ?? merged.base;
  const kept = await withPolicies(git, rules.policies, { own, base, merged: { ...merged, conflicts } });
  const tree = await withGenerated(git, left, kept, own);
  const held = rules.upstreamWorkflows === "hold" ? await withWorkflowsOf(git, own, tree) : tree;
  return { open, tree: await withOurs(git, tip, held) };
}

/** Conflicts that neither ownership nor policies settle; those in generated files are among them. */
async function unsettled(
  git: Git,
  rules: Rules,
  own: Sha,
  side: Side,
  conflicts: readonly ConflictedPath[],
): Promise<readonly ConflictedPath[]> {
  if (side === "target") return conflicts;
  const fixed = isFixed(rules);
  const others = conflicts.filter(({ path }) => !fixed(path));
  return leftOpen(git, rules.policies, own, others);
}

/** What people have to settle when `commit` is merged into `tip`. */
export async function conflictsWith(
  git: Git,
  rules: Rules,
  tip: Sha,
  other: Pick<Step, "side" | "commit">,
): Promise<Conflict[]> {
  if (await isAncestor(git, other.commit, tip)) return [];
  return withAttributes(git, tip, (place) => conflictsIn(git, rules, tip, other, place));
}

/** Of a commit that `tip` has not; no tree is made. @param place with the attributes of `tip`. */
export async function conflictsIn(
  git: Git,
  rules: Rules,
  tip: Sha,
  { side, commit }: Pick<Step, "side" | "commit">,
  place: Place,
): Promise<Conflict[]> {
  const { conflicts } = await mergeTreesIn(git, tip, commit, place);
  const left = await unsettled(git, rules, tip, side, conflicts);
  const generated = isGenerated(rules.policies);
  return conflictsOn(
    side,
    left.filter((one) => !generated(one)),
  );
}

export type Merged = MergeTreeOutput & { readonly base: Sha };

/** Undefined when there is nothing to merge. */
export async function mergedWith(
  git: Git,
  tip: Sha,
  { commit, words }: Pick<Step, "commit" | "words">,
  sync: string,
): Promise<Merged | undefined> {
  if (await isAncestor(git, commit, tip)) return undefined;
  const [base] = await mergeBases(git, tip, commit);
  if (base === undefined) throw unrelated(words, sync, commit, tip);
  return { ...(await mergeTrees(git, tip, commit)), base };
}

/** What git makes of two commits, under the attributes of `ours`. @throws GitError when it cannot tell. */
export function mergeTrees(git: Git, ours: Sha, theirs: Sha): Promise<MergeTreeOutput> {
  return withAttributes(git, ours, (place) => mergeTreesIn(git, ours, theirs, place));
}

async function mergeTreesIn(git: Git, ours: Sha, theirs: Sha, place: Place): Promise<MergeTreeOutput> {
  const args = ["merge-tree", "--write-tree", "-z", ours, theirs];
  const result = await git.once(args, place);
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

/** In every message of the fold's: which side was merged. */
export const SIDE_TRAILER = "Upstream-Sync-Side";
/** Where a sync tip is joined with the commit of the target that landed it without a merge commit: that tip. */
export const LANDED_TRAILER = "Upstream-Sync-Landed";

/** Our own words, SHAs and counts: upstream's text could close the fork's issues or skip its checks. */
function mergeMessage(sync: string, step: Step, base: Sha, commits: number, tip: Sha): string {
  const { side, name, commit, landed } = step;
  return [
    `chore: merge ${name} ${commit.slice(0, 12)} into ${sync}`,
    "",
    `${commits} ${commits === 1 ? "commit" : "commits"} of ${name}, merged by upstream-sync.`,
    "",
    `${SIDE_TRAILER}: ${side}`,
    `Upstream-Sync-Range: ${base}..${commit}`,
    ...(landed ? [`${LANDED_TRAILER}: ${tip}`] : []),
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

function wouldRemove({ words, commit }: Step, lost: readonly string[], by: Sha | undefined): Stop {
  const more = lost.length > 3 ? ` and ${lost.length - 3} more` : "";
  return new Stop({
    what: `${words} would take away what has to stay (policies.mustSurvive)`,
    got: `${lost.slice(0, 3).join(", ")}${more}, removed by ${by === undefined ? `the merge of ${commit}` : `upstream's commit ${by}`}`,
    remedy:
      "Merge upstream by hand on sync/upstream-manual and keep it there, or take it out of policies.mustSurvive and deploy",
  });
}
