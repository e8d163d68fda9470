import { expect, test } from "@jest/globals";
import { statusText } from "../../cli/status.ts";
import type { RunRecord } from "../../lib/fork/run-record.ts";
import type { Status } from "../../lib/operations/status.ts";

const now = Date.parse("2026-03-02T12:00:00Z");

test("one screen: workflow, distance, pull request, runs with their age", () => {
  const status: Status = {
    repository: "acme/open-webui",
    workflow: "differs",
    behind: { commits: 1, days: 3 },
    freshness: {},
    overBudget: false,
    pullRequest: {
      number: 7,
      url: "https://github.com/acme/open-webui/pull/7",
      title: "chore: sync with upstream",
      state: "open",
      checks: "success",
    },
    runs: [
      {
        id: 2,
        url: "https://github.com/r/2",
        startedAt: "2026-03-02T11:30:00Z",
        event: "schedule",
        conclusion: null,
        record: undefined,
      },
      {
        id: 1,
        url: "https://github.com/r/1",
        startedAt: "2026-02-28T12:00:00Z",
        event: "schedule",
        conclusion: "failure",
        record: undefined,
      },
    ],
  };
  expect(statusText(status, now).split("\n")).toEqual([
    expect.stringContaining("acme/open-webui"),
    "  workflow      differs: run upstream-sync plan",
    "  behind        1 commit, oldest 3 d",
    "  pull request  #7 chore: sync with upstream (checks: success) https://github.com/acme/open-webui/pull/7",
    "  runs",
    "     30 m  running        https://github.com/r/2",
    "      2 d  failure        no record",
  ]);
});

test("what of upstream is followed, as the newest run that knew it said", () => {
  const record = (upstream: object) =>
    ({ outcome: "promoted", reason: "tests passed", upstream }) as unknown as RunRecord;
  const run = { url: "u", startedAt: "2026-03-02T11:00:00Z", event: "schedule", conclusion: "success" };
  const status: Status = {
    repository: "acme/open-webui",
    workflow: "as configured",
    behind: null,
    freshness: {},
    overBudget: false,
    pullRequest: undefined,
    runs: [
      { id: 2, ...run, record: record({ ref: "refs/tags/v*", sha: null }) },
      {
        id: 1,
        ...run,
        record: record({ ref: "refs/tags/v1.4.2", sha: "1", why: "release v1.4.2, the newest in ^1.0.0" }),
      },
    ],
  };
  expect(statusText(status, now).split("\n")[2]).toBe("  upstream      release v1.4.2, the newest in ^1.0.0");
});

test("a fork without anything says so", () => {
  const status: Status = {
    repository: "acme/open-webui",
    workflow: "absent",
    behind: null,
    freshness: {},
    overBudget: false,
    pullRequest: undefined,
    runs: [],
  };
  expect(statusText(status, now).split("\n").slice(1)).toEqual([
    "  workflow      absent: run upstream-sync plan",
    "  behind        not known",
    "  pull request  none open",
    "  runs          none yet",
  ]);
});

test("a budget stands beside the distance, and says when it is passed", () => {
  const status = (behind: Status["behind"], overBudget: boolean): Status => ({
    repository: "acme/open-webui",
    workflow: "absent",
    behind,
    freshness: { days: 14, commits: 100 },
    overBudget,
    pullRequest: undefined,
    runs: [],
  });
  const line = (one: Status) => statusText(one, now).split("\n")[2];
  expect(line(status({ commits: 30, days: 3 }, false))).toBe(
    "  behind        30 commits, oldest 3 d (budget 14 d, 100 commits)",
  );
  expect(line(status({ commits: 30, days: 15, atLeast: true }, true))).toContain(
    "at least 30 commits, oldest 15 d (budget 14 d, 100 commits: over)",
  );
  expect(line(status(null, false))).toBe("  behind        not known (budget 14 d, 100 commits)");
});
