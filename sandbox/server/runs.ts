/** Workflow runs: making them, letting the runner execute them with the rights GitHub would give, and their logs. */
import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ConcurrencyGroups, executeRun, killGroup, type RunnerHost, workflowName } from "../runner/index.ts";
import type { Sandbox } from "./http.ts";
import { fullName } from "./identity.ts";
import { ensureEnvironment, environmentNamed } from "./routes/environments.ts";
import { fnmatch } from "./rule-match.ts";
import type { Repository, RunRecord, Secret, TokenPermissions } from "./state.ts";

export interface RunRequest {
  event: RunRecord["event"];
  path: string;
  /** The workflow file at `sha`. */
  text: string;
  /** Branch (or tag), without `refs/heads/`. */
  branch: string;
  sha: string;
  actor: string;
  inputs: Record<string, string>;
  /** The line of the schedule that fired. */
  cron?: string;
}

export interface Runs {
  start(repository: Repository, request: RunRequest): RunRecord;
  /** False when the run is over already. */
  cancel(run: RunRecord): boolean;
  /** Ends every process of every running job at once, as when their machines are gone. What `always()` wants still follows. */
  kill(): void;
  /** Runs that are queued or in progress. */
  active(): number;
  /** Answers when no run is active (true), or after the time (false). */
  settled(milliseconds: number): Promise<boolean>;
  /** Cancels everything and waits for it. */
  stop(): Promise<void>;
  /** A job's log; undefined when it wrote none. */
  log(run: RunRecord, jobId: number): string | undefined;
}

/** Runs on this machine at the same time, the others wait as `queued`: a fleet's midnight must not start fifty at once. */
const parallelRuns = 4;
/** Changes come in bursts, several for each step. */
const saveAfter = 100;

/** What the setting "Workflow permissions" gives a job token that a workflow says nothing about. */
function defaultPermissions(repository: Repository): TokenPermissions {
  if (repository.actions.default_workflow_permissions === "read") {
    return { contents: "read", metadata: "read", packages: "read" };
  }
  const writable = [
    ...["actions", "artifact-metadata", "attestations", "checks", "contents", "deployments", "discussions", "issues"],
    ...["models", "packages", "pages", "pull-requests", "repository-projects", "security-events", "statuses"],
  ];
  return { ...Object.fromEntries(writable.map((key) => [key, "write" as const])), metadata: "read" };
}

/** The environment's secrets, if its branch policy lets the run's branch in. @throws in GitHub's words. */
function environmentSecrets(
  sandbox: Sandbox,
  repository: Repository,
  run: RunRecord,
  name: string,
): Record<string, string> {
  const environment = environmentNamed(repository, name);
  if (!environment) {
    void ensureEnvironment(sandbox.state, repository, name);
    return {};
  }
  // The other policy, "protected branches", asks for classic protection: with none anywhere it lets every branch in.
  const custom = environment.branchPolicy?.custom_branch_policies === true;
  if (custom && !environment.branchPatterns.some((pattern) => fnmatch(pattern.name, run.head_branch))) {
    throw new Error(
      `Branch "${run.head_branch}" is not allowed to deploy to ${environment.name} due to environment protection rules.`,
    );
  }
  return valuesOf(environment.secrets);
}

function valuesOf(secrets: Readonly<Record<string, Secret>>): Record<string, string> {
  return Object.fromEntries(Object.entries(secrets).map(([key, secret]) => [key, secret.value]));
}

export function createRuns(sandbox: Sandbox): Runs {
  const { state } = sandbox;
  const groups = new ConcurrencyGroups();
  const executing = new Map<RunRecord, { controller: AbortController; done: Promise<void> }>();
  const waiting: (() => void)[] = [];
  /** Process groups of running steps. */
  const processes = new Set<number>();
  let free = parallelRuns;
  let saving: NodeJS.Timeout | undefined;

  const save = (): void => {
    saving ??= setTimeout(() => {
      saving = undefined;
      state.save();
    }, saveAfter).unref();
  };
  const logFile = (runId: number, jobId: number): string => join(state.folder, "logs", String(runId), `${jobId}.txt`);

  const hostOf = (
    repository: Repository,
    run: RunRecord,
    signal: AbortSignal,
    cron: string | undefined,
  ): RunnerHost => ({
    url: sandbox.url,
    repository: {
      fullName: fullName(repository),
      owner: repository.owner,
      name: repository.name,
      defaultBranch: repository.defaultBranch,
      id: repository.id,
      visibility: repository.visibility,
    },
    workFolder: join(state.folder, "work", String(run.id)),
    now: () => state.now(),
    nextId: () => state.id(),
    mintJobToken(permissions, runId) {
      const token = `ghs_${randomBytes(27).toString("base64url").replace(/[-_]/g, "0")}`;
      state.jobTokens.set(token, { repository: fullName(repository), runId, permissions });
      return token;
    },
    revokeToken: (token) => void state.jobTokens.delete(token),
    secrets: (environment) => ({
      ...valuesOf(repository.secrets ?? {}),
      ...(environment === undefined ? {} : environmentSecrets(sandbox, repository, run, environment)),
    }),
    variables: () => Object.fromEntries(Object.entries(repository.variables).map(([name, { value }]) => [name, value])),
    defaultPermissions: () => defaultPermissions(repository),
    changed: save,
    processStarted(group) {
      processes.add(group);
      return () => void processes.delete(group);
    },
    log(jobId, line) {
      mkdirSync(join(state.folder, "logs", String(run.id)), { recursive: true, mode: 0o700 });
      appendFileSync(logFile(run.id, jobId), `${line}\n`, { mode: 0o600 });
    },
    signal,
    ...(cron === undefined ? {} : { cron }),
  });

  const execute = async (repository: Repository, run: RunRecord, request: RunRequest, signal: AbortSignal) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    const host = hostOf(repository, run, signal, request.cron);
    mkdirSync(host.workFolder, { recursive: true, mode: 0o700 });
    try {
      await executeRun(run, { text: request.text }, host, groups);
    } catch (error) {
      host.log(run.id, `sandbox: ${(error as Error).stack ?? error}`);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
      executing.delete(run);
      save();
    }
  };

  return {
    start(repository, request) {
      const now = state.timestamp();
      const earlier = repository.runs.filter((run) => run.path === request.path);
      const run: RunRecord = {
        id: state.id(),
        run_number: Math.max(0, ...earlier.map((other) => other.run_number)) + 1,
        run_attempt: 1,
        event: request.event,
        path: request.path,
        name: workflowName(request.text, request.path),
        head_branch: request.branch,
        head_sha: request.sha,
        actor: request.actor,
        inputs: request.inputs,
        status: "queued",
        conclusion: null,
        created_at: now,
        updated_at: now,
        jobs: [],
      };
      repository.runs.push(run);
      const controller = new AbortController();
      executing.set(run, { controller, done: execute(repository, run, request, controller.signal) });
      save();
      return run;
    },
    cancel(run) {
      const found = executing.get(run);
      found?.controller.abort();
      return found !== undefined;
    },
    kill() {
      for (const group of processes) killGroup(group, "SIGKILL");
    },
    active: () => executing.size,
    async settled(milliseconds) {
      const until = performance.now() + milliseconds;
      while (executing.size > 0) {
        const left = until - performance.now();
        if (left <= 0) return false;
        let timer: NodeJS.Timeout | undefined;
        const tired = new Promise<void>((resolve) => {
          timer = setTimeout(resolve, left);
        });
        await Promise.race([Promise.all([...executing.values()].map(({ done }) => done)), tired]);
        clearTimeout(timer);
      }
      return true;
    },
    async stop() {
      const all = [...executing.values()];
      for (const { controller } of all) controller.abort();
      await Promise.all(all.map(({ done }) => done));
      clearTimeout(saving);
      state.save();
    },
    log(run, jobId) {
      try {
        return readFileSync(logFile(run.id, jobId), "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
  };
}

/** Runs a killed sandbox left behind: nobody executes them any more. */
export function endAbandonedRuns(state: Sandbox["state"]): void {
  for (const run of state.data.repositories.flatMap((repository) => repository.runs)) {
    for (const item of [...run.jobs.flatMap((job) => [...job.steps, job]), run]) {
      if (item.status === "completed") continue;
      item.status = "completed";
      item.conclusion = "cancelled";
    }
  }
}
