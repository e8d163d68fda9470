/** The one issue of an open conflict, in the fork and nowhere else. */
import {
  type ConflictMark,
  ISSUE_TITLE,
  readMark,
  titleOf,
  withConflictPart,
  withFittingPart,
} from "./conflict-text.ts";
import { type GitHub, GitHubError } from "./github.ts";
import { LIMIT } from "./markdown.ts";
import { isPausing, type Labelled } from "./pause-by.ts";
import type { Settings, WhichFork } from "./settings.ts";
import { wordsFor } from "./stop.ts";
import { isSameRoute } from "./verify-route.ts";

/** https://docs.github.com/rest/issues/assignees#add-assignees-to-an-issue */
const MOST_ASSIGNEES = 10;

export interface Issue {
  readonly number: number;
  readonly state: string;
  readonly body: string | null;
  readonly mark: ConflictMark;
}

type Listed = Omit<Issue, "mark"> & Labelled;

/**
 * Issues of ours, newest first: among the newest hundred of the fork, and those that pull requests of ours name.
 * https://docs.github.com/rest/issues/issues#list-repository-issues
 */
export async function conflictIssues(github: GitHub, settings: WhichFork, named: readonly number[]): Promise<Issue[]> {
  const newest = await newestIssues(github, settings);
  const missing = named.filter((number) => !newest.some((issue) => issue.number === number));
  const path = `/repos/${settings.repository}/issues`;
  const older = await Promise.all(missing.map((number) => oneIssue(github, `${path}/${number}`)));
  return oursAmong([...newest, ...older.flat()], settings);
}

async function newestIssues(github: GitHub, { repository }: WhichFork): Promise<Listed[]> {
  const path = `/repos/${repository}/issues?state=all&sort=created&direction=desc&per_page=100`;
  return (await github.get(path)) as Listed[];
}

function oursAmong(listed: readonly Listed[], { branches }: WhichFork): Issue[] {
  return listed.flatMap((issue) => {
    const mark = issue.pull_request === undefined ? readMark(issue.body) : undefined;
    const ours = mark !== undefined && isSameRoute(mark.branch, branches.sync);
    return ours ? [{ ...issue, mark }] : [];
  });
}

export interface SeenIssues {
  /** Of the open conflict; null when there is none, or it cannot be asked. */
  readonly issue: number | null;
  /** An issue or pull request with the label that pauses. */
  readonly pausing: Labelled | undefined;
}

/** For a run that has no clone: one request. */
export async function lookAtIssues(github: GitHub, settings: Settings): Promise<SeenIssues> {
  try {
    const newest = await newestIssues(github, settings);
    const open = oursAmong(newest, settings).find(({ state }) => state === "open");
    return { issue: open?.number ?? null, pausing: newest.find(isPausing) };
  } catch (error) {
    if (error instanceof GitHubError) return { issue: null, pausing: undefined };
    throw error;
  }
}

export interface Kept {
  readonly number: number | null;
  readonly warnings: readonly string[];
}

/** @param known newest first. @param text in at most so many characters. */
export async function keepIssue(
  github: GitHub,
  settings: Settings,
  known: readonly Issue[],
  mark: ConflictMark,
  text: (room: number) => string,
): Promise<Kept> {
  const mine = known.filter((issue) => issue.mark.branch === mark.branch);
  const open = mine.find(({ state }) => state === "open");
  if (open !== undefined) {
    await writeBody(github, settings, open, text);
    return { number: open.number, warnings: [] };
  }
  // People closed it while the branch was as it is now: that is an answer. What we closed ourselves is none.
  const closed = mine.find((issue) => issue.mark.tip === mark.tip && issue.mark.closed === undefined);
  return closed === undefined ? openIssue(github, settings, text(LIMIT)) : { number: closed.number, warnings: [] };
}

/** Said in the text and not in a comment: one request, so that a run that is cut off says it once. */
export async function closeIssue(
  github: GitHub,
  settings: WhichFork,
  issue: Issue,
  text: string,
  reason: "completed" | "not_planned" = "completed",
): Promise<void> {
  const body = withConflictPart(issue.body ?? "", text);
  await github.write("PATCH", issuePath(settings, issue.number), { body, state: "closed", state_reason: reason });
}

async function writeBody(
  github: GitHub,
  settings: Settings,
  issue: Issue,
  text: (room: number) => string,
): Promise<void> {
  const body = withFittingPart(issue.body ?? "", text);
  if (body !== issue.body) await github.write("PATCH", issuePath(settings, issue.number), { body });
}

async function openIssue(github: GitHub, settings: Settings, body: string): Promise<Kept> {
  const { labels, reviewers } = settings.pullRequest;
  const assignees = reviewers.slice(0, MOST_ASSIGNEES);
  const issue = { title: titleOf(ISSUE_TITLE, settings), body, labels };
  const create = async (more: { readonly assignees?: readonly string[] }) =>
    ((await github.write("POST", `/repos/${settings.repository}/issues`, { ...issue, ...more })) as { number: number })
      .number;
  try {
    // In one request: a run that is cut off after it has asked everybody, or made no issue.
    return { number: await create(assignees.length > 0 ? { assignees } : {}), warnings: [] };
  } catch (error) {
    // One name that cannot be assigned refuses the whole issue.
    if (error instanceof GitHubError && error.status === 422 && /assignees/.test(error.detail)) {
      const number = await create({});
      return { number, warnings: await assign(github, settings, number, assignees) };
    }
    // A fork starts with issues switched off: 410 Gone.
    if (!(error instanceof GitHubError) || (error.status !== 410 && error.status !== 404)) throw error;
    return { number: null, warnings: [`no issue was opened: ${wordsFor(error)}`] };
  }
}

/** Here GitHub leaves out whom it cannot assign. https://docs.github.com/rest/issues/assignees#add-assignees-to-an-issue */
async function assign(
  github: GitHub,
  settings: Settings,
  number: number,
  people: readonly string[],
): Promise<string[]> {
  try {
    await github.write("POST", `${issuePath(settings, number)}/assignees`, { assignees: people });
    return [];
  } catch (error) {
    if (error instanceof GitHubError) return [`nobody was assigned to issue ${number}: ${wordsFor(error)}`];
    throw error;
  }
}

async function oneIssue(github: GitHub, path: string): Promise<Listed[]> {
  try {
    return [(await github.get(path)) as Listed];
  } catch (error) {
    if (error instanceof GitHubError && [404, 410].includes(error.status)) return [];
    throw error;
  }
}

function issuePath(settings: WhichFork, number: number): string {
  return `/repos/${settings.repository}/issues/${number}`;
}
