/**
 * What GitHub does with the closing words of commits that reach the default branch.
 * https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
 */
import { bare, type RefUpdate } from "./git.ts";
import { log } from "./git-objects.ts";
import { fullName } from "./identity.ts";
import type { Issue, Repository, State } from "./state.ts";

const words = "close[sd]?|fix(?:e[sd])?|resolve[sd]?";

/** Numbers of this repository's issues that a message closes. @param name `owner/name`. */
export function closedBy(message: string, name: string): number[] {
  const own = name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = new RegExp(`\\b(?:${words}):?\\s+(?:${own})?#(\\d+)\\b`, "gi");
  return [...message.matchAll(pattern)].map(([, number]) => Number(number));
}

export function recordEvent(
  state: State,
  issue: Issue,
  event: "closed" | "reopened",
  actor: string,
  commit: string | null = null,
): void {
  issue.events ??= [];
  issue.events.push({ id: state.id(), event, actor, commit_id: commit, created_at: state.timestamp() });
}

/** @returns whether anything was closed. */
export async function closeByWords(
  state: State,
  repository: Repository,
  updates: readonly RefUpdate[],
  by: string,
): Promise<boolean> {
  const moved = updates.find(({ ref }) => ref === `refs/heads/${repository.defaultBranch}`);
  if (!moved?.after || !repository.settings.has_issues) return false;
  const since = moved.before ? [`^${moved.before}`] : [];
  let changed = false;
  for (const { sha, message } of await log(bare(state, repository), [moved.after, ...since], { oldestFirst: true })) {
    for (const number of closedBy(message, fullName(repository))) {
      const issue = repository.issues.find((one) => one.number === number && one.state === "open");
      if (!issue) continue;
      issue.state = "closed";
      issue.closed_at = issue.updated_at = state.timestamp();
      recordEvent(state, issue, "closed", by, sha);
      changed = true;
    }
  }
  return changed;
}
