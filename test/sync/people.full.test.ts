/** People have the last word: a pause by label or variable, and how far behind a run may leave them without a red mark. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { forkedWorld } from "./support/forked.ts";
import { lines } from "./support/repository.ts";
import type { World } from "./support/workflow-run.ts";

let w: World;

/** Fork and upstream share one commit; upstream is one ahead. */
beforeEach(async () => {
  ({ w } = await forkedWorld({ a: lines() }));
  moveUpstream();
});
afterEach(() => w.close());

const tip = () => w.fork.ref("refs/heads/sync/upstream");
const moveUpstream = () => w.upstream.commit({ branch: "main", files: { [`u${Math.random()}`]: "u\n" } });
const paths = () => w.github.rest.map(({ method, path }) => `${method} ${path.replace("/repos/acme/fork", "")}`);
const pull = () => w.github.pulls[0] as (typeof w.github.pulls)[number];
const anIssue = (number: number, more: object = {}) => ({
  ...{ number, state: "open", title: `Issue ${number}`, body: "", labels: [] as string[], assignees: [] },
  ...more,
});
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
      duringTests: () => w.github.issues.push(anIssue(5, { labels: [label.name] })),
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

describe("words of upstream that close issues", () => {
  const closing = (number: number, commit_id: string | null, event = "closed") => ({
    ...{ event, commit_id, created_at: "2026-01-02T00:00:00Z" },
    issue: w.github.issues.find((one) => one.number === number),
  });
  const from = (tip: string) => ({ environment: { GITHUB_SHA: tip } });

  test("are listed in the pull request where they name open issues of the fork, in code alone", async () => {
    const message = "Fixes #12, closes #13, resolves other/fork#14, fixes #900";
    w.upstream.commit({ branch: "main", files: { v: "v\n" }, message });
    w.github.issues.push(anIssue(12, { title: "Broken @all" }), anIssue(13, { state: "closed" }), anIssue(14));
    await w.run();
    expect(pull().body).toMatch(
      /### Closed by words, and not meant \(1\)\n\n.*\n\n- issue `#12`: `Broken @all`\n\n###/,
    );
  });

  test("are undone by the next run, once for each issue, and not what people closed themselves", async () => {
    const upstream = moveUpstream();
    await w.run(from(upstream));
    w.github.issues.push(...[12, 13, 14].map((number) => anIssue(number, { state: "closed" })));
    const own = "f".repeat(40);
    w.github.events.push(closing(14, null), closing(14, upstream), closing(13, own), closing(12, upstream));
    w.github.compare = (range) => (range.startsWith(upstream) ? "ahead" : "diverged");
    const landed = w.fork.ref("refs/heads/dev") ?? "";
    const { codes, records } = await w.run(from(landed));
    expect(codes).toEqual({ look: 0, finish: 0 });
    expect(records).toMatchObject([
      {
        outcome: "up-to-date",
        reason: "nothing else is new; opened again what upstream's words had closed: #12",
      },
    ]);
    expect(w.github.issues.map(({ number, state }) => [number, state])).toEqual([
      ...[
        [12, "open"],
        [13, "closed"],
        [14, "closed"],
      ],
    ]);
    expect(w.github.comments.map(({ body }) => body)).toEqual([expect.stringContaining(`\`${upstream}\``)]);
    w.github.rest.length = 0;
    expect((await w.run(from(landed))).codes).toEqual({ look: 0 });
    expect(w.github.rest).toEqual([]);
  });

  test("are undone by a run that has something to do, and by the one after a run that could not", async () => {
    await w.run();
    const upstream = moveUpstream();
    w.github.issues.push(anIssue(12, { state: "closed" }));
    w.github.events.push(closing(12, upstream));
    w.github.compare = () => "ahead";
    w.github.faults.set("PATCH /repos/acme/fork/issues/12", { status: 403, body: { message: "No" } });
    const failed = await w.run(from(upstream));
    expect(failed.records).toMatchObject([{ outcome: "promoted", reason: "tests passed" }]);
    expect(failed.summary).toContain("12, which upstream's words closed, was not opened again");
    w.github.faults.clear();
    expect((await w.run(from(upstream))).codes).toEqual({ look: 0, finish: 0 });
    expect([w.github.issues[0]?.state, w.github.comments.length]).toEqual(["open", 1]);
  });
});

describe("what people push is never rewritten", () => {
  const holds = (branch: string, commit: string) =>
    w.fork.git("merge-base", branch, commit) === commit && w.fork.git("rev-list", "--first-parent", branch) !== "";
  const at = (branch: string) => w.fork.ref(`refs/heads/${branch}`);

  test("on the sync branch itself: tested, promoted, and built upon", async () => {
    await w.run();
    const theirs = w.fork.commit({ branch: "sync/upstream", files: { mine: "x\n" } });
    expect((await w.run({ tests: "failure" })).records).toMatchObject([{ outcome: "tests-failed" }]);
    expect(tip()).toBe(theirs);
    moveUpstream();
    expect((await w.run()).records).toMatchObject([{ outcome: "promoted" }]);
    expect(holds("sync/upstream", theirs)).toBe(true);
  });

  test("on a conflict branch and on the one for manual syncs: left where it is until it is in", async () => {
    w.fork.commit({ branch: "dev", files: { a: lines({ 1: "dev" }) } });
    w.upstream.commit({ branch: "main", files: { a: lines({ 1: "up" }) } });
    await w.run();
    const settled = w.fork.commit({
      branch: "sync/upstream-conflict-1",
      parents: [at("sync/upstream-conflict-1") ?? "", tip() ?? ""],
      files: { a: lines({ 1: "both" }) },
    });
    const manual = w.fork.commit({ branch: "sync/upstream-manual", parents: [tip() ?? ""], files: { m: "m\n" } });
    await w.run({ tests: "failure" });
    expect([at("sync/upstream-conflict-1"), at("sync/upstream-manual")]).toEqual([settled, manual]);
    expect((await w.run()).records).toMatchObject([{ outcome: "promoted" }]);
    expect([settled, manual].map((commit) => holds("sync/upstream", commit))).toEqual([true, true]);
  });
});

describe("what is there twice, or left behind, is put in order", () => {
  test("candidates of runs that have ended go, that of a live one stays", async () => {
    for (const run of [998, 999]) w.fork.git("update-ref", `refs/upstream-sync/candidate/${run}`, tip() ?? "");
    const alive = { status: 200, body: { status: "in_progress" } };
    w.github.faults.set("GET /repos/acme/fork/actions/runs/998", alive);
    expect((await w.run()).records).toMatchObject([{ outcome: "promoted" }]);
    expect(w.fork.refs().filter((ref) => ref.includes("candidate"))).toEqual(["refs/upstream-sync/candidate/998"]);
  });

  test("a pull request of ours to another branch is closed with a word, and one of people's is not", async () => {
    await w.run();
    pull().base.ref = "main";
    w.github.pulls.push({ ...pull(), ...{ number: 150, body: "Theirs", base: { ref: "test" } } });
    moveUpstream();
    expect((await w.run()).records).toMatchObject([{ outcome: "promoted", pr: 102 }]);
    expect(w.github.pulls.map(({ number, state }) => [number, state])).toEqual([
      ...[
        [100, "closed"],
        [150, "open"],
        [102, "open"],
      ],
    ]);
    expect(pull().body).toContain("**Closed: the sync goes to `dev`, by pull request `#102`.**");
  });

  test("a second issue and a second pull request of a conflict are closed with a word, and the work of people stays", async () => {
    w.fork.commit({ branch: "dev", files: { a: lines({ 1: "dev" }) } });
    w.upstream.commit({ branch: "main", files: { a: lines({ 1: "up" }) } });
    await w.run();
    const [issue, draft] = [w.github.issues[0], w.github.pulls[0]];
    if (issue === undefined || draft === undefined) throw new Error("no conflict was told");
    const other = "sync/upstream-conflict-9";
    const work = w.fork.commit({ branch: other, parents: [tip() ?? ""], files: { w: "<<<<<<< w\n" } });
    const named = (text: string) => text.replaceAll("sync/upstream-conflict-1", other);
    w.github.issues.push({ ...issue, number: 160, body: named(issue.body) }, { ...issue, number: 161 });
    w.github.pulls.push({
      ...draft,
      ...{ number: 170, body: named(draft.body), head: { ...draft.head, ref: other, sha: work } },
    });
    moveUpstream();
    await w.run();
    const open = [...w.github.issues, ...w.github.pulls].filter(({ state }) => state === "open");
    expect(open.filter(({ title }) => /waits for people|resolve upstream/.test(title))).toHaveLength(2);
  });
});
