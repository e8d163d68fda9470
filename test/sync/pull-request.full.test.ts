import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { withAsked } from "../../sync/asked.ts";
import { forkedWorld } from "./support/forked.ts";
import { lines } from "./support/repository.ts";
import type { World } from "./support/workflow-run.ts";

let w: World;

beforeEach(async () => {
  ({ w } = await forkedWorld({ a: lines() }));
  moveUpstream();
});
afterEach(() => w.close());

const tip = () => w.fork.ref("refs/heads/sync/upstream");
const moveUpstream = () => w.upstream.commit({ branch: "main", files: { [`u${Math.random()}`]: "u\n" } });
const pull = () => {
  const [one] = w.github.pulls;
  if (one === undefined) throw new Error("no pull request");
  return one;
};
const asked = {
  title: "t",
  labels: ["one", "two"],
  reviewers: ["dana", "eli"],
  teamReviewers: [],
  whenApproved: "hold",
};
const configured = (change: object = {}) => ({
  environment: { PULL_REQUEST: JSON.stringify({ ...asked, ...change }) },
});
const approve = (association: string) =>
  w.github.reviews.push({ user: { login: "dana" }, state: "APPROVED", author_association: association });

describe("labels and reviewers", () => {
  test("that people took away stay away; new ones of the configuration are asked for once", async () => {
    await w.run(configured());
    expect(pull()).toMatchObject({ labels: [{ name: "one" }, { name: "two" }] });
    Object.assign(pull(), { labels: [{ name: "two" }, { name: "theirs" }], requested_reviewers: [{ login: "eli" }] });
    moveUpstream();
    await w.run(configured());
    moveUpstream();
    await w.run(configured({ labels: ["one", "two", "three"], reviewers: ["dana", "eli", "fay"] }));
    expect(pull().labels.map(({ name }) => name)).toEqual(["two", "theirs", "three"]);
    expect(pull().requested_reviewers.map(({ login }) => login)).toEqual(["eli", "fay"]);
  });

  test("that GitHub refused are asked for again", async () => {
    w.github.faults.set("POST /repos/acme/fork/issues/100/labels", { status: 403, body: { message: "No" } });
    const { records, summary } = await w.run(configured({ reviewers: ["stranger"] }));
    expect(records).toMatchObject([{ outcome: "promoted", pr: 100 }]);
    expect(summary).toContain("the labels one, two were not added");
    w.github.faults.clear();
    moveUpstream();
    expect((await w.run(configured({ reviewers: ["stranger"] }))).summary).toContain("the review of stranger");
    expect(pull().labels.map(({ name }) => name)).toEqual(["one", "two"]);
  });

  test("that a killed run had no time to ask for are asked for by the next one, and nothing else of the text is touched", async () => {
    await w.run(configured());
    const whole = pull().body ?? "";
    const opened = withAsked(whole, { labels: [], reviewers: [], teamReviewers: [] });
    Object.assign(pull(), { labels: [{ name: "one" }], requested_reviewers: [], body: opened });
    w.fork.git("update-ref", "refs/upstream-sync/candidate/999", tip() ?? "");
    expect((await w.run(configured())).records).toMatchObject([{ outcome: "up-to-date", pr: 100 }]);
    expect(pull()).toMatchObject({ labels: [{ name: "one" }, { name: "two" }], body: whole });
    expect(pull().requested_reviewers.map(({ login }) => login)).toEqual(["dana", "eli"]);
  });

  test("are not asked for on a pull request without our words while there is nothing new to say", async () => {
    await w.run(configured());
    Object.assign(pull(), { labels: [], requested_reviewers: [], body: "Opened by hand" });
    w.fork.git("update-ref", "refs/upstream-sync/candidate/999", tip() ?? "");
    await w.run(configured());
    expect(pull()).toMatchObject({ labels: [], requested_reviewers: [], body: "Opened by hand" });
  });
});

test("words about an earlier commit, left by a run that was killed after the promotion, are replaced by the next run", async () => {
  await w.run(configured());
  const [promoted, whole] = [tip() ?? "", pull().body ?? ""];
  pull().body = `Ours.\n\n${whole.replaceAll(promoted, "0".repeat(40))}`;
  w.fork.git("update-ref", "refs/upstream-sync/candidate/999", promoted);
  expect((await w.run(configured())).records).toMatchObject([{ outcome: "up-to-date", pr: 100 }]);
  expect(pull().body).toMatch(/^Ours\./);
  expect(pull().body).toContain(`Status of \`${promoted}\`: \`success\``);
  expect(pull().body).not.toContain("0".repeat(40));
});

describe("an approved pull request", () => {
  test("stays as it is until it has landed, found by look", async () => {
    await w.run();
    const [before, body] = [tip(), pull().body];
    approve("MEMBER");
    moveUpstream();
    const { codes, records } = await w.run();
    expect(codes).toEqual({ look: 0 });
    expect(records).toMatchObject([{ outcome: "up-to-date", reason: expect.stringMatching(/100 is approved/) }]);
    expect([tip(), pull().body]).toEqual([before, body]);
  });

  test("stays as it is when the approval comes during the tests, and the candidate goes", async () => {
    await w.run();
    const before = tip();
    moveUpstream();
    const { codes, records } = await w.run({ duringTests: () => approve("OWNER") });
    expect(codes).toEqual({ look: 0, merge: 0, finish: 0 });
    expect(records).toMatchObject([{ outcome: "up-to-date", reason: expect.stringMatching(/approved/), pr: 100 }]);
    expect(tip()).toBe(before);
    expect(w.fork.refs().filter((ref) => ref.includes("candidate"))).toEqual([]);
    expect(w.github.statuses).toHaveLength(1);
  });

  test("goes on with `whenApproved: update`, and when a stranger approved", async () => {
    await w.run(configured());
    const [first, ...rest] = ["MEMBER", "NONE"];
    approve(first as string);
    moveUpstream();
    expect((await w.run(configured({ whenApproved: "update" }))).records).toMatchObject([{ outcome: "promoted" }]);
    w.github.reviews.length = 0;
    for (const association of rest) approve(association);
    moveUpstream();
    expect((await w.run(configured())).records).toMatchObject([{ outcome: "promoted" }]);
  });
});

describe("a pull request that people closed", () => {
  test("is a pause, told once, without tests; reopening ends it", async () => {
    await w.run();
    const before = tip();
    pull().state = "closed";
    moveUpstream();
    const told = await w.run();
    expect(told.codes).toEqual({ look: 0, finish: 0 });
    expect(told.records).toMatchObject([{ outcome: "up-to-date", reason: expect.stringMatching(/^paused/), pr: 100 }]);
    expect(w.github.comments.map(({ body }) => body)).toEqual([
      expect.stringMatching(/^<!-- upstream-sync:paused -->\nClosed without landing, so the sync rests/),
    ]);
    moveUpstream();
    const quiet = await w.run();
    expect(quiet.codes).toEqual({ look: 0 });
    expect(quiet.records).toMatchObject([{ outcome: "up-to-date", reason: expect.stringMatching(/^paused/) }]);
    expect([tip(), w.github.comments.length]).toEqual([before, 1]);
    pull().state = "open";
    expect((await w.run()).records).toMatchObject([{ outcome: "promoted", pr: 100 }]);
  });

  test("gets a successor when people ask for the tests again", async () => {
    await w.run();
    pull().state = "closed";
    const { records } = await w.run({ environment: { RETEST: "true" } });
    expect(records).toMatchObject([{ outcome: "promoted", pr: 101 }]);
    expect(w.github.comments).toEqual([]);
    moveUpstream();
    expect((await w.run()).records).toMatchObject([{ outcome: "promoted", pr: 101 }]);
  });
});

describe("started by hand", () => {
  test("as a dry run: merged, tested, told, and nothing of the fork differs", async () => {
    const before = w.fork.git("for-each-ref");
    const { codes, records, outputs } = await w.run({ environment: { DRY_RUN: "true" } });
    expect(codes).toEqual({ look: 0, merge: 0, finish: 0 });
    expect(records).toMatchObject([
      {
        outcome: "up-to-date",
        reason: "dry run, nothing was moved: tests passed",
        candidate: outputs.candidate,
        pr: null,
      },
    ]);
    expect(w.fork.git("for-each-ref")).toBe(before);
    expect([w.github.pulls, w.github.statuses]).toEqual([[], []]);
    const red = await w.run({ environment: { DRY_RUN: "true" }, tests: "failure" });
    expect([red.codes.finish, red.records[0]?.outcome]).toEqual([1, "tests-failed"]);
  });

  test("with retest: what is there is tested again though nothing moved", async () => {
    await w.run();
    const before = tip();
    const red = await w.run({ environment: { RETEST: "true" }, tests: "failure" });
    expect(red.records).toMatchObject([{ outcome: "tests-failed", candidate: before }]);
    const green = await w.run({ environment: { RETEST: "true" } });
    expect(green.records).toMatchObject([{ outcome: "promoted", candidate: before }]);
    expect(tip()).toBe(before);
    expect(w.github.statuses.map(({ state }) => state)).toEqual(["success", "failure", "success"]);
  });

  test("up to a commit of upstream: as far as that, and the next run takes the rest", async () => {
    const middle = w.upstream.ref("refs/heads/main") ?? "";
    const last = moveUpstream();
    await w.run({ environment: { UPSTREAM_COMMIT: middle } });
    expect(w.fork.ref("refs/upstream-sync/main/synced")).toBe(middle);
    await w.run();
    expect(w.fork.ref("refs/upstream-sync/main/synced")).toBe(last);
  });

  test("up to a commit that is not upstream's: red, in words", async () => {
    const theirs = w.fork.commit({ branch: "dev", files: { d: "d\n" } });
    const { codes, records } = await w.run({ environment: { UPSTREAM_COMMIT: theirs } });
    expect(codes).toEqual({ look: 0, merge: 1, finish: 1 });
    expect(records).toMatchObject([
      { outcome: "stopped", reason: expect.stringMatching(/given by hand is another's/) },
    ]);
  });
});

describe("upstream's workflow files", () => {
  const [ci, mine] = [".github/workflows/ci.yml", ".github/workflows/upstream-sync.yml"];
  const promoted = (path: string) => w.fork.show(tip() ?? "", path);
  const label = () => pull().labels.push({ name: "Accept-Upstream-Workflows" });
  const heldSince = () => w.fork.ref("refs/upstream-sync/main/held");

  test("are held and listed each run, and come in once people put the label on", async () => {
    const before = w.upstream.ref("refs/heads/main");
    await w.run();
    w.upstream.commit({ branch: "main", files: { [ci]: "v1\n", [mine]: "theirs\n", x: "x\n" } });
    expect((await w.run()).records).toMatchObject([{ outcome: "promoted", held: [ci] }]);
    moveUpstream();
    expect((await w.run()).records).toMatchObject([{ outcome: "promoted", held: [ci] }]);
    expect([promoted(ci), promoted("x"), heldSince()]).toEqual([undefined, "x\n", before]);
    expect(pull().body).toContain(`- \`${ci}\``);
    w.github.rest.length = 0;
    expect((await w.run()).codes).toEqual({ look: 0 });
    // One question about the label, and the reviews of the open pull request; nothing was held, nothing would be asked.
    expect(w.github.rest.map(({ path }) => path)).toEqual([
      "/repos/acme/fork/pulls",
      "/repos/acme/fork/pulls/100/reviews",
    ]);
    label();
    expect((await w.run()).records).toMatchObject([{ outcome: "promoted", held: [], pr: 100 }]);
    expect([promoted(ci), promoted(mine), heldSince()]).toEqual(["v1\n", undefined, undefined]);
    expect(w.fork.git("show", "--no-patch", "--format=%s", tip() ?? "")).toMatch(
      /^chore: take upstream's workflow files of [0-9a-f]{12} into sync\/upstream$/,
    );
    expect((await w.run()).records).toMatchObject([{ outcome: "up-to-date", reason: "nothing moved" }]);
  });

  test("that the fork changed too are merged, or stay the fork's and on the list", async () => {
    await w.run();
    pull().state = "closed";
    w.upstream.commit({ branch: "main", files: { [ci]: lines(), ".github/workflows/b.yml": lines() } });
    w.github.pulls.length = 0;
    await w.run({ environment: { UPSTREAM_WORKFLOWS: "accept" } });
    expect(promoted(ci)).toBe(lines());
    w.fork.commit({
      branch: "dev",
      parents: [tip() ?? ""],
      files: { [ci]: lines({ 1: "fork" }), ".github/workflows/b.yml": lines({ 1: "fork" }) },
    });
    w.github.pulls.length = 0;
    w.upstream.commit({
      branch: "main",
      files: { [ci]: lines({ 9: "up" }), ".github/workflows/b.yml": lines({ 1: "up" }) },
    });
    expect((await w.run()).records).toMatchObject([{ outcome: "promoted", held: [".github/workflows/b.yml", ci] }]);
    expect(promoted(ci)).toBe(lines({ 1: "fork" }));
    label();
    const { records } = await w.run();
    expect(records).toMatchObject([{ outcome: "promoted", held: [".github/workflows/b.yml", ci] }]);
    expect(promoted(ci)).toBe(lines({ 1: "fork", 9: "up" }));
    expect(promoted(".github/workflows/b.yml")).toBe(lines({ 1: "fork" }));
    expect((await w.run()).codes).toEqual({ look: 0 });
  });

  test("and program of our names are never taken, also with `accept`", async () => {
    const own = { [mine]: "ours\n", ".github/upstream-sync/upstream-sync.mjs": "ours\n" };
    w.fork.commit({ branch: "dev", files: own });
    const theirs = Object.fromEntries(Object.keys(own).map((path) => [path, "theirs\n"]));
    w.upstream.commit({ branch: "main", files: { ...theirs, [ci]: "v1\n" } });
    const { records } = await w.run({ environment: { UPSTREAM_WORKFLOWS: "accept" } });
    expect(records).toMatchObject([{ outcome: "promoted", conflicts: [], held: [] }]);
    expect(Object.keys(own).map(promoted)).toEqual(["ours\n", "ours\n"]);
    expect(promoted(ci)).toBe("v1\n");
  });
});
