/** Executes workflow runs on this machine. What decides is GitHub's own parser and evaluator (MIT, `@actions/…`). */
import type { JobRecord, RunRecord } from "../server/state.ts";
import type { ConcurrencyGroups } from "./concurrency.ts";
import { type Context, githubContext, inputsContext } from "./contexts.ts";
import { flagOf, holds, type Scope, textOf } from "./expressions.ts";
import { type RunnerHost, timestamp, withChanged } from "./host.ts";
import { type JobResult, runJob } from "./job.ts";
import { createJobLog } from "./log.ts";
import { createMasks } from "./masks.ts";
import { type JobModel, parse, type Workflow } from "./parse.ts";

export { ConcurrencyGroups } from "./concurrency.ts";
export type { RunnerHost } from "./host.ts";
export { type DispatchInput, dispatchInputsOf, pushFits, schedulesOf, workflowName } from "./parse.ts";
export { killGroup } from "./process.ts";

/** Jobs of one run at the same time. */
const parallelJobs = 2;

/**
 * Runs the workflow `source` as the queued `run`, and keeps `run` and its jobs up to date while it goes. Answers when the run
 * is completed, however it ended. A file GitHub's parser refuses ends as `startup_failure`, its messages logged under the
 * run's id. `groups` are the concurrency groups shared by all runs; without them `concurrency` is not observed.
 */
export async function executeRun(
  run: RunRecord,
  source: { text: string },
  host: RunnerHost,
  groups?: ConcurrencyGroups,
): Promise<void> {
  const recording = withChanged(host, () => {
    run.updated_at = timestamp(host);
  });
  let conclusion: RunRecord["conclusion"] = "failure";
  try {
    conclusion = await conclude(run, source.text, recording, groups);
  } finally {
    run.status = "completed";
    run.conclusion = conclusion;
    recording.changed();
  }
}

async function conclude(
  run: RunRecord,
  text: string,
  host: RunnerHost,
  groups: ConcurrencyGroups | undefined,
): Promise<RunRecord["conclusion"]> {
  const parsed = await parse(text, run.path);
  if ("errors" in parsed) {
    logWithoutJob(run, host, ["Invalid workflow file", ...parsed.errors]);
    return "startup_failure";
  }
  const { workflow } = parsed;
  const contexts = {
    github: githubContext(run, text, host),
    inputs: inputsContext(run, text),
    vars: host.variables(),
  };
  if (workflow.runName) run.title = textOf(workflow.runName, scopeOf(contexts));
  const queue = workflow.concurrency && groups ? queueOf(workflow.concurrency, contexts) : undefined;
  if (!queue || !groups) return runJobs(run, workflow, contexts, host, host.signal);
  const place = await groups.enter(`${host.repository.fullName}\n${queue.group}`, {
    cancelInProgress: queue.cancelInProgress,
    signal: host.signal,
  });
  if (!place) {
    const newer = `Canceling since a higher priority waiting request for '${queue.group}' exists`;
    logWithoutJob(run, host, [host.signal.aborted ? "The operation was canceled." : newer]);
    return "cancelled";
  }
  try {
    return await runJobs(run, workflow, contexts, host, AbortSignal.any([host.signal, place.signal]));
  } finally {
    place.leave();
  }
}

function queueOf(concurrency: NonNullable<Workflow["concurrency"]>, contexts: Context) {
  const scope = scopeOf(contexts);
  return {
    group: textOf(concurrency.group, scope),
    cancelInProgress: flagOf(concurrency.cancelInProgress, scope),
  };
}

async function runJobs(
  run: RunRecord,
  workflow: Workflow,
  contexts: Context & { github: Context },
  host: RunnerHost,
  signal: AbortSignal,
): Promise<RunRecord["conclusion"]> {
  run.status = "in_progress";
  run.jobs = workflow.jobs.map((model) => jobRecord(model, host));
  host.changed();
  const slots = createSlots(parallelJobs);
  const started = new Map<string, Promise<JobResult>>();
  const finished = new Map<string, JobResult>();
  const models = new Map(workflow.jobs.map((model) => [model.key, model]));

  // The parser has refused unknown needs and cycles.
  const start = (key: string): Promise<JobResult> => {
    const known = started.get(key);
    if (known) return known;
    const promise = execute(models.get(key) as JobModel).then((result) => {
      finished.set(key, result);
      return result;
    });
    started.set(key, promise);
    return promise;
  };

  const execute = async (model: JobModel): Promise<JobResult> => {
    await Promise.all(model.needs.map(start));
    return slots(() => {
      const record = run.jobs.find((job) => job.key === model.key) as JobRecord;
      const needs = Object.fromEntries(model.needs.map((key) => [key, finished.get(key)]));
      const own = { ...contexts, needs };
      const before = ancestors(model, models).map((key) => finished.get(key)?.result);
      const scope = scopeOf(own, {
        success: !signal.aborted && before.every((result) => result === "success"),
        failure: before.includes("failure"),
        cancelled: signal.aborted,
      });
      const decided = decide(model, record, scope, host);
      if (decided) return Promise.resolve({ result: decided, outputs: {} });
      return runJob({ model, workflow, record, run, host, contexts: own, signal });
    });
  };

  const results = await Promise.all(workflow.jobs.map(async (model) => (await start(model.key)).result));
  if (results.includes("failure")) return "failure";
  if (results.includes("cancelled") || signal.aborted) return "cancelled";
  return results.every((result) => result === "skipped") ? "skipped" : "success";
}

/** How a job ends that does not start; undefined for one that is to run. Completes the record. */
function decide(
  model: JobModel,
  record: JobRecord,
  scope: Scope,
  host: RunnerHost,
): "skipped" | "cancelled" | "failure" | undefined {
  let conclusion: "skipped" | "cancelled" | "failure";
  try {
    record.name = textOf(model.name, scope);
    if (holds(model.if, scope)) return undefined;
    conclusion = scope.status.cancelled && model.needs.length === 0 ? "cancelled" : "skipped";
  } catch (error) {
    createJobLog(host, record, createMasks()).error((error as Error).message);
    conclusion = "failure";
  }
  record.status = "completed";
  record.conclusion = conclusion;
  record.started_at = timestamp(host);
  record.completed_at = timestamp(host);
  host.changed();
  return conclusion;
}

/** All jobs a job comes after: `success()` and `failure()` of a job look at the whole chain, not only at its `needs`. */
function ancestors(model: JobModel, models: Map<string, JobModel>): string[] {
  const found = new Set<string>();
  const visit = (key: string): void => {
    if (found.has(key)) return;
    found.add(key);
    for (const need of models.get(key)?.needs ?? []) visit(need);
  };
  for (const need of model.needs) visit(need);
  return [...found];
}

function jobRecord(model: JobModel, host: RunnerHost): JobRecord {
  return {
    id: host.nextId(),
    name: model.key,
    key: model.key,
    status: "queued",
    conclusion: null,
    started_at: null,
    completed_at: null,
    steps: [],
    annotations: [],
    summary: "",
  };
}

function scopeOf(
  contexts: Context,
  status: Scope["status"] = { success: true, failure: false, cancelled: false },
): Scope {
  return { contexts, status };
}

function logWithoutJob(run: RunRecord, host: RunnerHost, lines: string[]): void {
  for (const line of lines.join("\n").split("\n")) host.log(run.id, `${timestamp(host)} ##[error]${line}`);
}

/** At most `count` tasks at once, the rest in order of arrival. */
function createSlots(count: number): <T>(task: () => Promise<T>) => Promise<T> {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
