/** git for the demo's own repositories: isolated from the machine's settings, tokens only in the environment. */
import { execa } from "execa";

export interface GitOptions {
  readonly input?: string;
  /** Sent as a bearer header to whatever URL the command names. */
  readonly token?: string;
  readonly allowFailure?: boolean;
  /** Seconds since the epoch for author and committer. */
  readonly date?: number;
}

export interface GitResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export async function git(folder: string, args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  const result = await execa("git", args, {
    cwd: folder,
    extendEnv: false,
    reject: false,
    ...(options.input === undefined ? { stdin: "ignore" } : { input: options.input }),
    env: gitEnvironment(options),
  });
  const ok = result.exitCode === 0;
  if (!ok && !options.allowFailure) throw new Error(`git ${args.join(" ")} failed in ${folder}:\n${result.stderr}`);
  return { ok, stdout: result.stdout, stderr: result.stderr };
}

export function gitEnvironment(options: Pick<GitOptions, "token" | "date">): Record<string, string> {
  const date = `${options.date ?? 1_780_000_000} +0000`;
  return {
    PATH: process.env.PATH ?? "",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "Robin Doe",
    GIT_AUTHOR_EMAIL: "robin@example.com",
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: "Robin Doe",
    GIT_COMMITTER_EMAIL: "robin@example.com",
    GIT_COMMITTER_DATE: date,
    ...(options.token
      ? {
          GIT_CONFIG_COUNT: "1",
          GIT_CONFIG_KEY_0: "http.extraHeader",
          GIT_CONFIG_VALUE_0: `Authorization: Bearer ${options.token}`,
        }
      : {}),
  };
}

export async function revParse(folder: string, revision: string): Promise<string> {
  return (await git(folder, ["rev-parse", "--verify", revision])).stdout;
}

/** Files to write (or, as null, to remove) on top of a commit. */
export type FileChanges = Readonly<Record<string, string | null>>;

/** A commit on top of `parent` in a bare repository, without a work tree. Gives its SHA. */
export async function commitOnto(
  folder: string,
  parent: string | undefined,
  files: FileChanges,
  message: string,
  date: number,
): Promise<string> {
  const blobs = Object.entries(files).map(([path, content]) =>
    content === null ? `D ${JSON.stringify(path)}\n` : `M 100644 inline ${JSON.stringify(path)}\n${data(content)}`,
  );
  const stream = [
    "commit refs/demo/scratch\n",
    `committer Robin Doe <robin@example.com> ${date} +0000\n`,
    data(message),
    ...(parent ? [`from ${parent}\n`] : []),
    ...blobs,
    "done\n",
  ].join("");
  await git(folder, ["update-ref", "-d", "refs/demo/scratch"], { allowFailure: true });
  await git(folder, ["fast-import", "--quiet", "--done", "--date-format=raw"], { input: stream });
  const sha = await revParse(folder, "refs/demo/scratch");
  await git(folder, ["update-ref", "-d", "refs/demo/scratch"]);
  return sha;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}
