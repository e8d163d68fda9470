/** A clone of the fork with a work tree, for people who merge by hand: found or made, and never used over somebody's unfinished work. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ForkConfig } from "../config/schema.ts";
import { Failure, InputFailure } from "../failure.ts";
import type { ProgressEvent } from "../progress.ts";
import { readToken } from "../token.ts";
import { chooseTag, type LocalCommits } from "./by-hand.ts";
import { readClone, sameRepository } from "./clone.ts";
import { type LocalGit, localGit } from "./local-git.ts";

/** The user's project and the world around it. */
interface Project {
  readonly projectFolder: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface WorkTree {
  readonly folder: string;
  /** Its git folder, absolute. */
  readonly gitFolder: string;
  /** The remote that is the fork. */
  readonly remote: string;
  readonly git: LocalGit;
}

/** The address of the fork's repository on the GitHub that GITHUB_API_URL names. */
export function forkAddress(fork: ForkConfig, env: NodeJS.ProcessEnv): string {
  const api = env.GITHUB_API_URL;
  const server = !api || api === "https://api.github.com" ? "https://github.com" : api.replace(/\/api\/v3\/?$/, "");
  return `${server}/${fork.repository}.git`;
}

/**
 * @param options.here the current folder: used when it is in a clone of the fork. @param options.folder named by the person instead.
 * @throws InputFailure when the folder named holds something else.
 */
export async function* openWorkTree(
  context: Project,
  fork: ForkConfig,
  options: { readonly here: string; readonly folder: string | undefined },
): AsyncGenerator<ProgressEvent, WorkTree> {
  const url = forkAddress(fork, context.env);
  const tokens = [
    { url, token: readToken(context.env) },
    { url: fork.upstream.url, token: (fork.upstream.private && context.env.UPSTREAM_SYNC_UPSTREAM_TOKEN) || "" },
  ].filter((one, index, all) => all.findIndex((other) => sameRepository(one.url, other.url)) === index);
  const there = await readClone(resolve(options.folder ?? options.here), url, context.env).catch(() => undefined);
  const folder = there?.folder ?? resolve(options.folder ?? ownPlace(context.projectFolder, fork));
  if (!there && (!existsSync(folder) || readdirSync(folder).length === 0)) {
    yield { fork: fork.repository, text: `cloning into ${folder}` };
    mkdirSync(dirname(folder), { recursive: true });
    await localGit(dirname(folder), context.env, tokens).text(["clone", "--quiet", url, folder]);
  }
  const clone = there ?? (await readClone(folder, url, context.env));
  if (!clone) {
    throw new InputFailure(
      `${folder} is no clone of ${fork.repository}: got no remote with the address ${url}`,
      "name another folder with --in, or leave it out",
    );
  }
  const git = localGit(clone.folder, context.env, tokens);
  if ((await git.text(["rev-parse", "--is-shallow-repository"])) === "true") {
    throw new Failure(
      `${clone.folder} is a shallow clone: got a part of the history, expected all of it`,
      `run git fetch --unshallow ${clone.forkRemote} there, or name another folder with --in`,
    );
  }
  yield { fork: fork.repository, text: `in ${clone.folder}` };
  const gitFolder = await git.text(["rev-parse", "--absolute-git-dir"]);
  return { folder: clone.folder, gitFolder, remote: clone.forkRemote, git };
}

/** Beside the config; git keeps out of a repository around it what an ignore file of its own names. */
function ownPlace(projectFolder: string, fork: ForkConfig): string {
  const clones = join(projectFolder, "clones");
  mkdirSync(clones, { recursive: true });
  writeFileSync(join(clones, ".gitignore"), "*\n");
  return join(clones, fork.repository.replace("/", "--"));
}

/** @throws Failure when there is work in no commit, or git is in the middle of something. */
export async function refusePending({ git, gitFolder, folder }: WorkTree): Promise<void> {
  refuseOtherWork({ gitFolder, folder });
  if (existsSync(join(gitFolder, "MERGE_HEAD"))) {
    throw new Failure(
      `${folder} is in the middle of a merge that this command did not begin`,
      "finish it (git commit) or give it up (git merge --abort), or name another folder with --in",
    );
  }
  const changed = (await git.text(["status", "--porcelain=v1", "-z"])).split("\0").filter(Boolean);
  if (changed.length === 0) return;
  throw new Failure(
    `${folder} has changes that are in no commit: ${some(changed.map((entry) => entry.slice(3)))}`,
    "commit them or put them away (git stash --include-untracked), or name another folder with --in; nothing was touched",
  );
}

const operations = {
  "rebase-merge": "rebase",
  "rebase-apply": "rebase",
  CHERRY_PICK_HEAD: "cherry-pick",
  REVERT_HEAD: "revert",
};

export function refuseOtherWork({ gitFolder, folder }: Pick<WorkTree, "gitFolder" | "folder">): void {
  for (const [file, what] of Object.entries(operations)) {
    if (!existsSync(join(gitFolder, file))) continue;
    throw new Failure(
      `${folder} is in the middle of a ${what}`,
      `finish it, or give it up with git ${what} --abort; nothing was touched`,
    );
  }
}

/** Who commits, asked before anything is begun. @throws Failure when git does not know. */
export async function requireIdentity({ git }: WorkTree): Promise<void> {
  await git.text(["var", "GIT_COMMITTER_IDENT"]);
}

export interface FetchedFork extends LocalCommits {
  /** Tips of the branches for people, by what follows `<sync branch>-`. */
  readonly proposals: ReadonlyMap<string, string>;
}

const proposalName = /^(?:conflict-[1-9]\d{0,8}|manual)$/;

/** Fetches the branches of both sides; moves no branch of the person's. @throws Failure when one of them is not there. */
export async function* fetchBoth(tree: WorkTree, fork: ForkConfig): AsyncGenerator<ProgressEvent, FetchedFork> {
  const { git, remote } = tree;
  const { sync, target } = fork.branches;
  yield { fork: fork.repository, text: "fetching the fork and upstream" };
  const listed = await git.text([
    "ls-remote",
    remote,
    `refs/heads/${sync}*`,
    `refs/heads/${target}`,
    "refs/upstream-sync/main/*",
  ]);
  const refs = new Map(listed.split("\n").map((line) => line.split("\t").reverse() as [string, string]));
  for (const branch of [sync, target]) {
    if (refs.has(`refs/heads/${branch}`)) continue;
    throw new Failure(
      `${fork.repository} has no branch ${branch}`,
      branch === sync
        ? `set the fork up first: upstream-sync apply ${fork.repository}`
        : "check branches.target in the config",
    );
  }
  const names = [...refs.keys()].flatMap((ref) =>
    ref.startsWith(`refs/heads/${sync}-`) ? ref.slice(`refs/heads/${sync}-`.length) : [],
  );
  const proposals = new Map(
    names
      .filter((name) => proposalName.test(name))
      .map((name) => [name, refs.get(`refs/heads/${sync}-${name}`) as string]),
  );
  const wanted = [sync, target, ...[...proposals.keys()].map((name) => `${sync}-${name}`)];
  const specs = wanted.map((branch) => `+refs/heads/${branch}:refs/remotes/${remote}/${branch}`);
  await git.text(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, ...specs]);
  // By address, as in the workflow: a remote called upstream is where pull requests end up by mistake.
  const seen = "refs/upstream-sync/seen-upstream";
  const ref = await followedRef(tree, fork, listed);
  await git.text(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", fork.upstream.url, `+${ref}:${seen}`]);
  return {
    sync: refs.get(`refs/heads/${sync}`) as string,
    target: refs.get(`refs/heads/${target}`) as string,
    upstream: await git.text(["rev-parse", "--verify", `${seen}^{commit}`]),
    ref,
    tested: refs.get("refs/upstream-sync/main/tested"),
    held: refs.get("refs/upstream-sync/main/held"),
    proposals,
  };
}

async function followedRef({ git }: WorkTree, fork: ForkConfig, listed: string): Promise<string> {
  const { url, branch } = fork.upstream;
  if (fork.follow === "branch") return `refs/heads/${branch}`;
  const tags = await git.text(["ls-remote", "--tags", url]);
  return (await chooseTag(fork, { fork: listed, tags })).ref;
}

export async function isAncestor({ git }: WorkTree, one: string, other: string): Promise<boolean> {
  const args = ["merge-base", "--is-ancestor", one, other];
  const { code } = await git.attempt(args);
  if (code > 1) await git.text(args);
  return code === 0;
}

/** Undefined when there is no such local branch. */
export async function localTip({ git }: WorkTree, branch: string): Promise<string | undefined> {
  const { code, stdout } = await git.attempt(["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`]);
  return code === 0 ? stdout.trim() : undefined;
}

/** Undefined when no branch is checked out. */
export async function currentBranch({ git }: WorkTree): Promise<string | undefined> {
  const { code, stdout } = await git.attempt(["symbolic-ref", "--quiet", "--short", "HEAD"]);
  return code === 0 ? stdout.trim() : undefined;
}

export interface UnmergedFile {
  readonly path: string;
  /** In git's words: "both modified", "deleted by them", … */
  readonly kind: string;
}

/** https://git-scm.com/docs/git-status#_short_format */
const unmerged: Readonly<Record<string, string>> = {
  DD: "both deleted",
  AU: "added by us",
  UD: "deleted by them",
  UA: "added by them",
  DU: "deleted by us",
  AA: "both added",
  UU: "both modified",
};

export async function unmergedFiles({ git }: WorkTree): Promise<UnmergedFile[]> {
  const entries = (await git.text(["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no"])).split(
    "\0",
  );
  return entries.flatMap((entry) => {
    const kind = unmerged[entry.slice(0, 2)];
    return kind ? [{ path: entry.slice(3), kind }] : [];
  });
}

/** Merges into the branch that is checked out, without a commit: people look at it first. @returns whether git stopped at conflicts. */
export async function beginMerge(tree: WorkTree, commit: string, message: string): Promise<boolean> {
  const { git } = tree;
  // What people settle once, git settles again by itself when the same conflict comes back.
  await git.text(["config", "rerere.enabled", "true"]);
  const args = ["merge", "--no-ff", "--no-commit", "--quiet", "-m", message, commit];
  const { code } = await git.attempt(args);
  if (code === 0) return false;
  if ((await unmergedFiles(tree)).length === 0) await git.text(args);
  return true;
}

/** What a first step leaves for the second: on which branch this tool began something. */
export interface Begun {
  readonly branch: string;
}

const begunFile = "upstream-sync.begun.json";

export function noteBegun({ gitFolder }: WorkTree, begun: Begun): void {
  writeFileSync(join(gitFolder, begunFile), JSON.stringify(begun));
}

export function readBegun({ gitFolder }: WorkTree): Begun | undefined {
  try {
    return JSON.parse(readFileSync(join(gitFolder, begunFile), "utf8")) as Begun;
  } catch {
    return undefined;
  }
}

export function forgetBegun({ gitFolder }: WorkTree): void {
  rmSync(join(gitFolder, begunFile), { force: true });
}

export function some(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => JSON.stringify(name));
  return names.length > 5 ? `${shown.join(", ")} and ${names.length - 5} more` : shown.join(", ");
}
