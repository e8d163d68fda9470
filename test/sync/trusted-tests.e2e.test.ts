/** Tests that are the fork's own, in whole runs of the workflow's jobs: what record and pull request say of them. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type World, world } from "./support/workflow-run.ts";

let w: World;

/** A fork with a test of its own that upstream changes too. */
beforeAll(async () => {
  w = await world();
  const base = w.upstream.commit({ branch: "main", files: { a: "1\n", "e2e/run": "strict\n", "e2e/more": "1\n" } });
  w.fork.git("fetch", "--quiet", w.upstream.folder, "main:main");
  w.fork.git("branch", "sync/upstream", base);
  w.fork.commit({ branch: "dev", parents: [base], files: { own: "o\n" } });
});
afterAll(() => w.close());

const run = (...trusted: string[]) => w.run({ environment: { TESTS: JSON.stringify({ trusted, checks: [] }) } });

test("a test file that the target lacks stops the run, in words", async () => {
  w.upstream.commit({ branch: "main", files: { "e2e/run": "weak\n", "check.sh": "exit 0\n" } });
  const { codes, records } = await run("e2e", "check.sh");
  expect(codes).toEqual({ look: 0, merge: 1, finish: 1 });
  expect(records).toMatchObject([
    { outcome: "stopped", reason: expect.stringContaining("dev lacks what the tests are taken from (tests.trusted)") },
  ]);
  expect(records[0]?.reason).toContain("no check.sh at ");
});

test("what upstream changed of them is named in record, summary and pull request", async () => {
  const { codes, records, summary } = await run("e2e");
  expect(codes).toEqual({ look: 0, merge: 0, finish: 0 });
  expect(records).toMatchObject([{ outcome: "promoted", trusted: ["e2e/run"] }]);
  expect(summary).toContain("run as the target has them and not as they come\n\n- `e2e/run`");
  const body = w.github.pulls[0]?.body ?? "";
  expect(body).toContain("The tests' own files were those of `dev`, whatever upstream has there: `e2e`");
  expect(body).toContain("once landed, these are what the next run tests with (1): `e2e/run`");
});

test("and nothing is said where they came unchanged", async () => {
  w.upstream.commit({ branch: "main", files: { a: "2\n", "e2e/run": "strict\n" } });
  const { records } = await run("e2e");
  expect(records).toMatchObject([{ outcome: "promoted", trusted: [] }]);
  expect(w.github.pulls[0]?.body).not.toContain("e2e/run");
});
