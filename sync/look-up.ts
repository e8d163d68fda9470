/** One `git ls-remote` of each side: what `look` costs when nothing moved. */
import { chooseTag, type FollowedTags, shortName, type Tag, tagAt, tagsOf } from "./follow.ts";
import { authorization, type Git, gitIn, type Surroundings } from "./git.ts";
import { branchPatterns, parseRefs, type RemoteRefs, refsOf, tagRecordRef } from "./refs.ts";
import { explainRefusal } from "./refusals.ts";
import type { Settings } from "./settings.ts";
import { Stop } from "./stop.ts";
import { stopForUpstream } from "./upstream-trouble.ts";

/** @throws Stop when the fork cannot be read. */
export async function lookUpFork(git: Git, settings: Settings, url: string): Promise<RemoteRefs> {
  const patterns = [...branchPatterns(settings.branches), "refs/upstream-sync/*"];
  const result = await git.reach(["ls-remote", "--refs", url, ...patterns]);
  if (result.code !== 0) {
    const { got, remedy } = explainRefusal(result.stderr);
    throw new Stop({ what: `the fork ${settings.repository} could not be read`, got, remedy, said: result.stderr });
  }
  return refsOf(result.stdout.toString("utf8"), settings);
}

/** Upstream as it is now, as far as it concerns what is followed. */
export type UpstreamSeen =
  | { readonly kind: "branch"; readonly sha: string }
  | { readonly kind: "tags"; readonly follow: FollowedTags; readonly tags: readonly Tag[] };

/** What of upstream this run is about. */
export interface Followed {
  /** `refs/heads/main`, `refs/tags/v1.4.2`. */
  readonly ref: string;
  readonly sha: string;
}

/**
 * With an environment of its own that holds no credential of the fork.
 * @throws Stop when upstream cannot be read, is empty, or has no such branch.
 */
export async function lookUpUpstream(settings: Settings, surroundings: Surroundings): Promise<UpstreamSeen> {
  const { follow } = settings.upstream;
  if (follow.kind !== "branch") {
    // --tags keeps the server from listing branches and pull requests; without --refs it tells the commits of annotated tags.
    const tags = tagsOf(parseRefs(await listUpstream(settings, surroundings, ["--tags"])));
    if (tags.length === 0) await refuseEmpty(settings, surroundings);
    return { kind: "tags", follow, tags };
  }
  const ref = `refs/heads/${settings.upstream.branch}`;
  // --heads keeps the server from listing every pull request: megabytes on a popular project.
  const sha = parseRefs(await listUpstream(settings, surroundings, ["--refs", "--heads"], [ref])).get(ref);
  if (sha === undefined) throw await noSuchBranch(settings, surroundings);
  return { kind: "branch", sha };
}

/** The tag's commit now; undefined when upstream no longer has it. */
export async function lookUpTag(settings: Settings, surroundings: Surroundings, name: string) {
  const listing = await listUpstream(settings, surroundings, ["--tags"], [`refs/tags/${name}`, `refs/tags/${name}^{}`]);
  return tagsOf(parseRefs(listing)).find((tag) => tag.name === name)?.sha;
}

async function listUpstream(
  settings: Settings,
  surroundings: Surroundings,
  options: readonly string[],
  patterns: readonly string[] = [],
): Promise<string> {
  const { url, token } = settings.upstream;
  const git = gitIn(settings.files.temporary, surroundings, authorization([{ url, token }]));
  const result = await git.reach(["ls-remote", ...options, url, ...patterns]);
  if (result.code !== 0) throw stopForUpstream(`upstream ${url} could not be read`, result.stderr, settings);
  return result.stdout.toString("utf8");
}

/** What the choice depends on besides what upstream has. */
export interface FollowSettings extends Pick<Settings, "route"> {
  readonly upstream: Pick<Settings["upstream"], "url" | "branch">;
}

/** @throws Stop when there is nothing at all to follow now. */
export function chooseFollowed(settings: FollowSettings, seen: UpstreamSeen, taken: Tag | undefined): Followed {
  const { url, branch } = settings.upstream;
  if (seen.kind === "branch") return { ref: `refs/heads/${branch}`, sha: seen.sha };
  const takenRef = taken === undefined ? "" : tagRecordRef(settings, taken.name);
  const { name, sha } = chooseTag({ follow: seen.follow, url, listed: seen.tags, taken, takenRef });
  return { ref: `refs/tags/${name}`, sha };
}

/** A commit given by hand: a tag when one is at it, else a commit of the branch, which `merge` makes sure of. */
export function followedByHand(settings: Settings, seen: UpstreamSeen, sha: string): Followed {
  const tag = seen.kind === "tags" ? tagAt(seen.follow, seen.tags, sha) : undefined;
  return { ref: tag === undefined ? `refs/heads/${settings.upstream.branch}` : `refs/tags/${tag.name}`, sha };
}

/** Asked only when something is amiss: this lists all of upstream. */
async function lookAround(settings: Settings, surroundings: Surroundings) {
  const listing = await listUpstream(settings, surroundings, ["--symref"], ["HEAD", "refs/heads/*"]);
  const head = /^ref: (\S+)\tHEAD$/m.exec(listing)?.[1];
  return { empty: listing === "", defaultBranch: head && shortName(head) };
}

async function refuseEmpty(settings: Settings, surroundings: Surroundings): Promise<void> {
  if ((await lookAround(settings, surroundings)).empty) throw emptyUpstream(settings);
}

function emptyUpstream({ upstream }: Settings): Stop {
  return new Stop({
    what: `upstream ${upstream.url} is empty`,
    got: "the server answered, without a single branch",
    remedy:
      "Check the address under `upstream` in the configuration; if it is right, ask upstream what became of the project",
  });
}

async function noSuchBranch(settings: Settings, surroundings: Surroundings): Promise<Stop> {
  const { url, branch } = settings.upstream;
  const { empty, defaultBranch } = await lookAround(settings, surroundings);
  if (empty) return emptyUpstream(settings);
  const renamed = defaultBranch !== undefined && defaultBranch !== branch;
  // Upstream's word, so only where it is plain.
  const name = renamed && /^[\w./-]{1,100}$/.test(defaultBranch) ? defaultBranch : undefined;
  return new Stop({
    what: `upstream ${url} has no branch ${branch}`,
    got: name === undefined ? "the server answered, without that branch" : `its default branch is ${name}`,
    remedy:
      name === undefined
        ? "Was it renamed or deleted? Set `upstream.branch` in the configuration to the branch that goes on and deploy again"
        : `If ${name} is what goes on, set \`upstream.branch: ${name}\` in the configuration and deploy again: the commits that both have in common are not taken twice`,
  });
}
