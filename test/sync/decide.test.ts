import { describe, expect, test } from "@jest/globals";
import {
  decideFinish,
  type FinishFacts,
  isCandidate,
  isUntested,
  type MergeFacts,
  needsFold,
} from "../../sync/decide.ts";
import { sha } from "./support/settings.ts";

const [SYNC, TARGET, UPSTREAM, CANDIDATE, OTHER] = [sha("1"), sha("2"), sha("3"), sha("4"), sha("5")];

describe("merge", () => {
  const fresh: MergeFacts = {
    sync: SYNC,
    tested: SYNC,
    upstreamInTarget: false,
    syncInTarget: false,
    syncCarriesUpstream: false,
    proposals: 0,
    retest: false,
    takesHeld: false,
  };

  test.each([
    ["as promoted", {}, false],
    ["merged into by people", { tested: OTHER }, true],
    ["merged into by people, and landed", { tested: OTHER, syncInTarget: true }, false],
    ["made from main, before the first run", { tested: undefined }, false],
    ["holding upstream's commits before the first run", { tested: undefined, syncCarriesUpstream: true }, true],
  ])("a sync branch %s is in question: %#", (_, change, expected) => {
    expect(isUntested({ ...fresh, ...change })).toBe(expected);
  });

  test("nothing is folded when upstream landed, whatever two own branches say to each other", () => {
    expect(needsFold({ ...fresh, upstreamInTarget: true })).toBe(false);
    expect(needsFold({ ...fresh, upstreamInTarget: true, tested: OTHER })).toBe(true);
    expect(needsFold({ ...fresh, upstreamInTarget: true, proposals: 1 })).toBe(true);
    expect(needsFold(fresh)).toBe(true);
  });

  test.each([
    ["a fold that added something, also the target alone", fresh, CANDIDATE, true],
    ["a fold that added nothing", fresh, SYNC, false],
    ["a sync tip nobody tested", { ...fresh, tested: OTHER }, SYNC, true],
    ["a sync tip that people want tested again", { ...fresh, retest: true }, SYNC, true],
  ])("%s is a candidate: %#", (_, facts, tip, expected) => {
    expect(isCandidate(facts, { tip })).toBe(expected);
  });
});

describe("finish", () => {
  const refs = { sync: "S", synced: "Y", tested: "T", target: "G", held: "H", landed: "L" };
  const passed: FinishFacts = {
    pull: { open: { number: 7, approved: false, accepts: false }, closed: undefined },
    pause: undefined,
    closed: [],
    wishes: { whenApproved: "hold", retest: false, dryRun: false },
    merge: { result: "success", reason: "", conflict: false, candidate: CANDIDATE, sync: SYNC, target: TARGET },
    fold: { side: undefined, first: undefined, setAside: [], taken: [] },
    brings: UPSTREAM,
    upstream: UPSTREAM,
    upstreamNow: "same",
    follows: "branch",
    left: undefined,
    regenerate: undefined,
    test: { result: "success", conclusion: "success", steps: [{ name: "unit", ok: true, seconds: 3 }] },
    now: {
      sync: SYNC,
      target: TARGET,
      recorded: { synced: OTHER, tested: SYNC, target: undefined, held: undefined, landed: undefined, tag: undefined },
      candidateBranch: undefined,
      candidates: new Map(),
      proposals: new Map(),
      seen: new Map(),
      distances: [],
      closings: new Map(),
    },
    candidateBranch: "sync/upstream-candidate",
    candidateRef: CANDIDATE,
    deadCandidates: [],
    candidateHolds: true,
    refs,
    held: undefined,
    landing: "merge",
    landed: undefined,
    landedAt: undefined,
    landedMeanwhile: undefined,
    tagUpdates: [],
  };

  const still = { outcome: "up-to-date", updates: [], status: undefined, pullRequest: "leave" };
  const approved = { open: { number: 7, approved: true, accepts: false }, closed: undefined };
  const closed = { open: undefined, closed: { number: 7, said: false } };

  test("leaves an approved pull request as it is, unless the configuration says otherwise", () => {
    expect(decideFinish({ ...passed, pull: approved })).toMatchObject({
      ...still,
      reason: "pull request 7 is approved: it is not changed before it has landed",
    });
    const update = { ...passed.wishes, whenApproved: "update" as const };
    expect(decideFinish({ ...passed, pull: approved, wishes: update }).outcome).toBe("promoted");
  });

  test("rests when people closed the pull request, says so once, and goes on when they ask", () => {
    const skipped = { ...passed.merge, result: "skipped" as const, candidate: undefined, sync: undefined };
    for (const merge of [passed.merge, skipped]) {
      expect(decideFinish({ ...passed, merge, pull: closed })).toMatchObject({
        ...still,
        handsOff: { tell: { by: "closing", number: 7 } },
      });
    }
    const said = { open: undefined, closed: { number: 7, said: true } };
    expect(decideFinish({ ...passed, pull: said })).toMatchObject({ ...still, handsOff: { tell: undefined } });
    const wishes = { ...passed.wishes, retest: true };
    expect(decideFinish({ ...passed, pull: said, wishes }).outcome).toBe("promoted");
  });

  test("a pause by label or variable: nothing moves, a red run is green, and what could not be told stays red", () => {
    const pause = { by: "label", number: 9, pull: false, said: false } as const;
    const failed = { ...passed, test: { ...passed.test, result: "failure" as const } };
    for (const facts of [passed, failed, { ...passed, merge: { ...passed.merge, conflict: true } }]) {
      expect(decideFinish({ ...facts, pause })).toMatchObject({
        ...{ outcome: "up-to-date", updates: [], status: undefined, pullRequest: "leave", clean: true },
        reason: "paused by the label pause-upstream-sync on issue 9; take it off to go on",
        handsOff: { tell: { by: "label", number: 9 }, waits: "pause" },
      });
    }
    const variable = { by: "variable", said: true } as const;
    expect(decideFinish({ ...passed, pause: variable, wishes: { ...passed.wishes, retest: true } })).toMatchObject({
      reason: "paused by the variable UPSTREAM_SYNC_PAUSED; delete it, or set it to false, to go on",
      handsOff: { tell: undefined },
    });
    const broken = { ...passed, merge: { ...passed.merge, result: "failure" as const, reason: "no" } };
    expect(decideFinish({ ...broken, pause })).toMatchObject({ outcome: "stopped", reason: "no" });
  });

  test("moves nothing in a dry run, and says what would have been", () => {
    const wishes = { ...passed.wishes, dryRun: true };
    expect(decideFinish({ ...passed, wishes })).toMatchObject({
      ...still,
      reason: "dry run, nothing was moved: tests passed",
    });
    const failed = { ...passed.test, result: "failure" as const, steps: [{ name: "unit", ok: false, seconds: 3 }] };
    expect(decideFinish({ ...passed, wishes, test: failed })).toMatchObject({
      ...still,
      outcome: "tests-failed",
      reason: "dry run, nothing was moved: failed: unit",
    });
  });

  test("a check of the fork's own CI that never reported is no pass and no failure", () => {
    const test = { ...passed.test, result: "failure" as const, steps: [] };
    const check = (state: "success" | "failure" | "missing" | "skipped") => ({ name: "ci", state, seconds: 1 });
    const decided = (...states: ReturnType<typeof check>[]) =>
      decideFinish({ ...passed, test: { ...test, checks: states } });
    expect(decided(check("missing"))).toMatchObject({ outcome: "stopped", clean: false });
    expect(decided(check("missing")).reason).toContain("ci never reported");
    expect(decided(check("skipped")).reason).toContain("so nothing was tested");
    expect(decided(check("success")).reason).toContain("run the workflow again");
    const late = { ...test, result: "success" as const, checks: [check("failure")] };
    expect(decideFinish({ ...passed, test: late }).outcome).toBe("tests-failed");
  });

  test("promotes a tested candidate: all refs together, each from where it was read", () => {
    expect(decideFinish(passed)).toEqual({
      outcome: "promoted",
      reason: "tests passed",
      updates: [
        { ref: "S", from: SYNC, to: CANDIDATE },
        { ref: "Y", from: OTHER, to: UPSTREAM },
        { ref: "T", from: SYNC, to: CANDIDATE },
        { ref: "G", from: undefined, to: TARGET },
      ],
      status: { sha: CANDIDATE, state: "success", text: "tests passed on this commit" },
      pullRequest: "ensure",
      clean: true,
    });
  });

  test("goes on after a promotion that was cut off, moving only what is missing", () => {
    const now = {
      ...passed.now,
      sync: CANDIDATE,
      recorded: {
        synced: UPSTREAM,
        tested: CANDIDATE,
        target: TARGET,
        held: undefined,
        landed: undefined,
        tag: undefined,
      },
    };
    const decision = decideFinish({ ...passed, now, candidateRef: undefined });
    expect(decision).toMatchObject({ outcome: "promoted", updates: [], pullRequest: "ensure" });
  });

  test("promotes and says so when target and upstream moved during the tests, recording what was folded", () => {
    const decision = decideFinish({ ...passed, upstreamNow: "moved", now: { ...passed.now, target: OTHER } });
    expect(decision.outcome).toBe("promoted");
    expect(decision.reason).toBe(
      "tests passed; the target moved during the tests, the next run folds it in; upstream has more than was tested, the next run takes the rest",
    );
    expect(decision.updates).toContainEqual({ ref: "G", from: undefined, to: TARGET });
  });

  test("promotes what went in before a conflict, without recording upstream's commit as taken", () => {
    const fold = { ...passed.fold, side: "upstream" as const };
    const decision = decideFinish({
      ...passed,
      fold,
      brings: undefined,
      merge: { ...passed.merge, conflict: true },
    });
    expect(decision.outcome).toBe("conflict");
    expect(decision.updates.map(({ ref }) => ref)).toEqual(["S", "T", "G"]);
    expect(decision.pullRequest).toBe("ensure");
  });

  test("records as taken the part of upstream that went in before a conflict, and says where that begins", () => {
    const fold = { ...passed.fold, side: "upstream" as const, first: sha("a") };
    const merge = { ...passed.merge, conflict: true };
    const decision = decideFinish({ ...passed, fold, brings: sha("b"), held: TARGET, merge });
    expect(decision.updates).toContainEqual({ ref: "Y", from: OTHER, to: sha("b") });
    expect(decision.updates).toContainEqual({ ref: "H", from: undefined, to: TARGET });
    expect(decision.updates.map(({ ref }) => ref)).toEqual(["S", "Y", "H", "T", "G"]);
    expect(decision.reason).toBe("a part went in, the rest conflicts with upstream from aaaaaaaaaaaa on");
    const nothing = { ...merge, candidate: undefined };
    expect(decideFinish({ ...passed, fold, brings: undefined, merge: nothing }).reason).toBe(
      "nothing went in before the conflict with upstream from aaaaaaaaaaaa on",
    );
  });

  test("moves nothing when nothing went in before a conflict", () => {
    const merge = { ...passed.merge, conflict: true, candidate: undefined };
    const test = { result: "skipped" as const, conclusion: "skipped", steps: [] };
    expect(decideFinish({ ...passed, fold: { ...passed.fold, side: "target" }, merge, test })).toEqual({
      outcome: "conflict",
      reason: "nothing went in before the conflict with target",
      updates: [],
      status: undefined,
      pullRequest: "heal",
      clean: true,
    });
  });

  test("moves nothing when tests failed, and says on the commit which", () => {
    const steps = [...passed.test.steps, { name: "end to end", ok: false, seconds: 9 }];
    expect(decideFinish({ ...passed, test: { result: "failure", conclusion: "failure", steps } })).toEqual({
      outcome: "tests-failed",
      reason: "failed: end to end",
      updates: [],
      status: { sha: CANDIDATE, state: "failure", text: "failed: end to end" },
      pullRequest: "heal",
      clean: true,
    });
  });

  test("records the tips when there was nothing new, so that the next look is idle", () => {
    const merge = { ...passed.merge, candidate: undefined };
    expect(decideFinish({ ...passed, merge })).toEqual({
      outcome: "up-to-date",
      reason: "upstream has nothing that is not taken over",
      updates: [
        { ref: "Y", from: OTHER, to: UPSTREAM },
        { ref: "G", from: undefined, to: TARGET },
      ],
      status: undefined,
      pullRequest: "heal",
      clean: true,
    });
  });

  test.each<[string, Partial<FinishFacts>, RegExp]>([
    ["merge stopped", { merge: { ...passed.merge, result: "failure", reason: "no such thing" } }, /^no such thing$/],
    ["merge was cancelled", { merge: { ...passed.merge, result: "cancelled" } }, /merge job ended as "cancelled"/],
    ["merge named no commits", { merge: { ...passed.merge, sync: undefined } }, /named no commits/],
    ["tests were cancelled", { test: { ...passed.test, result: "cancelled" } }, /cancelled or ran out of time/],
    ["tests did not run", { test: { ...passed.test, result: "skipped" } }, /did not run/],
    ["GitHub's job list says otherwise", { test: { ...passed.test, conclusion: "failure" } }, /but as failure/],
    ["GitHub's job list lacks the job", { test: { ...passed.test, conclusion: undefined } }, /but as unknown/],
    ["no test step ran", { test: { ...passed.test, steps: [] } }, /not a success of every test step/],
    ["upstream was rewritten", { upstreamNow: "rewritten" }, /rewrote its branch during the tests/],
    ["the sync branch moved", { now: { ...passed.now, sync: OTHER } }, /sync branch moved during the tests/],
    ["the sync branch is gone", { now: { ...passed.now, sync: undefined } }, /to nothing/],
    ["the candidate was replaced", { candidateRef: OTHER }, /not what this run's merge job made/],
    ["the tree is not the tested one", { candidateHolds: false }, /not what this run's merge job made/],
  ])("stops without moving anything when %s", (_, change, reason) => {
    const decision = decideFinish({ ...passed, ...change });
    expect(decision).toMatchObject({ outcome: "stopped", updates: [], status: undefined, clean: false });
    expect(decision.pullRequest).toBe("leave");
    expect(decision.reason).toMatch(reason);
  });
});
