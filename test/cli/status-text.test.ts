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
