/** The `github`, `runner` and `inputs` contexts of a run, and the environment variables made of them. */
import type { RunRecord } from "../server/state.ts";
import type { RunnerHost } from "./host.ts";
import { type DispatchInput, dispatchInputsOf, schedulesOf, workflowName } from "./parse.ts";

export type Context = Record<string, unknown>;

/** The part of `github` that is the same for all jobs of a run. */
export function githubContext(run: RunRecord, text: string, host: RunnerHost): Context {
  const { fullName, owner, id } = host.repository;
  const ref = `refs/heads/${run.head_branch}`;
  return {
    actor: run.actor,
    triggering_actor: run.actor,
    api_url: `${host.url}/api/v3`,
    graphql_url: `${host.url}/api/graphql`,
    server_url: host.url,
    base_ref: "",
    head_ref: "",
    event_name: run.event,
    event: eventOf(run, text, host),
    ref,
    ref_name: run.head_branch,
    ref_type: "branch",
    repository: fullName,
    repository_id: String(id),
    repository_owner: owner,
    repositoryUrl: `${host.url.replace(/^http/, "git")}/${fullName}.git`,
    retention_days: "90",
    run_attempt: String(run.run_attempt),
    run_id: String(run.id),
    run_number: String(run.run_number),
    secret_source: "Actions",
    sha: run.head_sha,
    workflow: workflowName(text, run.path),
    workflow_ref: `${fullName}/${run.path}@${ref}`,
    workflow_sha: run.head_sha,
  };
}

/** `inputs`: as declared, booleans and numbers by type, defaults filled in. Empty for a schedule. */
export function inputsContext(run: RunRecord, text: string): Context {
  const declared = run.event === "workflow_dispatch" ? (dispatchInputsOf(text) ?? {}) : {};
  return Object.fromEntries(
    Object.entries(inputTexts(run, declared)).map(([name, value]) => [name, typed(value, declared[name]?.type)]),
  );
}

export function runnerContext(folders: { temp: string; tools: string }): Record<string, string> {
  return {
    name: "sandbox",
    os: process.platform === "darwin" ? "macOS" : "Linux",
    arch: process.arch === "arm64" ? "ARM64" : "X64",
    environment: "github-hosted",
    temp: folders.temp,
    tool_cache: folders.tools,
  };
}

/** GITHUB_… and RUNNER_… of a step. The lists are those of actions/runner (`GitHubContext`); `token` is on none. */
export function runtimeVariables(github: Context, runner: Record<string, string>): Record<string, string> {
  const shown = Object.entries(github).filter(([key, value]) => exported.has(key) && typeof value === "string");
  return Object.fromEntries([
    ...shown.map(([key, value]) => [`GITHUB_${key.toUpperCase()}`, String(value)]),
    ...Object.entries(runner).map(([key, value]) => [`RUNNER_${key.toUpperCase()}`, value]),
  ]);
}

const exported = new Set([
  ...["action", "actor", "api_url", "base_ref", "env", "event_name", "event_path", "graphql_url", "head_ref", "job"],
  ...["output", "path", "ref_name", "ref_type", "ref", "repository", "repository_id", "repository_owner"],
  ...["retention_days", "run_attempt", "run_id", "run_number", "server_url", "sha", "state", "step_summary"],
  ...["triggering_actor", "workflow", "workflow_ref", "workflow_sha", "workspace"],
]);

function eventOf(run: RunRecord, text: string, host: RunnerHost): Context {
  const { fullName, owner, name, id, defaultBranch, visibility } = host.repository;
  const common = {
    workflow: run.path,
    repository: {
      id,
      name,
      full_name: fullName,
      private: visibility === "private",
      visibility,
      default_branch: defaultBranch,
      html_url: `${host.url}/${fullName}`,
      clone_url: `${host.url}/${fullName}.git`,
      owner: { login: owner },
    },
    sender: { login: run.actor },
  };
  if (run.event === "workflow_dispatch") {
    const inputs = inputTexts(run, dispatchInputsOf(text) ?? {});
    return {
      ...common,
      ref: `refs/heads/${run.head_branch}`,
      inputs: Object.keys(inputs).length > 0 ? inputs : null,
    };
  }
  const schedules = schedulesOf(text);
  const cron = host.cron ?? (schedules.length === 1 ? schedules[0]?.cron : undefined);
  return { ...common, ...(cron === undefined ? {} : { schedule: cron }) };
}

/** What was given, and for the rest the declared default; a boolean without one is false, anything else empty. */
function inputTexts(run: RunRecord, declared: Record<string, DispatchInput>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(declared).map(([name, input]) => [
      name,
      run.inputs[name] ?? input.default ?? (input.type === "boolean" ? "false" : ""),
    ]),
  );
}

function typed(value: string, type: string | undefined): string | boolean | number {
  if (type === "boolean") return value === "true";
  if (type === "number" && value.trim() !== "") return Number(value);
  return value;
}
