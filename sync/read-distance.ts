/** How far the target is behind upstream, for a run without a clone. */
import { behindOf } from "./distance.ts";
import type { GitHub } from "./github.ts";
import type { Behind } from "./record.ts";
import type { RemoteRefs } from "./refs.ts";
import { GitHubError } from "./rest.ts";
import type { Settings } from "./settings.ts";

export interface DistanceFacts extends Pick<RemoteRefs, "distances"> {
  readonly upstream: string;
  readonly target: string;
}

/**
 * Without a clone. Nothing is asked while both sides are where they were; else GitHub, which knows upstream's commits when both are
 * in one network of forks; else it is at least what it was, as long as the target did not move.
 */
export async function readDistance(
  github: GitHub,
  settings: Settings,
  { upstream, target, distances }: DistanceFacts,
  now: number,
): Promise<Behind | null> {
  const known = distances.filter((one) => one.target === target).at(-1);
  if (known?.upstream === upstream) return behindOf(known, now);
  // What was counted stays true of a target that did not move, also where a squash hides from GitHub what has landed.
  const more = await compare(github, settings, known?.upstream ?? target, upstream);
  if (more === undefined) return known === undefined ? null : { ...behindOf(known, now), atLeast: true };
  if (known === undefined) return behindOf(more, now);
  const since = known.commits === 0 ? more.since : known.since;
  return behindOf({ commits: known.commits + more.commits, since }, now);
}

/** https://docs.github.com/rest/commits/commits#compare-two-commits: the oldest commit comes first, one a page keeps the answer small. */
async function compare(github: GitHub, { repository }: Settings, from: string, to: string) {
  try {
    const path = `/repos/${repository}/compare/${from}...${to}?per_page=1`;
    const { ahead_by: commits, commits: page } = (await github.get(path)) as {
      ahead_by?: number;
      commits?: readonly { readonly commit?: { readonly committer?: { readonly date?: string } } }[];
    };
    const since = Date.parse(page?.[0]?.commit?.committer?.date ?? "") / 1000;
    if (commits === undefined || (commits > 0 && Number.isNaN(since))) return undefined;
    return { commits, since: commits === 0 ? 0 : since };
  } catch (error) {
    // A figure is not worth a run.
    if (error instanceof GitHubError) return undefined;
    throw error;
  }
}
