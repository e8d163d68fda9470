import { describe, expect, test } from "@jest/globals";
import {
  behindOf,
  type Distance,
  distanceName,
  distanceOf,
  distanceUpdates,
  isQuiet,
  parseDistance,
} from "../../sync/distance.ts";
import { freshnessOf, overBudget, withBudget } from "../../sync/freshness.ts";
import type { RunRecord } from "../../sync/record.ts";
import { refsOf } from "../../sync/refs.ts";
import { sha, someSettings } from "./support/settings.ts";

const DAY = 86_400;
const NOW = 1000 * DAY * 1000;
const upstream = sha("a");
const target = sha("b");

describe("the distance", () => {
  test("is the number of missing commits and the age of the oldest, in whole days, and survives in a ref's name", () => {
    const found = distanceOf([999 * DAY, 989.5 * DAY, 995 * DAY], upstream, target, NOW);
    expect(found).toEqual({ day: 1000, commits: 3, since: 989.5 * DAY, upstream, target });
    expect(behindOf(found, NOW)).toEqual({ commits: 3, days: 10 });
    expect(behindOf(found, NOW + 5 * DAY * 1000)).toEqual({ commits: 3, days: 15 });
    expect(parseDistance(distanceName(found), target)).toEqual(found);
    const listing = `${target}\trefs/upstream-sync/main/behind/${distanceName(found)}\n${target}\trefs/upstream-sync/main/behind/x\n`;
    expect(refsOf(listing, someSettings()).distances).toEqual([found]);
  });

  test("is none where nothing is missing, and no age before its time", () => {
    expect(behindOf(distanceOf([], upstream, target, NOW), NOW)).toEqual({ commits: 0, days: 0 });
    expect(behindOf({ commits: 1, since: 1002 * DAY }, NOW)).toEqual({ commits: 1, days: 0 });
  });

  test("is kept in one ref: the others go, one that is there stays", () => {
    const one = (commits: number): Distance => ({ day: 1, commits, since: 0, upstream, target });
    const ref = (name: string) => `x/${name}`;
    const named = (commits: number) => ref(distanceName(one(commits)));
    expect(distanceUpdates([one(1), one(2)], one(3), ref)).toEqual([
      { ref: named(1), from: target, to: undefined },
      { ref: named(2), from: target, to: undefined },
      { ref: named(3), from: undefined, to: target },
    ]);
    expect(distanceUpdates([one(3)], one(3), ref)).toEqual([]);
    expect(distanceUpdates([one(3)], { ...one(3), target: sha("c") }, ref)).toEqual([
      { ref: named(3), from: target, to: sha("c") },
    ]);
  });
});

test("a fork is quiet after thirty days without a push of ours", () => {
  const pushed = (day: number) => [{ ...distanceOf([], upstream, target, NOW), day }];
  expect([970, 971].map((day) => isQuiet(pushed(day), true, NOW))).toEqual([true, false]);
  expect([true, false].map((finished) => isQuiet([], finished, NOW))).toEqual([true, false]);
});

describe("the budget", () => {
  const behind = { commits: 10, days: 5 };

  test.each([
    [{}, []],
    [{ commits: 10, days: 5 }, []],
    [{ commits: 9 }, ["commits"]],
    [{ days: 4, commits: 100 }, ["days"]],
    [{ days: 1, commits: 1 }, ["commits", "days"]],
  ])("%j over 10 commits and 5 days: %j", (budget, over) => {
    expect(overBudget(behind, budget)).toEqual(over);
  });

  test("says what is over which limit, and nothing where the distance is not known", () => {
    const record = { reason: "nothing moved", behind: { ...behind, atLeast: true } } as unknown as RunRecord;
    const settings = someSettings({ freshness: { commits: 9, days: 1 } });
    expect(withBudget(record, settings)).toEqual({
      ...record,
      over: ["commits", "days"],
      reason:
        "nothing moved; over the freshness budget: dev lacks at least 10 commits of upstream (at most 9), the oldest that dev lacks is 5 days old (at most 1)",
    });
    const unknown = { ...record, behind: null };
    expect(withBudget(unknown, settings)).toBe(unknown);
  });

  test.each([[{ days: 0 }], [{ commits: 1.5 }], [{ days: "3" }], [null], ["no"]])("is not %j", (value) => {
    expect(freshnessOf(value)).toBeUndefined();
  });
});
