/** What GitHub shows of a verification: pull requests, issue, status, and who could be asked. Reads only. */
import { type Octokit, RequestError } from "octokit";
import type { ForkConfig } from "../config/schema.ts";
import { explain } from "../github.ts";
import type { VerifyNames } from "../verify-names.ts";
import { type Clone, listRefs } from "./git-story.ts";
import type { IssueSeen, PullSeen } from "./judge.ts";

/** As a record has it. */
type Numbered = number | null | undefined;

function place({ owner, name }: ForkConfig) {
  return { owner, repo: name };
}

export async function readPull(octokit: Octokit, fork: ForkConfig, number: Numbered): Promise<PullSeen | undefined> {
  if (number === null || number === undefined) return undefined;
  const { data } = await octokit.rest.pulls
    .get({ ...place(fork), pull_number: number })
    .catch((error) => explain(error, `read #${number} of ${fork.repository}`));
  const { html_url: url, state, base, head, body, labels } = data;
  return {
    number,
    url,
    state,
    base: base.ref,
    head: head.sha,
    body: body ?? "",
    labels: labels.map(({ name }) => name),
  };
}

/** The newest one into a branch, open or not. */
export async function readPullInto(octokit: Octokit, fork: ForkConfig, base: string): Promise<PullSeen | undefined> {
  const { data } = await octokit.rest.pulls
    .list({ ...place(fork), base, state: "all", per_page: 1 })
    .catch((error) => explain(error, `list the pull requests of ${fork.repository}`));
  return readPull(octokit, fork, data[0]?.number);
}

export async function readIssue(octokit: Octokit, fork: ForkConfig, number: Numbered): Promise<IssueSeen | undefined> {
  if (number === null || number === undefined) return undefined;
  const { data } = await octokit.rest.issues
    .get({ ...place(fork), issue_number: number })
    .catch((error) => explain(error, `read #${number} of ${fork.repository}`));
  return { number, url: data.html_url, state: data.state, body: data.body ?? "" };
}

export async function hasIssues(octokit: Octokit, fork: ForkConfig): Promise<boolean> {
  const { data } = await octokit.rest.repos
    .get(place(fork))
    .catch((error) => explain(error, `read ${fork.repository}`));
  return data.has_issues;
}

/** State of the commit status `upstream-sync/tests`; undefined where there is none. */
export async function readStatus(octokit: Octokit, fork: ForkConfig, sha: string): Promise<string | undefined> {
  const { data } = await octokit.rest.repos
    .getCombinedStatusForRef({ ...place(fork), ref: sha })
    .catch((error) => explain(error, `read the status of ${sha} in ${fork.repository}`));
  return data.statuses.find(({ context }) => context === "upstream-sync/tests")?.state;
}

export async function readConflictBranch(clone: Clone, { sync }: VerifyNames): Promise<string | undefined> {
  const [ref] = (await listRefs(clone, [`refs/heads/${sync}-conflict-*`])).keys();
  return ref?.slice("refs/heads/".length);
}

/** Reviewer of the config -> whether GitHub lets them be asked. */
export async function readAccess(octokit: Octokit, fork: ForkConfig): Promise<ReadonlyMap<string, boolean>> {
  const access = new Map<string, boolean>();
  for (const username of fork.pullRequest.reviewers) {
    const has = await octokit.rest.repos
      .checkCollaborator({ ...place(fork), username })
      .then(() => true)
      .catch((error: unknown) => {
        if (error instanceof RequestError && error.status === 404) return false;
        return explain(error, `look for ${username} in ${fork.repository}`);
      });
    access.set(username, has);
  }
  return access;
}
