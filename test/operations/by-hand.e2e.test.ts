/** The clone's side of `sync --local` and `resolve`, on real repositories; what comes after the push is in the end-to-end test. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { ForkConfig } from "../../lib/config/schema.ts";
import type { Context } from "../../lib/operations/context.ts";
import { resolve } from "../../lib/operations/resolve.ts";
import { syncLocal } from "../../lib/operations/sync-local.ts";
import { gitIn } from "../../sync/git.ts";
import { makePlaceholder } from "../../sync/placeholder.ts";
import { forkConfig } from "../support/fork-config.ts";
import { type BareRepository, bareRepository } from "../sync/support/repository.ts";

let folder: string;
let clone: string;
let fork: BareRepository;
let upstream: BareRepository;
let config: ForkConfig;
let context: Context;
let start: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-clone-"));
  clone = join(folder, "clone");
  fork = bareRepository(join(folder, "server", "acme", "open-webui.git"));
  upstream = bareRepository(join(folder, "upstream.git"));
  start = upstream.commit({ branch: "main", files: { "a.txt": "one\n", "b.txt": "one\n" } });
  fork.git("fetch", "--quiet", upstream.folder, "main:main");
  for (const branch of ["dev", "sync/upstream"]) fork.git("branch", branch, "main");
  const settings = forkConfig();
  config = { ...settings, upstream: { ...settings.upstream, url: upstream.folder } };
  const identity = {
    GIT_AUTHOR_NAME: "D",
    GIT_AUTHOR_EMAIL: "d@x",
    GIT_COMMITTER_NAME: "D",
    GIT_COMMITTER_EMAIL: "d@x",
  };
  const env = { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: "1", ...identity };
  const api = `file://${join(folder, "server")}`;
  context = {
    config: { version: 1, state: { backend: "local", path: "state" }, forks: [config] },
    projectFolder: join(folder, "project"),
    env: { ...env, GITHUB_TOKEN: "t", GITHUB_API_URL: api },
  } as unknown as Context;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function done<Result>(operation: AsyncGenerator<unknown, Result>): Promise<Result> {
  let step = await operation.next();
  while (!step.done) step = await operation.next();
  return step.value;
}

const given = () => ({ fork: config, here: folder, folder: clone });
const local = () => done(syncLocal(context, given()));
const resolving = (oneSided = false) => done(resolve(context, { ...given(), oneSided }));
const refs = () => fork.git("for-each-ref", "--format=%(refname) %(objectname)");
const inClone = (...args: string[]) => {
  const bare = { ...fork, folder: clone };
  return fork.git("-C", bare.folder, ...args);
};

/** Both sides changed a.txt; the fork has a branch for people on upstream's commit. */
async function conflict(): Promise<string> {
  fork.commit({ branch: "dev", files: { "a.txt": "fork\n" } });
  const theirs = upstream.commit({ branch: "main", files: { "a.txt": "upstream\n" } });
  fork.git("branch", "--force", "sync/upstream", "dev");
  fork.git("fetch", "--quiet", upstream.folder, "main");
  const git = gitIn(fork.folder, { environment: process.env, sleep: async () => {} });
  const facts = { side: "upstream", commit: theirs, base: start, sync: "sync/upstream", run: 1 } as const;
  fork.git("branch", "sync/upstream-conflict-1", await makePlaceholder(git, facts));
  return theirs;
}

test("a clean sync by hand is the program's own fold, on the manual branch of the clone alone", async () => {
  const theirs = upstream.commit({ branch: "main", files: { "b.txt": "two\n" } });
  fork.commit({ branch: "dev", files: { "a.txt": "fork\n" } });
  const before = refs();
  const result = await local();
  expect(result).toMatchObject({ state: "merged", branch: "sync/upstream-manual", conflicts: [] });
  expect(inClone("rev-parse", "HEAD")).toBe(result.tip);
  expect(inClone("symbolic-ref", "--short", "HEAD")).toBe("sync/upstream-manual");
  expect(inClone("log", "-1", "--format=%s")).toBe(
    `chore: merge upstream main ${theirs.slice(0, 12)} into sync/upstream`,
  );
  expect(refs()).toBe(before);
  // The same again is the same; a branch with commits of the person's own is theirs.
  expect((await local()).tip).toBe(result.tip);
  inClone("-c", "user.name=d", "-c", "user.email=d@x", "commit", "--quiet", "--allow-empty", "-m", "mine");
  await expect(local()).rejects.toThrow("has commits of its own");
});

test("what conflicts is shown by git on top of what went in", async () => {
  await conflict();
  const result = await local();
  expect(result).toMatchObject({
    state: "conflict",
    conflicts: [{ path: "a.txt", kind: "contents", side: "upstream" }],
  });
  expect(inClone("diff", "--name-only", "--diff-filter=U")).toBe("a.txt");
  await expect(local()).rejects.toThrow("is in the middle of a merge");
});

test("of tags that are followed, the one that a run would take is merged, and no commit after it", async () => {
  config = { ...config, follow: forkConfig({ follow: { releases: "^1.0.0" } }).follow };
  const taken = upstream.commit({ branch: "main", files: { "b.txt": "1.1.0\n" } });
  upstream.git("tag", "v1.1.0", taken);
  upstream.git("tag", "v2.0.0", upstream.commit({ branch: "main", files: { "b.txt": "2.0.0\n" } }));
  expect(await local()).toMatchObject({ state: "merged" });
  expect(inClone("log", "-1", "--format=%s")).toBe(
    `chore: merge upstream v1.1.0 ${taken.slice(0, 12)} into sync/upstream`,
  );
  expect(inClone("show", "HEAD:b.txt")).toBe("1.1.0");
});

test("nothing new is nothing to merge", async () => {
  expect(await local()).toMatchObject({ state: "nothing" });
  expect(await resolving()).toMatchObject({ state: "nothing", why: "no conflict is open" });
});

test("a conflict is prepared once; markers, one side and unknown files stop it before anything is pushed", async () => {
  await conflict();
  const before = refs();
  expect(await resolving()).toMatchObject({ state: "prepared", files: [{ path: "a.txt", kind: "both modified" }] });
  await expect(resolving()).rejects.toThrow('conflict markers are left in "a.txt"');
  // Asking changed nothing: git still knows the conflict.
  expect(inClone("diff", "--name-only", "--diff-filter=U")).toBe("a.txt");
  writeFileSync(join(clone, "a.txt"), "fork\n");
  expect(await resolving()).toMatchObject({ state: "one-sided", side: "sync/upstream", files: ["a.txt"] });
  writeFileSync(join(clone, "new.txt"), "");
  await expect(resolving()).rejects.toThrow('git does not know: "new.txt"');
  expect(refs()).toBe(before);
});

test("what people pushed already waits for a run", async () => {
  await conflict();
  const tip = fork.git("rev-parse", "sync/upstream-conflict-1");
  const sync = fork.git("rev-parse", "sync/upstream");
  fork.commit({ branch: "sync/upstream-conflict-1", parents: [tip, sync], files: { "a.txt": "both\n" } });
  expect(await resolving()).toMatchObject({ state: "pushed", next: ["upstream-sync sync acme/open-webui"] });
});

test("unfinished work is named and left as it is", async () => {
  await conflict();
  await resolving();
  inClone("merge", "--abort");
  inClone("switch", "--quiet", "--no-track", "-c", "mine", "origin/dev");
  writeFileSync(join(clone, "b.txt"), "unsaved");
  await expect(resolving()).rejects.toThrow('has changes that are in no commit: "b.txt"');
  await expect(local()).rejects.toThrow('has changes that are in no commit: "b.txt"');
  expect(readFileSync(join(clone, "b.txt"), "utf8")).toBe("unsaved");
  expect(inClone("symbolic-ref", "--short", "HEAD")).toBe("mine");
});

test("without a folder the clone is made beside the config, out of sight of git around it", async () => {
  await done(syncLocal(context, { ...given(), folder: undefined }));
  expect(readFileSync(join(folder, "project", "clones", ".gitignore"), "utf8")).toBe("*\n");
  expect(existsSync(join(folder, "project", "clones", "acme--open-webui", ".git"))).toBe(true);
});
