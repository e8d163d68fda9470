/**
 * The only place that runs git on the sandbox's bare repositories: how it is started, how a repository is made, and its refs.
 * Reading commits and trees is in git-objects.ts, making commits in git-commits.ts; both start git through here.
 */
import { appendFile, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { execa } from "execa";
import { installHook } from "./hook-script.ts";
import { fullName } from "./identity.ts";
import type { Repository, State } from "./state.ts";

export const zeroSha = "0".repeat(40);
/** git's well-known empty tree, what a root commit is compared with. */
export const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** Where a push keeps its objects until it is accepted (git-receive-pack(1), quarantine environment). */
export interface Quarantine {
  readonly objectDirectory: string;
  readonly alternates: string;
}

/** A bare repository, seen with or without the objects of a push that is not accepted yet. */
export interface GitRepository {
  readonly folder: string;
  readonly quarantine?: Quarantine;
}

export function bare(state: State, repository: Pick<Repository, "owner" | "name">): GitRepository {
  return { folder: state.gitFolder(repository) };
}

/** Nothing of the machine's own git reaches a repository: neither its configuration nor its identity. */
export function gitEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
    LC_ALL: "C",
    HOME: "/nonexistent",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
  };
}

export class GitError extends Error {
  readonly exitCode: number | undefined;

  constructor(args: readonly string[], exitCode: number | undefined, stderr: string) {
    super(`git ${args[0]} ended with ${exitCode ?? "a signal"}: ${stderr.trim()}`);
    this.exitCode = exitCode;
  }
}

export interface GitOptions {
  input?: string | Uint8Array;
  environment?: Record<string, string>;
}

export interface GitResult {
  exitCode: number | undefined;
  stdout: Buffer;
  stderr: string;
}

/** Runs git and gives its result whatever the exit code; `-C`, shells and pagers are never involved. */
export async function tryGit(at: GitRepository, args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  const quarantine: Record<string, string> = at.quarantine
    ? {
        GIT_OBJECT_DIRECTORY: at.quarantine.objectDirectory,
        GIT_ALTERNATE_OBJECT_DIRECTORIES: at.quarantine.alternates,
      }
    : {};
  const result = await execa("git", args, {
    extendEnv: false,
    env: { ...gitEnvironment(), GIT_DIR: at.folder, ...quarantine, ...options.environment },
    input: options.input ?? "",
    encoding: "buffer",
    stripFinalNewline: false,
    maxBuffer: 256 * 1024 * 1024,
    reject: false,
  });
  if (result.exitCode === undefined && !result.isTerminated) {
    throw new GitError(args, undefined, result.originalMessage ?? "could not be started");
  }
  return {
    exitCode: result.exitCode,
    stdout: Buffer.from(result.stdout.buffer, result.stdout.byteOffset, result.stdout.byteLength),
    stderr: Buffer.from(result.stderr).toString("utf8"),
  };
}

/** @throws GitError with git's own words when the exit code is not 0. */
export async function gitBytes(at: GitRepository, args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  const result = await tryGit(at, args, options);
  if (result.exitCode !== 0) throw new GitError(args, result.exitCode, result.stderr);
  return result.stdout;
}

/** As `gitBytes`, decoded, without the newline at the end. */
export async function git(at: GitRepository, args: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await gitBytes(at, args, options)).toString("utf8").replace(/\n$/, "");
}

/**
 * A git service that talks for long: streams instead of buffers. `stdin`, `stdout`, `stderr` are pipes; the promise never
 * rejects and gives the exit code.
 */
export function startGit(args: readonly string[], environment: Record<string, string>) {
  const subprocess = execa("git", args, {
    extendEnv: false,
    env: { ...gitEnvironment(), ...environment },
    encoding: "buffer",
    stdin: "pipe",
    buffer: false,
    reject: false,
  });
  const ended = subprocess.then(({ exitCode }) => exitCode ?? 1);
  return {
    stdin: subprocess.stdin,
    stdout: subprocess.stdout,
    stderr: subprocess.stderr,
    ended,
    kill: () => subprocess.kill(),
  };
}

export async function readRef(at: GitRepository, ref: string): Promise<string | null> {
  const loose = await readLooseRef(at, ref);
  if (loose !== undefined) return loose;
  const result = await tryGit(at, ["show-ref", "--verify", "--hash", "--", ref]);
  return result.exitCode === 0 ? result.stdout.toString("utf8").trim() : null;
}

/**
 * A ref that has moved since refs were packed is a file of its own (gitrepository-layout(5)); a fifth of all that the sandbox would
 * start git for. Anything else, a name that git refuses among it, is for git to tell.
 */
async function readLooseRef(at: GitRepository, ref: string): Promise<string | undefined> {
  if (!/^refs\/[\w./-]+$/.test(ref) || /\.\.|\/[./]|\.lock$/.test(ref)) return undefined;
  const content = await readFile(join(at.folder, ref), "utf8").catch(() => "");
  return /^[0-9a-f]{40}$/.exec(content.trimEnd())?.[0];
}

export interface Ref {
  ref: string;
  sha: string;
  type: "commit" | "tag" | "tree" | "blob";
}

/** Every ref whose full name starts with the text, in name order. */
export async function listRefs(at: GitRepository, prefix: string): Promise<Ref[]> {
  const text = await git(at, ["for-each-ref", "--format=%(objectname) %(objecttype) %(refname)"]);
  return text
    .split("\n")
    .map((line) => line.split(" "))
    .map(([sha = "", type = "commit", ref = ""]) => ({ ref, sha, type: type as Ref["type"] }))
    .filter(({ ref }) => ref !== "" && ref.startsWith(prefix));
}

/** Branches as name -> commit. */
export async function listBranches(at: GitRepository): Promise<Map<string, string>> {
  const heads = "refs/heads/";
  return new Map((await listRefs(at, heads)).map(({ ref, sha }) => [ref.slice(heads.length), sha]));
}

export async function validRef(at: GitRepository, ref: string): Promise<boolean> {
  return (await tryGit(at, ["check-ref-format", ref])).exitCode === 0;
}

export interface RefUpdate {
  /** Full name, "refs/heads/main". */
  readonly ref: string;
  /** null: the ref is not there yet. */
  readonly before: string | null;
  /** null: the ref is deleted. */
  readonly after: string | null;
}

/**
 * Moves, creates or deletes one ref if it is still where `before` says. "raced": somebody moved it first, nothing was done.
 * @throws GitError when git refuses for another reason (a clash of folder and file among ref names, an absent object).
 */
export async function updateRef(at: GitRepository, update: RefUpdate): Promise<"moved" | "raced"> {
  const { ref, before, after } = update;
  const args =
    after === null
      ? ["update-ref", "--no-deref", "-d", ref, before ?? zeroSha]
      : ["update-ref", "--no-deref", ref, after, before ?? zeroSha];
  const result = await tryGit(at, args);
  if (result.exitCode === 0) return "moved";
  if ((await readRef(at, ref)) !== before) return "raced";
  throw new GitError(args, result.exitCode, result.stderr);
}

/**
 * What GitHub's servers allow and forbid: any object may be asked for, filters are served, custom refs are accepted, pull
 * request refs are not. `alternateRefsCommand` that prints nothing keeps the parent's refs out of a fork's `.have` lines.
 */
const settings = `[http]
	receivepack = true
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
[receive]
	hideRefs = refs/pull
	autogc = false
[core]
	alternateRefsCommand = true
[gc]
	auto = 0
[maintenance]
	auto = false
`;

export async function createRepository(
  state: State,
  repository: Repository,
  source: { copyFrom?: string; adopt?: string; parent?: Repository } = {},
): Promise<void> {
  const at = bare(state, repository);
  await mkdir(dirname(at.folder), { recursive: true, mode: 0o700 });
  if ((await readdir(at.folder).catch(() => [])).length > 0) {
    throw new Error(`cannot create ${fullName(repository)}: its folder is already there and not empty: ${at.folder}`);
  }
  // A bare repository of nobody's, already where it is cheap to move: a copy of a large one takes minutes.
  if (source.adopt) await rename(source.adopt, at.folder);
  await git(at, [
    "init",
    "--quiet",
    "--bare",
    "--template=",
    `--initial-branch=${repository.defaultBranch}`,
    at.folder,
  ]);
  if (source.adopt) await setDefaultBranch(at, repository.defaultBranch);
  await appendFile(join(at.folder, "config"), settings);
  await installHook(at.folder);
  const parent = source.parent && state.gitFolder(source.parent);
  if (parent) {
    const objects = join(at.folder, "objects");
    await mkdir(join(objects, "info"), { recursive: true });
    // Relative, so that a snapshot of the whole folder stays valid wherever it is put back.
    const alternates = join(objects, "info", "alternates");
    const own = await readFile(alternates, "utf8").catch(() => "");
    await writeFile(alternates, `${own}${relative(objects, join(parent, "objects"))}\n`);
  }
  const from = source.adopt ? undefined : (source.copyFrom ?? parent);
  if (from) await copyRefs(at, from, ["refs/heads/*", "refs/tags/*"]);
}

/** Brings refs (patterns or exact names, same name on both sides) with their objects from another repository's folder. */
async function copyRefs(at: GitRepository, from: string, refs: readonly string[]): Promise<void> {
  await fetchFrom(
    at,
    from,
    refs.map((ref) => `+${ref}:${ref}`),
  );
}

export async function fetchFrom(at: GitRepository, from: string, refspecs: readonly string[]): Promise<void> {
  const options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
  await git(at, ["fetch", ...options, "--end-of-options", from, ...refspecs]);
}

/** The branch HEAD names in any repository's folder, there or not yet born. @throws GitError when it is no repository. */
export async function defaultBranchOf(folder: string): Promise<string> {
  return git({ folder }, ["symbolic-ref", "--short", "HEAD"]);
}

export async function setDefaultBranch(at: GitRepository, branch: string): Promise<void> {
  await git(at, ["symbolic-ref", "HEAD", `refs/heads/${branch}`]);
}
