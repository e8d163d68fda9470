/**
 * What the fork has decided once and for all (`policies` of the configuration), carried out in the fold: paths that stay the
 * fork's, files that stay deleted, and what no merge may take away.
 */
import { posix } from "node:path";
import { readBlob } from "./blobs.ts";
import { editTree, type File } from "./edit-tree.ts";
import { type Git, GitError } from "./git.ts";
import { changesBetween, type FileChange, listTree, NO_FILE, readable, type Sha } from "./graph.ts";
import type { ConflictedPath, MergeTreeOutput } from "./merge-tree.ts";
import { matcher } from "./patterns.ts";

export interface Policies {
  /** Patterns: here the fork's version stands, whatever upstream does, also when the fork has none. */
  readonly keepOurs: readonly string[];
  /** Patterns: what the fork deleted stays deleted. */
  readonly keepDeleted: readonly string[];
  readonly mustSurvive: readonly Survivor[];
  /** Whether upstream is taken as far as it merges. */
  readonly partial: boolean;
  /** Patterns of generated files: a job makes them anew after the merge, whatever it made of them. */
  readonly regenerate: readonly string[];
}

/** A file or folder, or a text in a file. */
export interface Survivor {
  readonly path: string;
  readonly contains?: string;
}

export const NO_POLICIES: Policies = { keepOurs: [], keepDeleted: [], mustSurvive: [], partial: false, regenerate: [] };

export interface Kept {
  /** For people. */
  readonly path: string;
  readonly policy: "keepOurs" | "keepDeleted" | "regenerate";
}

/** Kinds of conflict in which one side has no file. */
const DELETIONS = ["modify/delete", "rename/delete"];

/**
 * The tree of a merge with the paths of `keepOurs` and `keepDeleted` as `own` has them.
 * @param facts `own`: a tree, or a commit, with what is the fork's own. `base`: the commit that fork and upstream come from.
 */
export async function withPolicies(
  git: Git,
  { keepOurs, keepDeleted }: Policies,
  { own, base, merged }: { readonly own: Sha; readonly base: Sha; readonly merged: MergeTreeOutput },
): Promise<Sha> {
  if (keepOurs.length + keepDeleted.length === 0) return merged.tree;
  const [ours, deleted] = [matcher(keepOurs), matcher(keepDeleted)];
  const changes = await changesBetween(git, own, merged.tree);
  const away = new Set(merged.conflicts.filter(({ kind }) => DELETIONS.includes(kind)).map(({ path }) => path));
  const arrive = changes.filter(({ before }) => before === NO_FILE).map(({ path }) => path);
  // Both trees as a whole: only where there is something to look up.
  const asked = [...arrive, ...away].some(deleted);
  const gone = asked ? await goneFrom(git, own, base) : () => false;
  const edits = new Map<string, File | undefined>();
  for (const change of changes) {
    const { path, before } = change;
    const stays = before === NO_FILE && deleted(path) && (away.has(path) || gone(path));
    if (ours(path) || stays) edits.set(path, fileBefore(change));
  }
  return editTree(git, merged.tree, edits);
}

/** Conflicts that the policies do not settle: they are left for people. */
export async function leftOpen(
  git: Git,
  { keepOurs, keepDeleted }: Pick<Policies, "keepOurs" | "keepDeleted">,
  own: Sha,
  conflicts: readonly ConflictedPath[],
): Promise<readonly ConflictedPath[]> {
  const [ours, deleted] = [matcher(keepOurs), matcher(keepDeleted)];
  const open = conflicts.filter(({ path }) => !ours(path));
  const may = (one: ConflictedPath) => DELETIONS.includes(one.kind) && deleted(one.path);
  if (!open.some(may)) return open;
  const mine = await namesIn(git, own);
  return open.filter((one) => !may(one) || mine.has(one.path));
}

/** The trailer `Upstream-Sync-Side` of a commit that holds what was made anew. */
export const REGENERATED = "regenerate";

/** Of these either version will do: the file is made anew from the merge. */
const GENERATED = ["contents", "binary", "add/add", "modify/delete"];

/** Whether a conflict is one in a generated file, which people need not settle. */
export function isGenerated({ regenerate }: Policies): (conflict: ConflictedPath) => boolean {
  const generated = matcher(regenerate);
  return ({ path, kind }) => generated(path) && GENERATED.includes(kind);
}

/** Conflicts in generated files, settled with what `from` has there. */
export async function withGenerated(
  git: Git,
  conflicts: readonly ConflictedPath[],
  tree: Sha,
  from: Sha,
): Promise<Sha> {
  if (conflicts.length === 0) return tree;
  const files = new Map((await listTree(git, `${from}^{tree}`, ["-r"])).map((entry) => [entry.path, entry]));
  return editTree(git, tree, new Map(conflicts.map(({ path }) => [path, files.get(path)])));
}

function fileBefore({ before, beforeId }: FileChange): File | undefined {
  if (before === NO_FILE) return undefined;
  return { mode: before, type: before === "160000" ? "commit" : "blob", sha: beforeId };
}

/** Of paths that are not in `own`: whether `base` has something there, the file or a folder above it, that the fork deleted. */
async function goneFrom(git: Git, own: Sha, base: Sha): Promise<(path: string) => boolean> {
  const [mine, before] = [await namesIn(git, own), await namesIn(git, base)];
  return (path) => [path, ...foldersAbove(path)].some((one) => before.has(one) && !mine.has(one));
}

async function namesIn(git: Git, commit: Sha): Promise<Set<string>> {
  // -t: the folders as well.
  return new Set((await listTree(git, `${commit}^{tree}`, ["-r", "-t"])).map(({ path }) => path));
}

function foldersAbove(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** What `before` has of `mustSurvive` and `after` has not. Both are trees or commits. */
export async function lostBetween(git: Git, { mustSurvive }: Policies, before: Sha, after: Sha): Promise<Survivor[]> {
  const lost: Survivor[] = [];
  for (const survivor of mustSurvive) {
    const [was, is] = [await idAt(git, before, survivor.path), await idAt(git, after, survivor.path)];
    if (was === is || !(await holds(git, was, survivor))) continue;
    if (!(await holds(git, is, survivor))) lost.push(survivor);
  }
  return lost;
}

/** What of `mustSurvive` is not there at all. */
export async function missingFrom(git: Git, { mustSurvive }: Policies, commit: Sha): Promise<Survivor[]> {
  const there = await Promise.all(
    mustSurvive.map(async (survivor) => holds(git, await idAt(git, commit, survivor.path), survivor)),
  );
  return mustSurvive.filter((_, index) => !there[index]);
}

async function idAt(git: Git, commit: Sha, path: string): Promise<Sha | undefined> {
  const { code, stdout } = await git.attempt([
    "rev-parse",
    "--verify",
    "--quiet",
    `${commit}:${posix.normalize(path)}`,
  ]);
  return code === 0 ? stdout.toString("utf8").trim() : undefined;
}

async function holds(git: Git, id: Sha | undefined, { contains }: Survivor): Promise<boolean> {
  if (id === undefined) return false;
  if (contains === undefined) return true;
  const folder = (await git.text(["cat-file", "-t", id])) !== "blob";
  return !folder && (await readBlob(git, id)).includes(contains);
}

/** The newest commit after `since`, up to `until`, that took it away; undefined when only the merge does. */
export async function removedBy(git: Git, { path, contains }: Survivor, since: Sha, until: Sha) {
  const how = contains === undefined ? "--diff-filter=D" : `-S${contains}`;
  const args = ["log", "--max-count=1", "--format=%H", "--no-renames", how, until, `^${since}`, "--", path];
  const result = await git.attempt(args, { environment: { GIT_LITERAL_PATHSPECS: "1" } });
  if (result.code !== 0) throw new GitError(args, result);
  return result.stdout.toString("utf8").trim() || undefined;
}

export function survivorWords({ path, contains }: Survivor): string {
  return contains === undefined ? path : `"${contains}" in ${path}`;
}

/**
 * What the policies keep out of `tip`: upstream changed it between `from` and `to`, and `tip` has it otherwise.
 * @param skip raw paths that are kept for another reason.
 */
export async function readKept(
  git: Git,
  { keepOurs, keepDeleted, regenerate }: Policies,
  range: { readonly tip: Sha; readonly from: Sha; readonly to: Sha },
  skip: (rawPath: string) => boolean,
): Promise<Kept[]> {
  if (keepOurs.length + keepDeleted.length + regenerate.length === 0) return [];
  const [ours, deleted, generated] = [matcher(keepOurs), matcher(keepDeleted), matcher(regenerate)];
  const upstreams = new Set((await changesBetween(git, range.from, range.to)).map(({ path }) => path));
  const differing = (await changesBetween(git, range.tip, range.to)).filter(({ path }) => upstreams.has(path));
  return differing.flatMap(({ path, before }): Kept[] => {
    if (skip(path)) return [];
    if (before === NO_FILE && deleted(path)) return [{ path: readable(path), policy: "keepDeleted" }];
    if (ours(path)) return [{ path: readable(path), policy: "keepOurs" }];
    return generated(path) ? [{ path: readable(path), policy: "regenerate" }] : [];
  });
}
