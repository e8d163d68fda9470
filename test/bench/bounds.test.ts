import { expect, test } from "@jest/globals";
import { type Figures, missed } from "../../bench/bounds.ts";

const cycle = {
  plan: { requests: 15, seconds: 1 },
  apply: { requests: 30, seconds: 1 },
  destroy: { requests: 9, seconds: 1 },
};
const figures: Figures = {
  sync: { timeRatio: 0.2, bytesRatio: 0.06 },
  idle: { refLookups: 2, packBytes: 0 },
  policies: { timeRatio: 0.2, bytesRatio: 0.06 },
  conflict: { timeRatio: 1.5, partialTimeRatio: 1.6 },
  large: { files: 9, commits: 9, seconds: 100, peakMegabytes: 1000 },
  deploy: { resources: 10, ...cycle },
  synth: [],
};

test("bounds are met up to their very value", () => {
  expect(missed(figures)).toEqual([]);
});

test("each bound that is missed is named with what was got and expected", () => {
  expect(
    missed({
      sync: { timeRatio: 0.21, bytesRatio: 0.061 },
      idle: { refLookups: 3, packBytes: 1 },
      policies: { timeRatio: 0.22, bytesRatio: 0.062 },
      conflict: { timeRatio: 1.51, partialTimeRatio: 1.62 },
      large: { files: 9, commits: 9, seconds: 100, peakMegabytes: 1001 },
      deploy: { resources: 10, ...cycle, plan: { requests: 16, seconds: 1 }, apply: { requests: 31, seconds: 1 } },
      synth: [],
    }),
  ).toEqual([
    "a sync takes 0.21 of the recipe's time, expected at most 0.2",
    "a sync moves 0.061 of the recipe's bytes, expected at most 0.06",
    "with policies a sync takes 0.22 of the recipe's time, expected at most 0.2",
    "with policies a sync moves 0.062 of the recipe's bytes, expected at most 0.06",
    "a run with a conflict takes 1.51 times a clean one, expected at most 1.5",
    "a run that takes upstream as far as it merges takes 1.62 times a clean one, expected at most 1.6",
    "a sync of 9 files and 9 commits takes 1001 MB of memory, expected at most 1000",
    "an idle run makes 3 ref look-ups, expected 2",
    "an idle run moves 1 bytes of packs, expected none",
    "a plan makes 16 requests for 10 resources and data sources, expected at most 1.5 each",
    "an apply makes 31 requests for 10 resources and data sources, expected at most 3 each",
  ]);
});
