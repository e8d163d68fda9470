/** One look at a fork from outside: its last runs, how far it is behind, its pull request, and whether what is deployed is what the config says. */
import type { Octokit } from "octokit";
import type { ForkConfig } from "../config/schema.ts";
import type { RunRecord } from "../fork/run-record.ts";
import { readJobs, readRecord, recentRuns } from "../fork/runs.ts";
import { readTextFile } from "../fork/text-file.ts";
import { connect, explain } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import { renderFiles, workflowPath } from "../render/files.ts";
import { readProgram } from "../render/template-source.ts";
import type { Context } from "./context.ts";

export interface StatusRun {
  readonly id: number;
  readonly url: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly event: string;
  /** GitHub's word: `success`, `failure`, …; null while it runs. */
  readonly conclusion: string | null;
  readonly record: RunRecord | undefined;
}

export interface StatusPullRequest {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly state: string;
  /** The combined commit status of its head: `success`, `pending`, `failure`, … */
  readonly checks: string;
}

export interface Status {
  readonly repository: string;
  readonly runs: readonly StatusRun[];
  /** Of the newest run that could tell. */
  readonly behind: { readonly commits: number; readonly days: number; readonly atLeast?: true | undefined } | null;
  /** What the config allows. */
  readonly freshness: ForkConfig["freshness"];
  /** Whether `behind` is beyond that. */
  readonly overBudget: boolean;
  readonly pullRequest: StatusPullRequest | undefined;
  /** The workflow on the default branch against what the config renders. */
  readonly workflow: "as configured" | "differs" | "absent";
}

const shownRuns = 5;

export async function* status(
  context: Context,
  options: { readonly fork: ForkConfig },
): AsyncGenerator<ProgressEvent, Status> {
  const { fork } = options;
  const octokit = connect(context.env);
  yield { fork: fork.repository, text: "reading" };
  const workflow = await deployedWorkflow(octokit, fork);
  const found = workflow === "absent" ? [] : await recentRuns(octokit, fork, shownRuns);
  const runs = await Promise.all(
    found.map(
      async (run): Promise<StatusRun> => ({
        id: run.id,
        url: run.html_url,
        startedAt: run.run_started_at ?? run.created_at,
        event: run.event,
        conclusion: run.conclusion,
        record:
          run.status === "completed"
            ? await readRecord(octokit, fork, await readJobs(octokit, fork, run.id))
            : undefined,
      }),
    ),
  );
  const behind = runs.find((run) => run.record?.behind)?.record?.behind ?? null;
  const { freshness } = fork;
  return {
    repository: fork.repository,
    runs,
    behind,
    freshness,
    overBudget:
      behind !== null && (["days", "commits"] as const).some((key) => behind[key] > (freshness[key] ?? Infinity)),
    pullRequest: await syncPullRequest(octokit, fork),
    workflow,
  };
}

async function deployedWorkflow(octokit: Octokit, fork: ForkConfig): Promise<Status["workflow"]> {
  const text = await readTextFile(octokit, { owner: fork.owner, repo: fork.name }, workflowPath);
  if (text === undefined) return "absent";
  return text === renderFiles(fork, readProgram()).workflow.content ? "as configured" : "differs";
}

async function syncPullRequest(octokit: Octokit, fork: ForkConfig): Promise<StatusPullRequest | undefined> {
  const place = { owner: fork.owner, repo: fork.name };
  const { data: pulls } = await octokit.rest.pulls
    .list({ ...place, state: "open", head: `${fork.owner}:${fork.branches.sync}`, base: fork.branches.target })
    .catch((error) => explain(error, `list the pull requests of ${fork.repository}`));
  const [pull] = pulls;
  if (!pull) return undefined;
  const { data: combined } = await octokit.rest.repos
    .getCombinedStatusForRef({ ...place, ref: pull.head.sha })
    .catch((error) => explain(error, `read the status of ${pull.head.sha} in ${fork.repository}`));
  return { number: pull.number, url: pull.html_url, title: pull.title, state: pull.state, checks: combined.state };
}
