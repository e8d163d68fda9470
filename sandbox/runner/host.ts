/** What the runner asks of the server that starts it. */
import type { TokenPermissions } from "../server/state.ts";

export interface RunnerHost {
  /** The server, "http://127.0.0.1:PORT", no slash at the end. */
  url: string;
  repository: {
    fullName: string;
    owner: string;
    name: string;
    defaultBranch: string;
    id: number;
    visibility: "public" | "private";
  };
  /** Each job gets a folder of its own below, removed at its end. */
  workFolder: string;
  now(): Date;
  nextId(): number;
  mintJobToken(permissions: TokenPermissions, runId: number): string;
  revokeToken(token: string): void;
  /** Repository secrets, and the environment's where one is named. Throws, in GitHub's words, where it refuses the ref. */
  secrets(environment: string | undefined): Record<string, string>;
  variables(): Record<string, string>;
  /** The token's rights where the file asks for none. */
  defaultPermissions(): TokenPermissions;
  /** Called after each change of the run's records. */
  changed(): void;
  /** One line of a job's log, masked, with GitHub's timestamp. Of a run that has no jobs, `jobId` is the run's id. */
  log(jobId: number, line: string): void;
  /** A step's process group; what is given back is called when its process has ended. */
  processStarted?(group: number): () => void;
  /** Cancels the run. */
  signal: AbortSignal;
  /** The cron line that fired, for `github.event.schedule`. Default: the file's, where it has exactly one. */
  cron?: string;
  /** Milliseconds of a minute in time-outs and in the grace before a kill. Default: 60,000. */
  minute?: number;
}

/** GitHub's form of a time: whole seconds, UTC. */
export function timestamp(host: RunnerHost): string {
  return host
    .now()
    .toISOString()
    .replace(/\.\d+Z$/, "Z");
}

/** The same host with something done before each `changed`. Methods stay methods of the host, which may be a class's. */
export function withChanged(host: RunnerHost, before: () => void): RunnerHost {
  return {
    url: host.url,
    repository: host.repository,
    workFolder: host.workFolder,
    signal: host.signal,
    ...(host.cron === undefined ? {} : { cron: host.cron }),
    ...(host.minute === undefined ? {} : { minute: host.minute }),
    now: () => host.now(),
    nextId: () => host.nextId(),
    mintJobToken: (permissions, runId) => host.mintJobToken(permissions, runId),
    revokeToken: (token) => host.revokeToken(token),
    secrets: (environment) => host.secrets(environment),
    variables: () => host.variables(),
    defaultPermissions: () => host.defaultPermissions(),
    log: (jobId, line) => host.log(jobId, line),
    processStarted: (group) => host.processStarted?.(group) ?? (() => undefined),
    changed() {
      before();
      host.changed();
    },
  };
}
