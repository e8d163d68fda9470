/** Contents of files, in a clone that may not have them yet. */
import { type Git, GitError } from "./git.ts";
import type { Sha } from "./graph.ts";

export async function readBlob(git: Git, blob: Sha): Promise<Buffer> {
  const args = ["cat-file", "blob", blob];
  const result = await git.attempt(args);
  if (result.code !== 0) throw new GitError(args, result);
  return result.stdout;
}

/** One request for all of them: in a blobless clone git would ask for each file alone. Failing is no harm: then it does. */
export async function fetchBlobs(git: Git, blobs: readonly Sha[]): Promise<void> {
  const wanted = [...new Set(blobs)];
  if (wanted.length < 2) return;
  const args = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none", "--stdin", "fork"];
  await git.attempt(["-c", "fetch.negotiationAlgorithm=noop", ...args], { input: wanted.join("\n") });
}
