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
const contains = (branch: string, commit: string) => w.fork.git("rev-list", tip(branch)).split("\n").includes(commit);
const GREEN = { look: 0, merge: 0, finish: 0 };
const RED = { look: 0, merge: 0, finish: 1 };
/** Both sides of the conflict in one. */
const BOTH = lines({ 1: "dev and upstream" });

describe("a conflict with upstream", () => {
  test("gives a branch on upstream's commit, a draft pull request and an issue, and promotes what went in before", async () => {
    const dev = tip("dev");
    const upstream = upstreamConflicts();
    const { codes, records, summary } = await w.run();
    expect(codes).toEqual(RED);
    expect(records).toMatchObject([
      {
        outcome: "conflict",
        reason: "a part went in, the rest conflicts with upstream",
        conflicts: [{ path: "a", kind: "contents", side: "upstream" }],
        pr: null,
        issue: 101,
      },
    ]);
    expect(summary).toContain("- `a`: contents, with upstream");
    expect(contains("sync/upstream", dev)).toBe(true);
    expect(w.fork.show(tip("sync/upstream"), "u")).toBeUndefined();
    expect(recorded("synced")).toBeUndefined();

    expect(w.fork.git("show", "--no-patch", "--format=%P", tip(CONFLICT))).toBe(upstream);
    expect(w.fork.git("rev-parse", `${tip(CONFLICT)}^{tree}`)).toBe(w.fork.git("rev-parse", `${upstream}^{tree}`));
    expect(w.fork.git("show", "--no-patch", "--format=%B", tip(CONFLICT))).toBe(
      [
        "chore: a place to settle an upstream sync conflict [skip ci]",
        "",
        "Nothing is changed here. Merge sync/upstream into this branch and settle the conflicts.",
        "",
        "Upstream-Sync-Conflict: upstream",
        `Upstream-Sync-Commit: ${upstream}`,
        `Upstream-Sync-Base: ${tip("sync/upstream")}`,
        "Upstream-Sync-Run: 1001",
        "",
      ].join("\n"),
    );
    expect(w.github.pulls).toMatchObject([
      {
        number: 100,
        draft: true,
        title: "chore: resolve upstream sync conflicts",
        head: { ref: CONFLICT },
        base: { ref: "sync/upstream" },
        labels: [{ name: "upstream-sync" }],
        requested_reviewers: [{ login: "devops-lead" }],
      },
    ]);
    expect(w.github.issues).toMatchObject([{ number: 101, labels: ["upstream-sync"], assignees: ["devops-lead"] }]);
    const mark = `<!-- upstream-sync:conflict v1 {"branch":"${CONFLICT}","tip":"${tip(CONFLICT)}"`;
    expect(w.github.pulls[0]?.body.split("\n")[0]).toBe(`${mark},"issue":101} -->`);
    expect(w.github.issues[0]?.body.split("\n")[0]).toBe(`${mark}} -->`);
    for (const text of [w.github.pulls[0]?.body, w.github.issues[0]?.body]) {
      expect(text).toContain("- `a`: contents, with upstream");
      expect(text).not.toMatch(/Fixes|@all/);
    }
    expect(w.upstream.refs()).toEqual(["refs/heads/main"]);
  });

  test("waits red by two look-ups and one question while nobody moves, and says nothing twice", async () => {
    upstreamConflicts();
    await w.run();
    const before = [w.fork.refs(), structuredClone(w.github.pulls), structuredClone(w.github.issues)];
    w.github.rest.length = 0;
    w.github.git.length = 0;
    const { codes, records, lines: printed } = await w.run();
    expect(codes).toEqual({ look: 1 });
    expect(records).toMatchObject([
      { outcome: "conflict", reason: expect.stringMatching(/waits for people/), issue: 101 },
    ]);
    expect(printed.some((line) => line.startsWith("::error "))).toBe(true);
    expect(w.github.rest.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /repos/acme/fork/issues"]);
    expect(w.github.git).toHaveLength(4);
    expect([w.fork.refs(), w.github.pulls, w.github.issues]).toEqual(before);
  });

  test("keeps branch, pull request and issue when upstream goes on, and writes the news into them", async () => {
    upstreamConflicts();
    await w.run();
    const branch = tip(CONFLICT);
    const next = upstreamConflicts("upstream again");
    expect((await w.run()).codes).toEqual(RED);
    expect([tip(CONFLICT), branches()]).toEqual([branch, ["refs/heads/sync/upstream", `refs/heads/${CONFLICT}`]]);
    expect([w.github.pulls.length, w.github.issues.length]).toEqual([1, 1]);
    expect(w.github.issues[0]?.body).toContain(`Upstream has gone on to \`${next}\` since`);
    expect((await w.run()).codes).toEqual({ look: 1 });
  });

  test("is over when people settle it on the target: pull request and issue closed, the branch gone", async () => {
    const upstream = upstreamConflicts();
    await w.run();
    w.fork.commit({ branch: "dev", parents: [tip("dev"), upstream], files: { a: BOTH, u: "upstream\n" } });
    const { codes, records } = await w.run();
    expect(codes).toEqual(GREEN);
    expect(records).toMatchObject([{ outcome: "up-to-date", issue: null }]);
    expect(branches()).toEqual(["refs/heads/sync/upstream"]);
    expect([conflictPulls()[0]?.state, w.github.issues[0]?.state]).toEqual(["closed", "closed"]);
    for (const text of [conflictPulls()[0]?.body, w.github.issues[0]?.body]) {
      expect(text).toContain(`No longer needed: \`sync/upstream\``);
    }
    expect([seen(), candidates()]).toEqual([[], []]);
    w.github.compare = () => "ahead";
    expect((await w.run()).codes).toEqual({ look: 0 });
  });
});

describe("people settle a conflict", () => {
  async function expectSettled(upstream: string): Promise<void> {
    const { codes, records } = await w.run();
    expect(codes).toEqual(GREEN);
    expect(records).toMatchObject([{ outcome: "promoted", conflicts: [], issue: null }]);
    expect(w.fork.show(tip("sync/upstream"), "a")).toBe(BOTH);
    expect([recorded("synced"), recorded("tested")]).toEqual([upstream, tip("sync/upstream")]);
    expect(branches()).toEqual(["refs/heads/sync/upstream"]);
    expect([seen(), candidates()]).toEqual([[], []]);
    expect(conflictPulls().map(({ state }) => state)).toEqual(["closed"]);
    expect(w.github.issues.map(({ state }) => state)).toEqual(["closed"]);
    expect(syncPulls()).toMatchObject([{ state: "open", head: { sha: tip("sync/upstream") } }]);
    expect((await w.run()).codes).toEqual({ look: 0 });
  }

  test("by git, with the commands of the issue", async () => {
    const upstream = upstreamConflicts();
    await w.run();
    await followCommands(w.fork.folder, w.github.issues[0]?.body ?? "", "With git", { a: BOTH });
    await expectSettled(upstream);
    expect(conflictPulls()[0]?.merged_at).not.toBeNull();
    expect(w.github.issues[0]?.body).toContain(`Settled: \`${CONFLICT}\` was merged and tested`);
  });

  test("in the web editor", async () => {
    const upstream = upstreamConflicts();
    await w.run();
    webEditor({ a: BOTH });
    await expectSettled(upstream);
  });

  test("on the branch for manual syncs, with the commands of the issue", async () => {
    const upstream = upstreamConflicts();
    await w.run();
    await followCommands(w.fork.folder, w.github.issues[0]?.body ?? "", "On a branch of your own", { a: BOTH });
    await expectSettled(upstream);
    expect(w.github.issues[0]?.body).toContain("No longer needed");
  });

  test("and upstream went on: both go in, or the next conflict gets the next number", async () => {
    upstreamConflicts();
    await w.run();
    webEditor({ a: BOTH });
    const clean = w.upstream.commit({ branch: "main", files: { v: "v\n" } });
    await expectSettled(clean);
    upstreamConflicts("again");
    expect((await w.run()).records).toMatchObject([{ outcome: "conflict" }]);
    expect(branches()).toEqual(["refs/heads/sync/upstream", "refs/heads/sync/upstream-conflict-2"]);
    webEditor({ a: lines({ 1: "settled again" }) }, "sync/upstream-conflict-2");
    const third = upstreamConflicts("and again");
    const { records } = await w.run();
    expect(records).toMatchObject([
      { outcome: "conflict", reason: expect.stringMatching(/^a part went in.*with sync\/upstream-conflict-2$/) },
    ]);
    expect(w.fork.show(tip("sync/upstream"), "a")).toBe(lines({ 1: "settled again" }));
    expect(branches()).toEqual(["refs/heads/sync/upstream", "refs/heads/sync/upstream-conflict-3"]);
    expect(w.fork.git("rev-parse", `${tip("sync/upstream-conflict-3")}^`)).toBe(third);
    expect(conflictPulls().map(({ state }) => state)).toEqual(["closed", "closed", "open"]);
    expect(w.github.issues.map(({ state }) => state)).toEqual(["closed", "closed", "open"]);
  });

  test("with markers left in: not taken, told, and taken once they are gone", async () => {
    upstreamConflicts();
    await w.run();
    const sync = tip("sync/upstream");
    const markers = `<<<<<<< HEAD\nupstream\n=======\ndev\n>>>>>>> origin/sync/upstream\n${lines().slice(7)}`;
    const proposed = webEditor({ a: markers });
    const { codes, records } = await w.run();
    expect(codes).toEqual(RED);
    expect(records).toMatchObject([
      {
        outcome: "conflict",
        reason: expect.stringContaining(`${CONFLICT} still has conflict markers`),
        conflicts: [{ side: "upstream" }, { path: "a", kind: "conflict markers", side: "proposal" }],
        issue: 101,
      },
    ]);
    expect([tip("sync/upstream"), tip(CONFLICT)]).toEqual([sync, proposed]);
    expect(w.github.issues[0]?.body).toContain(
      `**\`${CONFLICT}\` at \`${proposed}\` was not taken**: these files still have conflict markers.`,
    );
    expect((await w.run()).codes).toEqual({ look: 1 });
    w.fork.commit({ branch: CONFLICT, files: { a: BOTH } });
    expect((await w.run()).codes).toEqual(GREEN);
    expect(branches()).toEqual(["refs/heads/sync/upstream"]);
  });

  test("by taking one side for everything: promoted, and called out", async () => {
    upstreamConflicts();
    await w.run();
    const settled = webEditor({ a: lines({ 1: "upstream" }) });
    const { codes, records } = await w.run();
    expect(codes).toEqual(GREEN);
    expect(records[0]?.reason).toBe(
      `tests passed; with ${CONFLICT}, which has upstream's version of every conflicting file`,
    );
    expect(syncPulls()[0]?.body).toContain(
      [
        "### Conflicts that people settled (1)",
        "",
        `- \`${CONFLICT}\` at \`${settled}\`: 1 conflicting file. **All of them have the version of \`upstream\`, as it was**: check`,
      ].join("\n"),
    );
  });

  test("and the tests fail: nothing moves, the pull request says so, and the fix is taken", async () => {
    upstreamConflicts();
    await w.run();
    const sync = tip("sync/upstream");
    const proposed = webEditor({ a: BOTH });
    const { codes, records } = await w.run({ tests: "failure" });
    expect(codes).toEqual(RED);
    expect(records).toMatchObject([
      { outcome: "tests-failed", reason: `failed: npm test; with ${CONFLICT}`, issue: 101 },
    ]);
    expect([tip("sync/upstream"), tip(CONFLICT)]).toEqual([sync, proposed]);
    expect(conflictPulls()[0]?.body).toContain("the tests failed on the merge with it");
    w.fork.commit({ branch: CONFLICT, files: { fix: "x\n" } });
    expect((await w.run()).codes).toEqual(GREEN);
    expect(branches()).toEqual(["refs/heads/sync/upstream"]);
  });
});
