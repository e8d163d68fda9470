/**
 * A workflow file as the runner needs it. GitHub's own parser decides what is valid. Its converted template drops
 * `permissions`, `defaults`, `shell`, `timeout-minutes` and `working-directory`, so those are read from the tree of tokens the
 * same parser made of the file; ids, needs and conditions are taken from the converted template.
 */
import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from "@actions/workflow-parser";
import type { Job, WorkflowJob as ParsedJob, RunStep, Step } from "@actions/workflow-parser/model/workflow-template";
import { isMapping, isScalar, isSequence, isString } from "@actions/workflow-parser/templates/tokens/type-guards";
import { asWritten, type Token } from "./expressions.ts";
import { type PermissionsRequest, permissionsRequest } from "./permissions.ts";

export interface Defaults {
  shell: Token | undefined;
  workingDirectory: Token | undefined;
}

export interface StepModel {
  /** As written; starts with `__` where the file gives none, and such a step is absent from the `steps` context. */
  id: string;
  name: Token | undefined;
  /** Always contains a status function: `success() && (…)` is put in front where the file has none. */
  if: string;
  run: Token;
  env: Token | undefined;
  shell: Token | undefined;
  workingDirectory: Token | undefined;
  continueOnError: Token | undefined;
  timeoutMinutes: Token | undefined;
}

export interface JobModel {
  key: string;
  name: Token;
  needs: string[];
  if: string;
  permissions: PermissionsRequest | undefined;
  env: Token | undefined;
  /** The environment's name; its url and `deployment` change nothing the sandbox keeps. */
  environment: Token | undefined;
  timeoutMinutes: Token | undefined;
  outputs: Token | undefined;
  defaults: Defaults;
  steps: StepModel[];
  /** What GitHub would run and this runner does not, one sentence each. Such a job fails, it is never skipped over. */
  refusals: string[];
}

export interface Workflow {
  name: string | undefined;
  runName: Token | undefined;
  permissions: PermissionsRequest | undefined;
  env: Token | undefined;
  defaults: Defaults;
  concurrency: { group: Token; cancelInProgress: Token | undefined } | undefined;
  jobs: JobModel[];
}

export interface Schedule {
  cron: string;
  timezone?: string;
}

export interface DispatchInput {
  required: boolean;
  default?: string;
  /** "string", "boolean", "number", "choice" or "environment". */
  type: string;
  options?: string[];
}

/** The file's model, or the messages GitHub's parser refuses it with (each with path, line and column). */
export async function parse(text: string, path: string): Promise<{ workflow: Workflow } | { errors: string[] }> {
  const { value: root, context } = read(text, path);
  const template = root ? await convertWorkflowTemplate(context, root) : undefined;
  const errors = context.errors.getErrors().map((error) => error.message);
  if (!root || !template || errors.length > 0) return { errors };
  const defaults = defaultsOf(root, { shell: undefined, workingDirectory: undefined });
  return {
    workflow: {
      name: nameOf(root),
      runName: property(root, "run-name"),
      permissions: permissionsRequest(property(root, "permissions")),
      env: property(root, "env"),
      defaults,
      concurrency: concurrencyOf(property(root, "concurrency")),
      jobs: template.jobs.map((job) => jobOf(job, property(property(root, "jobs"), job.id.value), defaults)),
    },
  };
}

/** The file's schedules; none where it has no `schedule` or is not YAML. A file invalid elsewhere still counts. */
export function schedulesOf(text: string): Schedule[] {
  return items(property(eventsOf(text), "schedule")).flatMap((entry) => {
    const cron = scalar(entry, "cron");
    const timezone = scalar(entry, "timezone");
    return cron === undefined ? [] : [{ cron, ...(timezone === undefined ? {} : { timezone }) }];
  });
}

/** Whether a push to this branch starts the workflow. Filters by path are not looked at. */
export function pushFits(text: string, branch: string): boolean {
  const on = eventsOf(text);
  const names = [on, ...items(on)].filter((token) => token !== undefined && isString(token));
  if (names.some((token) => asWritten(token) === "push")) return true;
  const push = property(on, "push");
  if (push === undefined) return false;
  const of = (key: string) => items(property(push, key)).map(asWritten);
  const [wanted, ignored] = [of("branches"), of("branches-ignore")];
  if (wanted.length > 0) return matchesLast(wanted, branch);
  if (ignored.length > 0) return !matchesLast(ignored, branch);
  // Only tags asked for: then no branch starts it.
  return of("tags").length === 0 && of("tags-ignore").length === 0;
}

/** In order, "!" takes back. https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet */
function matchesLast(patterns: readonly string[], branch: string): boolean {
  return patterns.reduce((matched, pattern) => {
    const inverted = pattern.startsWith("!");
    return branchPattern(inverted ? pattern.slice(1) : pattern).test(branch) ? !inverted : matched;
  }, false);
}

function branchPattern(pattern: string): RegExp {
  const source = pattern.replace(/\*\*\/?|\*|[.$^{}()|\\]/g, (part) =>
    part === "**/" ? "(?:.*/)?" : part === "**" ? ".*" : part === "*" ? "[^/]*" : `\\${part}`,
  );
  return new RegExp(`^${source}$`);
}

/** The declared inputs, `{}` where `workflow_dispatch` has none; undefined where the file has no `workflow_dispatch`. */
export function dispatchInputsOf(text: string): Record<string, DispatchInput> | undefined {
  const on = eventsOf(text);
  const names = [on, ...items(on)].filter((token) => token !== undefined && isString(token));
  if (names.some((token) => asWritten(token) === "workflow_dispatch")) return {};
  if (!on || !isMapping(on) || !on.find("workflow_dispatch")) return undefined;
  const inputs = property(property(on, "workflow_dispatch"), "inputs");
  if (!inputs || !isMapping(inputs)) return {};
  return Object.fromEntries(Array.from(inputs, ({ key, value }) => [asWritten(key), inputOf(value)]));
}

/** The file's `name`, or its path, as GitHub shows it. */
export function workflowName(text: string, path: string): string {
  const { value } = read(text, path);
  return (value && nameOf(value)) || path;
}

function read(text: string, path: string) {
  return parseWorkflow({ name: path, content: text }, new NoOperationTraceWriter());
}

function eventsOf(text: string): Token | undefined {
  return property(read(text, "workflow").value, "on");
}

function inputOf(token: Token): DispatchInput {
  const fallback = scalar(token, "default");
  const options = items(property(token, "options")).map(asWritten);
  return {
    type: scalar(token, "type") ?? "string",
    required: scalar(token, "required") === "true",
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(options.length > 0 ? { options } : {}),
  };
}

function nameOf(root: Token): string | undefined {
  return scalar(root, "name");
}

function concurrencyOf(token: Token | undefined): Workflow["concurrency"] {
  if (!token) return undefined;
  if (!isMapping(token)) return { group: token, cancelInProgress: undefined };
  const group = token.find("group");
  return group && { group, cancelInProgress: token.find("cancel-in-progress") };
}

function defaultsOf(token: Token | undefined, outer: Defaults): Defaults {
  const run = property(property(token, "defaults"), "run");
  return {
    shell: property(run, "shell") ?? outer.shell,
    workingDirectory: property(run, "working-directory") ?? outer.workingDirectory,
  };
}

function jobOf(job: ParsedJob, token: Token | undefined, defaults: Defaults): JobModel {
  const environment = property(token, "environment");
  const steps = job.type === "job" ? (job as Job).steps : [];
  const tokens = items(property(token, "steps"));
  return {
    key: job.id.value,
    name: job.name ?? job.id,
    needs: (job.needs ?? []).map((need) => need.value),
    if: job.if.expression,
    permissions: permissionsRequest(property(token, "permissions")),
    env: property(token, "env"),
    environment: environment && isMapping(environment) ? environment.find("name") : environment,
    timeoutMinutes: property(token, "timeout-minutes"),
    outputs: property(token, "outputs"),
    defaults: defaultsOf(token, defaults),
    steps: steps.flatMap((step, index) => (isRun(step) ? [stepOf(step, tokens[index])] : [])),
    refusals: [
      ...["uses", "container", "services", "strategy", "snapshot", "concurrency", "continue-on-error"]
        .filter((key) => property(token, key))
        .map((key) => `jobs.${job.id.value}.${key}`),
      ...steps.flatMap((step, index) => (isRun(step) ? [] : [`jobs.${job.id.value}.steps[${index}] without run`])),
    ].map((place) => `${place}: the sandbox runs jobs made of run steps only, on this machine, without this key`),
  };
}

function isRun(step: Step): step is RunStep {
  return "run" in step && !step.background;
}

function stepOf(step: RunStep, token: Token | undefined): StepModel {
  return {
    id: step.id,
    name: step.name,
    if: step.if.expression,
    run: step.run,
    env: step.env,
    shell: property(token, "shell"),
    workingDirectory: property(token, "working-directory"),
    continueOnError: property(token, "continue-on-error"),
    timeoutMinutes: property(token, "timeout-minutes"),
  };
}

function property(token: Token | undefined, key: string): Token | undefined {
  return token && isMapping(token) ? token.find(key) : undefined;
}

function scalar(token: Token | undefined, key: string): string | undefined {
  const value = property(token, key);
  return value && isScalar(value) ? asWritten(value) : undefined;
}

function items(token: Token | undefined): Token[] {
  return token && isSequence(token) ? Array.from(token) : [];
}
