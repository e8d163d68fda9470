/** Labels and reviewers of a pull request, each asked for once. */
import { type Asked, without } from "./asked.ts";
import { type GitHub, GitHubError, harmless } from "./github.ts";
import { type PullRequest, readReviews } from "./known-pull-request.ts";
import type { Settings } from "./settings.ts";
import { wordsFor } from "./stop.ts";

/** @param before what was asked for on this pull request already. @returns all that is asked for now. */
export async function askPeople(
  github: GitHub,
  settings: Settings,
  pull: PullRequest,
  before: Asked,
): Promise<{ asked: Asked; warnings: string[] }> {
  const wanted = settings.pullRequest;
  const labels = await addLabels(github, settings, pull, without(wanted.labels, before.labels));
  const reviewers = without(wanted.reviewers, before.reviewers);
  const teams = without(wanted.teamReviewers, before.teamReviewers);
  const reviews = await requestReviews(github, settings, pull, reviewers, teams);
  return {
    asked: {
      labels: labels.length === 0 ? wanted.labels : before.labels,
      reviewers: without(wanted.reviewers, reviews.refused.people),
      teamReviewers: without(wanted.teamReviewers, reviews.refused.teams),
    },
    warnings: [...labels, ...reviews.warnings],
  };
}

async function addLabels(
  github: GitHub,
  settings: Settings,
  pull: PullRequest,
  names: readonly string[],
): Promise<string[]> {
  const present = pull.labels.map(({ name }) => name);
  const labels = without(names, present);
  if (labels.length === 0) return [];
  return tolerate(`the labels ${labels.join(", ")} were not added`, () =>
    github.write("POST", `/repos/${settings.repository}/issues/${pull.number}/labels`, { labels }, harmless),
  );
}

/** One by one: a single name that GitHub refuses fails the whole request. */
async function requestReviews(
  github: GitHub,
  settings: Settings,
  pull: PullRequest,
  people: readonly string[],
  teams: readonly string[],
) {
  const refused = { people: [] as string[], teams: [] as string[] };
  const warnings: string[] = [];
  const request = async (name: string, what: string, body: unknown, list: string[]) => {
    const path = `/repos/${settings.repository}/pulls/${pull.number}/requested_reviewers`;
    const said = await tolerate(`the review of ${what} was not requested`, () =>
      github.write("POST", path, body, harmless),
    );
    if (said.length > 0) list.push(name);
    warnings.push(...said);
  };
  if (people.length + teams.length === 0) return { refused, warnings };
  // Who reviewed already is no longer among the requested, and the author of a pull request cannot be.
  const reviewed = (await readReviews(github, settings, pull)).map(({ user }) => user?.login ?? "");
  const requested = (pull.requested_reviewers ?? []).map(({ login }) => login);
  for (const login of without(people, reviewed, requested, [pull.user?.login ?? ""])) {
    await request(login, login, { reviewers: [login] }, refused.people);
  }
  const requestedTeams = (pull.requested_teams ?? []).map(({ slug }) => slug);
  for (const slug of without(teams, requestedTeams)) {
    await request(slug, `team ${slug}`, { team_reviewers: [slug] }, refused.teams);
  }
  return { refused, warnings };
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
