/** The runs of a fork's workflow, as GitHub tells them. */
import type { Octokit } from "octokit";
import type { ForkConfig } from "../config/schema.ts";
import { explain } from "../github.ts";
import { workflowPath } from "../render/files.ts";
import { isVerification } from "../verify-names.ts";
import { parseRecord, type RunRecord } from "./run-record.ts";

type Actions = Octokit["rest"]["actions"];
export type Run = Awaited<ReturnType<Actions["getWorkflowRun"]>>["data"];
export type Job = Awaited<ReturnType<Actions["listJobsForWorkflowRun"]>>["data"]["jobs"][number];

export const workflowFile = workflowPath.slice(workflowPath.lastIndexOf("/") + 1);
/** Jobs whose annotations are records. Upstream's code runs in the job `test` and may print anything. */
const recordingJobs = ["look", "finish"];

function place(fork: ForkConfig) {
  return { owner: fork.owner, repo: fork.name };
}

/** A verification starts so many runs at most; they are read, and left out. */
const runsOfVerifications = 20;

/** Those of the fork's sync, newest first. @throws Failure in GitHub's words. */
export async function recentRuns(octokit: Octokit, fork: ForkConfig, most: number): Promise<readonly Run[]> {
  const { data } = await octokit.rest.actions
    .listWorkflowRuns({ ...place(fork), workflow_id: workflowFile, per_page: most + runsOfVerifications })
    .catch((error) => explain(error, `list the runs of ${workflowFile} in ${fork.repository}`));
  return data.workflow_runs.filter((run) => !isVerification(run)).slice(0, most);
}

/**
 * Starts a run on the default branch; GitHub names it in its answer.
 * https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event
 */
export async function dispatchRun(
  octokit: Octokit,
  fork: ForkConfig,
  inputs: Readonly<Record<string, string>>,
): Promise<number> {
  const { data: repository } = await octokit.rest.repos
    .get(place(fork))
    .catch((error) => explain(error, `read ${fork.repository}`));
  const { data } = await octokit
    .request("POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", {
      ...place(fork),
      workflow_id: workflowFile,
      ref: repository.default_branch,
      inputs: { ...inputs },
      return_run_details: true,
    })
    .catch((error) => explain(error, `start ${workflowFile} in ${fork.repository}`));
  const id = (data as { workflow_run_id?: unknown } | undefined)?.workflow_run_id;
  return typeof id === "number" ? id : await newestDispatch(octokit, fork);
}

/** For a server that does not yet name the run it started: the newest one asked for by hand. */
async function newestDispatch(octokit: Octokit, fork: ForkConfig): Promise<number> {
  const { data } = await octokit.rest.actions
    .listWorkflowRuns({ ...place(fork), workflow_id: workflowFile, event: "workflow_dispatch", per_page: 1 })
    .catch((error) => explain(error, `find the run that was started in ${fork.repository}`));
  const [run] = data.workflow_runs;
  if (!run) throw new Error(`GitHub lists no run of ${workflowFile} in ${fork.repository} after one was started`);
  return run.id;
}

export async function readRun(octokit: Octokit, fork: ForkConfig, id: number): Promise<Run> {
  const { data } = await octokit.rest.actions
    .getWorkflowRun({ ...place(fork), run_id: id })
    .catch((error) => explain(error, `read run ${id} of ${fork.repository}`));
  return data;
}

export async function readJobs(octokit: Octokit, fork: ForkConfig, id: number): Promise<readonly Job[]> {
  const { data } = await octokit.rest.actions
    .listJobsForWorkflowRun({ ...place(fork), run_id: id, filter: "latest", per_page: 100 })
    .catch((error) => explain(error, `read the jobs of run ${id} of ${fork.repository}`));
  return data.jobs;
}

/** The record of a finished run; undefined for a run that was cut off before it could write one. */
export async function readRecord(
  octokit: Octokit,
  fork: ForkConfig,
  jobs: readonly Job[],
): Promise<RunRecord | undefined> {
  // A job's id is its check run's id (reference: github-facts-2.md, "Check-run annotations").
  for (const job of jobs.filter(({ name }) => recordingJobs.includes(name)).reverse()) {
    const { data } = await octokit.rest.checks
      .listAnnotations({ ...place(fork), check_run_id: job.id, per_page: 100 })
      .catch((error) => explain(error, `read the record of run ${job.run_id} of ${fork.repository}`));
    const notice = data.find((one) => one.title === "upstream-sync" && one.annotation_level === "notice");
    const record = notice?.message == null ? undefined : parseRecord(notice.message);
    if (record) return record;
  }
  return undefined;
}

/** The log of a job that ended, as text with a time stamp on each line. */
export async function readLog(octokit: Octokit, fork: ForkConfig, job: number): Promise<string> {
  const { data } = await octokit.rest.actions
    .downloadJobLogsForWorkflowRun({ ...place(fork), job_id: job })
    .catch((error) => explain(error, `read the log of job ${job} of ${fork.repository}`));
  return String(data);
}
