/** Making commits in a bare repository: one file written or removed, merges, squashes, rebases. Refs are moved by others. */
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type GitRepository, git } from "./git.ts";
import { commitInfo, mergeTree, type Person } from "./git-objects.ts";

export interface CommitText {
  message: string;
  author: Person;
  committer: Person;
}

export async function commitTree(
  at: GitRepository,
  tree: string,
  parents: readonly string[],
  text: CommitText,
): Promise<string> {
  const { author, committer } = text;
  return git(at, ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent])], {
    input: text.message.endsWith("\n") ? text.message : `${text.message}\n`,
    environment: {
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_AUTHOR_DATE: author.date,
      GIT_COMMITTER_NAME: committer.name,
      GIT_COMMITTER_EMAIL: committer.email,
      GIT_COMMITTER_DATE: committer.date,
    },
  });
}

/** Whether git takes the path into an index: no `.git`, no `..`, no empty component. */
export function validPath(path: string): boolean {
  const parts = path.split("/");
  return path !== "" && !path.includes("\0") && parts.every((part) => !/^(|\.|\.\.|\.git)$/i.test(part));
}

/**
 * A tree like the parent's with one file written (`content`) or removed (null). `parent` null starts an empty history.
 * The blob id equals the id the file has in the new tree.
 */
async function treeWith(
  at: GitRepository,
  parent: string | null,
  path: string,
  content: Uint8Array | null,
  mode: string,
): Promise<{ tree: string; blob: string | null }> {
  const index = join(at.folder, `index-${randomBytes(8).toString("hex")}`);
  const environment = { GIT_INDEX_FILE: index };
  try {
    if (parent) await git(at, ["read-tree", parent], { environment });
    const blob = content === null ? null : await git(at, ["hash-object", "-w", "--stdin"], { input: content });
    const line = blob === null ? `0 ${"0".repeat(40)}\t${path}\0` : `${mode} ${blob}\t${path}\0`;
    await git(at, ["update-index", "-z", "--index-info"], { environment, input: line });
    return { tree: await git(at, ["write-tree"], { environment }), blob };
  } finally {
    await rm(index, { force: true });
  }
}

/** One commit that writes a file. `mode`: "100644" or "100755". */
export async function commitFile(
  at: GitRepository,
  parent: string | null,
  file: { path: string; content: Uint8Array; mode: string },
  text: CommitText,
): Promise<{ commit: string; blob: string }> {
  const { tree, blob } = await treeWith(at, parent, file.path, file.content, file.mode);
  return { commit: await commitTree(at, tree, parent ? [parent] : [], text), blob: blob ?? "" };
}

/** One commit that removes a file. */
export async function commitRemoval(
  at: GitRepository,
  parent: string,
  path: string,
  text: CommitText,
): Promise<string> {
  const { tree } = await treeWith(at, parent, path, null, "0");
  return commitTree(at, tree, [parent], text);
}

/** A merge commit with base as first parent; undefined when the two conflict. */
export async function mergeCommit(
  at: GitRepository,
  base: string,
  head: string,
  text: CommitText,
): Promise<string | undefined> {
  const merged = await mergeTree(at, base, head);
  return merged.clean ? commitTree(at, merged.tree, [base, head], text) : undefined;
}

/** The same content as one commit on base; undefined when the two conflict. */
export async function squashCommit(
  at: GitRepository,
  base: string,
  head: string,
  text: CommitText,
): Promise<string | undefined> {
  const merged = await mergeTree(at, base, head);
  return merged.clean ? commitTree(at, merged.tree, [base], text) : undefined;
}

/**
 * The commits of head that base lacks, replayed on base (merges are left out, as GitHub does); undefined on a conflict.
 * git 2.39's merge-tree takes no merge base, so each step merges with a stand-in commit that has the wanted tip's tree and
 * the replayed commit's parent: the parent then is the merge base.
 */
export async function rebaseCommits(
  at: GitRepository,
  base: string,
  head: string,
  committer: Person,
): Promise<string | undefined> {
  const text = await git(at, ["rev-list", "--reverse", "--topo-order", "--no-merges", `${base}..${head}`]);
  let tip = base;
  for (const sha of text.split("\n").filter(Boolean)) {
    const commit = await commitInfo(at, sha);
    const from = await commitInfo(at, tip);
    const standIn = await commitTree(at, from.tree, commit.parents, { ...commit, message: "stand-in" });
    const merged = await mergeTree(at, standIn, sha);
    if (!merged.clean) return undefined;
    tip = await commitTree(at, merged.tree, [tip], { message: commit.message, author: commit.author, committer });
  }
  return tip;
}
