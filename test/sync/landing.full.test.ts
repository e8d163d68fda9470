/** How the sync pull request landed, in whole runs of the workflow, beyond what test/scenarios/landing.ts tells: people's hands are real git in a clone. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { inClone } from "./support/people.ts";
import { lines } from "./support/repository.ts";
import { type World, world } from "./support/workflow-run.ts";

let w: World;
let base: string;

/** Upstream brings a, b and new; the fork has changed line 9 of a. */
beforeEach(async () => {
  w = await world();
  base = w.upstream.commit({ branch: "main", files: { a: lines(), b: lines(), c: lines() } });
  w.fork.git("fetch", "--quiet", w.upstream.folder, "main:main");
  w.fork.git("branch", "sync/upstream", base);
  w.fork.commit({ branch: "dev", parents: [base], files: { a: lines({ 9: "fork" }) } });
  w.github.compare = (range) => {
    const [from = "", to = ""] = range.split("...");
    // Upstream's own commits are not in the fork before they are taken.
    const known = w.fork.ref(`${from}^{commit}`) !== undefined && w.fork.ref(`${to}^{commit}`) !== undefined;
    return known && w.fork.git("merge-base", from, to) === from ? "ahead" : "diverged";
  };
});
afterEach(() => w.close());

const GREEN = { look: 0, merge: 0, finish: 0 };
const tip = (branch: string) => w.fork.ref(`refs/heads/${branch}`) ?? "";
const tree = (commit: string) => w.fork.git("rev-parse", `${commit}^{tree}`);
const run = (landing: "merge" | "squash" = "merge") => w.run({ environment: { LANDING: landing } });
const upstreamChanges = (files: Record<string, string | null>) => w.upstream.commit({ branch: "main", files });
const pull = () => w.github.pulls.at(-1)?.body ?? "";
/** GitHub can merge a pull request when its head has its base. */
const mergeable = () => w.github.merged(tip("dev"), "sync/upstream");

const HOW = {
  merge: ["git merge --no-ff --no-edit origin/sync/upstream"],
  squash: ["git merge --squash origin/sync/upstream", 'git commit --message "chore: sync (#101)"'],
} as const;

/** @param before run ahead of the last of the commands: what goes wrong in it. */
async function land(how: keyof typeof HOW, before: readonly string[] = []): Promise<void> {
  const commands = [...HOW[how]];
  const last = [...before, ...commands.slice(-1), "git push origin dev"];
  await inClone(w.fork.folder, "dev", [...commands.slice(0, -1), ...last]);
  const open = w.github.pulls.find(({ state }) => state === "open");
  Object.assign(open ?? {}, { state: "closed", merged_at: "2026-01-02T00:00:00Z" });
}

/** The target's history has the sync's, and the files are what both have. */
async function mergeRepair(): Promise<void> {
  const before = tree(tip("dev"));
  expect(mergeable()).toBe(true);
  await land("merge");
  expect(tree(tip("dev"))).toBe(before);
  expect((await run()).records).toMatchObject([{ outcome: "up-to-date", behind: { commits: 0 } }]);
}

describe("merge commits are the rule", () => {
  beforeEach(async () => {
    upstreamChanges({ a: lines({ 1: "u1" }), b: lines({ 1: "u1" }), new: "u1\n" });
    expect((await run()).codes).toEqual(GREEN);
  });

  test("the repair squashed as well: it is offered until a merge commit lands it", async () => {
    await land("squash");
    await run();
    w.fork.git("update-ref", "refs/heads/dev", emptyCommit());
    Object.assign(w.github.pulls.at(-1) ?? {}, { state: "closed", merged_at: "2026-01-02T00:00:00Z" });
    expect((await run()).codes).toEqual(GREEN);
    expect(w.github.pulls.map(({ state }) => state)).toEqual(["closed", "closed", "open"]);
    await mergeRepair();
  });

  test("killed before the repair's pull request is there: the next run opens it", async () => {
    await land("squash");
    await w.run({ environment: { LANDING: "merge" }, killedAfter: /statuses/ });
    await run();
    expect(w.github.pulls.map(({ state }) => state)).toEqual(["closed", "open"]);
    expect(pull()).toContain("without a merge commit");
    await mergeRepair();
  });
});

test("a squash while the next one is tested: that is not promoted, and the next run goes on from what landed", async () => {
  upstreamChanges({ a: lines({ 1: "u1" }), new: "u1\n" });
  await run("squash");
  upstreamChanges({ a: lines({ 1: "u2" }), new: "u2\n" });
  const [before, dev] = [tip("sync/upstream"), tip("dev")];
  const squashed = w.fork.commit({ parents: [dev], files: { a: lines({ 1: "u1", 9: "fork" }), new: "u1\n" } });
  const { records } = await w.run({
    environment: { LANDING: "squash" },
    duringTests: () => w.fork.git("update-ref", "refs/heads/dev", squashed),
  });
  expect(records[0]?.reason).toBe(
    `the sync landed with ${squashed} during the tests, without a merge commit; the next run goes on from there`,
  );
  expect(tip("sync/upstream")).toBe(before);
  expect((await run("squash")).records).toMatchObject([{ outcome: "promoted", conflicts: [] }]);
  expect(w.fork.show(tip("sync/upstream"), "a")).toBe(lines({ 1: "u2", 9: "fork" }));
});

describe("squash is the expected way", () => {
  test("with a file missing: it is named and comes again, without words of repair", async () => {
    upstreamChanges({ a: lines({ 1: "u1" }), b: lines({ 1: "u1" }), new: "u1\n" });
    await run("squash");
    await land("squash", ["git checkout --quiet HEAD -- b"]);
    expect((await run("squash")).records).toMatchObject([{ outcome: "promoted" }]);
    expect(pull()).toMatch(/^- `b`$/m);
    expect(pull()).not.toContain("joins the two histories");
    await land("squash");
    expect((await run("squash")).records).toMatchObject([{ outcome: "up-to-date" }]);
    expect(w.fork.show(tip("dev"), "b")).toBe(lines({ 1: "u1" }));
  });
});

describe("a sync that was reverted", () => {
  test("after a squash: red before anything is merged; the way back brings it again", async () => {
    upstreamChanges({ a: lines({ 1: "u1" }), b: lines({ 1: "u1" }), new: "u1\n" });
    await run("squash");
    await land("squash");
    await run("squash");
    await inClone(w.fork.folder, "dev", ["git revert --no-edit HEAD", "git push origin dev"]);
    upstreamChanges({ c: lines({ 1: "u2" }) });
    const before = tip("sync/upstream");
    const { codes, records } = await run("squash");
    expect(codes).toEqual({ look: 0, merge: 1, finish: 1 });
    expect(tip("sync/upstream")).toBe(before);
    const reason = records[0]?.reason ?? "";
    const [landing, by] = ["dev^", "dev"].map((name) => w.fork.git("rev-parse", name).slice(0, 12));
    expect(reason).toContain(`dev took back the sync that had landed there with ${landing}`);
    expect(reason).toContain(`3 of its 3 files are as they were before, since ${by}`);
    const [, again = ""] = /run "(.*?)"/.exec(reason) ?? [];
    const merge = ["git switch dev", "git merge --no-ff sync-again", "git push origin dev"];
    await inClone(w.fork.folder, "dev", [again, ...merge]);
    expect((await run("squash")).codes).toEqual(GREEN);
    expect(["a", "b", "c", "new"].map((path) => w.fork.show(tip("sync/upstream"), path))).toEqual([
      lines({ 1: "u1", 9: "fork" }),
      lines({ 1: "u1" }),
      lines({ 1: "u2" }),
      "u1\n",
    ]);
  });

  test("files that only moved are none; the revert of an earlier sync is one", async () => {
    upstreamChanges({ new: "u1\n", newer: "u1\n" });
    await run();
    await land("merge");
    upstreamChanges({ b: lines({ 1: "u2" }) });
    await run();
    await land("merge");
    const second = tip("dev");
    await inClone(w.fork.folder, "dev", [
      "mkdir moved && git mv new newer moved && git commit --quiet --message moved && git push origin dev",
    ]);
    upstreamChanges({ c: lines({ 1: "u3" }) });
    expect((await run()).codes).toEqual(GREEN);
    await land("merge");
    await inClone(w.fork.folder, "dev", [`git revert --no-edit --mainline 1 ${second}`, "git push origin dev"]);
    upstreamChanges({ c: lines({ 1: "u4" }) });
    const { records } = await run();
    const words = `dev took back the sync that had landed there with ${second.slice(0, 12)}: 1 of its 1 files`;
    expect(records[0]?.reason).toMatch(words);
  });
});

function emptyCommit(): string {
  const who = ["-c", "user.name=Dana", "-c", "user.email=dana@example.com"];
  return w.fork.git(...who, "commit-tree", tree(tip("dev")), "-p", tip("dev"), "-m", "chore: sync (#102)");
}
