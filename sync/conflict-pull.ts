/** The one pull request of an open conflict: from the branch for people into the sync branch, as a draft. */

import { askPeople } from "./ask-people.ts";
import { NOTHING } from "./asked.ts";
import {
  type ConflictMark,
  PULL_TITLE,
  readMark,
  titleOf,
  withConflictPart,
  withFittingPart,
} from "./conflict-text.ts";
import { type GitHub, GitHubError } from "./github.ts";
import type { PullRequest } from "./known-pull-request.ts";
import { conflictNumber, PROPOSAL } from "./refs.ts";
import type { Settings, WhichFork } from "./settings.ts";
import { Stop } from "./stop.ts";

export interface ConflictPull extends PullRequest {
  readonly head: { readonly sha: string; readonly ref: string; readonly repo: { readonly full_name: string } | null };
  readonly merged_at: string | null;
}

/** Pull requests into the sync branch from branches for people of this fork, newest first. */
export async function conflictPulls(github: GitHub, settings: WhichFork): Promise<ConflictPull[]> {
  const base = settings.branches.sync;
  const query = new URLSearchParams({ base, state: "all", sort: "created", direction: "desc", per_page: "100" });
  const pulls = (await github.get(`/repos/${settings.repository}/pulls?${query}`)) as ConflictPull[];
  return pulls.filter(({ head }) => {
    // A stranger's fork may have a branch of the same name.
    const own = head.repo?.full_name.toLowerCase() === settings.repository.toLowerCase();
    return own && head.ref.startsWith(`${base}-`) && PROPOSAL.test(nameOf(head.ref, settings));
  });
}

/** The highest number that a conflict branch had, as far as its pull request is known. */
export function highestNumber(pulls: readonly ConflictPull[], settings: Settings): number {
  return Math.max(0, ...pulls.map(({ head }) => conflictNumber(nameOf(head.ref, settings))));
}

/** @returns null when people, and not we, closed it at this very commit: that is an answer. @param known newest first. */
export async function findOrOpenPull(
  github: GitHub,
  settings: Settings,
  known: readonly ConflictPull[],
  { branch, tip }: ConflictMark,
  text: string,
): Promise<ConflictPull | null> {
  const mine = known.filter(({ head }) => head.ref === branch);
  const open = mine.find(({ state }) => state === "open");
  if (open !== undefined) return open;
  const answered = mine[0]?.head.sha === tip && readMark(mine[0].body)?.closed === undefined;
  return answered ? null : openPull(github, settings, branch, text);
}

/** @param text in at most so many characters. @returns what GitHub refused without harm: a label, a reviewer. */
export async function keepPull(
  github: GitHub,
  settings: Settings,
  pull: ConflictPull,
  text: (room: number) => string,
): Promise<string[]> {
  const body = withFittingPart(pull.body ?? "", text);
  if (body !== pull.body) await github.write("PATCH", pullPath(settings, pull.number), { body });
  return (await askPeople(github, settings, pull, NOTHING)).warnings;
}

/** GitHub closes it by itself, as merged, once the sync branch has all of it; then only the words are missing. */
export async function closePull(github: GitHub, settings: WhichFork, pull: ConflictPull, text: string): Promise<void> {
  const mark = readMark(pull.body);
  if (pull.state !== "open" && (pull.merged_at === null || mark === undefined || mark.closed)) return;
  const body = withConflictPart(pull.body ?? "", text);
  await github.write("PATCH", pullPath(settings, pull.number), {
    body,
    ...(pull.state === "open" ? { state: "closed" } : {}),
  });
}

async function openPull(github: GitHub, settings: Settings, branch: string, body: string): Promise<ConflictPull> {
  const path = `/repos/${settings.repository}/pulls`;
  const wanted = { title: titleOf(PULL_TITLE, settings), head: branch, base: settings.branches.sync, body };
  try {
    return (await github.write("POST", path, { ...wanted, draft: true })) as ConflictPull;
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    // Private repositories of free plans have no drafts.
    if (error.status === 422 && /draft/i.test(error.detail)) {
      return (await github.write("POST", path, wanted)) as ConflictPull;
    }
    if (error.status === 403 && /not permitted to create/i.test(error.detail)) throw actionsMayNot();
    throw error;
  }
}

function actionsMayNot(): Stop {
  return new Stop({
    what: "the pull request of the conflict could not be opened",
    got: "GitHub Actions is not permitted to create pull requests in this repository",
    remedy:
      'Allow it under Settings, Actions, General, "Allow GitHub Actions to create and approve pull requests" (of the organization first), then run the workflow again',
  });
}

function nameOf(branch: string, settings: WhichFork): string {
  return branch.slice(settings.branches.sync.length + 1);
}

function pullPath(settings: WhichFork, number: number): string {
  return `/repos/${settings.repository}/pulls/${number}`;
}
