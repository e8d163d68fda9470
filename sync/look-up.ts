/** One `git ls-remote` of each side: what `look` costs when nothing moved. */
import { authorization, type Git, gitIn, type Surroundings } from "./git.ts";
import { branchPatterns, parseRefs, type RemoteRefs, refsOf } from "./refs.ts";
import { explainRefusal } from "./refusals.ts";
import type { Settings } from "./settings.ts";
import { Stop } from "./stop.ts";

/** @throws Stop when the fork cannot be read. */
export async function lookUpFork(git: Git, settings: Settings, url: string): Promise<RemoteRefs> {
  const patterns = [...branchPatterns(settings.branches), "refs/upstream-sync/*"];
  const result = await git.reach(["ls-remote", "--refs", url, ...patterns]);
  if (result.code !== 0) {
    const { got, remedy } = explainRefusal(result.stderr);
    throw new Stop({ what: `the fork ${settings.repository} could not be read`, got, remedy });
  }
  return refsOf(result.stdout.toString("utf8"), settings);
}

/**
 * The commit at the tip of upstream's branch. With an environment of its own that holds no credential of the fork.
 * @throws Stop when upstream cannot be read or has no such branch.
 */
export async function lookUpUpstream(settings: Settings, surroundings: Surroundings): Promise<string> {
  const { url, branch, token } = settings.upstream;
  const ref = `refs/heads/${branch}`;
  const git = gitIn(settings.files.temporary, surroundings, authorization([{ url, token }]));
  // --heads keeps the server from listing every pull request: megabytes on a popular project.
  const result = await git.reach(["ls-remote", "--refs", "--heads", url, ref]);
  if (result.code !== 0) {
    const { got, remedy } = explainRefusal(result.stderr);
    throw new Stop({ what: `upstream ${url} could not be read`, got, remedy });
  }
  const sha = parseRefs(result.stdout.toString("utf8")).get(ref);
  if (sha === undefined) {
    throw new Stop({
      what: `upstream ${url} has no branch ${branch}`,
      got: "the server answered, without that branch",
      remedy: "Was it renamed? Set `upstream.branch` in the configuration and deploy again",
    });
  }
  return sha;
}
