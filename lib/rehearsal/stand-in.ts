/** The stand-in for GitHub, started as a process of its own and reached over HTTP and git only. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Failure } from "../failure.ts";
import { packageRoot } from "../package-root.ts";

/** One line of the sandbox's request log. */
export interface LogEntry {
  readonly n: number;
  /** On the sandbox's clock, ISO. */
  readonly time: string;
  readonly actor: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly git: null | {
    readonly repository: string;
    readonly operation: "look-up" | "fetch" | "push";
    readonly transport: "http" | "ssh";
  };
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: GitHub's answers, read field by field by the steps that check them.
  readonly data: any;
}

/** Ours when this is a clone, else the package of that name beside us. @throws Failure when there is neither. */
export function sandboxProgram(): string {
  const places = [
    join(packageRoot(), "sandbox", "dist", "main.js"),
    join(packageRoot(), "..", "upstream-sync-sandbox", "dist", "main.js"),
  ];
  const found = places.find(existsSync);
  if (found !== undefined) return found;
  throw new Failure(
    "the sandbox is not installed: it is a package of its own and not part of this one",
    "run this from a clone of the project (npm ci && npm run build), or install the package upstream-sync-sandbox beside upstream-sync",
  );
}

export interface StandInOptions {
  /** HTTP port: one that was in use before keeps every address. By default any free one. */
  readonly port?: number;
  /** Compare every answer with GitHub's description of it; `stop` then throws what did not fit. Default true. */
  readonly validate?: boolean;
  /** Its environment; this process's by default. Jobs inherit nothing of it but PATH. */
  readonly env?: NodeJS.ProcessEnv;
  /** Told what ends the process as soon as there is one: an interrupt may come before it is ready. */
  readonly onSpawned?: (end: () => Promise<void>) => void;
}

/** In a session of its own, writing to its own file and not through a pipe of ours: so that it can be left running. */
function spawnSandbox(folder: string, readyFile: string, log: string, options: StandInOptions): ChildProcess {
  const { port = 0, validate = true, env = process.env } = options;
  const output = openSync(log, "a", 0o600);
  const flags = [
    "--data",
    folder,
    "--port",
    String(port),
    "--ready-file",
    readyFile,
    ...(validate ? ["--validate"] : []),
  ];
  return spawn(process.execPath, [sandboxProgram(), ...flags], {
    stdio: ["ignore", output, output],
    detached: true,
    env,
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const impatient = global.setTimeout(() => child.kill("SIGKILL"), 10_000);
  await ended;
  clearTimeout(impatient);
}

export class GitHubStandIn {
  readonly url: string;
  readonly api: string;
  readonly folder: string;
  readonly readyFile: string;
  private readonly controlToken: string;
  private readonly process: ChildProcess;
  private readonly validate: boolean;

  private constructor(folder: string, readyFile: string, process: ChildProcess, validate: boolean) {
    const ready = JSON.parse(readFileSync(readyFile, "utf8"));
    this.folder = folder;
    this.readyFile = readyFile;
    this.url = ready.url;
    this.api = `${ready.url}/api/v3`;
    this.controlToken = ready.controlToken;
    this.process = process;
    this.validate = validate;
  }

  /**
   * @param folder its data: made when missing, taken up again when there. `<folder>.json` tells that it is ready, `<folder>.log` what it says.
   * @throws Failure when it does not start, as where the port is taken.
   */
  static async start(folder: string, options: StandInOptions = {}): Promise<GitHubStandIn> {
    const data = resolve(folder);
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const readyFile = `${data}.json`;
    const log = `${data}.log`;
    const child = spawnSandbox(data, readyFile, log, options);
    options.onSpawned?.(() => endProcess(child));
    const deadline = Date.now() + 30_000;
    // One that was killed leaves its file behind: only this process's own counts.
    while (readyProcess(readyFile) !== child.pid) {
      if (hasEnded(child) || Date.now() > deadline) {
        child.kill();
        const said = readFileSync(log, "utf8").trimEnd();
        throw new Failure(`the sandbox did not start: ${said.split("\n").at(-1)}`, `see ${log}`, said);
      }
      await setTimeout(20);
    }
    return new GitHubStandIn(data, readyFile, child, options.validate ?? true);
  }

  async control(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.send(`${this.url}/_sandbox${path}`, method, this.controlToken, body);
    if (answer.status >= 400)
      throw new Error(`sandbox ${method} ${path}: ${answer.status} ${JSON.stringify(answer.data)}`);
    return answer;
  }

  /** A REST call as a person with this token; an empty one is nobody's. */
  async rest(token: string, method: string, path: string, body?: unknown): Promise<Answer> {
    return await this.send(`${this.api}${path}`, method, token, body);
  }

  gitUrl(repository: { owner: string; name: string }): string {
    return `${this.url}/${repository.owner}/${repository.name}.git`;
  }

  /** Its bare repository. Whoever changes it by git itself calls `refsChanged` then. */
  repositoryFolder(repository: { owner: string; name: string }): string {
    return join(this.folder, "repositories", repository.owner, `${repository.name}.git`);
  }

  /** Lets pull requests follow branches that were moved in a bare repository by git itself. */
  async refsChanged(): Promise<void> {
    await this.control("POST", "/refs-changed", {});
  }

  async log(since: number): Promise<{ entries: LogEntry[]; next: number }> {
    return (await this.control("GET", `/log?since=${since}`)).data;
  }

  /** What `log` is asked for, for what comes from now on. */
  async logEnd(): Promise<number> {
    return (await this.log(Number.MAX_SAFE_INTEGER)).next;
  }

  /** Its data stays. @throws when an answer did not have the shape GitHub describes. */
  async stop(): Promise<void> {
    if (hasEnded(this.process)) return;
    const { violations } = this.validate ? (await this.control("GET", "/violations")).data : { violations: [] };
    this.process.kill("SIGTERM");
    await once(this.process, "exit");
    if (violations.length > 0)
      throw new Error(`the sandbox answered what GitHub would not: ${JSON.stringify(violations, null, 2)}`);
  }

  /** Lets the process live on after this one. */
  leave(): void {
    this.process.unref();
  }

  private async send(url: string, method: string, token: string, body: unknown): Promise<Answer> {
    const response = await fetch(url, {
      method,
      headers: {
        ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, data: parse(text) };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function readyProcess(file: string): number | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")).pid;
  } catch {
    return undefined;
  }
}
