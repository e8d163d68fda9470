/** A bare copy of somebody's repository: what it is copied from is only ever read. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { InputFailure } from "../failure.ts";
import { patience } from "../fork/local-git.ts";
import { bareGit } from "./bare-git.ts";

export interface CopyRequest {
  /** Path or any address that git reads. */
  readonly source: string;
  /** What it is, in a message: "fork", "upstream". */
  readonly what: string;
  /** Where the copy goes; must not be there yet. */
  readonly to: string;
  /** A repository of ours whose objects need not be fetched again. */
  readonly borrow?: string | undefined;
  /** For access as the person has it: their credential helper, their ssh key. */
  readonly env: NodeJS.ProcessEnv;
}

/** Branches, tags and our own refs; pull requests' refs stay where they are, a large project has tens of thousands. */
const refspecs = ["heads", "tags", "upstream-sync"].map((kind) => `+refs/${kind}/*:refs/${kind}/*`);

/**
 * Of a folder the object files are linked, not copied: git never changes one, so neither side can disturb the other.
 * @returns the branch HEAD names. @throws InputFailure when it cannot be read, or is no whole repository.
 */
export async function copyRepository(request: CopyRequest): Promise<string> {
  const { source, to } = request;
  const local = existsSync(source);
  mkdirSync(join(to, ".."), { recursive: true, mode: 0o700 });
  try {
    if (local) await linkFolder(request);
    else await fetchAddress(request);
    return await headBranch(request);
  } catch (error) {
    rmSync(to, { recursive: true, force: true });
    throw error;
  }
}

async function linkFolder(request: CopyRequest): Promise<void> {
  const { what, to, env } = request;
  const source = resolve(request.source);
  const promisor = await run(["-C", source, "config", "--get-regexp", "^remote\\..*\\.promisor$"], env);
  if (promisor.code === 0) {
    throw new InputFailure(
      `the ${what} ${source} is a partial clone, which lacks files: expected a whole one`,
      "git fetch --refetch --no-filter fetches the rest; or give its address instead of the folder",
    );
  }
  await read(request, ["clone", "--quiet", "--bare", "--local", "--template=", "--", source, to]);
  const git = bareGit(to);
  await git.text(["remote", "remove", "origin"]);
  await read(request, [`--git-dir=${to}`, "fetch", ...quietly, "--", source, refspecs[2] as string]);
  if ((await git.text(["rev-parse", "--is-shallow-repository"])) === "true") {
    throw new InputFailure(
      `the ${what} ${source} is a shallow clone: its history ends somewhere, expected all of it`,
      "git fetch --unshallow fetches the rest; or give its address instead of the folder",
    );
  }
}

const quietly = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];

async function fetchAddress(request: CopyRequest): Promise<void> {
  const { source, to, borrow, env } = request;
  // Before anything is made: whether it is there at all.
  const head = /^ref: refs\/heads\/(?<branch>\S+)\tHEAD$/m.exec(
    await read(request, ["ls-remote", "--symref", "--", source, "HEAD"]),
  );
  await run(["init", "--quiet", "--bare", "--template=", to], env);
  const alternates = join(to, "objects", "info", "alternates");
  mkdirSync(join(to, "objects", "info"), { recursive: true });
  if (borrow !== undefined) writeFileSync(alternates, `${join(borrow, "objects")}\n`);
  await read(request, [`--git-dir=${to}`, "fetch", ...quietly, "--", source, ...refspecs]);
  const branch = head?.groups?.branch;
  if (branch !== undefined) await bareGit(to).text(["symbolic-ref", "HEAD", `refs/heads/${branch}`]);
}

async function headBranch({ source, what, to }: CopyRequest): Promise<string> {
  const git = bareGit(to);
  const { code, stdout } = await git.attempt(["symbolic-ref", "--quiet", "--short", "HEAD"]);
  const branch = stdout.trim();
  const born = await git.attempt(["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`]);
  if (code === 0 && born.code === 0) return branch;
  const branches = (await git.text(["for-each-ref", "--format=%(refname:short)", "refs/heads"]))
    .split("\n")
    .filter(Boolean);
  if (branches.length === 0) {
    throw new InputFailure(
      `the ${what} ${source} has no branch: got an empty repository`,
      "push something to it first",
    );
  }
  throw new InputFailure(
    `HEAD of the ${what} ${source} names no branch that is there: got ${branch || "a commit"}, expected one of ${branches.slice(0, 8).join(", ")}`,
    "git checkout a branch there, or git symbolic-ref HEAD refs/heads/NAME in a bare repository",
  );
}

/**
 * Files of a branch that a repository should have and has not, by their ids: a damaged or cut copy. Merges and tests that need them fail,
 * which would say nothing about the real fork. Quick: one commit's trees are walked, no history.
 */
export async function missingFiles(folder: string, branch: string): Promise<readonly string[]> {
  const args = ["rev-list", "--objects", "--no-walk", "--missing=print", `refs/heads/${branch}`];
  const { stdout } = await bareGit(folder).attempt(args);
  return stdout.split("\n").flatMap((line) => (line.startsWith("?") ? line.slice(1) : []));
}

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Answer> {
  const { exitCode, stdout, stderr } = await execa("git", args, {
    // A folder of the environment's would be taken for ours.
    env: { ...patience, ...env, GIT_DIR: undefined, GIT_WORK_TREE: undefined, LC_ALL: "C", GIT_TERMINAL_PROMPT: "0" },
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  });
  return { code: exitCode ?? 128, stdout, stderr };
}

async function read(request: CopyRequest, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args, request.env);
  if (code === 0) return stdout;
  const said = stderr.split("\n").find((line) => /^(?:fatal|error|remote):/.test(line)) ?? stderr.split("\n", 1)[0];
  throw new InputFailure(
    `the ${request.what} ${request.source} cannot be read: ${(said ?? "").replace(/^fatal: /, "") || `git ended with ${code}`}`,
    "give the path of a repository on this machine, or an address that git clone takes; a private one needs git's own credential helper or ssh key",
    stderr,
  );
}
