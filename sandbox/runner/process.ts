/** One step's process, in a process group of its own so that nothing it starts outlives the job. */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";

export interface ProcessRequest {
  file: string;
  args: string[];
  cwd: string;
  /** The whole environment: nothing is inherited. */
  env: Record<string, string>;
  /** Ends the group: SIGINT, SIGTERM after 7.5 s, SIGKILL after 2.5 s more (actions/runner `ProcessInvoker`). */
  signal: AbortSignal;
  /** Milliseconds in a minute. */
  minute: number;
  onLine(line: string): void;
  /** Told the group's id; what is given back is called when the process has ended. */
  onStart?(group: number): () => void;
}

/** Answers the exit code, and the group's id where some of its processes still run. Throws where the start fails. */
export async function runProcess(request: ProcessRequest): Promise<{ exitCode: number; group: number | undefined }> {
  const { file, args, cwd, env, signal, minute, onLine, onStart } = request;
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const pid = await started(child, file, cwd);
  const ended = onStart?.(pid);
  const drained = Promise.all([readLines(child.stdout, onLine), readLines(child.stderr, onLine)]);
  const timers: NodeJS.Timeout[] = [];
  const interrupt = (): void => {
    killGroup(pid, "SIGINT");
    timers.push(setTimeout(() => killGroup(pid, "SIGTERM"), minute / 8));
    timers.push(setTimeout(() => killGroup(pid, "SIGKILL"), minute / 6));
  };
  signal.addEventListener("abort", interrupt, { once: true });
  if (signal.aborted) interrupt();
  try {
    const exitCode = await exited(child);
    if (signal.aborted) killGroup(pid, "SIGKILL");
    // A process left in the background that holds the output open gets 5 s, then the group is ended.
    timers.push(setTimeout(() => killGroup(pid, "SIGKILL"), minute / 12));
    await drained;
    return { exitCode, group: killGroup(pid, 0) ? pid : undefined };
  } finally {
    ended?.();
    signal.removeEventListener("abort", interrupt);
    for (const timer of timers) clearTimeout(timer);
  }
}

/** Sends the signal to every process of the group; false where none is left. */
export function killGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

function started(child: ChildProcess, file: string, cwd: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("spawn", () => resolve(child.pid as number));
    child.once("error", (error) =>
      reject(
        new Error(
          `An error occurred trying to start process '${file}' with working directory '${cwd}'. ${error.message}`,
        ),
      ),
    );
  });
}

function exited(child: ChildProcess): Promise<number> {
  const code = (exitCode: number | null, signal: NodeJS.Signals | null): number =>
    exitCode ?? 128 + (signal ? constants.signals[signal] : 0);
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve(code(child.exitCode, child.signalCode));
  }
  return new Promise((resolve) => child.once("exit", (exitCode, signal) => resolve(code(exitCode, signal))));
}

/** CR, LF and CRLF end a line, as for .NET. `node:readline` would also end one at U+2028, which GitHub does not. */
async function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) {
    // A CR at the end may be the first half of a CRLF: it waits for the next chunk.
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  }
  if (rest !== "") onLine(rest.replace(/\r$/, ""));
}
