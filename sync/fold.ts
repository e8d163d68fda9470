/**
 * candidate = sync tip ⊕ target tip ⊕ proposals ⊕ upstream commit: left to right, one merge commit each, a step left out
 * when it is an ancestor already. Same inputs give the same commits, so a second run arrives at the same candidate.
 */
import { type Place, withAttributes } from "./attributes.ts";
import { editTree } from "./edit-tree.ts";
import { type Git, GitError } from "./git.ts";
import { committerDate, isAncestor, listTree, mergeBases, readable, type Sha, treeOf } from "./graph.ts";
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

export interface FoldInput extends Rules {
  readonly sync: Sha;
  readonly target: Sha;
  readonly proposals: readonly Proposal[];
  readonly upstream: Sha;
  /** The commit of the target that has the sync's content without its history (see landing.ts): merged before the rest of it. */
  readonly landed?: Sha | undefined;
  /** Where an earlier fold of the same commits stopped to take upstream in: looked at first. */
  readonly taken?: Sha | undefined;
  /** Names for the commit messages. */
  readonly names: { readonly sync: string; readonly target: string; readonly upstream: string };
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

export interface UpstreamPart {
  /** The last commit of upstream's first-parent line that went in; undefined when not one did. */
  readonly taken: Sha | undefined;
  /** The one after it, and what of it conflicts. */
  readonly first: { readonly commit: Sha; readonly files: readonly Conflict[] };
}

interface Step {
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

/** Whether a path (raw) is the fork's own, so that what comes for it does not matter. */
export function isFixed({ upstreamWorkflows, policies }: Rules): (rawPath: string) => boolean {
  const ours = matcher(policies.keepOurs);
  return (path) => isOurs(path) || (upstreamWorkflows === "hold" && isWorkflowPath(path)) || ours(path);
}

interface Stepped {
  readonly tip: Sha;
  readonly conflicts: readonly Conflict[];
  /** It merges, and takes away what must survive. */
  readonly lost?: true;
  readonly part?: UpstreamPart;
}

async function mergeStep(git: Git, input: FoldInput, tip: Sha, step: Step): Promise<Stepped> {
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
async function conflictsIn(
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

/** Paths that are looked for, and commits that are looked through: more would take longer than halving does. */
const MOST_PATHS = 100;
const MOST_COMMITS = 5000;

/** Where in the line the conflict most likely begins: at the first commit that touches a conflicting file. -1: no idea. */
async function guessPart(
  git: Git,
  { taken }: FoldInput,
  tip: Sha,
  { commit }: Pick<Step, "commit">,
  conflicts: readonly Conflict[],
  line: readonly Sha[],
): Promise<number> {
  if (taken !== undefined && line.includes(taken)) return line.indexOf(taken) + 1;
  // An argument cannot hold the bytes of other names as they are.
  const paths = conflicts.map(({ path }) => path).filter((path) => /^[ -~]+$/.test(path));
  if (line.length > MOST_COMMITS || paths.length === 0) return -1;
  const range = ["rev-list", "--first-parent", "--reverse", commit, `^${tip}`, "--"];
  const environment = { GIT_LITERAL_PATHSPECS: "1" };
  const [first = ""] = (await git.text([...range, ...paths.slice(0, MOST_PATHS)], { environment })).split("\n");
  return line.indexOf(first);
}

/**
 * All of upstream, or else the longest run of its first-parent line that merges, found by a guess and by halving: one merge for each
 * halving, and four more. What comes after a conflict is taken for a conflict too.
 */
async function mergePart(git: Git, input: FoldInput, tip: Sha, step: Step): Promise<Stepped> {
  const line = (await git.text(["rev-list", "--first-parent", "--reverse", step.commit, `^${tip}`])).split("\n");
  // Where an earlier fold stopped on the way, the whole is known to conflict.
  const stopped = input.taken !== undefined && line.slice(0, -1).includes(input.taken);
  const whole = stopped ? undefined : await mergeStep(git, input, tip, step);
  if (whole?.conflicts.length === 0) return whole;
  const at = (index: number): Step => ({ ...step, commit: line[index] as Sha });
  let [clean, bad, files] = [-1, whole ? line.length - 1 : line.length, whole?.conflicts ?? []];
  // Ten times or more on the same tip: its attributes are written out once.
  await withAttributes(git, tip, async (place) => {
    const tryAt = async (index: number) => {
      const found = await conflictsIn(git, input, tip, at(index), place);
      if (found.length === 0) clean = index;
      else [bad, files] = [index, found];
    };
    const guess = await guessPart(git, input, tip, step, files, line);
    for (const index of [guess, guess - 1]) if (index > clean && index < bad) await tryAt(index);
    while (bad - clean > 1) await tryAt(Math.floor((clean + bad) / 2));
  });
  if (bad === line.length) return mergeStep(git, input, tip, step);
  const first = { commit: at(bad).commit, files };
  if (clean < 0) return { tip, conflicts: whole?.conflicts ?? files, part: { taken: undefined, first } };
  const part = await mergeStep(git, input, tip, at(clean));
  const rest = await mergeStep(git, input, part.tip, step);
  // With the part in, git may find the rest to merge after all.
  if (rest.conflicts.length === 0) return rest;
  return { tip: part.tip, conflicts: rest.conflicts, part: { taken: at(clean).commit, first } };
}

type Merged = MergeTreeOutput & { readonly base: Sha };

/** Undefined when there is nothing to merge. */
async function mergedWith(
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
