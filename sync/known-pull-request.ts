/** The sync pull request as GitHub knows it, and what people said with it: approved, or closed without landing. */
import type { GitHub } from "./github.ts";
import { isSaid } from "./pause.ts";
import type { Settings } from "./settings.ts";

export interface PullRequest {
  readonly number: number;
  readonly state: string;
  readonly title: string;
  readonly body: string | null;
  readonly merged_at: string | null;
  /** Of one that has landed: the commit it became. */
  readonly merge_commit_sha?: string | null;
  readonly head: { readonly sha: string };
  readonly base: { readonly ref: string };
  readonly user: { readonly login: string } | null;
  readonly labels: readonly { readonly name: string }[];
  readonly requested_reviewers?: readonly { readonly login: string }[];
  readonly requested_teams?: readonly { readonly slug: string }[];
}

/** https://docs.github.com/rest/pulls/reviews#list-reviews-for-a-pull-request */
export interface Review {
  readonly user: { readonly login: string } | null;
  readonly state: string;
  readonly author_association?: string;
}

/** Stands in every text of ours; people may have opened the pull request themselves, then only its branches tell. */
export const BEGIN = "<!-- upstream-sync:begin -->";
/** In one that we have closed, because the set-up went or there was one too many: that was nobody's answer. */
export const REMOVED = "<!-- upstream-sync:removed -->";
/** On the sync pull request it lets upstream's workflow files in. */
export const ACCEPT_LABEL = "accept-upstream-workflows";

export interface PullState {
  readonly open: { readonly number: number; readonly approved: boolean; readonly accepts: boolean } | undefined;
  /** The last one was closed without being merged, and none is open. */
  readonly closed: { readonly number: number; readonly said: boolean } | undefined;
}

export interface KnownPullRequests {
  /** Those from the sync branch to the target; ours before others, then newest first. */
  readonly known: readonly PullRequest[];
  /** Open ones of ours to another branch: the target was another, or somebody changed the base. */
  readonly elsewhere: readonly PullRequest[];
}

export async function knownPullRequests(github: GitHub, settings: Settings): Promise<KnownPullRequests> {
  const query = new URLSearchParams({
    state: "all",
    head: `${settings.owner}:${settings.branches.sync}`,
    sort: "created",
    direction: "desc",
    per_page: "20",
  });
  const pulls = (await github.get(`/repos/${settings.repository}/pulls?${query}`)) as PullRequest[];
  const here = pulls.filter(({ base }) => base.ref === settings.branches.target);
  return {
    known: [...here.filter(isOurs), ...here.filter((pull) => !isOurs(pull))],
    elsewhere: pulls.filter(
      (pull) => pull.state === "open" && pull.base.ref !== settings.branches.target && isOurs(pull),
    ),
  };
}

/** One request, and one more where it matters: the reviews of an open one, the comments of a closed one. */
export async function readPullState(github: GitHub, settings: Settings): Promise<PullState> {
  const { known } = await knownPullRequests(github, settings);
  const open = known.find((pull) => pull.state === "open");
  if (open !== undefined) {
    const reviews = settings.pullRequest.whenApproved === "hold" ? await readReviews(github, settings, open) : [];
    return { open: { number: open.number, approved: isApproved(reviews), accepts: hasLabel(open) }, closed: undefined };
  }
  const [last] = known;
  if (last === undefined || last.merged_at || last.body?.includes(REMOVED))
    return { open: undefined, closed: undefined };
  const { number } = last;
  return { open: undefined, closed: { number, said: await isSaid(github, settings, { by: "closing", number }) } };
}

export async function readReviews(github: GitHub, settings: Settings, { number }: PullRequest): Promise<Review[]> {
  return (await github.list(`/repos/${settings.repository}/pulls/${number}/reviews?per_page=100`)) as Review[];
}

/**
 * Somebody of the fork approved, and nobody of the fork asks for changes: the last word of each counts, comments are none.
 * A stranger's approval holds nothing up.
 */
export function isApproved(reviews: readonly Review[]): boolean {
  const last = new Map<string, string>();
  for (const { user, state, author_association } of reviews) {
    const ofTheFork = ["OWNER", "MEMBER", "COLLABORATOR"].includes(author_association ?? "");
    if (user !== null && ofTheFork && state !== "COMMENTED" && state !== "PENDING") last.set(user.login, state);
  }
  const words = [...last.values()];
  return words.includes("APPROVED") && !words.includes("CHANGES_REQUESTED");
}

function isOurs({ body }: PullRequest): boolean {
  return body?.includes(BEGIN) ?? false;
}

function hasLabel({ labels }: PullRequest): boolean {
  return labels.some(({ name }) => name.toLowerCase() === ACCEPT_LABEL);
}
