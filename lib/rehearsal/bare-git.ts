/** git on the rehearsal's own bare repositories: nothing of the person's settings, identity or hooks reaches them. */
import { execa } from "execa";
import { Failure } from "../failure.ts";

export interface GitAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface BareGit {
  readonly folder: string;
  /** Any exit code is an answer. */
  attempt(args: readonly string[], input?: string): Promise<GitAnswer>;
  /** Standard output without its last line end. @throws Failure with git's words as the original. */
  text(args: readonly string[], input?: string): Promise<string>;
}

const author = "upstream-sync rehearse";

function environment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    LC_ALL: "C",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_COMMITTER_NAME: author,
    GIT_COMMITTER_EMAIL: "rehearse@upstream-sync.invalid",
  };
}

export function bareGit(folder: string): BareGit {
  const attempt = async (args: readonly string[], input?: string): Promise<GitAnswer> => {
    const result = await execa("git", args, {
      extendEnv: false,
      env: { ...environment(), GIT_DIR: folder },
      reject: false,
      input: input ?? "",
      maxBuffer: 256 * 1024 * 1024,
    });
    return { code: result.exitCode ?? 128, stdout: result.stdout, stderr: result.stderr };
  };
  return {
    folder,
    attempt,
    async text(args, input) {
      const { code, stdout, stderr } = await attempt(args, input);
      if (code === 0) return stdout;
      throw new Failure(
        `git ${args[0]} failed in ${folder}: ${stderr.trim().split("\n", 1)[0]}`,
        "is it still a repository of the rehearsal? start again with another --data folder",
        stderr,
      );
    },
  };
}

/** Full name -> SHA of every ref but those that GitHub itself keeps of pull requests. */
export async function refsOf(git: BareGit): Promise<Map<string, string>> {
  const listed = await git.text(["for-each-ref", "--format=%(refname) %(objectname)"]);
  const refs = listed.split("\n").map((line) => line.split(" ") as [string, string]);
  return new Map(refs.filter(([ref]) => ref !== "" && !ref.startsWith("refs/pull/")));
}

/** Files to write on top of a branch. */
export interface FilesCommit {
  readonly branch: string;
  readonly message: string;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Commits what differs, without a work tree, on a branch that is there.
 * @returns the branch's tip before and after; the same where every file already stands there as wanted.
 */
export async function commitFiles(git: BareGit, { branch, message, files }: FilesCommit) {
  const ref = `refs/heads/${branch}`;
  const before = await git.text(["rev-parse", "--verify", `${ref}^{commit}`]);
  const differing: string[] = [];
  for (const [path, content] of Object.entries(files)) {
    const there = await git.attempt(["rev-parse", "--verify", "--quiet", `${before}:${path}`]);
    const wanted = await git.text(["hash-object", "--stdin"], content);
    if (there.stdout.trim() !== wanted) differing.push(path);
  }
  if (differing.length === 0) return { before, after: before };
  const now = Math.floor(Date.now() / 1000);
  const stream = [
    `commit ${ref}\n`,
    `committer ${author} <rehearse@upstream-sync.invalid> ${now} +0000\n`,
    data(message),
    `from ${before}\n`,
    ...differing.map((path) => `M 100644 inline ${quoted(path)}\n${data(files[path] as string)}`),
    "done\n",
  ].join("");
  await git.text(["fast-import", "--quiet", "--done", "--date-format=raw"], stream);
  return { before, after: await git.text(["rev-parse", "--verify", ref]) };
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

/** As fast-import reads a path with anything in it. */
function quoted(path: string): string {
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
