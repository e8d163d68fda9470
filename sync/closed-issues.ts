/** Issues of the fork that upstream's closing words would close, or have closed. */
import type { RefUpdate } from "./decide.ts";
import type { GitHub } from "./github.ts";
import { BEGIN, knownPullRequests } from "./known-pull-request.ts";
import { code } from "./markdown.ts";
import type { RemoteRefs } from "./refs.ts";
import { GitHubError } from "./rest.ts";
import type { Settings } from "./settings.ts";
import { wordsFor } from "./stop.ts";

export interface NamedIssue {
  readonly number: number;
  readonly title: string;
  readonly pull: boolean;
}

interface Listed {
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly pull_request?: unknown;
}

/** Pages of open issues that are read, of a hundred each. */
const MOST_PAGES = 3;

/** Which of the numbers are open issues or pull requests here, the newest 300 of them; no request when there are no numbers. */
export async function openAmong(
  github: GitHub,
  { repository }: Settings,
  numbers: readonly number[],
): Promise<NamedIssue[]> {
  const wanted = new Set(numbers);
  const found: NamedIssue[] = [];
  for (let page = 1; page <= MOST_PAGES && wanted.size > 0; page += 1) {
    const path = `/repos/${repository}/issues?state=open&sort=created&direction=desc&per_page=100&page=${page}`;
    const listed = (await github.get(path)) as Listed[];
    for (const { number, title, body, pull_request } of listed) {
      // Our own pull request lands with these very commits.
      if (!wanted.has(number) || body?.includes(BEGIN)) continue;
      found.push({ number, title, pull: pull_request !== undefined });
    }
    if (listed.length < 100 || listed.every(({ number }) => number < Math.min(...numbers))) break;
  }
  return found.sort((one, other) => one.number - other.number);
}

export interface ClosedIssue {
  readonly number: number;
  /** Upstream's, or ours that brought it. */
  readonly commit: string;
}

/** https://docs.github.com/rest/issues/events#list-issue-events-for-a-repository: newest first. */
interface Event {
  readonly event: string;
  readonly commit_id: string | null;
  readonly created_at: string;
  readonly issue?: {
    readonly number: number;
    readonly state: string;
    readonly pull_request?: { readonly merged_at?: string | null };
  } | null;
}

/** Commits that are judged in one run: each costs a request. */
const MOST_COMMITS = 10;

/**
 * Issues whose last closing was by a commit of upstream's, or by the one into which people squashed the sync pull request; among the
 * fork's newest hundred events.
 *
 * @param synced upstream's commit that was taken last. @param since milliseconds since the epoch: what was closed before is old news.
 */
async function closedByUpstream(
  github: GitHub,
  settings: Settings,
  synced: string,
  since: number,
): Promise<ClosedIssue[]> {
  const events = (await github.get(`/repos/${settings.repository}/issues/events?per_page=100`)) as Event[];
  const closed = lastClosings(events.filter(({ created_at }) => Date.parse(created_at) >= since));
  const commits = [...new Set(closed.map(({ commit }) => commit))].slice(0, MOST_COMMITS);
  const theirs = new Set<string>();
  for (const commit of commits) if (await isIn(github, settings, commit, synced)) theirs.add(commit);
  if (theirs.size < commits.length) {
    const { known } = await knownPullRequests(github, settings);
    for (const { merge_commit_sha } of known) theirs.add(merge_commit_sha ?? "");
  }
  return closed.filter(({ commit }) => theirs.has(commit));
}

/** Nothing is asked while the default branch is where it was when closings were looked for, nor before anything was taken. */
export async function closingsToUndo(
  github: GitHub,
  settings: Settings,
  { recorded, distances, closings }: Pick<RemoteRefs, "recorded" | "distances" | "closings">,
): Promise<ClosedIssue[]> {
  const { defaultTip } = settings;
  if (defaultTip === undefined || closings.has(defaultTip) || recorded.synced === undefined) return [];
  // A day before the last run that could have undone it.
  const since = Math.min(...distances.map(({ day }) => day - 1), Number.MAX_SAFE_INTEGER) * DAY;
  return closedByUpstream(github, settings, recorded.synced, distances.length === 0 ? 0 : since);
}

const DAY = 86_400_000;

/** Who closed it again by hand, or opened it, has said what it is. */
function lastClosings(events: readonly Event[]): ClosedIssue[] {
  const seen = new Set<number>();
  return events.flatMap(({ event, commit_id, issue }) => {
    if (!issue || !["closed", "reopened"].includes(event) || seen.has(issue.number)) return [];
    seen.add(issue.number);
    const stays = event === "reopened" || issue.state !== "closed" || issue.pull_request?.merged_at;
    return commit_id === null || stays ? [] : [{ number: issue.number, commit: commit_id }];
  });
}

/** https://docs.github.com/rest/commits/commits#compare-two-commits; one commit a page keeps the answer small. */
async function isIn(github: GitHub, { repository }: Settings, commit: string, tip: string): Promise<boolean> {
  try {
    const path = `/repos/${repository}/compare/${commit}...${tip}?per_page=1`;
    const { status } = (await github.get(path)) as { status?: string };
    return status === "ahead" || status === "identical";
  } catch (error) {
    if (error instanceof GitHubError && [404, 422].includes(error.status)) return false;
    throw error;
  }
}

export interface Reopened {
  readonly numbers: readonly number[];
  readonly warnings: readonly string[];
}

/** The word first: a run that is cut off in between finds it said, and opens. */
export async function reopen(github: GitHub, settings: Settings, closed: readonly ClosedIssue[]): Promise<Reopened> {
  const numbers: number[] = [];
  const warnings: string[] = [];
  for (const { number, commit } of closed) {
    const path = `/repos/${settings.repository}/issues/${number}`;
    const mark = `<!-- upstream-sync:reopened ${commit} -->`;
    const said = async () =>
      ((await github.list(`${path}/comments?per_page=100`)) as { body?: string }[]).find(({ body }) =>
        body?.includes(mark),
      );
    try {
      if ((await said()) === undefined)
        await github.write("POST", `${path}/comments`, { body: reopenText(mark, commit) }, said);
      await github.write("PATCH", path, { state: "open" });
      numbers.push(number);
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      warnings.push(`${number}, which upstream's words closed, was not opened again: ${wordsFor(error)}`);
    }
  }
  return { numbers, warnings };
}

function reopenText(mark: string, commit: string): string {
  return [
    mark,
    `Open again: it was closed by the words of ${code(commit)}, a commit that came from upstream and means an issue there.`,
    "",
    "If it is done here too, close it by hand; that stands.",
  ].join("\n");
}

/** Remembers up to which tip of the default branch closings were looked for. @param ref makes the full ref of a name. */
export function closingUpdates(
  before: ReadonlyMap<string, string>,
  { tip, target }: { readonly tip: string; readonly target: string },
  ref: (name: string) => string,
): RefUpdate[] {
  if (before.size === 1 && before.has(tip)) return [];
  const gone = [...before].filter(([name]) => name !== tip);
  return [
    ...gone.map(([name, from]) => ({ ref: ref(name), from, to: undefined })),
    ...(before.has(tip) ? [] : [{ ref: ref(tip), from: undefined, to: target }]),
  ];
}
