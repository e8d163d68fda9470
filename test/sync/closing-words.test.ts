import { describe, expect, test } from "@jest/globals";
import { closingUpdates } from "../../sync/closed-issues.ts";
import { closedNumbers } from "../../sync/closing-words.ts";
import { sha } from "./support/settings.ts";

describe("closing words", () => {
  // https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
  test.each([
    [
      "close #1 closes #2 closed #3 fix #4 fixes #5 fixed #6 resolve #7 resolves #8 resolved #9",
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    ],
    ["Closes: #10, CLOSES #11\n\nFixes\n#12", [10, 11, 12]],
    ["fixes acme/fork#3 and Fixes ACME/Fork#4", [3, 4]],
    ["fixes GH-5, closes https://github.com/acme/fork/issues/6", [5, 6]],
    ["fixes #7, fixes #7", [7]],
    ["fixes other/fork#1, fixes acme/forks#2, see #3, #4, prefixes #5, fixing #6, fix 7, fixes#8", []],
    ["closes https://github.com/up/stream/issues/6", []],
  ])("%j names %j", (text, numbers) => {
    expect(closedNumbers(text, "acme/fork")).toEqual(numbers);
  });
});

test("of the default branch one tip is remembered", () => {
  const now = { tip: sha("2"), target: sha("9") };
  const before = new Map([[sha("1"), sha("8")]]);
  expect(closingUpdates(before, now, (name) => `x/${name}`)).toEqual([
    { ref: `x/${sha("1")}`, from: sha("8"), to: undefined },
    { ref: `x/${sha("2")}`, from: undefined, to: sha("9") },
  ]);
  expect(closingUpdates(new Map([[sha("2"), sha("8")]]), now, String)).toEqual([]);
});
