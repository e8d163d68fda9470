/** Trees with some of their files replaced, without an index. */
import type { Git } from "./git.ts";
import { listTree, makeTree, type Sha, type TreeEntry } from "./graph.ts";

export type File = Pick<TreeEntry, "mode" | "type" | "sha">;

/** By raw path; undefined: nothing is there afterwards. */
export type Edits = ReadonlyMap<string, File | undefined>;

/** Reads only the folders that hold one of the paths. */
export async function editTree(git: Git, tree: Sha, edits: Edits): Promise<Sha> {
  if (edits.size === 0) return tree;
  const all = [...edits].map(([path, file]) => ({ parts: path.split("/"), file }));
  return (await edited(git, tree, all)) ?? makeTree(git, []);
}

interface Edit {
  readonly parts: readonly string[];
  readonly file: File | undefined;
}

/** Undefined for a folder without entries: git keeps none. */
async function edited(git: Git, tree: Sha | undefined, edits: readonly Edit[]): Promise<Sha | undefined> {
  const entries = new Map((tree === undefined ? [] : await listTree(git, tree)).map((entry) => [entry.path, entry]));
  for (const [name, group] of byFirstPart(edits)) {
    const entry = await editedEntry(git, entries.get(name), group);
    if (entry === undefined) entries.delete(name);
    else entries.set(name, { ...entry, path: name });
  }
  return entries.size === 0 ? undefined : makeTree(git, [...entries.values()]);
}

function byFirstPart(edits: readonly Edit[]): Map<string, Edit[]> {
  const groups = new Map<string, Edit[]>();
  for (const edit of edits) {
    const name = edit.parts[0] as string;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [edit]);
    else group.push(edit);
  }
  return groups;
}

/** A file that is to be there wins over a folder of its name; what is only taken away below a file leaves the file. */
async function editedEntry(git: Git, there: File | undefined, group: readonly Edit[]): Promise<File | undefined> {
  const itself = group.find(({ parts }) => parts.length === 1);
  if (itself?.file !== undefined) return itself.file;
  const below = group
    .filter(({ parts }) => parts.length > 1)
    .map(({ parts, file }) => ({ parts: parts.slice(1), file }));
  const folder = there?.type === "tree" ? there.sha : undefined;
  const sha = below.length === 0 ? folder : await edited(git, folder, below);
  if (sha !== undefined) return { mode: "040000", type: "tree", sha };
  return there?.type === "tree" || itself !== undefined ? undefined : there;
}
