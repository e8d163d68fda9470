/**
 * The fork's own `.gitattributes`, for merges in a repository without a work tree: there git looks for none, so that a
 * file under `merge=union` conflicts and one under `-merge` is merged in silence. Given a work tree that holds nothing but
 * these files, git reads them as it does in a clone. https://git-scm.com/docs/gitattributes#_performing_a_three_way_merge
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fetchBlobs, readBlob } from "./blobs.ts";
import type { Git, GitOptions } from "./git.ts";
import { changesBetween, EMPTY_TREE, type Sha } from "./graph.ts";

/** Where git is run, and with what, to see the attributes. */
export type Place = Pick<GitOptions, "folder" | "environment">;

/**
 * Runs `use` with what makes a command of git's see the attributes of `commit`. No command comes from such a file: it can
 * only name a driver, and the configuration knows those of git itself and `ours` (git.ts).
 */
export async function withAttributes<T>(git: Git, commit: Sha, use: (place: Place) => Promise<T>): Promise<T> {
  const files = await attributeFiles(git, commit);
  if (files.length === 0) return use({});
  const gitFolder = await git.text(["rev-parse", "--absolute-git-dir"]);
  const folder = await mkdtemp(join(gitFolder, "upstream-sync-attributes-"));
  try {
    await fetchBlobs(
      git,
      files.map(({ sha }) => sha),
    );
    for (const { path, sha } of files) await write(folder, path, await readBlob(git, sha));
    return await use({ folder, environment: { GIT_DIR: gitFolder, GIT_WORK_TREE: folder } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Regular files: git follows no link of this name. */
async function attributeFiles(git: Git, commit: Sha): Promise<{ path: string; sha: Sha }[]> {
  const all = await changesBetween(git, EMPTY_TREE, commit, ":(top,glob)**/.gitattributes");
  return all
    .filter(({ path, after }) => after.startsWith("100") && isPlace(path))
    .map(({ path, afterId }) => ({ path, sha: afterId }));
}

/** Whether a clone could hold a file of this path: a tree can be made to say more. */
function isPlace(path: string): boolean {
  return path.length < 3000 && path.split("/").every((part) => part.length < 256 && !/^(\.{0,2}|\.git)$/i.test(part));
}

async function write(folder: string, rawPath: string, content: Buffer): Promise<void> {
  // The path as bytes: it need not be UTF-8.
  const below = (path: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, "latin1")]);
  await mkdir(below(dirname(rawPath)), { recursive: true, mode: 0o700 });
  await writeFile(below(rawPath), content, { mode: 0o600 });
}
