/** The sandbox as the demo uses it: started as a process of its own, reached over HTTP and git only. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { packageRoot } from "../lib/package-root.ts";

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

/** In a session of its own, writing to its own file and not through a pipe of ours: so that `--keep` can leave it running. */
function spawnSandbox(folder: string, readyFile: string, log: string): ChildProcess {
  const main = join(packageRoot(), "sandbox", "dist", "main.js");
  const output = openSync(log, "a", 0o600);
  return spawn(process.execPath, [main, "--data", folder, "--ready-file", readyFile, "--validate"], {
    stdio: ["ignore", output, output],
    detached: true,
    env: process.env,
  });
}

export class GitHubStandIn {
  readonly url: string;
  readonly api: string;
  readonly folder: string;
  readonly readyFile: string;
  private readonly controlToken: string;
  private readonly process: ChildProcess;

  private constructor(folder: string, readyFile: string, process: ChildProcess) {
    const ready = JSON.parse(readFileSync(readyFile, "utf8"));
    this.folder = folder;
    this.readyFile = readyFile;
    this.url = ready.url;
    this.api = `${ready.url}/api/v3`;
    this.controlToken = ready.controlToken;
    this.process = process;
  }

  /** Starts it on a free port with an empty data folder. */
  static async start(folder: string): Promise<GitHubStandIn> {
    const readyFile = `${folder}.json`;
    const log = `${folder}.log`;
    const child = spawnSandbox(folder, readyFile, log);
    const deadline = Date.now() + 30_000;
    while (!existsSync(readyFile)) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`the sandbox did not start: ${readFileSync(log, "utf8")}`);
      await setTimeout(20);
    }
    return new GitHubStandIn(folder, readyFile, child);
  }

  async control(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.send(`${this.url}/_sandbox${path}`, method, this.controlToken, body);
    if (answer.status >= 400)
      throw new Error(`sandbox ${method} ${path}: ${answer.status} ${JSON.stringify(answer.data)}`);
    return answer;
  }

  /** A REST call as a person with this token. */
  async rest(token: string, method: string, path: string, body?: unknown): Promise<Answer> {
    return await this.send(`${this.api}${path}`, method, token, body);
  }

  gitUrl(repository: { owner: string; name: string }): string {
    return `${this.url}/${repository.owner}/${repository.name}.git`;
  }

  async log(since: number): Promise<{ entries: LogEntry[]; next: number }> {
    return (await this.control("GET", `/log?since=${since}`)).data;
  }

  /** @throws when an answer did not have the shape GitHub describes. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const { violations } = (await this.control("GET", "/violations")).data;
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
        authorization: `Bearer ${token}`,
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
