/** How the commit of ours at the tip of a conflict branch is known; pure. */

export interface Placeholder {
  readonly side: "target" | "upstream";
  /** The commit that conflicts. */
  readonly commit: string;
}

/**
 * What a commit says of itself, if it is one of ours. It is one when its tree is that of `commit` as well: then nothing of people's
 * is in it.
 *
 * @param parents ids, as git prints them.
 */
export function placeholderIn(commit: { readonly parents: string; readonly message: string }): Placeholder | undefined {
  const lines = commit.message.split("\n");
  const trailer = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const side = trailer("Upstream-Sync-Conflict");
  if ((side !== "target" && side !== "upstream") || trailer("Upstream-Sync-Commit") !== commit.parents)
    return undefined;
  return { side, commit: commit.parents };
}
