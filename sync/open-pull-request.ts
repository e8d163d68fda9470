/** Opens or updates the one pull request from the sync branch to the target, in the fork and nowhere else. */
import { type GitHub, GitHubError } from "./github.ts";
import { withOurPart } from "./pull-request.ts";
import type { Settings } from "./settings.ts";
import { wordsFor } from "./stop.ts";

export interface Wanted {
  readonly body: string;
  /** The tip of the sync branch. */
  readonly tip: string;
  /** `heal` opens a pull request that is missing, and leaves every other as it is. */
  readonly mode: "ensure" | "heal";
}

export interface PullRequest {
  readonly number: number;
  readonly state: string;
  readonly title: string;
  readonly body: string | null;
  readonly head: { readonly sha: string };
  readonly user: { readonly login: string } | null;
  readonly labels: readonly { readonly name: string }[];
  readonly requested_reviewers?: readonly { readonly login: string }[];
  readonly requested_teams?: readonly { readonly slug: string }[];
}

export interface Opened {
  readonly number: number | null;
  /** What GitHub refused without harm: a label, a reviewer. */
  readonly warnings: readonly string[];
}

/** @throws GitHubError when GitHub does not let the workflow open pull requests. */
export async function openPullRequest(github: GitHub, settings: Settings, wanted: Wanted): Promise<Opened> {
  const known = await knownPullRequests(github, settings);
  const open = known.find((pull) => pull.state === "open");
  if (open !== undefined && wanted.mode === "heal") return { number: open.number, warnings: [] };
  if (open === undefined && wanted.mode === "heal" && known[0]?.head.sha === wanted.tip) {
    // People closed it at this very commit; that is an answer.
    return { number: null, warnings: [] };
  }
  const pull =
    open === undefined ? await create(github, settings, wanted) : await update(github, settings, open, wanted);
  if (pull === undefined) return { number: null, warnings: [] };
  const warnings = [...(await addLabels(github, settings, pull)), ...(await requestReviews(github, settings, pull))];
  return { number: pull.number, warnings };
}

/** Newest first. */
async function knownPullRequests(github: GitHub, settings: Settings): Promise<PullRequest[]> {
  const query = new URLSearchParams({
    state: "all",
    head: `${settings.owner}:${settings.branches.sync}`,
    base: settings.branches.target,
    sort: "created",
    direction: "desc",
    per_page: "10",
  });
  return (await github.get(`/repos/${settings.repository}/pulls?${query}`)) as PullRequest[];
}

async function create(github: GitHub, settings: Settings, wanted: Wanted): Promise<PullRequest | undefined> {
  const { sync: head, target: base } = settings.branches;
  try {
    return (await github.write("POST", `/repos/${settings.repository}/pulls`, {
      title: settings.pullRequest.title,
      head,
      base,
      body: wanted.body,
    })) as PullRequest;
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    if (error.status === 422 && /No commits between/i.test(error.detail)) return undefined;
    if (error.status === 422 && /already exists/i.test(error.detail)) {
      // The answer to an earlier try was lost on the way.
      const open = (await knownPullRequests(github, settings)).find((pull) => pull.state === "open");
      if (open !== undefined) return update(github, settings, open, wanted);
    }
    throw error;
  }
}

/** The title is people's after the first time; of the body only our part is ours. */
async function update(github: GitHub, settings: Settings, pull: PullRequest, wanted: Wanted): Promise<PullRequest> {
  const body = withOurPart(pull.body ?? "", wanted.body);
  if (body === pull.body) return pull;
  return (await github.write("PATCH", `/repos/${settings.repository}/pulls/${pull.number}`, { body })) as PullRequest;
}

export async function addLabels(github: GitHub, settings: Settings, pull: PullRequest): Promise<string[]> {
  const present = new Set(pull.labels.map((label) => label.name.toLowerCase()));
  const labels = settings.pullRequest.labels.filter((label) => !present.has(label.toLowerCase()));
  if (labels.length === 0) return [];
  return tolerate(`the labels ${labels.join(", ")} were not added`, () =>
    github.write("POST", `/repos/${settings.repository}/issues/${pull.number}/labels`, { labels }),
  );
}

/** One by one: a single name that GitHub refuses fails the whole request. */
export async function requestReviews(github: GitHub, settings: Settings, pull: PullRequest): Promise<string[]> {
  const path = `/repos/${settings.repository}/pulls/${pull.number}`;
  const reviews = (await github.list(`${path}/reviews?per_page=100`)) as { user: { login: string } | null }[];
  const people = new Set(
    [...reviews.map((review) => review.user), ...(pull.requested_reviewers ?? []), pull.user].map((user) =>
      user?.login.toLowerCase(),
    ),
  );
  const teams = new Set((pull.requested_teams ?? []).map((team) => team.slug.toLowerCase()));
  const missing = [
    ...settings.pullRequest.reviewers
      .filter((login) => !people.has(login.toLowerCase()))
      .map((login) => ({ name: login, body: { reviewers: [login] } })),
    ...settings.pullRequest.teamReviewers
      .filter((slug) => !teams.has(slug.toLowerCase()))
      .map((slug) => ({ name: `team ${slug}`, body: { team_reviewers: [slug] } })),
  ];
  const warnings: string[] = [];
  for (const { name, body } of missing) {
    const request = () => github.write("POST", `${path}/requested_reviewers`, body);
    warnings.push(...(await tolerate(`the review of ${name} was not requested`, request)));
  }
  return warnings;
}

async function tolerate(what: string, act: () => Promise<unknown>): Promise<string[]> {
  try {
    await act();
    return [];
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return [`${what}: ${wordsFor(error)}`];
  }
}
