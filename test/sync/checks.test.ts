import { describe, expect, test } from "@jest/globals";
import { asSteps, judgeChecks, readChecks, unknownWords } from "../../sync/checks.ts";
import { type GitHub, GitHubError } from "../../sync/github.ts";
import type { Context } from "../../sync/look.ts";
import { reportTo } from "../../sync/outputs.ts";
import { wait } from "../../sync/wait.ts";
import { sha, someSettings } from "./support/settings.ts";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const since = Date.parse(at(10));
let ids = 0;

interface Run {
  readonly name: string;
  readonly conclusion?: string | null;
  readonly from?: number | null;
  readonly to?: number | null;
  readonly suite?: number;
}

/** As GitHub lists a check run; without a conclusion it goes on. */
function checkRun({ name, conclusion = null, from = 11, to = 20, suite }: Run) {
  ids += 1;
  return {
    id: ids,
    name,
    status: conclusion === null ? "in_progress" : "completed",
    conclusion,
    started_at: from === null ? null : at(from),
    completed_at: conclusion === null || to === null ? null : at(to),
    check_suite: { id: suite ?? ids },
  };
}

const status = (context: string, state: string, second = 12) => ({ context, state, created_at: at(second) });

function github(runs: unknown[], statuses: unknown[] = []): Pick<GitHub, "list"> {
  return { list: async (_, key) => (key === "check_runs" ? runs : statuses) };
}

const stateOf = async (runs: unknown[], statuses: unknown[] = []) =>
  (await readChecks(github(runs, statuses) as GitHub, "acme/fork", ["ci"], sha("1"), since))[0]?.state;

describe("what the fork's own CI says", () => {
  // https://docs.github.com/rest/checks/runs: the conclusions there are.
  test.each([
    ["success", "success"],
    ["neutral", "skipped"],
    ["skipped", "skipped"],
    ...["failure", "cancelled", "timed_out", "action_required", "stale", "startup_failure"].map((one) => [
      one,
      "failure",
    ]),
  ])("a check run that ended as %s: %s", async (conclusion, state) => {
    expect(await stateOf([checkRun({ name: "ci", conclusion })])).toBe(state);
  });

  test.each([
    ["success", "success"],
    ["pending", "pending"],
    ["failure", "failure"],
    ["error", "failure"],
  ])("a status %s: %s", async (said, state) => {
    expect(await stateOf([], [status("ci", said)])).toBe(state);
  });

  test("nothing of that name is missing; what is not done is pending, also before it begins", async () => {
    expect(await stateOf([checkRun({ name: "ci2", conclusion: "success" })], [status("CI", "success")])).toBe(
      "missing",
    );
    expect(await stateOf([checkRun({ name: "ci" })])).toBe("pending");
    expect(await stateOf([checkRun({ name: "ci", from: null })])).toBe("pending");
  });

  test("results from before the push do not count", async () => {
    expect(await stateOf([checkRun({ name: "ci", conclusion: "success", from: 9 })])).toBe("missing");
    expect(await stateOf([], [status("ci", "success", 9)])).toBe("missing");
    expect(await stateOf([checkRun({ name: "ci", conclusion: "failure", from: 9 })], [status("ci", "success")])).toBe(
      "success",
    );
  });

  test("all of one name have to succeed; of a job that was run again the last one", async () => {
    const [good, bad] = ["success", "failure"].map((conclusion) => checkRun({ name: "ci", conclusion }));
    expect(await stateOf([good, bad])).toBe("failure");
    expect(await stateOf([good], [status("ci", "pending")])).toBe("pending");
    const again = [
      checkRun({ name: "ci", conclusion: "failure", suite: 7 }),
      checkRun({ name: "ci", conclusion: "success", suite: 7 }),
    ];
    expect(await stateOf([...again].reverse())).toBe("success");
  });

  test("is red for one failure, unknown for a gap, and unknown when all of it was skipped", () => {
    const result = (name: string, state: "success" | "skipped" | "failure" | "pending" | "missing") => ({
      name,
      state,
      seconds: 3,
    });
    const [good, none, bad, gap] = [
      result("a", "success"),
      result("b", "skipped"),
      result("c", "failure"),
      result("d", "missing"),
    ];
    expect(judgeChecks([good, none])).toEqual({ kind: "passed" });
    expect(judgeChecks([good, bad, gap])).toEqual({ kind: "failed", names: ["c"] });
    expect(judgeChecks([good, gap])).toEqual({ kind: "unknown", open: [gap] });
    expect(judgeChecks([none])).toEqual({ kind: "unknown", open: [] });
    expect(unknownWords([gap, result("e", "pending")], "s-candidate")).toContain("d never reported, e did not end");
    expect(asSteps([good, none, bad, gap])).toEqual([
      { name: "a", ok: true, seconds: 3 },
      { name: "b (skipped)", ok: true, seconds: 3 },
      { name: "c", ok: false, seconds: 3 },
    ]);
  });
});

describe("waiting for it", () => {
  /** GitHub's answers one after the other, the last one for ever; a clock that the pauses move. */
  async function waiting(answers: readonly (unknown[] | Error)[], timeoutMinutes = 10) {
    const lines: string[] = [];
    const pauses: number[] = [];
    let now = 0;
    let asked = 0;
    const list: GitHub["list"] = async (path, key) => {
      if (key === "jobs") return [{ name: "merge", conclusion: "success", started_at: at(10) }];
      if (key === "statuses") return [];
      asked += 1;
      const answer = answers[Math.min(asked, answers.length) - 1];
      if (answer instanceof Error) throw answer;
      expect(path).toContain(`/commits/${sha("5")}/check-runs`);
      return answer ?? [];
    };
    const context: Context = {
      environment: {},
      github: { list } as GitHub,
      report: reportTo(someSettings().files, (line) => lines.push(line)),
      now: () => now,
      sleep: async (milliseconds) => {
        pauses.push(milliseconds);
        now += milliseconds;
      },
    };
    const tests = { trusted: [], checks: ["ci"] };
    const code = await wait({ ...someSettings({ tests }), candidate: sha("5"), timeoutMinutes }, context);
    return { code, lines, pauses, asked, seconds: now / 1000 };
  }
  const green = [checkRun({ name: "ci", conclusion: "success" })];

  test("ends as soon as every check has a conclusion", async () => {
    const { code, lines, pauses } = await waiting([[], [checkRun({ name: "ci" })], green]);
    expect({ code, lines, pauses }).toEqual({
      code: 0,
      lines: ["ci: missing", "ci: pending", "ci: success"],
      pauses: [5000, 10_000],
    });
    expect((await waiting([[checkRun({ name: "ci", conclusion: "failure" })]])).lines.at(-1)).toBe(
      "::error title=upstream-sync::failed: ci",
    );
  });

  test("that goes on too long ends before the job is cut off, with what to do, after few requests", async () => {
    const { code, lines, asked, seconds } = await waiting([[]], 45);
    expect(code).toBe(1);
    expect(lines.at(-1)).toContain("ci never reported. Let the workflows of tests.checks run for pushes to");
    expect(lines.at(-1)).toContain("sync/upstream-candidate");
    expect(seconds).toBe(45 * 60 - 90);
    expect(asked).toBeLessThan(55);
    expect((await waiting([[]], 1)).seconds).toBe(30);
  });

  test("outlasts a GitHub that does not answer for a while", async () => {
    const { code, lines } = await waiting([new GitHubError("GET /x", 503, "unavailable"), green]);
    expect(code).toBe(0);
    expect(lines[0]).toContain("503");
  });
});
