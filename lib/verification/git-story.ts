/**
 * The commits of a verification, made in a clone of the person's own: on the target as it is, with one small folder. Few files come, and no
 * history: what is merged is above the commit that everything starts from.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ForkConfig } from "../config/schema.ts";
import { type GitRun, type LocalGit, localGit } from "../fork/local-git.ts";
import { forkAddress } from "../fork/work-tree.ts";
import { readToken } from "../token.ts";
import type { VerifyNames } from "../verify-names.ts";

const folder = "upstream-sync-verify";
/** An ending that no linter and no policy knows. */
export const sharedFile = `${folder}/shared.verify`;
const upstreamFile = `${folder}/upstream.verify`;
const laterFile = `${folder}/later.verify`;
const probeWorkflow = ".github/workflows/upstream-sync-verify.yml";

const message = "chore: upstream-sync verify [skip ci]";
const settled = "the fork's line\nupstream's line\n";

export interface Clone {
  readonly git: LocalGit;
  readonly url: string;
  readonly folder: string;
  remove(): void;
}

/** SHAs. */
export interface Story {
  /** What both sides begin with. */
  readonly start: string;
  /** The fork's own change. */
  readonly target: string;
  /** What merges; then what conflicts with `target`; then what comes later. */
  readonly upstream: string;
  readonly conflicting: string;
  readonly later: string;
}

/** With the person's token, and without their settings, hooks and signatures. */
export async function openClone(env: NodeJS.ProcessEnv, fork: ForkConfig): Promise<Clone> {
  const url = forkAddress(fork, env);
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-verify-"));
  const git = localGit(folder, env, [{ url, token: readToken(env) }]);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    await git.text(["init", "--quiet", "."]);
    for (const [key, value] of Object.entries(settings)) await git.text(["config", key, value]);
    await git.text(["remote", "add", "origin", url]);
    return { git, url, folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

const settings = {
  "user.name": "upstream-sync verify",
  "user.email": "upstream-sync@users.noreply.github.com",
  "commit.gpgSign": "false",
  "core.hooksPath": "/dev/null",
  "core.autocrlf": "false",
  "rerere.enabled": "false",
};

/** @param probe brings a workflow along that only says that it ran: by it the probes see what GitHub starts. */
export async function makeStory(clone: Clone, fork: ForkConfig, names: VerifyNames, probe: boolean): Promise<Story> {
  const { git } = clone;
  await git.text(["config", "remote.origin.promisor", "true"]);
  await git.text(["config", "remote.origin.partialclonefilter", "blob:none"]);
  await git.text(["sparse-checkout", "set", "--no-cone", `/${folder}/`, `/${probeWorkflow}`]);
  const target = `refs/heads/${fork.branches.target}`;
  await git.text(["fetch", "--quiet", "--no-tags", "--depth=1", "--filter=blob:none", "origin", target]);
  await git.text(["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
  // Code owners are asked by GitHub itself, for each pull request into a branch that names them.
  const owners = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
  await git.text(["rm", "--quiet", "--cached", "--sparse", "--ignore-unmatch", "--", ...owners]);
  const starting = probe ? { [probeWorkflow]: workflowOf(names) } : {};
  const start = await commit(clone, { [sharedFile]: "the line both begin with\n", ...starting });
  const ours = await commit(clone, { [sharedFile]: "the fork's line\n" });
  await git.text(["checkout", "--quiet", "--detach", start]);
  const upstream = await commit(clone, { [upstreamFile]: "what upstream brings\n" });
  const conflicting = await commit(clone, { [sharedFile]: "upstream's line\n" });
  const later = await commit(clone, { [laterFile]: "what upstream brings later\n" });
  return { start, target: ours, upstream, conflicting, later };
}

function workflowOf({ id }: VerifyNames): string {
  return [
    "name: upstream-sync verify probe",
    "on:",
    "  push:",
    `    branches: ["upstream-sync-verify/${id}/**"]`,
    "  pull_request:",
    `    branches: ["upstream-sync-verify/${id}/**"]`,
    "permissions: {}",
    "jobs:",
    "  seen:",
    "    runs-on: ubuntu-latest",
    "    steps:",
    "      - run: echo seen",
    "",
  ].join("\n");
}

async function commit({ git, folder }: Clone, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  await git.text(["add", "--force", "--", ...Object.keys(files)]);
  await git.text(["commit", "--quiet", "--message", message]);
  return await git.text(["rev-parse", "HEAD"]);
}

/** A commit that is nobody's: for pushes that have to be refused, and for probes. */
export async function emptyCommit({ git }: Clone, parent: string, words: string): Promise<string> {
  return await git.text(["commit-tree", `${parent}^{tree}`, "-p", parent, "-m", words]);
}

/** @param updates what is pushed -> the branch, or the full ref, that it goes to. */
export async function push({ git }: Clone, updates: Readonly<Record<string, string>>): Promise<void> {
  const specs = Object.entries(updates).map(
    ([ref, sha]) => `${sha}:${ref.startsWith("refs/") ? ref : `refs/heads/${ref}`}`,
  );
  await git.text(["push", "--quiet", "--atomic", "origin", ...specs]);
}

export type PushAnswer =
  | { readonly kind: "accepted" }
  /** By a rule, in GitHub's words. */
  | { readonly kind: "refused"; readonly words: string }
  | { readonly kind: "failed"; readonly words: string };

/** A push that a rule has to refuse. @param spec as `git push` takes it. */
export async function tryPush({ git }: Clone, spec: string): Promise<PushAnswer> {
  return pushAnswer(await git.attempt(["push", "--quiet", "--force", "origin", spec]));
}

/** Pure. */
export function pushAnswer({ code, stderr }: Pick<GitRun, "code" | "stderr">): PushAnswer {
  if (code === 0) return { kind: "accepted" };
  const said = [...stderr.matchAll(/^remote: +[-–] (.+?) *$/gm)].map((match) => match[1]);
  const short = /\[remote rejected\].*\((.+)\)/.exec(stderr)?.[1] ?? stderr.trim().split("\n").at(-1) ?? "";
  const words = said.length > 0 ? said.join(" ") : short;
  return { kind: /GH013|GH006|rule violations|protected branch/.test(stderr) ? "refused" : "failed", words };
}

/** As the process document has it: what a person types to settle a conflict. @returns the merge commit. */
export async function settleByHand({ git, folder }: Clone, conflict: string, sync: string): Promise<string> {
  await fetchBranches({ git }, [conflict, sync]);
  await git.text(["switch", "--quiet", "--no-track", "--create", conflict, `refs/remotes/origin/${conflict}`]);
  const merge = await git.attempt(["merge", "--quiet", `origin/${sync}`]);
  if (merge.code === 0) throw new Error(`${conflict} and ${sync} merged without the conflict that the run found`);
  writeFileSync(join(folder, sharedFile), settled);
  await git.text(["add", "--all", "--", sharedFile]);
  await git.text(["commit", "--quiet", "--message", "chore: resolve upstream sync conflicts [skip ci]"]);
  await git.text(["push", "--quiet", "origin", conflict]);
  return await git.text(["rev-parse", "HEAD"]);
}

/** The same for a sync by hand. @returns the merge commit. */
export async function syncByHand({ git }: Clone, manual: string, sync: string, upstream: string): Promise<string> {
  await fetchBranches({ git }, [sync]);
  await git.text(["switch", "--quiet", "--no-track", "--create", manual, `origin/${sync}`]);
  await git.text(["merge", "--quiet", "--no-ff", "--message", "chore: sync by hand [skip ci]", upstream]);
  await git.text(["push", "--quiet", "origin", manual]);
  return await git.text(["rev-parse", "HEAD"]);
}

async function fetchBranches({ git }: Pick<Clone, "git">, branches: readonly string[]): Promise<void> {
  const specs = branches.map((branch) => `+refs/heads/${branch}:refs/remotes/origin/${branch}`);
  await git.text(["fetch", "--quiet", "--no-tags", "--filter=blob:none", "origin", ...specs]);
}

/** Whether a branch of the fork has these commits, and what it has in the file that conflicted. */
export async function readBranch(clone: Clone, branch: string, commits: readonly string[]) {
  const { git } = clone;
  await fetchBranches(clone, [branch]);
  const tip = `refs/remotes/origin/${branch}`;
  const missing: string[] = [];
  for (const sha of commits) {
    if ((await git.attempt(["merge-base", "--is-ancestor", sha, tip])).code !== 0) missing.push(sha);
  }
  const text = await git.attempt(["show", `${tip}:${sharedFile}`]);
  const isSettled = text.code === 0 && `${text.stdout.trimEnd()}\n` === settled;
  return { tip: await git.text(["rev-parse", tip]), missing, isSettled };
}

/** Full ref -> SHA on the fork, now. */
export async function listRefs({ git }: Clone, patterns: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const listed = await git.text(["ls-remote", "--refs", "origin", ...patterns]);
  const lines = listed.split("\n").filter(Boolean);
  return new Map(lines.map((line) => line.split("\t").reverse() as [string, string]));
}

/** All that can be deleted is; what stays, the caller sees when it looks again. */
export async function deleteRefs({ git }: Clone, refs: readonly string[]): Promise<GitRun> {
  return await git.attempt(["push", "--quiet", "origin", ...refs.map((ref) => `:${ref}`)]);
}
