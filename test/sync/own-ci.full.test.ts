/** The fork's own CI as what tests a candidate (`tests.checks`), in whole runs of the workflow's jobs. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type World, world } from "./support/workflow-run.ts";

let w: World;
const BRANCH = "refs/heads/sync/upstream-candidate";

beforeEach(async () => {
  w = await world();
  const base = w.upstream.commit({ branch: "main", files: { a: "1\n" } });
  w.fork.git("fetch", "--quiet", w.upstream.folder, "main:main");
  w.fork.git("branch", "sync/upstream", base);
  w.fork.commit({ branch: "dev", parents: [base], files: { own: "o\n" } });
  w.upstream.commit({ branch: "main", files: { b: "1\n" } });
});
afterEach(() => w.close());

const environment = { TESTS: JSON.stringify({ trusted: [], checks: ["build", "e2e"] }) };

/** What the CI says of the candidate, by name, while the job waits; `pushed`: the branch as the CI saw it. */
async function run(said: Readonly<Record<string, string | null>>, tests: "success" | "failure" = "success") {
  let pushed: string | undefined;
  const done = await w.run({
    environment,
    tests,
    duringTests: () => {
      pushed = w.fork.ref(BRANCH);
      const runs = Object.entries(said).map(([name, conclusion], id) => ({
        ...{ id, name, conclusion, status: conclusion === null ? "in_progress" : "completed" },
        ...{ started_at: "2026-01-01T00:00:03Z", completed_at: "2026-01-01T00:00:09Z", check_suite: { id } },
      }));
      const at = `GET /repos/acme/fork/commits/${pushed}`;
      w.github.faults.set(`${at}/check-runs`, { status: 200, body: { total_count: runs.length, check_runs: runs } });
      w.github.faults.set(`${at}/status`, { status: 200, body: { statuses: [] } });
    },
  });
  return { ...done, pushed };
}

test("green: the candidate was on a branch of its own, was promoted, and the branch is gone", async () => {
  const { codes, records, pushed, summary } = await run({ build: "success", e2e: "skipped", other: "failure" });
  expect(codes).toEqual({ look: 0, merge: 0, finish: 0 });
  expect(records).toMatchObject([
    {
      outcome: "promoted",
      candidate: pushed,
      tests: [
        { name: "build", ok: true, seconds: 6 },
        { name: "e2e (skipped)", ok: true, seconds: 6 },
      ],
    },
  ]);
  expect(w.fork.ref("refs/heads/sync/upstream")).toBe(pushed);
  expect([w.fork.ref(BRANCH), w.fork.refs().filter((ref) => ref.includes("candidate"))]).toEqual([undefined, []]);
  expect(summary).toContain("- `build`: passed, 6 s");
  const body = w.github.pulls[0]?.body ?? "";
  expect(body).toContain(`[log](${w.github.url}/acme/fork/commit/${pushed}/checks)`);
  expect(body).toContain("it ran upstream's code with what it gives its jobs");
});

test("red: nothing moves, the failed check is named, and the branch is gone", async () => {
  const before = w.fork.ref("refs/heads/sync/upstream");
  const { codes, records } = await run({ build: "success", e2e: "failure" }, "failure");
  expect(codes).toEqual({ look: 0, merge: 0, finish: 1 });
  expect(records).toMatchObject([{ outcome: "tests-failed", reason: "failed: e2e" }]);
  expect([w.fork.ref("refs/heads/sync/upstream"), w.fork.ref(BRANCH)]).toEqual([before, undefined]);
});

describe("a check that never reports", () => {
  test("is no pass: the run stops and says what to do; the next one makes the branch anew, so that the CI starts", async () => {
    const { codes, records, pushed } = await run({ build: "success" }, "failure");
    expect(codes).toEqual({ look: 0, merge: 0, finish: 1 });
    expect(records).toMatchObject([{ outcome: "stopped", reason: expect.stringContaining("e2e never reported") }]);
    expect(w.fork.ref(BRANCH)).toBe(pushed);
    const pushes = w.github.pushes.length;
    const next = await run({ build: "success", e2e: "success" });
    expect(next.records).toMatchObject([{ outcome: "promoted", candidate: pushed }]);
    // Taken away, pushed again; then the promotion, and the last writes.
    expect(w.github.pushes.length - pushes).toBe(4);
    expect(w.fork.ref(BRANCH)).toBeUndefined();
  });

  test("is no pass though the job that waits is called a success", async () => {
    const { records } = await run({ build: "success", e2e: null });
    expect(records).toMatchObject([{ outcome: "stopped", reason: expect.stringContaining("e2e did not end") }]);
  });
});

test("somebody's branch of that name is never touched", async () => {
  const theirs = w.fork.commit({ branch: "sync/upstream-candidate", files: { x: "x\n" } });
  const { codes, records } = await run({});
  expect(codes).toEqual({ look: 0, merge: 1, finish: 1 });
  expect(records).toMatchObject([{ outcome: "stopped", reason: expect.stringContaining("it is somebody's") }]);
  expect(w.fork.ref(BRANCH)).toBe(theirs);
});

test("a branch that a killed run left behind is replaced by the next candidate", async () => {
  await w.run({ environment, until: "merge" });
  expect(w.fork.ref(BRANCH)).toBeDefined();
  w.upstream.commit({ branch: "main", files: { c: "1\n" } });
  const { records, pushed } = await run({ build: "success", e2e: "success" });
  expect(records).toMatchObject([{ outcome: "promoted", candidate: pushed }]);
  expect(w.fork.refs().filter((ref) => ref.includes("candidate"))).toEqual([]);
});

test("a dry run takes its branch away", async () => {
  const done = await w.run({
    environment: { ...environment, DRY_RUN: "true" },
    duringTests: () => {
      const at = `GET /repos/acme/fork/commits/${w.fork.ref(BRANCH)}`;
      w.github.faults.set(`${at}/check-runs`, { status: 200, body: { check_runs: [] } });
      w.github.faults.set(`${at}/status`, {
        status: 200,
        body: {
          statuses: ["build", "e2e"].map((context) => ({
            context,
            state: "success",
            created_at: "2026-01-01T00:00:09Z",
          })),
        },
      });
    },
  });
  expect(done.records).toMatchObject([{ outcome: "up-to-date", reason: "dry run, nothing was moved: tests passed" }]);
  expect(w.fork.ref(BRANCH)).toBeUndefined();
});
