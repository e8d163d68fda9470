import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { CONFLICT, looksAt, twoFiles } from "./support/forked.ts";
import { followCommands } from "./support/people.ts";
import { lines } from "./support/repository.ts";
import type { World } from "./support/workflow-run.ts";

let w: World;

beforeEach(async () => {
  ({ w } = await twoFiles());
});
afterEach(() => w.close());

const { tip, recorded, branches, seen, candidates, conflictPulls, syncPulls, upstreamConflicts, webEditor } = looksAt(
  () => w,
);
const GREEN = { look: 0, merge: 0, finish: 0 };
const RED = { look: 0, merge: 0, finish: 1 };
/** Both sides of the conflict in one. */
const BOTH = lines({ 1: "dev and upstream" });

describe("a run that is killed", () => {
  test("while it opens branch, pull request and issue is finished by the next ones, each thing made once", async () => {
    upstreamConflicts();
    for (const killedAfter of [/^POST .*statuses/, /^POST .*\/pulls$/, /^POST .*\/issues$/, /^PATCH .*\/pulls\/\d+$/]) {
      expect((await w.run({ killedAfter })).codes).toEqual({ look: 0, merge: 0 });
    }
    const branch = tip(CONFLICT);
    expect((await w.run()).codes).toEqual(RED);
    expect([branches(), tip(CONFLICT)]).toEqual([["refs/heads/sync/upstream", `refs/heads/${CONFLICT}`], branch]);
    expect(w.github.pulls).toMatchObject([{ number: 100, state: "open" }]);
    expect(w.github.issues).toMatchObject([{ number: 101, state: "open" }]);
    expect(w.github.pulls[0]?.body).toContain('"issue":101');
    expect(candidates()).toEqual([]);
    expect((await w.run()).codes).toEqual({ look: 1 });
  });

  test("while it closes them is finished by the next ones", async () => {
    upstreamConflicts();
    await w.run();
    webEditor({ a: BOTH });
    for (const killedAfter of [/^POST .*\/pulls$/, /^PATCH .*\/pulls\/100$/, /^PATCH .*\/issues\/101$/]) {
      expect((await w.run({ killedAfter })).codes).toEqual({ look: 0, merge: 0 });
    }
    expect((await w.run()).codes).toEqual(GREEN);
    expect(branches()).toEqual(["refs/heads/sync/upstream"]);
    expect([seen(), candidates()]).toEqual([[], []]);
    expect(conflictPulls()).toMatchObject([{ state: "closed" }]);
    expect(w.github.issues).toMatchObject([{ state: "closed", body: expect.stringContaining("Settled: ") }]);
    expect(syncPulls()).toMatchObject([{ state: "open" }]);
    expect((await w.run()).codes).toEqual({ look: 0 });
  });
});

describe("a conflict with the target", () => {
  test("is settled against the target's commit, with the commands of the issue, while the target goes on", async () => {
    w.upstream.commit({ branch: "main", files: { a: lines({ 9: "upstream" }) } });
    await w.run();
    const dev = w.fork.commit({ branch: "dev", files: { a: lines({ 1: "dev", 9: "dev" }) } });
    const upstream = w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    const sync = tip("sync/upstream");
    const { codes, records } = await w.run();
    expect(codes).toEqual(RED);
    expect(records).toMatchObject([
      { reason: "nothing went in before the conflict with target", conflicts: [{ path: "a", side: "target" }] },
    ]);
    expect([tip("sync/upstream"), w.fork.git("rev-parse", `${tip(CONFLICT)}^`)]).toEqual([sync, dev]);

    const text = w.github.issues[0]?.body ?? "";
    expect(text).toContain(`\`dev\` at \`${dev}\` and \`sync/upstream\` changed the same places.`);
    const both = lines({ 1: "dev", 9: "dev and upstream" });
    await followCommands(w.fork.folder, text, "With git", { a: both });
    w.fork.commit({ branch: "dev", files: { d: "d\n" } });
    const settled = await w.run();
    expect(settled.codes).toEqual(GREEN);
    expect(w.fork.show(tip("sync/upstream"), "a")).toBe(both);
    expect(w.fork.paths(tip("sync/upstream"))).toEqual(["a", "b", "d", "u"]);
    expect([recorded("synced"), branches()]).toEqual([upstream, ["refs/heads/sync/upstream"]]);
    expect((await w.run()).codes).toEqual({ look: 0 });
  });
});

describe("a branch for manual syncs", () => {
  test("is taken in without a conflict too, and goes", async () => {
    const upstream = w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    await w.run();
    w.fork.commit({ branch: "sync/upstream-manual", parents: [tip("sync/upstream")], files: { mine: "x\n" } });
    const { codes, records } = await w.run();
    expect(codes).toEqual(GREEN);
    expect(records).toMatchObject([{ outcome: "promoted", reason: "tests passed; with sync/upstream-manual" }]);
    expect(w.fork.paths(tip("sync/upstream"))).toEqual(["a", "b", "mine", "u"]);
    expect([recorded("synced"), branches()]).toEqual([upstream, ["refs/heads/sync/upstream"]]);
  });

  test("that people push to while it is taken in stays, and the rest is taken by the next run", async () => {
    w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    await w.run();
    w.fork.commit({ branch: "sync/upstream-manual", parents: [tip("sync/upstream")], files: { one: "1\n" } });
    const { codes } = await w.run({
      duringTests: () => {
        w.fork.commit({ branch: "sync/upstream-manual", files: { two: "2\n" } });
      },
    });
    expect(codes).toEqual(GREEN);
    expect(branches()).toEqual(["refs/heads/sync/upstream", "refs/heads/sync/upstream-manual"]);
    expect((await w.run()).codes).toEqual(GREEN);
    expect(w.fork.paths(tip("sync/upstream"))).toEqual(["a", "b", "one", "two", "u"]);
    expect(branches()).toEqual(["refs/heads/sync/upstream"]);
  });

  test("of another history stops the run in words, and nothing moves", async () => {
    await w.run();
    const before = w.fork.refs();
    w.fork.commit({ branch: "sync/upstream-manual", parents: [], files: { z: "z\n" } });
    const { codes, records } = await w.run();
    expect(codes).toEqual({ look: 0, merge: 1, finish: 1 });
    expect(records[0]?.reason).toMatch(/^sync\/upstream-manual and sync\/upstream have unrelated histories/);
    expect(w.fork.refs()).toEqual([...before, "refs/heads/sync/upstream-manual"].sort());
  });
});

describe("what a fork may not have", () => {
  test("drafts and issues: a plain pull request, and a warning", async () => {
    upstreamConflicts();
    w.github.refusesDrafts = true;
    w.github.faults.set("POST /repos/acme/fork/issues", {
      status: 410,
      body: { message: "Issues are disabled for this repo" },
    });
    const { codes, records, summary } = await w.run();
    expect(codes).toEqual(RED);
    expect(records).toMatchObject([{ outcome: "conflict", issue: null }]);
    expect(w.github.pulls).toMatchObject([{ draft: false, base: { ref: "sync/upstream" } }]);
    expect(summary).toContain("no issue was opened: ");
    expect((await w.run()).codes).toEqual({ look: 1 });
  });

  test("pull requests by Actions: told, the issue is there, and tried again by the next run", async () => {
    upstreamConflicts();
    w.github.faults.set("POST /repos/acme/fork/pulls", {
      status: 403,
      body: { message: "GitHub Actions is not permitted to create or approve pull requests." },
    });
    const { records } = await w.run();
    expect(records[0]?.reason).toMatch(/pull request of the conflict could not be opened.*Settings, Actions, General/);
    expect(w.github.issues).toHaveLength(1);
    w.github.faults.clear();
    expect((await w.run()).codes).toEqual(RED);
    expect([w.github.pulls.length, w.github.issues.length]).toEqual([1, 1]);
  });
});
