/** How the sync pull request landed, in whole runs of the workflow: people's hands are real git in a clone. */
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
    return w.fork.git("merge-base", from, to) === from ? "ahead" : "diverged";
  };
});
afterEach(() => w.close());

const GREEN = { look: 0, merge: 0, finish: 0 };
const tip = (branch: string) => w.fork.ref(`refs/heads/${branch}`) ?? "";
const recorded = (name: string) => w.fork.ref(`refs/upstream-sync/main/${name}`);
const tree = (commit: string) => w.fork.git("rev-parse", `${commit}^{tree}`);
const run = (landing: "merge" | "squash" = "merge") => w.run({ environment: { LANDING: landing } });
const upstreamChanges = (files: Record<string, string | null>) => w.upstream.commit({ branch: "main", files });
const pull = () => w.github.pulls.at(-1)?.body ?? "";
/** GitHub can merge a pull request when its head has its base. */
const mergeable = () => w.github.merged(tip("dev"), "sync/upstream");

const HOW = {
  merge: ["git merge --no-ff --no-edit origin/sync/upstream"],
  squash: ["git merge --squash origin/sync/upstream", 'git commit --message "chore: sync (#101)"'],
  // Merge commits are left out, as GitHub leaves them out.
  rebase: ["git switch --create rebased origin/sync/upstream", "git rebase origin/dev", "git push origin rebased:dev"],
} as const;

/** @param before run ahead of the last of the commands: what goes wrong in it. */
async function land(how: keyof typeof HOW, before: readonly string[] = []): Promise<void> {
  const commands = [...HOW[how]];
  const push = how === "rebase" ? [] : ["git push origin dev"];
  await inClone(w.fork.folder, "dev", [...commands.slice(0, -1), ...before, ...commands.slice(-1), ...push]);
  const open = w.github.pulls.find(({ state }) => state === "open");
  Object.assign(open ?? {}, { state: "closed", merged_at: "2026-01-02T00:00:00Z" });
}

const forkChanges = (files: Record<string, string | null>) => w.fork.commit({ branch: "dev", files });

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

  test("landed by one: nothing to repair, and two look-ups from then on", async () => {
    await land("merge");
    expect((await run()).records).toMatchObject([{ outcome: "up-to-date", reason: /landed/ }].map(words));
    upstreamChanges({ b: lines({ 1: "u2" }) });
    const { records, lines: printed } = await run();
    expect(records).toMatchObject([{ outcome: "promoted", reason: "tests passed" }]);
    expect(printed.filter((line) => line.startsWith("::warning") && /without a merge commit/.test(line))).toEqual([]);
  });

  test.each(["squash", "rebase"] as const)(
    "landed by %s: found, and repaired by a merge that changes no file",
    async (how) => {
      await land(how);
      const landed = tip("dev");
      const sync = tip("sync/upstream");
      const { codes, records, lines: printed } = await run();
      expect(codes).toEqual(GREEN);
      const reason = `tests passed; the last sync landed with ${landed.slice(0, 12)} without a merge commit`;
      expect(records).toMatchObject([{ outcome: "promoted", reason, behind: { commits: 0, days: 0 } }]);
      expect(printed).toContainEqual(expect.stringMatching(/^::warning .*without a merge commit: all of it arrived$/));
      expect(w.fork.git("rev-parse", `${tip("sync/upstream")}^@`).split("\n")).toEqual([sync, landed]);
      expect(tree(tip("sync/upstream"))).toBe(tree(landed));
      expect(w.github.pulls.map(({ state }) => state)).toEqual(["closed", "open"]);
      expect(pull()).toContain("every file of it is there, compared tree by tree");
      expect(pull()).toContain("Brings 0 commits of upstream into `dev`.");
      await mergeRepair();
    },
  );

  test("landed by squash, the fork and upstream going on in the same lines: no conflict on what landed", async () => {
    await land("squash");
    const landed = tip("dev");
    forkChanges({ a: lines({ 1: "fork after u1", 9: "fork" }), new: "fork\n" });
    upstreamChanges({ b: lines({ 1: "u2" }) });
    const { codes, records } = await run();
    expect(codes).toEqual(GREEN);
    expect(records).toMatchObject([{ outcome: "promoted", conflicts: [], behind: { commits: 1 } }]);
    const files = ["a", "b", "new"].map((path) => w.fork.show(tip("sync/upstream"), path));
    expect(files).toEqual([lines({ 1: "fork after u1", 9: "fork" }), lines({ 1: "u2" }), "fork\n"]);
    expect(pull()).toContain("Brings 1 commit of upstream into `dev`.");
    expect(pull()).toContain(landed);
    expect(mergeable()).toBe(true);
  });

  test("landed by squash with a file missing: it is named, and comes again", async () => {
    await land("squash", ["git checkout --quiet HEAD -- b"]);
    const landed = tip("dev");
    const { records } = await run();
    expect(records[0]?.reason).toMatch(/without a merge commit, and 1 of its files did not arrive$/);
    expect(pull()).toContain("### Did not arrive with the last sync, and come again (1)");
    expect(pull()).toContain(`with \`${landed}\`. If they were left out on purpose`);
    expect(pull()).toMatch(/^- `b`$/m);
    expect(w.fork.git("diff", "--name-only", landed, tip("sync/upstream"))).toBe("b");
    await land("merge");
    expect(w.fork.show(tip("dev"), "b")).toBe(lines({ 1: "u1" }));
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
  test("twice in a row: each a merge from what landed, no repair, and the idle look is two look-ups", async () => {
    upstreamChanges({ a: lines({ 1: "u1" }), new: "u1\n" });
    await run("squash");
    expect(pull()).toContain("land it with **squash and merge**");
    await land("squash");
    const first = tip("dev");
    const sync = tip("sync/upstream");
    const landed = await run("squash");
    expect(landed.codes).toEqual(GREEN);
    expect(landed.records).toMatchObject([
      { outcome: "up-to-date", reason: `what was promoted has landed with ${first.slice(0, 12)}`, candidate: null },
    ]);
    expect([recorded("landed"), tip("sync/upstream"), w.github.pulls.length]).toEqual([first, sync, 1]);

    // The fork goes on in the very lines that landed.
    forkChanges({ a: lines({ 1: "fork after u1", 9: "fork" }), new: "fork\n" });
    w.github.rest.length = 0;
    w.github.git.length = 0;
    expect((await run("squash")).records).toMatchObject([{ outcome: "up-to-date", behind: { commits: 0 } }]);
    expect(w.github.rest).toEqual([]);
    expect(w.github.git.filter(({ path }) => path.endsWith("/info/refs")).length).toBe(2);

    upstreamChanges({ b: lines({ 1: "u2" }) });
    const next = await run("squash");
    expect(next.records).toMatchObject([
      { outcome: "promoted", reason: "tests passed", conflicts: [], behind: { commits: 1 } },
    ]);
    expect(recorded("landed")).toBeUndefined();
    expect(mergeable()).toBe(true);
    expect(w.fork.git("diff", "--name-only", tip("dev"), tip("sync/upstream"))).toBe("b");
    expect(pull()).toContain("Brings 1 commit of upstream into `dev`.");
    expect(pull()).not.toContain("without a merge commit");

    await land("squash");
    expect(w.fork.git("rev-list", "--merges", "dev")).toBe("");
    expect((await run("squash")).records).toMatchObject([{ outcome: "up-to-date" }]);
    expect(recorded("landed")).toBe(tip("dev"));
    upstreamChanges({ a: lines({ 1: "u1", 5: "u3" }) });
    expect((await run("squash")).records).toMatchObject([{ outcome: "promoted", conflicts: [] }]);
    expect(w.fork.show(tip("sync/upstream"), "a")).toBe(lines({ 1: "fork after u1", 5: "u3", 9: "fork" }));
  });

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
  const files = { a: lines({ 1: "u1", 9: "fork" }), b: lines({ 1: "u1" }), new: "u1\n" };
  const there = (branch: string) => Object.keys(files).map((path) => w.fork.show(tip(branch), path));

  /** Landed and taken back, then upstream goes on. @returns what the run says. */
  async function reverted(how: "merge" | "squash"): Promise<string> {
    upstreamChanges({ a: lines({ 1: "u1" }), b: lines({ 1: "u1" }), new: "u1\n" });
    await run(how);
    await land(how);
    if (how === "squash") await run(how);
    const mainline = how === "merge" ? "--mainline 1 " : "";
    await inClone(w.fork.folder, "dev", [`git revert --no-edit ${mainline}HEAD`, "git push origin dev"]);
    upstreamChanges({ c: lines({ 1: "u2" }) });
    const before = tip("sync/upstream");
    const { codes, records } = await run(how);
    expect(codes).toEqual({ look: 0, merge: 1, finish: 1 });
    expect(records).toMatchObject([{ outcome: "stopped" }]);
    expect(tip("sync/upstream")).toBe(before);
    const { reason } = records[0] as { reason: string };
    expect(reason).toContain(
      `dev took back the sync that had landed there with ${w.fork.git("rev-parse", "dev^").slice(0, 12)}`,
    );
    expect(reason).toContain(`3 of its 3 files are as they were before, since ${tip("dev").slice(0, 12)}`);
    return reason;
  }

  const commands = (reason: string, which: number) =>
    [...reason.matchAll(/run "(.*?)"/g)].map(([, text]) => text)[which] ?? "";

  test.each(["merge", "squash"] as const)(
    "after a %s: red before anything is merged; the way back brings it again",
    async (how) => {
      const reason = await reverted(how);
      await inClone(w.fork.folder, "dev", [
        commands(reason, 0),
        "git switch dev",
        "git merge --no-ff sync-again",
        "git push origin dev",
      ]);
      expect((await run(how)).codes).toEqual(GREEN);
      expect(there("sync/upstream")).toEqual(Object.values(files));
      expect(w.fork.show(tip("sync/upstream"), "c")).toBe(lines({ 1: "u2" }));
    },
  );

  test.each(["merge", "squash"] as const)(
    "after a %s, wanted: one push says so, and it stays out for good",
    async (how) => {
      const reason = await reverted(how);
      await inClone(w.fork.folder, "dev", [commands(reason, 1)]);
      const { codes, records } = await run(how);
      expect(codes).toEqual(GREEN);
      expect(records).toMatchObject([{ outcome: "promoted", conflicts: [] }]);
      expect(there("sync/upstream")).toEqual([lines({ 9: "fork" }), lines(), undefined]);
      expect(w.fork.git("diff", "--name-only", tip("dev"), tip("sync/upstream"))).toBe("c");
      expect(tip("sync/upstream-manual")).toBe("");
      await land(how);
      upstreamChanges({ c: lines({ 1: "u3" }) });
      expect((await run(how)).codes).toEqual(GREEN);
      expect(there("sync/upstream")).toEqual([lines({ 9: "fork" }), lines(), undefined]);
    },
  );

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

function words(expected: { outcome: string; reason: RegExp }) {
  return { ...expected, reason: expect.stringMatching(expected.reason) };
}

function emptyCommit(): string {
  const who = ["-c", "user.name=Dana", "-c", "user.email=dana@example.com"];
  return w.fork.git(...who, "commit-tree", tree(tip("dev")), "-p", tip("dev"), "-m", "chore: sync (#102)");
}
