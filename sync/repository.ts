/** A bare repository for one run: the fork without file contents, upstream's new commits whole. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { shortName } from "./follow.ts";
import { authorization, type Git, GitError, gitIn, type Surroundings } from "./git.ts";
import { isAncestor, type Sha } from "./graph.ts";
import { branchPatterns, type RemoteRefs, refsOf, refUnder } from "./refs.ts";
import { explainRefusal } from "./refusals.ts";
import type { Settings } from "./settings.ts";
import { Stop } from "./stop.ts";
import { stopForUpstream } from "./upstream-trouble.ts";

export interface Repository {
  readonly git: Git;
  remove(): Promise<void>;
}

/** Where `fetchUpstream` leaves what is followed: the tip of a branch, or a tag. */
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
  await git.text(["init", "--quiet", "--bare", "--template=", "."]);
  await git.text(["config", "remote.fork.url", forkUrl(settings)]);
  // Of this repository alone, for nobody misses it after a power cut; a person's clone (by-hand.ts) waits for its disk.
  // https://git-scm.com/docs/git-config#Documentation/git-config.txt-corefsync
  await git.text(["config", "core.fsync", "none"]);
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
      said: result.stderr,
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
 * "Without limit", as git-fetch(1) has it for a whole history. It says outright whether upstream's own is cut off: without it git
 * looks for the commit where it was cut, asks upstream for that as it would for a missing file, and so on without end.
 */
const WHOLE_HISTORY = "--depth=2147483647";

/**
 * What is followed of upstream, and proof that it has `commit`: a branch holds it, a tag is at it. Fetched by URL: no remote
 * name, so nothing can be pushed to it.
 * @param taken what the fork took last: named alone, upstream knows it at the first question and is not asked about the fork's own commits.
 */
export async function fetchUpstream(git: Git, settings: Settings, commit: Sha, taken: Sha | undefined): Promise<void> {
  const { url, ref } = settings.upstream;
  const known = taken === undefined ? [] : [`--negotiation-tip=${taken}`];
  const args = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", EVERYTHING, WHOLE_HISTORY, ...known];
  const result = await git.reach([...args, url, `+${ref}:${UPSTREAM_TIP}`]);
  // git remembers upstream as a place to fetch missing files from; only the fork is that.
  await git.attempt(["config", "--remove-section", `remote.${url}`]);
  if (result.code !== 0) throw notFetched(settings, result.stderr);
  if ((await git.text(["rev-parse", "--is-shallow-repository"])) === "true") throw shallow(settings);
  const tip = await git.attempt(["rev-parse", "--verify", "--quiet", `${UPSTREAM_TIP}^{commit}`]);
  if (tip.code !== 0) throw noCommit(settings);
  const isTag = ref.startsWith("refs/tags/");
  if (isTag && tip.stdout.toString("utf8").trim() !== commit) throw tagMoved(settings, commit);
  if (!isTag && !(await isKnownAncestor(git, commit, UPSTREAM_TIP))) throw notInBranch(settings, commit);
}

function notFetched(settings: Settings, stderr: string): Stop {
  const { url, ref } = settings.upstream;
  const what = `upstream's ${shortName(ref)} could not be fetched from ${url}`;
  if (/couldn't find remote ref/i.test(stderr)) {
    const got = "upstream no longer has it";
    return new Stop({ what, got, remedy: "Run the workflow again: it starts from what upstream has now" });
  }
  return stopForUpstream(what, stderr, settings);
}

function shallow({ upstream }: Settings): Stop {
  return new Stop({
    what: `upstream's ${shortName(upstream.ref)} cannot be merged from ${upstream.url}`,
    got: "that repository is shallow: it has the newest commits only, and not the history they build on",
    remedy: `Set the project's own address under \`upstream\`; whoever keeps that copy makes it whole with "git fetch --unshallow"`,
  });
}

function noCommit({ upstream }: Settings): Stop {
  return new Stop({
    what: `upstream's tag ${shortName(upstream.ref)} cannot be merged`,
    got: "it names no commit but a file or a folder",
    remedy: "Let `follow` in the configuration leave it out and deploy again",
  });
}

function tagMoved({ upstream }: Settings, commit: Sha): Stop {
  return new Stop({
    what: `upstream's tag ${shortName(upstream.ref)} moved during the run`,
    got: `${commit} is no longer where it points`,
    remedy: "Run the workflow again; if it stops again, ask upstream what happened",
  });
}

function notInBranch({ upstream }: Settings, commit: Sha): Stop {
  return new Stop({
    what: `upstream's ${shortName(upstream.ref)} does not have the commit this run is about`,
    got: `${commit} is not in it: the branch was rewritten meanwhile, or the commit given by hand is another's`,
    remedy: "Run the workflow again without naming a commit; if it stops again, ask upstream what happened",
  });
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
