import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { git } from "../../demo/git.ts";
import { pocketBoard } from "../../demo/pocket-board.ts";
import { standUp } from "../../demo/stand-up.ts";
import { moveUpstream } from "../../demo/workflow-run.ts";
import type { World } from "../../demo/world.ts";
import { GitHubStandIn } from "../../lib/rehearsal/stand-in.ts";

/** One fork whose conflicts a developer settles on their own machine. */
let folder: string;
let clone: string;
let github: GitHubStandIn;
let world: World;
const identity = {
  GIT_AUTHOR_NAME: "Dana",
  GIT_AUTHOR_EMAIL: "d@x.test",
  GIT_COMMITTER_NAME: "Dana",
  GIT_COMMITTER_EMAIL: "d@x.test",
};

beforeAll(async () => {
  Object.assign(process.env, identity);
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-by-hand-"));
  clone = join(folder, "clone");
  github = await GitHubStandIn.start(join(folder, "github"));
  world = await standUp(github, folder, await pocketBoard(folder));
  await world.upstreamSyncJson("credentials", "create");
  await world.upstreamSyncJson("apply", "--yes");
}, 120_000);

afterAll(async () => {
  for (const name of Object.keys(identity)) delete process.env[name];
  await github.stop();
  rmSync(folder, { recursive: true, force: true });
});

const developer = (...args: string[]) => world.upstreamSyncAs(world.people.developer, ...args);
const developerJson = async (...args: string[]) => {
  const { exitCode, stdout, stderr } = await developer(...args, "--json");
  if (exitCode !== 0) throw new Error(`upstream-sync ${args.join(" ")} ended with ${exitCode}: ${stderr}`);
  return JSON.parse(stdout);
};
const inClone = async (...args: string[]) => (await git(clone, args)).stdout;

test("a conflict is prepared, checked, pushed, tested and promoted", async () => {
  expect(await developerJson("resolve", "--in", clone)).toMatchObject({ state: "nothing", why: "no conflict is open" });
  await moveUpstream(world, "edited");
  expect((await developer("sync")).exitCode).toBe(1);
  const { path, settled } = world.setting.conflicts.edited;

  // What is in no commit is never touched.
  const other = join(clone, "README.md");
  const before = readFileSync(other, "utf8");
  writeFileSync(other, "mine");
  const pending = await developer("resolve", "--in", clone);
  expect([pending.exitCode, pending.stderr, readFileSync(other, "utf8")]).toEqual([
    1,
    expect.stringContaining('has changes that are in no commit: "README.md"'),
    "mine",
  ]);
  writeFileSync(other, before);

  const prepared = await developerJson("resolve", "--in", clone);
  expect(prepared).toMatchObject({
    state: "prepared",
    branch: "sync/upstream-conflict-1",
    files: [{ path, kind: "both modified" }],
  });
  expect(await inClone("config", "rerere.enabled")).toBe("true");
  expect(await inClone("symbolic-ref", "--short", "HEAD")).toBe("sync/upstream-conflict-1");
  const refs = await world.refs();

  const early = await developer("resolve", "--in", clone);
  expect([early.exitCode, early.stderr]).toEqual([
    1,
    expect.stringContaining(`conflict markers are left in "${path}"`),
  ]);
  expect(await inClone("diff", "--name-only", "--diff-filter=U")).toBe(path);

  await inClone("checkout", "--ours", "--", path);
  const oneSided = await developer("resolve", "--in", clone);
  expect([oneSided.exitCode, oneSided.stderr]).toEqual([2, expect.stringContaining("resolve takes one side")]);

  writeFileSync(join(clone, path), settled);
  writeFileSync(join(clone, "scratch.txt"), "notes");
  const untracked = await developer("resolve", "--in", clone);
  expect([untracked.exitCode, untracked.stderr]).toEqual([
    2,
    expect.stringContaining('git does not know: "scratch.txt"'),
  ]);
  rmSync(join(clone, "scratch.txt"));
  expect(await world.refs()).toEqual(refs);

  const stranger = await world.upstreamSyncAs(world.people.upstream, "resolve", "--in", clone, "--verbose");
  expect([stranger.exitCode, stranger.stderr]).toEqual([
    1,
    expect.stringMatching(/git push failed[\s\S]*fix.*does not let you in[\s\S]*\ngit push /),
  ]);
  expect(await world.refs()).toEqual(refs);

  const done = await developerJson("resolve", "--in", clone);
  expect(done).toMatchObject({ state: "pushed-and-run", oneSided: null, sync: { record: { outcome: "promoted" } } });
  const tip = (await world.refs())["refs/heads/sync/upstream"] as string;
  await inClone("fetch", "--quiet", world.github.gitUrl(world.fork), tip);
  expect(await inClone("show", `${tip}:${path}`)).toBe(settled.replace(/\n$/, ""));
  await inClone("merge-base", "--is-ancestor", done.commit, tip);
  expect(await developerJson("resolve", "--in", clone)).toMatchObject({ state: "nothing" });
}, 180_000);

test("a sync by hand changes nothing outside the clone, and resolve takes it to its end", async () => {
  await moveUpstream(world, "removed");
  const refs = await world.refs();
  const local = (await developerJson("sync", "--local", "--in", clone)).forks[0];
  const { path } = world.setting.conflicts.removed;
  expect(local).toMatchObject({
    state: "conflict",
    branch: "sync/upstream-manual",
    conflicts: [{ path, side: "upstream" }],
  });
  expect(await world.refs()).toEqual(refs);
  const again = await developer("sync", "--local", "--in", clone);
  expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining("is in the middle of a merge")]);

  // The fork's own version of the one file: asked about, and with --yes taken.
  writeFileSync(join(clone, path), `${await inClone("show", `HEAD:${path}`)}\n`);
  const done = await developerJson("resolve", "--in", clone, "--yes");
  expect(done).toMatchObject({
    branch: "sync/upstream-manual",
    oneSided: expect.any(String),
    sync: { record: { outcome: "promoted" } },
  });
  expect(Object.keys(await world.refs())).not.toContain("refs/heads/sync/upstream-manual");
}, 120_000);

test("a token that GitHub does not take, and a folder that holds something else, are told before anything is begun", async () => {
  const bad = await world.upstreamSyncAs("ghp_bad", "sync", "--local");
  expect([bad.exitCode, bad.stderr]).toEqual([1, expect.stringContaining("does not let you in")]);
  const elsewhere = await developer("resolve", "--in", world.project);
  expect([elsewhere.exitCode, elsewhere.stderr]).toEqual([
    2,
    expect.stringContaining("is no clone of acme/pocket-board"),
  ]);
  expect(existsSync(join(world.project, ".git"))).toBe(false);
}, 30_000);
