/** Refs of a fork by REST: those that a set-up has to do with. */
import { type Octokit, RequestError } from "octokit";
import type { ForkConfig } from "../config/schema.ts";
import { explain } from "../github.ts";

/** Full ref name -> SHA: the branches of the config, those that begin like the sync branch, and our own refs. */
export async function readRefs(octokit: Octokit, fork: ForkConfig): Promise<ReadonlyMap<string, string>> {
  const { sync, target, from } = fork.branches;
  const prefixes = [`heads/${sync}`, "heads/upstream-sync-files", "upstream-sync/"];
  const branches = [...new Set([target, from])].map((branch) => `heads/${branch}`);
  const listed = await Promise.all(
    [...prefixes, ...branches].map(async (ref) => {
      const refs = await octokit
        .paginate(octokit.rest.git.listMatchingRefs, { owner: fork.owner, repo: fork.name, ref, per_page: 100 })
        .catch((error) => explain(error, `list the refs of ${fork.repository}`));
      return refs.filter(({ ref: name }) => !branches.includes(ref) || name === `refs/${ref}`);
    }),
  );
  return new Map(
    listed
      .flat()
      .map(({ ref, object }) => [ref, object.sha] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/**
 * Commits of one branch that another does not have; undefined when the two cannot be compared, null when the first is gone.
 * https://docs.github.com/rest/commits/commits#compare-two-commits
 */
export async function countAhead(
  octokit: Octokit,
  fork: ForkConfig,
  branches: { readonly base: string; readonly head: string },
): Promise<number | undefined | null> {
  const place = { owner: fork.owner, repo: fork.name };
  const orMissing = (error: unknown): undefined => {
    if (error instanceof RequestError && error.status === 404) return undefined;
    return explain(error, `compare ${branches.head} with ${branches.base} in ${fork.repository}`);
  };
  // The second page has no files: only the count is wanted.
  const basehead = `${branches.base}...${branches.head}`;
  const compared = await octokit.rest.repos
    .compareCommitsWithBasehead({ ...place, basehead, per_page: 1, page: 2 })
    .catch(orMissing);
  if (compared) return compared.data.ahead_by;
  const branch = await octokit.rest.git.getRef({ ...place, ref: `heads/${branches.head}` }).catch(orMissing);
  return branch ? undefined : null;
}
