/** People have the last word: a pause by label or variable, and how far behind a run may leave them without a red mark. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { lines } from "./support/repository.ts";
import { type World, world } from "./support/workflow-run.ts";

let w: World;

/** Fork and upstream share one commit; upstream is one ahead. */
beforeEach(async () => {
  w = await world();
  const base = w.upstream.commit({ branch: "main", files: { a: lines() } });
  w.fork.git("fetch", "--quiet", w.upstream.folder, "main:main");
  w.fork.git("branch", "sync/upstream", base);
  w.fork.git("branch", "dev", base);
  moveUpstream();
});
afterEach(() => w.close());

const tip = () => w.fork.ref("refs/heads/sync/upstream");
const moveUpstream = () => w.upstream.commit({ branch: "main", files: { [`u${Math.random()}`]: "u\n" } });
const paths = () => w.github.rest.map(({ method, path }) => `${method} ${path.replace("/repos/acme/fork", "")}`);
const pull = () => w.github.pulls[0] as (typeof w.github.pulls)[number];
const label = { name: "Pause-Upstream-Sync" };
const PAUSED = { environment: { UPSTREAM_SYNC_PAUSED: "until Monday" } };

describe("paused", () => {
  test("by the label on the pull request: green, told once, and taken up again when it is off", async () => {
    await w.run();
    const before = tip();
    pull().labels.push(label);
    moveUpstream();
    const told = await w.run();
    expect(told.codes).toEqual({ look: 0, finish: 0 });
    const reason = "paused by the label pause-upstream-sync on pull request 100; take it off to go on";
    expect(told.records).toMatchObject([{ outcome: "up-to-date", waits: "pause", reason, pr: 100 }]);
    expect(told.summary).toMatch(/^## Paused: people asked for it$/m);
    expect(w.github.comments.map(({ body }) => body)).toEqual([
      expect.stringMatching(
        /^<!-- upstream-sync:paused-by-label -->\nLabelled `pause-upstream-sync`, so the sync rests/,
      ),
    ]);
    w.github.rest.length = 0;
    const quiet = await w.run({ environment: { RETEST: "true" } });
    expect([quiet.codes, quiet.records[0]?.reason]).toEqual([{ look: 0 }, reason]);
    expect(paths()).toEqual([
      "GET /pulls",
      "GET /pulls/100/reviews",
      "GET /issues",
      "GET /issues/100/comments",
      expect.stringMatching(/^GET \/compare\//),
    ]);
    expect([tip(), w.github.comments.length]).toEqual([before, 1]);
    pull().labels.pop();
    expect((await w.run()).records).toMatchObject([{ outcome: "promoted", pr: 100 }]);
  });

  test("by the label that comes during the tests: nothing moves, and the candidate goes", async () => {
    const before = tip();
    const { codes, records } = await w.run({
      duringTests: () => w.github.issues.push({ ...anIssue(5), labels: [label.name] }),
    });
    expect(codes).toEqual({ look: 0, merge: 0, finish: 0 });
    expect(records).toMatchObject([
      { outcome: "up-to-date", reason: expect.stringMatching(/on issue 5; take it off/) },
    ]);
    expect([tip(), w.github.pulls]).toEqual([before, []]);
    expect(w.fork.refs().filter((ref) => ref.includes("candidate"))).toEqual([]);
  });

  test("by the variable: green by the two look-ups, whatever there is to do, until it says no", async () => {
    const { codes, records } = await w.run(PAUSED);
    expect(codes).toEqual({ look: 0 });
    expect(records).toMatchObject([
      {
        outcome: "up-to-date",
        waits: "pause",
        reason: expect.stringMatching(/^paused by the variable UPSTREAM_SYNC_PAU/),
      },
    ]);
    expect(paths()).toEqual([expect.stringMatching(/^GET \/compare\//)]);
    expect((await w.run({ environment: { UPSTREAM_SYNC_PAUSED: "False" } })).records).toMatchObject([
      { outcome: "promoted" },
    ]);
  });

  test("while a conflict waits: green until people go on, then red again", async () => {
    w.fork.commit({ branch: "dev", files: { a: lines({ 1: "dev" }) } });
    w.upstream.commit({ branch: "main", files: { a: lines({ 1: "up" }) } });
    expect((await w.run()).records).toMatchObject([{ outcome: "conflict", issue: 101 }]);
    const [issue] = w.github.issues;
    issue?.labels.push(label.name);
    expect((await w.run()).codes).toEqual({ look: 0, finish: 0 });
    const quiet = await w.run();
    expect(quiet.codes).toEqual({ look: 0 });
    expect(quiet.records).toMatchObject([
      { outcome: "up-to-date", waits: "pause", issue: 101, behind: { commits: 2 } },
    ]);
    expect(w.github.comments).toHaveLength(1);
    issue?.labels.pop();
    expect((await w.run()).records).toMatchObject([{ outcome: "conflict", issue: 101 }]);
  });
});

describe("the distance", () => {
  const behind = async (options?: Parameters<World["run"]>[0]) => (await w.run(options)).records[0]?.behind;

  test("is in the record of every run, and costs none that is idle a request", async () => {
    expect(await behind()).toEqual({ commits: 1, days: expect.any(Number) });
    w.github.rest.length = 0;
    expect(await behind()).toEqual({ commits: 1, days: expect.any(Number) });
    expect(w.github.rest).toEqual([]);
  });

  test("grows while the sync rests, as far as GitHub can count it", async () => {
    await w.run();
    const before = w.upstream.ref("refs/heads/main");
    moveUpstream();
    expect(await behind(PAUSED)).toEqual({ commits: 1, days: expect.any(Number), atLeast: true });
    const now = w.upstream.ref("refs/heads/main");
    w.github.ahead = (asked) =>
      asked === `${before}...${now}` ? { count: 1, oldest: "2025-12-01T00:00:00Z" } : undefined;
    // The oldest is the one that was missing before.
    expect(await behind(PAUSED)).toEqual({ commits: 2, days: expect.any(Number) });
    const dev = w.fork.commit({ branch: "dev", files: { d: "d\n" } });
    w.github.ahead = (asked) =>
      asked === `${dev}...${now}` ? { count: 3, oldest: "2025-12-01T00:00:00Z" } : undefined;
    expect(await behind(PAUSED)).toEqual({ commits: 3, days: 32 });
    w.github.ahead = () => undefined;
    expect(await behind(PAUSED)).toBeNull();
  });
});

describe("a target over its budget makes the run red, with words", () => {
  const budget = (freshness: object, more: object = {}) => ({
    environment: { FRESHNESS: JSON.stringify(freshness), ...more },
  });

  test("promoted, under review and paused, until it has landed", async () => {
    const promoted = await w.run(budget({ commits: 1 }));
    expect(promoted.codes).toEqual({ look: 0, merge: 0, finish: 0 });
    moveUpstream();
    const over = await w.run(budget({ commits: 1 }));
    expect(over.codes).toEqual({ look: 0, merge: 0, finish: 1 });
    const words = "over the freshness budget: dev lacks 2 commits of upstream (at most 1)";
    expect(over.records).toMatchObject([{ outcome: "promoted", over: ["commits"], reason: `tests passed; ${words}` }]);
    expect(over.lines).toContain(`::error title=upstream-sync::tests passed; ${words}`);
    expect(over.summary).toContain("Too far behind");
    expect(w.fork.refs().filter((ref) => ref.includes("candidate"))).toEqual([]);
    const idle = await w.run(budget({ commits: 1 }));
    expect([idle.codes, idle.records[0]?.reason]).toEqual([{ look: 1 }, `nothing moved; ${words}`]);
    const paused = await w.run(budget({ commits: 1 }, PAUSED.environment));
    expect([paused.codes, paused.records[0]?.over]).toEqual([{ look: 1 }, ["commits"]]);
    w.fork.git("update-ref", "refs/heads/dev", tip() ?? "");
    w.github.compare = () => "ahead";
    expect((await w.run(budget({ commits: 1 }))).codes).toEqual({ look: 0 });
  });

  test("by the age of the oldest commit too", async () => {
    const { codes, records } = await w.run(budget({ days: 1, commits: 9 }));
    const days = records[0]?.behind?.days ?? 0;
    expect(days).toBeGreaterThan(1);
    expect(codes.finish).toBe(1);
    expect(records[0]).toMatchObject({
      over: ["days"],
      reason: `tests passed; over the freshness budget: the oldest that dev lacks is ${days} days old (at most 1)`,
    });
  });
});

function anIssue(number: number) {
  return { number, state: "open", title: "t", body: "", labels: [] as string[], assignees: [] };
}
