import { expect, test } from "@jest/globals";
import { closedBy } from "../../server/closing-words.ts";

// https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
test("closing words name issues of the repository the commits land in", () => {
  expect(closedBy("Fixes #1, closes: #2\nRESOLVED acme/fork#3", "acme/fork")).toEqual([1, 2, 3]);
  expect(closedBy("fixes up/stream#1, see #2, fixing #3", "acme/fork")).toEqual([]);
});
