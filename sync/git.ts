import { spawn } from "node:child_process";
import type { Environment } from "./environment.ts";
import { explainRefusal } from "./refusals.ts";

export interface GitResult {
  readonly code: number;
  /** Raw bytes: names in trees need not be UTF-8. */
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface GitOptions {
  readonly input?: string | Buffer;
  /** Added to the clean environment of this one command. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs there instead of in the repository's own folder. */
  readonly folder?: string;
}

/** Runs git in one folder: an argument list, no shell, an environment of its own. */
export interface Git {
  /** Any exit code is an answer. */
  attempt(args: readonly string[], options?: GitOptions): Promise<GitResult>;
  /** As `attempt`, for a command that only reads from a server: made again when the network was at fault. */
  reach(args: readonly string[], options?: GitOptions): Promise<GitResult>;
  /** As `attempt`, for a question about objects by their full ids: what these name never changes, so git is asked once. */
  once(args: readonly string[], options?: Pick<GitOptions, "folder" | "environment">): Promise<GitResult>;
  /** Standard output as text without its last line end. Raises GitError when git fails. */
  text(args: readonly string[], options?: GitOptions): Promise<string>;
}

export class GitError extends Error {
  readonly args: readonly string[];
  readonly result: GitResult;
  readonly said: string;

  constructor(args: readonly string[], result: GitResult) {
    super(
      `git ${args[0]} ended with ${result.code}, which was not expected. The log of this step has git's own words; run the workflow again, and report it if it stays so`,
    );
    this.name = "GitError";
    this.args = args;
    this.result = result;
    this.said = result.stderr;
  }
}

/** What git needs of its surroundings. */
export interface Surroundings {
  readonly environment: Environment;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const TRIES = 3;

/** @param extra variables for every command, such as credentials (see `authorization`). */
export function gitIn(
  folder: string,
  { environment, sleep }: Surroundings,
  extra: Readonly<Record<string, string>> = {},
): Git {
  const base = { ...cleanEnvironment(environment), ...extra };
  const attempt = (args: readonly string[], options: GitOptions = {}) =>
    run(options.folder ?? folder, args, { ...base, ...options.environment }, options.input);
  const answers = new Map<string, GitResult>();
  return {
    attempt,
    async once(args, options = {}) {
      const question = JSON.stringify([args, options]);
      const result = answers.get(question) ?? (await attempt(args, options));
      // 1 is a no; more than that is a failure, which another try may not meet.
      if (result.code <= 1) answers.set(question, result);
      return result;
    },
    async reach(args, options) {
      for (let attempted = 1; ; attempted += 1) {
        const result = await attempt(args, options);
        const again = result.code !== 0 && explainRefusal(result.stderr).kind === "unreachable";
        if (!again || attempted === TRIES) return result;
        await sleep(1000 * attempted + Math.round(Math.random() * 500));
      }
    },
    async text(args, options) {
      const result = await attempt(args, options);
      if (result.code !== 0) throw new GitError(args, result);
      return result.stdout.toString("utf8").replace(/\n$/, "");
    },
  };
}

/**
 * Each token for its own URL only, so that git cannot send the fork's to upstream nor upstream's to the fork; an empty one
 * is none. Through the environment: an argument would be visible to every process of the machine, a configuration file
 * would outlive the step.
 */
export function authorization(
  tokens: readonly { readonly url: string; readonly token: string }[],
): Record<string, string> {
  const entries = tokens
    .filter(({ token }) => token !== "")
    .flatMap(({ url, token }) => [
      [`http.${url}.extraheader`, `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`],
      // A redirect would carry the header along.
      [`http.${url}.followRedirects`, "false"],
    ]);
  return configuration(Object.fromEntries(entries));
}

/** https://git-scm.com/docs/git-config#ENVIRONMENT */
function configuration(entries: Readonly<Record<string, string>>): Record<string, string> {
  const settings = { ...LOW_SPEED, ...SHORT_LIVED, ...DRIVERS, ...entries };
  const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(Object.keys(settings).length) };
  Object.entries(settings).forEach(([key, value], index) => {
    variables[`GIT_CONFIG_KEY_${index}`] = key;
    variables[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return variables;
}

// A connection that stands still ends after a minute instead of at the job's time limit.
const LOW_SPEED = { "http.lowSpeedLimit": "1000", "http.lowSpeedTime": "60" };

// The repository is thrown away with the step: nothing is gained by looking whether it wants tidying.
const SHORT_LIVED = { "maintenance.auto": "false" };

// `merge=ours` in a `.gitattributes`: git documents the name, and that everybody has to say this about it. A driver of any
// other name is unknown here, and git merges as text. https://git-scm.com/book/en/v2/Customizing-Git-Git-Attributes
const DRIVERS = { "merge.ours.driver": "true" };

// What a self-hosted runner needs to reach the network at all.
const PASSED_ON = ["PATH", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"].concat([
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "GIT_SSL_CAINFO",
]);

function cleanEnvironment(environment: Environment): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(passed),
    LC_ALL: "C",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    ...configuration({}),
  };
}

function run(
  folder: string,
  args: readonly string[],
  environment: Record<string, string>,
  input: string | Buffer = "",
): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, { cwd: folder, env: environment, stdio: ["pipe", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({
        code: code ?? 128,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString("utf8"),
      }),
    );
    // git may end without reading its input; that is told by the exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
