/** A bare repository for one run: the fork without file contents, upstream's new commits whole. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { authorization, type Git, GitError, gitIn, type Surroundings } from "./git.ts";
import { isAncestor, type Sha } from "./graph.ts";
import { branchPatterns, type RemoteRefs, refsOf, refUnder } from "./refs.ts";
import { explainRefusal } from "./refusals.ts";
import type { Settings } from "./settings.ts";
import { Stop } from "./stop.ts";

export interface Repository {
  readonly git: Git;
  remove(): Promise<void>;
}

/** Where `fetchUpstream` leaves the tip of upstream's branch. */
export const UPSTREAM_TIP = "refs/seen-upstream";

export function forkUrl(settings: Settings): string {
  return `${settings.serverUrl}/${settings.repository}.git`;
}

/** Without a work tree: nothing of upstream's is ever written out as a file, no hook and no filter runs. */
export async function createRepository(settings: Settings, surroundings: Surroundings): Promise<Repository> {
  const folder = await mkdtemp(join(settings.files.temporary, "upstream-sync-"));
  // Both in one: while upstream is fetched, git may ask the fork for a file that upstream's pack builds on.
  const tokens = [{ url: forkUrl(settings), token: settings.token }, settings.upstream];
  const git = gitIn(folder, surroundings, authorization(tokens));
  await git.text(["init", "--quiet", "--bare", "."]);
  await git.text(["config", "remote.fork.url", forkUrl(settings)]);
  return { git, remove: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * The fork's sync branch, target branch and our own refs, with all commits and trees. The blobs that a merge needs come
 * on demand: 17 times less to download than a full clone of a 189 MB repository.
 */
export async function fetchFork(git: Git, settings: Settings): Promise<RemoteRefs> {
  const { sync, target } = settings.branches;
  const args = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none", "fork"];
  const specs = [...branchPatterns(settings.branches), "refs/upstream-sync/*"];
  const result = await git.reach([...args, ...specs.map((ref) => `+${ref}:${refUnder("fork", ref)}`)]);
  if (result.code !== 0) {
    throw new Stop({
      what: `the fork ${settings.repository} could not be fetched`,
      got: explainRefusal(result.stderr).got,
      remedy: `Check that ${sync} and ${target} exist and that the job may read contents, then run the workflow again`,
    });
  }
  const listed = await git.text(["for-each-ref", "--format=%(objectname)%09%(refname:lstrip=2)", "refs/fork/"]);
  return refsOf(listed.replaceAll(/\t/g, "\trefs/"), settings);
}

/**
 * A limit that no file reaches: everything comes, and git takes the pack for one of a partial clone. Else it would go through
 * each object of the fork's to see that nothing is missing, which takes longer than the fetch (git's connected.c).
 */
const EVERYTHING = "--filter=blob:limit=1000000g";

/**
 * Upstream's branch, and proof that `commit` is in it. Fetched by URL: no remote name, so nothing can be pushed to it.
 */
export async function fetchUpstream(git: Git, settings: Settings, commit: Sha): Promise<void> {
  const { url, branch } = settings.upstream;
  const args = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", EVERYTHING];
  const result = await git.reach([...args, url, `+refs/heads/${branch}:${UPSTREAM_TIP}`]);
  // git remembers upstream as a place to fetch missing files from; only the fork is that.
  await git.attempt(["config", "--remove-section", `remote.${url}`]);
  // A shallow upstream makes git exit 0 without creating the ref.
  const there = await git.attempt(["rev-parse", "--verify", "--quiet", UPSTREAM_TIP]);
  if (result.code !== 0 || there.code !== 0) {
    throw new Stop({
      what: `upstream's ${branch} could not be fetched from ${url}`,
      got: explainRefusal(result.stderr).got,
      remedy: "Check the address and that it is public and not a shallow clone, then run the workflow again",
    });
  }
  if (!(await isKnownAncestor(git, commit, UPSTREAM_TIP))) {
    throw new Stop({
      what: `upstream's ${branch} does not have the commit this run is about`,
      got: `${commit} is not in it: the branch was rewritten meanwhile, or the commit given by hand is another's`,
      remedy: "Run the workflow again without naming a commit; if it stops again, ask upstream what happened",
    });
  }
}

/** Like `isAncestor`, but a commit that cannot be found is none. */
export async function isKnownAncestor(git: Git, ancestor: Sha, descendant: Sha): Promise<boolean> {
  try {
    return await isAncestor(git, ancestor, descendant);
  } catch (error) {
    if (error instanceof GitError) return false;
    throw error;
  }
}
