/** A host as the server is one, with what it was asked kept for looking at, and a run of a workflow on it. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConcurrencyGroups, executeRun, type RunnerHost } from "../../runner/index.ts";
import type { JobRecord, RunRecord, TokenPermissions } from "../../server/state.ts";

export interface Asked {
  permissions: TokenPermissions[];
  revoked: string[];
  environments: (string | undefined)[];
  /** Job's (or run's) id -> its log, timestamps taken off. */
  logs: Map<number, string[]>;
}

export interface Executed extends Asked {
  run: RunRecord;
  job(key: string): JobRecord;
  log(key: string): string;
  /** Folders of jobs left behind. */
  left: string[];
}

export interface Options {
  host?: Partial<RunnerHost>;
  run?: Partial<RunRecord>;
  groups?: ConcurrencyGroups;
  /** Called once a line containing this is logged. */
  when?: [text: string, action: () => void];
}

export const steps = (...lines: string[]): string =>
  ["on: workflow_dispatch", "jobs:", "  job:", "    runs-on: ubuntu-latest", "    steps:", ...lines].join("\n");

export async function execute(text: string, options: Options = {}): Promise<Executed> {
  const workFolder = mkdtempSync(join(tmpdir(), "runner-"));
  const asked: Asked = { permissions: [], revoked: [], environments: [], logs: new Map() };
  let id = 100;
  const host: RunnerHost = {
    url: "http://127.0.0.1:4950",
    repository: {
      fullName: "acme/app",
      owner: "acme",
      name: "app",
      defaultBranch: "main",
      id: 7,
      visibility: "public",
    },
    workFolder,
    now: () => new Date("2026-01-02T03:04:05.678Z"),
    nextId: () => id++,
    mintJobToken(permissions) {
      asked.permissions.push(permissions);
      return `job-token-${asked.permissions.length}`;
    },
    revokeToken: (token) => void asked.revoked.push(token),
    secrets(environment) {
      asked.environments.push(environment);
      return {};
    },
    variables: () => ({}),
    defaultPermissions: () => ({ contents: "read", metadata: "read" }),
    changed() {},
    log(jobId, line) {
      const plain = line.replace(/^\S+Z /, "");
      asked.logs.set(jobId, [...(asked.logs.get(jobId) ?? []), plain]);
      if (options.when && plain.includes(options.when[0])) options.when[1]();
    },
    signal: new AbortController().signal,
    minute: 600,
    ...options.host,
  };
  const run = { ...newRun(), ...options.run };
  try {
    await executeRun(run, { text }, host, options.groups);
    const job = (key: string): JobRecord => {
      const found = run.jobs.find((entry) => entry.key === key);
      if (!found) throw new Error(`no job ${key} among ${run.jobs.map((entry) => entry.key).join(", ")}`);
      return found;
    };
    const log = (key: string): string => (asked.logs.get(job(key).id) ?? []).join("\n");
    return { ...asked, run, job, log, left: readdirSync(workFolder) };
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
}

export function newRun(): RunRecord {
  return {
    id: 11,
    run_number: 3,
    run_attempt: 1,
    event: "workflow_dispatch",
    path: ".github/workflows/sync.yml",
    name: "sync",
    head_branch: "main",
    head_sha: "a".repeat(40),
    actor: "octocat",
    inputs: {},
    status: "queued",
    conclusion: null,
    created_at: "2026-01-02T03:04:05Z",
    updated_at: "2026-01-02T03:04:05Z",
    jobs: [],
  };
}
