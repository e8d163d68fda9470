/** Small workflows, run for real with bash. A minute lasts 600 ms unless said otherwise (see support.ts). */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { ConcurrencyGroups } from "../../runner/index.ts";
import { execute, steps } from "./support.ts";

/** The process a step printed as `pid:…`, once it has ended; a zombie has. Throws where it still runs after a second. */
async function ended(log: string): Promise<number> {
  const pid = Number(/^pid:(\d+)$/m.exec(log)?.[1]);
  const file = `/proc/${pid}/stat`;
  for (let tries = 0; tries < 50; tries++) {
    if (!existsSync(file) || /^\d+ \(.*\) Z/.test(readFileSync(file, "utf8"))) return pid;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`process ${pid} still runs`);
}

describe("time and cancellation", () => {
  test("a step over its time fails and takes its children along, even those that ignore signals", async () => {
    const { job, log } = await execute(
      steps(
        "      - name: Slow",
        "        timeout-minutes: 1",
        "        run: |",
        "          (trap '' INT TERM; while :; do sleep 0.05; done) > /dev/null 2>&1 &",
        '          echo "pid:$!"; echo "PID=$!" >> "$GITHUB_ENV"; sleep 30',
        "      - if: failure()",
        '        run: for i in 1 2 3 4 5; do grep -qs "^State:.[^Z]" "/proc/$PID/status" || { echo gone; break; }; sleep 0.1; done',
      ),
    );
    expect(job("job").conclusion).toBe("failure");
    expect(job("job").annotations.map((entry) => entry.message)).toEqual([
      "The action 'Slow' has timed out after 1 minutes.",
    ]);
    expect(log("job")).toContain("\ngone");
    expect(await ended(log("job"))).toBeGreaterThan(0);
  });

  test("a job over its time is cancelled, its always() steps still run", async () => {
    const { run, job, log } = await execute(`
on: workflow_dispatch
jobs:
  a:
    runs-on: x
    timeout-minutes: 1
    steps: [{ run: sleep 30 }, { run: echo no }, { if: always(), run: 'echo down \${{ job.status }}' }]
  b: { needs: a, if: always(), runs-on: x, steps: [{ run: 'echo a is \${{ needs.a.result }}' }] }
`);
    expect([run.conclusion, job("a").conclusion]).toEqual(["cancelled", "cancelled"]);
    expect(job("a").annotations.map((entry) => entry.message)).toEqual([
      "The job has exceeded the maximum execution time of 1m0s",
      "The operation was canceled.",
    ]);
    expect(job("a").steps.map((step) => step.conclusion)).toEqual([
      "success",
      "cancelled",
      "skipped",
      "success",
      "success",
    ]);
    expect(log("a")).toContain("\ndown cancelled");
    expect(log("b")).toContain("\na is cancelled");
  });

  test("a cancelled run ends the running step and starts no other job but one with always()", async () => {
    // A builtin says it has started: bash that waits for a program outlives a SIGINT which that program outlived.
    const controller = new AbortController();
    const { run, job, log } = await execute(
      `
on: workflow_dispatch
jobs:
  a: { runs-on: x, steps: [{ run: "echo started':'; sleep 30" }] }
  b: { needs: a, runs-on: x, steps: [{ run: "true" }] }
  c: { needs: a, if: "always() && cancelled()", runs-on: x, steps: [{ if: always(), run: echo tidy }] }
`,
      { host: { signal: controller.signal, minute: 60_000 }, when: ["started:", () => controller.abort()] },
    );
    expect(run.conclusion).toBe("cancelled");
    expect([job("a").conclusion, job("b").conclusion]).toEqual(["cancelled", "skipped"]);
    expect(log("c")).toContain("\ntidy");
  });

  test("a step with always() that runs when the run is cancelled is left to finish", async () => {
    const controller = new AbortController();
    const { job, log } = await execute(
      steps('      - { if: always(), run: "date +begun:; sleep 0.2; echo finished" }', "      - run: echo never"),
      { host: { signal: controller.signal }, when: ["begun:", () => setImmediate(() => controller.abort())] },
    );
    expect(log("job")).toMatch(/\nfinished$/);
    expect(job("job").conclusion).toBe("cancelled");
  });

  test("a process left in the background outlives its step but not its job", async () => {
    const { job, log } = await execute(
      steps(
        '      - run: sleep 30 > /dev/null 2>&1 & echo "pid:$!" && echo "PID=$!" >> "$GITHUB_ENV"',
        '      - run: kill -0 "$PID"',
      ),
      { host: { minute: 60_000 } },
    );
    expect(job("job").conclusion).toBe("success");
    expect(await ended(log("job"))).toBeGreaterThan(0);
  });

  test("a process that holds the step's output open is ended after a short wait", async () => {
    const { job, log } = await execute(steps('      - run: sleep 30 & echo "pid:$!"'));
    expect(job("job").conclusion).toBe("success");
    expect(await ended(log("job"))).toBeGreaterThan(0);
  });

  test("runs of one concurrency group take turns, and the one in the middle is cancelled", async () => {
    const groups = new ConcurrencyGroups();
    const text = `
on: workflow_dispatch
concurrency: { group: "sync-\${{ github.ref }}", cancel-in-progress: false }
jobs: { a: { runs-on: x, steps: [{ run: sleep 0.2 }] } }
`;
    const order: string[] = [];
    const one = (name: string) => execute(text, { groups }).then(({ run }) => order.push(`${name} ${run.conclusion}`));
    await Promise.all([one("first"), one("second"), one("third")]);
    expect(order).toEqual(["second cancelled", "first success", "third success"]);
  });
});
