/** One `run:` step: its condition, its environment, its process, and what it leaves in GitHub's files. */
import { randomUUID } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import type { JobRecord, StepRecord } from "../server/state.ts";
import { createCommandReader } from "./commands.ts";
import { type Context, runtimeVariables } from "./contexts.ts";
import { parseKeyValueFile, parsePathFile } from "./env-files.ts";
import { flagOf, holds, mapOf, numberOf, type Scope, textOf } from "./expressions.ts";
import { type RunnerHost, timestamp } from "./host.ts";
import type { JobLog } from "./log.ts";
import type { Masks } from "./masks.ts";
import type { Defaults, StepModel } from "./parse.ts";
import { runProcess } from "./process.ts";
import { shellCommand } from "./shell.ts";

type Result = "success" | "failure" | "skipped" | "cancelled";

/** What the steps of one job share and change in turn. */
export interface JobState {
  readonly host: RunnerHost;
  readonly record: JobRecord;
  readonly masks: Masks;
  readonly log: JobLog;
  readonly folders: { workspace: string; temp: string; tools: string };
  readonly github: Context;
  readonly runner: Record<string, string>;
  /** The other contexts that no step changes: needs, inputs, vars, secrets, strategy, matrix. */
  readonly contexts: Context;
  readonly defaults: Defaults;
  /** Variables of every process that no context names: PATH, HOME, CI, … */
  readonly base: Record<string, string>;
  /** Workflow's and job's `env`, and what steps add by GITHUB_ENV. */
  env: Record<string, string>;
  /** Folders added by GITHUB_PATH, first to be searched first. */
  path: string[];
  readonly steps: Record<string, { outputs: Record<string, string>; outcome: Result; conclusion: Result }>;
  status: "success" | "failure" | "cancelled";
  /** Process groups that outlived their step. */
  readonly groups: number[];
  /** The job is cancelled or timed out: `status` is already "cancelled" when this is aborted. */
  readonly cancelled: AbortSignal;
  /** The time for steps that run in spite of it is over too. */
  readonly abandoned: AbortSignal;
}

export function jobScope(state: JobState, github: Context = {}, env = state.env): Scope {
  const { contexts, runner, steps, status } = state;
  const job = { status, check_run_id: state.record.id };
  return {
    contexts: { ...contexts, github: { ...state.github, ...github }, runner, env, steps, job },
    status: { success: status === "success", failure: status === "failure", cancelled: status === "cancelled" },
  };
}

/** Runs the step or skips it; `record` says how it ended and `state` what it changed. */
export async function runStep(step: StepModel, record: StepRecord, state: JobState): Promise<void> {
  const { host, log } = state;
  record.status = "in_progress";
  record.started_at = timestamp(host);
  host.changed();
  log.nextStep();
  const outputs: Record<string, string> = {};
  const outcome = await attempt(step, record, state, outputs).catch((error: Error): Result => {
    log.error(error.message);
    return "failure";
  });
  const conclusion = outcome === "failure" && continues(step, state) ? "success" : outcome;
  if (!step.id.startsWith("__")) state.steps[step.id] = { outputs, outcome, conclusion };
  if (conclusion === "failure" && state.status === "success") state.status = "failure";
  record.status = "completed";
  record.conclusion = conclusion;
  record.completed_at = timestamp(host);
  host.changed();
}

function continues(step: StepModel, state: JobState): boolean {
  try {
    return flagOf(step.continueOnError, jobScope(state));
  } catch (error) {
    state.log.error("The step failed and an error occurred when attempting to determine whether to continue on error.");
    state.log.error((error as Error).message);
    return false;
  }
}

async function attempt(
  step: StepModel,
  record: StepRecord,
  state: JobState,
  outputs: Record<string, string>,
): Promise<Result> {
  const files = createFiles(state);
  const github = { ...files, action: step.id };
  const stepEnv = mapOf(step.env, jobScope(state, github));
  const env = { ...state.env, ...stepEnv };
  const scope = (): Scope => jobScope(state, github, env);
  if (!holds(step.if, scope())) return "skipped";

  const script = textOf(step.run, scope());
  record.name = step.name ? textOf(step.name, scope()) : `Run ${firstLine(script)}`;
  const path = [...state.path, state.base.PATH ?? ""].join(delimiter);
  const shell = shellCommand(textOf(step.shell ?? state.defaults.shell, scope()), path);
  const place = textOf(step.workingDirectory ?? state.defaults.workingDirectory, scope());
  const minutes = Math.trunc(numberOf(step.timeoutMinutes, scope(), 0));

  // From here on a cancellation is heard; one that came before has been judged by the condition above.
  const ending = watch(state, () => holds(step.if, scope()), minutes);
  const effects = createEffects(state, outputs);
  try {
    header(state.log, script, `${shell.file} ${shell.args.join(" ")}`, env);
    const scriptFile = join(state.folders.temp, `${randomUUID()}${shell.extension}`);
    writeFileSync(scriptFile, script, { mode: 0o600 });
    const { exitCode, group } = await runProcess({
      file: shell.file,
      args: shell.args.map((argument) => argument.replaceAll("{0}", scriptFile)),
      cwd: resolve(state.folders.workspace, place),
      env: {
        ...state.base,
        ...env,
        PATH: [...state.path, env.PATH ?? state.base.PATH ?? ""].join(delimiter),
        ...runtimeVariables({ ...state.github, ...github }, state.runner),
      },
      signal: ending.signal,
      minute: state.host.minute ?? 60_000,
      onLine: effects.read,
      onStart: (group) => state.host.processStarted?.(group) ?? (() => undefined),
    });
    if (group !== undefined) state.groups.push(group);
    const read = takeFiles(files, state, outputs);
    if (ending.why() === "cancelled") state.log.error("The operation was canceled.");
    if (ending.why() === "cancelled") return "cancelled";
    if (ending.why() === "timed out") {
      state.log.error(`The action '${record.name}' has timed out after ${minutes} minutes.`);
      return "failure";
    }
    if (exitCode !== 0) state.log.error(`Process completed with exit code ${exitCode}.`);
    return exitCode === 0 && read && !effects.failed() ? "success" : "failure";
  } finally {
    ending.stop();
  }
}

/** Aborts at the step's time-out, and at the job's cancellation unless the step's condition still holds then. */
function watch(state: JobState, stillHolds: () => boolean, minutes: number) {
  const controller = new AbortController();
  let reason: "cancelled" | "timed out" | undefined;
  const end = (why: "cancelled" | "timed out"): void => {
    reason ??= why;
    controller.abort();
  };
  const onCancelled = (): void => {
    if (!stillHolds()) end("cancelled");
  };
  const onAbandoned = (): void => end("cancelled");
  state.cancelled.addEventListener("abort", onCancelled);
  state.abandoned.addEventListener("abort", onAbandoned);
  const timer = minutes > 0 ? setTimeout(() => end("timed out"), minutes * (state.host.minute ?? 60_000)) : undefined;
  return {
    signal: controller.signal,
    why: () => reason,
    stop() {
      clearTimeout(timer);
      state.cancelled.removeEventListener("abort", onCancelled);
      state.abandoned.removeEventListener("abort", onAbandoned);
    },
  };
}

function createEffects({ log, masks, folders }: JobState, outputs: Record<string, string>) {
  const reader = createCommandReader(folders.workspace);
  let failed = false;
  return {
    failed: () => failed,
    read(line: string): void {
      for (const effect of reader(line)) {
        if (effect.kind === "line") log.write(effect.text);
        else if (effect.kind === "mask") masks.add(effect.secret);
        else if (effect.kind === "output") outputs[effect.name] = effect.value;
        else if (effect.kind === "annotation") log.annotate(effect.annotation);
        else {
          failed = true;
          log.error(effect.message);
        }
      }
    },
  };
}

function firstLine(script: string): string {
  return script.trimStart().split(/[\r\n]/, 1)[0] ?? "";
}

function header(log: JobLog, script: string, shell: string, env: Record<string, string>): void {
  log.write(`##[group]Run ${firstLine(script)}`);
  for (const line of script.replaceAll("\r\n", "\n").replace(/\n+$/, "").split("\n")) {
    log.write(`\u001b[36;1m${line}\u001b[0m`);
  }
  log.write(`shell: ${shell}`);
  if (Object.keys(env).length > 0) log.write("env:");
  for (const [name, value] of Object.entries(env)) log.write(`  ${name}: ${value}`);
  log.write("##[endgroup]");
}

const fileNames = ["output", "env", "path", "step_summary", "state"] as const;
type Files = Record<(typeof fileNames)[number], string>;

function createFiles({ folders }: JobState): Files {
  const suffix = randomUUID();
  const entries = fileNames.map(
    (name) => [name, join(folders.temp, `_runner_file_commands_${name}_${suffix}`)] as const,
  );
  for (const [, file] of entries) writeFileSync(file, "", { mode: 0o600 });
  return Object.fromEntries(entries) as Files;
}

/** Takes over what the step wrote; false, with the reason in the log, where a file could not be read as what it is. */
function takeFiles(files: Files, state: JobState, outputs: Record<string, string>): boolean {
  const { log } = state;
  const take = (name: string, action: () => void): boolean => {
    try {
      action();
      return true;
    } catch (error) {
      // A step may remove its own file: then it has said nothing.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
      log.error(`Unable to process file command '${name}' successfully.`);
      log.error((error as Error).message);
      return false;
    }
  };
  const results = [
    take("env", () => {
      for (const [name, value] of parseKeyValueFile(readFileSync(files.env, "utf8"))) {
        if (name.toUpperCase() === "NODE_OPTIONS") {
          log.error("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.");
        } else state.env[name] = value;
      }
    }),
    take("path", () => {
      for (const folder of parsePathFile(readFileSync(files.path, "utf8"))) {
        state.path = [folder, ...state.path.filter((known) => known !== folder)];
      }
    }),
    take("output", () => {
      for (const [name, value] of parseKeyValueFile(readFileSync(files.output, "utf8"))) outputs[name] = value;
    }),
    take("step_summary", () => takeSummary(files.step_summary, state)),
  ];
  return results.every(Boolean);
}

/** Bytes a step's summary may have; a bigger one is refused whole and the step goes on (`CreateStepSummaryCommand`). */
const summaryLimit = 1024 * 1024;

function takeSummary(file: string, { log, masks, record }: JobState): void {
  const { size } = statSync(file);
  if (size === 0) return;
  if (size > summaryLimit) {
    log.error(
      `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ${summaryLimit / 1024}k, got ${Math.trunc(size / 1024)}k. For more information see: https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions#adding-a-markdown-summary`,
    );
    return;
  }
  const lines = readFileSync(file, "utf8").replace(/\n$/, "").split("\n");
  record.summary += `${lines.map((line) => masks.mask(line)).join("\n")}\n`;
}
