/** Reads `git merge-tree --write-tree -z` as git 2.39 prints it; pure. https://git-scm.com/docs/git-merge-tree#OUTPUT */
import { fields } from "./graph.ts";

export interface ConflictedPath {
  /** Raw: latin1 text, one character a byte. */
  readonly path: string;
  /** git's stable type, such as `contents`, `binary`, `modify/delete`, `file/directory`. */
  readonly kind: string;
}

export interface MergeTreeOutput {
  /** With conflicts, a tree that holds markers: never to be committed as it is. */
  readonly tree: string;
  readonly conflicts: readonly ConflictedPath[];
}

/**
 * Undefined when the output is no answer: merge-tree exits 1 both for conflicts and for a commit it cannot find, so only
 * the tree id at the start tells them apart.
 */
export function parseMergeTree(code: number, output: Buffer): MergeTreeOutput | undefined {
  const [tree = "", ...rest] = fields(output);
  if (!/^[0-9a-f]{40}$/.test(tree)) return undefined;
  if (code === 0) return { tree, conflicts: [] };
  if (code !== 1) return undefined;
  const end = rest.indexOf("");
  const stages = end < 0 ? rest : rest.slice(0, end);
  const kinds = kindsByPath(end < 0 ? [] : rest.slice(end + 1));
  const paths = new Set(stages.map((entry) => entry.slice(entry.indexOf("\t") + 1)));
  // A message may name a path that no stage names, such as the place a directory rename moved a file to.
  for (const path of kinds.keys()) paths.add(path);
  return { tree, conflicts: [...paths].sort().map((path) => ({ path, kind: kinds.get(path) ?? "contents" })) };
}

/** The messages are `count, path…, type, text`; the text is for people and changes between versions. */
function kindsByPath(messages: readonly string[]): Map<string, string> {
  const kinds = new Map<string, string>();
  let at = 0;
  while (at < messages.length) {
    const count = Number(messages[at]);
    if (!Number.isInteger(count)) break;
    const paths = messages.slice(at + 1, at + 1 + count);
    const kind = /^CONFLICT \((.+)\)$/.exec(messages[at + 1 + count] ?? "")?.[1];
    if (kind !== undefined) for (const path of paths) if (!kinds.has(path)) kinds.set(path, kind);
    at += count + 3;
  }
  return kinds;
}
