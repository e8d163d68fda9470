import { describe, expect, test } from "@jest/globals";
import { decideLanded, decideLook, type LookFacts } from "../../sync/decide-look.ts";
import { sha } from "./support/settings.ts";

const [SYNC, TARGET, UPSTREAM, OTHER, PEOPLE] = [sha("1"), sha("2"), sha("3"), sha("5"), sha("6")];

describe("look", () => {
  const idle: LookFacts = {
    upstream: UPSTREAM,
    sync: SYNC,
    target: TARGET,
    recorded: { synced: UPSTREAM, tested: SYNC, target: TARGET, held: undefined, landed: undefined, tag: undefined },
    leftOver: 0,
    retest: false,
    proposals: new Map(),
    seen: new Map(),
  };

  test("is idle when all three tips are where the last run recorded them", () => {
    expect(decideLook(idle)).toEqual({ kind: "idle", reason: "nothing moved", landed: false });
  });

  test.each([
    ["upstream moved", { upstream: OTHER }, "upstream moved"],
    ["the sync branch was moved", { sync: OTHER }, "the sync branch is not where it was promoted to"],
    ["a candidate was left over", { leftOver: 1 }, "an earlier run did not finish"],
    [
      "nothing is recorded",
      {
        recorded: {
          synced: undefined,
          tested: undefined,
          target: undefined,
          held: undefined,
          landed: undefined,
          tag: undefined,
        },
      },
      "this is the first run",
    ],
    ["one record is missing", { recorded: { ...idle.recorded, target: undefined } }, "this is the first run"],
  ])("goes when %s", (_, change, reason) => {
    expect(decideLook({ ...idle, ...change })).toEqual({ kind: "go", reason });
  });

  test("asks whether the sync landed when only the target moved", () => {
    expect(decideLook({ ...idle, target: OTHER })).toEqual({ kind: "ask-landed", tested: SYNC });
    expect(decideLanded({ landed: true }).kind).toBe("idle");
    expect(decideLanded({ landed: false })).toEqual({ kind: "go", reason: "the target moved" });
  });

  test("does not ask where the sync is known to have landed, while nothing else is new", () => {
    const landed = { ...idle, target: OTHER, recorded: { ...idle.recorded, landed: PEOPLE } };
    expect(decideLook(landed)).toMatchObject({ kind: "idle", landed: true });
    expect(decideLook({ ...landed, upstream: OTHER })).toEqual({ kind: "go", reason: "upstream moved" });
    expect(decideLook({ ...landed, sync: OTHER }).kind).toBe("go");
  });

  test("does not ask when upstream moved as well", () => {
    expect(decideLook({ ...idle, target: OTHER, upstream: OTHER }).kind).toBe("go");
  });

  /** A conflict was found with these tips, and its branch is as the run left it. */
  const open: LookFacts = {
    ...idle,
    upstream: OTHER,
    proposals: new Map([["conflict-1", PEOPLE]]),
    seen: new Map([
      ["upstream", OTHER],
      ["sync", SYNC],
      ["target", TARGET],
      ["conflict-1", PEOPLE],
    ]),
  };

  test("waits while a conflict is open and nothing moved, whatever was recorded before", () => {
    const reason = "a conflict is open and waits for people; nothing moved since it was found";
    expect(decideLook(open)).toEqual({ kind: "waiting", reason });
    const recorded = {
      synced: undefined,
      tested: undefined,
      target: undefined,
      held: undefined,
      landed: undefined,
      tag: undefined,
    };
    expect(decideLook({ ...open, recorded })).toEqual({ kind: "waiting", reason });
  });

  test.each([
    ["upstream moved", { upstream: UPSTREAM }, /news of upstream$/],
    ["the target moved, also by landing", { target: OTHER }, /news of target$/],
    ["the sync branch moved", { sync: OTHER }, /news of sync$/],
    [
      "people pushed to the conflict branch",
      { proposals: new Map([["conflict-1", OTHER]]) },
      /^people moved conflict-1$/,
    ],
    ["people removed the conflict branch", { proposals: new Map() }, /news of conflict-1$/],
    [
      "people pushed a branch of their own",
      { proposals: new Map([...open.proposals, ["manual", PEOPLE]]) },
      /^people moved manual$/,
    ],
    ["a run was cut off", { leftOver: 1 }, /did not finish/],
  ])("goes on with an open conflict when %s", (_, change, reason) => {
    expect(decideLook({ ...open, ...change })).toEqual({ kind: "go", reason: expect.stringMatching(reason) });
  });

  test("goes for a branch that people pushed while nothing is open, once", () => {
    const proposals = new Map([["manual", PEOPLE]]);
    expect(decideLook({ ...idle, proposals })).toEqual({ kind: "go", reason: "people moved manual" });
    expect(decideLook({ ...idle, proposals, seen: proposals }).kind).toBe("idle");
  });
});
