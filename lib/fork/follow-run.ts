/** Starts a run of the fork's workflow and follows it to its end. */
import { setTimeout } from "node:timers/promises";
import type { Octokit } from "octokit";
import type { ForkConfig } from "../config/schema.ts";
import type { ProgressEvent } from "../progress.ts";
import type { RunRecord } from "./run-record.ts";
import { dispatchRun, type Job, readJobs, readLog, readRecord, readRun } from "./runs.ts";

export interface SyncResult {
  readonly repository: string;
  readonly run: { readonly id: number; readonly url: string; readonly conclusion: string };
  /** Undefined when the run ended without writing one: it was cancelled, or GitHub could not start it. */
  readonly record: RunRecord | undefined;
  readonly pullRequest: string | undefined;
  readonly issue: string | undefined;
  /** Of the first job that failed. */
  readonly failed: FailedStep | undefined;
}

export interface FailedStep {
  readonly job: string;
  readonly step: string;
  /** The end of the job's log. */
  readonly log: string;
}

/** Seconds between two looks: quick at first, as an idle run is over in no time; slow where a test plan takes its time. */
const waits = [1, 1, 2, 2, 3, ...Array.from({ length: 30 }, () => 5)];
const lastWait = 15;

/** @param inputs of the workflow's dispatch, by their names there. @param signal ends the looking, not the run. */
export async function* followRun(
  octokit: Octokit,
  fork: ForkConfig,
  inputs: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): AsyncGenerator<ProgressEvent, SyncResult> {
  const id = await dispatchRun(octokit, fork, inputs);
  const say = (text: string): ProgressEvent => ({ fork: fork.repository, text });
  yield say(`run ${id} started`);

  const told = new Set<string>();
  let run = await readRun(octokit, fork, id);
  let jobs: readonly Job[] = [];
  for (let look = 0; ; look++) {
    jobs = await readJobs(octokit, fork, id);
    for (const line of jobs.flatMap(progressOf)) {
      if (told.has(line)) continue;
      told.add(line);
      yield say(line);
    }
    if (run.status === "completed") break;
    await setTimeout((waits[look] ?? lastWait) * 1000, undefined, signal && { signal });
    run = await readRun(octokit, fork, id);
  }
  const record = await readRecord(octokit, fork, jobs);
  const web = run.html_url.replace(/\/actions\/runs\/.*$/, "");
  return {
    repository: fork.repository,
    run: { id, url: run.html_url, conclusion: run.conclusion ?? "unknown" },
    record,
    pullRequest: record?.pr == null ? undefined : `${web}/pull/${record.pr}`,
    issue: record?.issue == null ? undefined : `${web}/issues/${record.issue}`,
    failed: await failedStep(octokit, fork, jobs),
  };
}

/** A line for each job that began and each step that ended. */
function progressOf(job: Job): string[] {
  if (job.status === "queued" || job.conclusion === "skipped") return [];
  const steps = (job.steps ?? [])
    .filter((step) => step.status === "completed" && step.conclusion !== "skipped")
    .map((step) => `${job.name}: ${step.name}: ${step.conclusion}`);
  return [`${job.name}: started`, ...steps, ...(job.status === "completed" ? [`${job.name}: ${job.conclusion}`] : [])];
}

const logLines = 30;

async function failedStep(octokit: Octokit, fork: ForkConfig, jobs: readonly Job[]): Promise<FailedStep | undefined> {
  const job = jobs.find(({ conclusion }) => conclusion === "failure");
  if (!job) return undefined;
  const step = job.steps?.find(({ conclusion }) => conclusion === "failure")?.name ?? "(before its first step)";
  const log = await readLog(octokit, fork, job.id);
  // GitHub puts a time stamp in front of every line.
  const lines = log
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z /, ""));
  return { job: job.name, step, log: lines.slice(-logLines).join("\n") };
}
