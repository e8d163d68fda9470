/** Questions to the commit graph of a bare repository. */
import { type Git, GitError, type GitResult } from "./git.ts";

export type Sha = string;

export async function isAncestor(git: Git, ancestor: Sha, descendant: Sha): Promise<boolean> {
  const args = ["merge-base", "--is-ancestor", ancestor, descendant];
  const result = await ask(git, args, [ancestor, descendant]);
  if (result.code > 1) throw new GitError(args, result);
  return result.code === 0;
}

/** Every best common ancestor; empty for unrelated histories. */
export async function mergeBases(git: Git, one: Sha, other: Sha): Promise<Sha[]> {
  const args = ["merge-base", "--all", one, other];
  const result = await ask(git, args, [one, other]);
  if (result.code > 1) throw new GitError(args, result);
  return lines(result.stdout.toString("utf8"));
}

/** Whether `tip` holds commits of `upstream` that none of `there` has. */
export async function carriesUpstream(git: Git, tip: Sha, upstream: Sha, ...there: readonly Sha[]): Promise<boolean> {
  for (const base of await mergeBases(git, tip, upstream)) {
    if (!(await isInOne(git, base, there))) return true;
  }
  return false;
}

/** Whether one of `others` has `commit` in its history. */
export async function isInOne(git: Git, commit: Sha, others: readonly Sha[]): Promise<boolean> {
  for (const other of others) if (await isAncestor(git, commit, other)) return true;
  return false;
}

export async function treeOf(git: Git, commit: Sha): Promise<Sha> {
  const args = ["rev-parse", "--verify", `${commit}^{tree}`];
  const result = await ask(git, args, [commit]);
  if (result.code !== 0) throw new GitError(args, result);
  return result.stdout.toString("utf8").trim();
}

/** A name that is no id may be another's a moment later. */
function ask(git: Git, args: readonly string[], about: readonly string[]): Promise<GitResult> {
  return about.every((one) => /^[0-9a-f]{40}/.test(one)) ? git.once(args) : git.attempt(args);
}

/** The end of 2099, the last that git lets a commit of ours have; it keeps whatever somebody else wrote. */
const LATEST = 4_102_444_799;

/** Seconds since the epoch, from 1970 to 2099 whatever the commit says. */
export async function committerDate(git: Git, commit: Sha): Promise<number> {
  return dated(await git.text(["show", "--no-patch", "--format=%ct", commit]));
}

/** Nothing stands for a date that git cannot read. */
function dated(text: string): number {
  return Math.min(Number(text), LATEST);
}

/** Committer dates (as `committerDate`) of the commits in `to` that none of `from` has. */
export async function datesBetween(git: Git, from: readonly Sha[], to: Sha): Promise<number[]> {
  // --no-commit-header exists since git 2.33; hosted runners and Debian 12 have it.
  return lines(
    await git.text(["rev-list", "--no-commit-header", "--format=:%ct", to, ...from.map((one) => `^${one}`)]),
  ).map((line) => dated(line.slice(1)));
}

export const NO_FILE = "000000";

export interface Change {
  /** Raw: latin1 text, one character a byte. */
  readonly path: string;
  /** Modes as git writes them; `NO_FILE` where there is none. */
  readonly before: string;
  readonly after: string;
}

/** The same with the ids of what is there; zeros where nothing is. */
export interface FileChange extends Change {
  readonly beforeId: Sha;
  readonly afterId: Sha;
}

/** The tree without entries, which git knows without having it. */
export const EMPTY_TREE: Sha = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** What differs between two trees; renames are not followed: they need blobs. @param only a pathspec. */
export async function changesBetween(git: Git, from: Sha, to: Sha, only?: string): Promise<FileChange[]> {
  const paths = only === undefined ? [] : ["--", only];
  const args = ["diff-tree", "-r", "-z", "--raw", "--no-renames", from, to, ...paths];
  const result = await ask(git, args, [from, to]);
  if (result.code !== 0) throw new GitError(args, result);
  const [heads, names] = [0, 1].map((odd) => fields(result.stdout).filter((_, index) => index % 2 === odd));
  return (heads ?? []).map((head, index) => {
    const [before = "", after = "", beforeId = "", afterId = ""] = head.slice(1).split(" ");
    return { path: names?.[index] ?? "", before, after, beforeId, afterId };
  });
}

export interface TreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly sha: Sha;
  /** Raw: latin1 text, one character a byte. */
  readonly path: string;
}

/** Entries of a tree; empty when `tree` names nothing. */
export async function listTree(git: Git, tree: string, options: readonly string[] = []): Promise<TreeEntry[]> {
  const args = ["ls-tree", "-z", ...options, tree];
  const result = await ask(git, args, [tree]);
  if (result.code !== 0) {
    const named = await git.attempt(["rev-parse", "--verify", "--quiet", tree]);
    if (named.code !== 0) return [];
    throw new GitError(args, result);
  }
  return fields(result.stdout).map((field) => {
    const tab = field.indexOf("\t");
    const [mode = "", type = "", sha = ""] = field.slice(0, tab).split(" ");
    return { mode, type, sha, path: field.slice(tab + 1) };
  });
}

export async function makeTree(git: Git, entries: readonly TreeEntry[]): Promise<Sha> {
  const input = entries.map((entry) => `${entry.mode} ${entry.type} ${entry.sha}\t${entry.path}\0`).join("");
  // --missing: in a blobless clone the blobs of untouched files are not here, and need not be.
  return git.text(["mktree", "-z", "--missing"], { input: Buffer.from(input, "latin1") });
}

/** NUL-ended fields of `-z` output, as raw latin1 text. */
export function fields(output: Buffer): string[] {
  return output.toString("latin1").split("\0").slice(0, -1);
}

/** A raw path as text for people; bytes that are not UTF-8 become the replacement character. */
export function readable(rawPath: string): string {
  return Buffer.from(rawPath, "latin1").toString("utf8");
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
