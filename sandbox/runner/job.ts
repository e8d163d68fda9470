/** One job: its token, its folder, its steps in order, its outputs. Nothing of it is left afterwards but the records. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobRecord, RunRecord, StepRecord } from "../server/state.ts";
import { type Context, runnerContext } from "./contexts.ts";
import { mapOf, numberOf, type Scope, textOf } from "./expressions.ts";
import { type RunnerHost, timestamp } from "./host.ts";
import { createJobLog, type JobLog } from "./log.ts";
import { createMasks, type Masks } from "./masks.ts";
import type { JobModel, StepModel, Workflow } from "./parse.ts";
import { effectivePermissions } from "./permissions.ts";
import { killGroup } from "./process.ts";
import { type JobState, jobScope, runStep } from "./step.ts";

export interface JobResult {
  result: "success" | "failure" | "cancelled" | "skipped";
  outputs: Record<string, string>;
}

export interface JobRequest {
  model: JobModel;
  workflow: Workflow;
  record: JobRecord;
  run: RunRecord;
  host: RunnerHost;
  /** github, inputs, vars, needs. */
  contexts: Context & { github: Context };
  /** Cancels the job. */
  signal: AbortSignal;
}

/** Minutes GitHub gives steps that run in spite of a cancellation, and a job without `timeout-minutes`. */
const minutesAfterCancel = 5;
const defaultTimeout = 360;

/** Never throws: what goes wrong fails the job, with an annotation. */
export async function runJob(request: JobRequest): Promise<JobResult> {
  const { model, record, host } = request;
  const masks = createMasks();
  const log = createJobLog(host, record, masks);
  record.status = "in_progress";
  record.started_at = timestamp(host);
  host.changed();
  let ended: JobResult;
  try {
    for (const refusal of model.refusals) log.error(refusal);
    ended = model.refusals.length > 0 ? { result: "failure", outputs: {} } : await withToken(request, masks, log);
  } catch (error) {
    log.error((error as Error).message);
    ended = { result: "failure", outputs: {} };
  }
  record.status = "completed";
  record.conclusion = ended.result;
  record.completed_at = timestamp(host);
  host.changed();
  return ended;
}

async function withToken(request: JobRequest, masks: Masks, log: JobLog): Promise<JobResult> {
  const { model, workflow, run, host } = request;
  const scope: Scope = { contexts: request.contexts, status: { success: true, failure: false, cancelled: false } };
  const secrets = host.secrets(textOf(model.environment, scope) || undefined);
  const permissions = effectivePermissions(workflow.permissions, model.permissions, () => host.defaultPermissions());
  const token = host.mintJobToken(permissions, run.id);
  try {
    for (const secret of [...Object.values(secrets), token]) masks.add(secret);
    log.write("##[group]GITHUB_TOKEN Permissions");
    for (const [name, level] of Object.entries(permissions)) if (level !== "none") log.write(`${name}: ${level}`);
    log.write("##[endgroup]");
    return await withFolder(request, { ...secrets, GITHUB_TOKEN: token }, masks, log);
  } finally {
    host.revokeToken(token);
  }
}

async function withFolder(
  request: JobRequest,
  secrets: Record<string, string>,
  masks: Masks,
  log: JobLog,
): Promise<JobResult> {
  const { host, record } = request;
  mkdirSync(host.workFolder, { recursive: true, mode: 0o700 });
  const root = mkdtempSync(join(host.workFolder, `job-${record.id}-`));
  const groups: number[] = [];
  try {
    return await runSteps(request, secrets, masks, log, root, groups);
  } finally {
    for (const group of groups) killGroup(group, "SIGKILL");
    rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function runSteps(
  request: JobRequest,
  secrets: Record<string, string>,
  masks: Masks,
  log: JobLog,
  root: string,
  groups: number[],
): Promise<JobResult> {
  const { model, workflow, record, host } = request;
  const folder = (name: string): string => {
    mkdirSync(join(root, name), { mode: 0o700 });
    return join(root, name);
  };
  const folders = { workspace: folder("work"), temp: folder("temp"), tools: folder("tools") };
  const eventFile = join(folders.temp, "event.json");
  writeFileSync(eventFile, JSON.stringify(request.contexts.github.event, null, 2), { mode: 0o600 });
  const cancelled = new AbortController();
  const abandoned = new AbortController();
  const state: JobState = {
    host,
    record,
    masks,
    log,
    folders,
    github: {
      ...request.contexts.github,
      job: model.key,
      token: secrets.GITHUB_TOKEN,
      workspace: folders.workspace,
      event_path: eventFile,
    },
    runner: runnerContext(folders),
    contexts: {
      ...request.contexts,
      secrets,
      strategy: { "fail-fast": true, "job-index": 0, "job-total": 1, "max-parallel": 1 },
    },
    defaults: model.defaults,
    base: baseVariables(folder("home"), folder("tmp")),
    env: {},
    path: [],
    steps: {},
    status: "success",
    groups,
    cancelled: cancelled.signal,
    abandoned: abandoned.signal,
  };
  state.env = mapOf(workflow.env, jobScope(state));
  state.env = { ...state.env, ...mapOf(model.env, jobScope(state)) };

  const records = stepRecords(model, state);
  record.steps.push(...records.all);
  complete(records.setUp, host);
  const stopWatching = watch(request, state, cancelled, abandoned);
  try {
    for (const [index, step] of model.steps.entries()) await runStep(step, records.own[index] as StepRecord, state);
  } finally {
    stopWatching();
  }
  log.nextStep();
  const outputs = jobOutputs(model, state);
  complete(records.last, host);
  return { result: state.status, outputs };
}

/** Cancels at the request's signal or the job's time-out; then, five minutes later, gives up on what still runs. */
function watch(
  { model, host, signal }: JobRequest,
  state: JobState,
  cancelled: AbortController,
  abandoned: AbortController,
): () => void {
  const minute = host.minute ?? 60_000;
  const timers: NodeJS.Timeout[] = [];
  const cancel = (): void => {
    if (cancelled.signal.aborted) return;
    state.status = "cancelled";
    timers.push(setTimeout(() => abandoned.abort(), minutesAfterCancel * minute));
    cancelled.abort();
  };
  const minutes = Math.trunc(numberOf(model.timeoutMinutes, jobScope(state), defaultTimeout));
  const timeOut = (): void => {
    const hours = Math.trunc(minutes / 60);
    // On GitHub a job over its time is cancelled, not failed: `needs.<job>.result` is "cancelled".
    state.log.error(
      `The job has exceeded the maximum execution time of ${hours > 0 ? `${hours}h` : ""}${minutes % 60}m0s`,
    );
    cancel();
  };
  timers.push(setTimeout(timeOut, minutes * minute));
  signal.addEventListener("abort", cancel);
  if (signal.aborted) cancel();
  return () => {
    signal.removeEventListener("abort", cancel);
    for (const timer of timers) clearTimeout(timer);
  };
}

/** The whole environment of a step that no context names: nothing else of the sandbox's own reaches it. */
function baseVariables(home: string, temporary: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
    LANG: process.env.LANG ?? "C.UTF-8",
    HOME: home,
    TMPDIR: temporary,
    CI: "true",
    GITHUB_ACTIONS: "true",
    // A hosted runner has no git configuration of this machine's.
    GIT_CONFIG_NOSYSTEM: "1",
  };
}

/** As GitHub lists them: "Set up job", the file's steps, "Complete job". */
function stepRecords(model: JobModel, state: JobState) {
  const queued = (name: string, number: number): StepRecord => ({
    number,
    name,
    status: "queued",
    conclusion: null,
    started_at: null,
    completed_at: null,
  });
  const setUp = queued("Set up job", 1);
  const own = model.steps.map((step, index) => queued(provisionalName(step, state), index + 2));
  const last = queued("Complete job", own.length + 2);
  return { setUp, own, last, all: [setUp, ...own, last] };
}

/** A step's name before it runs; its own outputs and earlier ones may still be missing from it. */
function provisionalName(step: StepModel, state: JobState): string {
  try {
    if (step.name) return textOf(step.name, jobScope(state));
    return `Run ${
      textOf(step.run, jobScope(state))
        .trimStart()
        .split(/[\r\n]/, 1)[0]
    }`;
  } catch {
    return step.id;
  }
}

function complete(record: StepRecord, host: RunnerHost): void {
  record.status = "completed";
  record.conclusion = "success";
  record.started_at ??= timestamp(host);
  record.completed_at = timestamp(host);
  host.changed();
}

/** The job's outputs; one that is empty or holds a secret is left out, with GitHub's words for it. */
function jobOutputs(model: JobModel, state: JobState): Record<string, string> {
  const { log, masks } = state;
  const outputs: Record<string, string> = {};
  try {
    for (const [name, value] of Object.entries(mapOf(model.outputs, jobScope(state)))) {
      if (value === "") continue;
      if (masks.mask(value) !== value) log.warning(`Skip output '${name}' since it may contain secret.`);
      else outputs[name] = value;
    }
  } catch (error) {
    log.error("Fail to evaluate job outputs");
    log.error((error as Error).message);
    if (state.status === "success") state.status = "failure";
  }
  return outputs;
}
