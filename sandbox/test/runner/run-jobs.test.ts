/** Small workflows, run for real with bash. A minute lasts 600 ms unless said otherwise (see support.ts). */
import { describe, expect, test } from "@jest/globals";
import { execute, steps } from "./support.ts";

describe("jobs", () => {
  test("outputs travel by needs, and a job that waits runs after what it needs", async () => {
    const { run, job, log, left, revoked } = await execute(`
on: workflow_dispatch
env: { GREETING: hello }
jobs:
  last:
    needs: first
    name: After \${{ needs.first.result }}
    runs-on: ubuntu-latest
    steps:
      - run: echo "got $LIST for $WHO"
        env:
          LIST: \${{ needs.first.outputs.list }}
          WHO: \${{ fromJSON(needs.first.outputs.who).name }}
  first:
    runs-on: ubuntu-latest
    outputs:
      list: \${{ steps.make.outputs.list }}
      who: \${{ steps.make.outputs.who }}
      none: \${{ steps.unknown.outputs.x }}
    steps:
      - id: make
        run: |
          { echo 'list<<EOF'; echo "$GREETING"; echo two; echo EOF; } >> "$GITHUB_OUTPUT"
          echo 'who={"name":"Ada"}' >> "$GITHUB_OUTPUT"
`);
    expect(run).toMatchObject({ status: "completed", conclusion: "success" });
    expect(job("last").name).toBe("After success");
    expect(log("last")).toContain("\ngot hello\ntwo for Ada");
    expect(left).toEqual([]);
    expect(revoked).toEqual(["job-token-1", "job-token-2"]);
  });

  test("after a failure: default conditions skip, failure() and always() run, also two jobs further", async () => {
    const { run, job } = await execute(`
on: workflow_dispatch
jobs:
  bad: { runs-on: x, steps: [{ run: exit 3 }] }
  skipped: { needs: bad, runs-on: x, steps: [{ run: "true" }] }
  always: { needs: bad, if: always(), runs-on: x, steps: [{ run: "true" }] }
  behind-always: { needs: always, runs-on: x, steps: [{ run: "true" }] }
  notified: { needs: skipped, if: failure() && needs.skipped.result == 'skipped', runs-on: x, steps: [{ run: "true" }] }
`);
    expect(run.conclusion).toBe("failure");
    expect(run.jobs.map((entry) => [entry.key, entry.conclusion])).toEqual([
      ["bad", "failure"],
      ["skipped", "skipped"],
      ["always", "success"],
      ["behind-always", "skipped"],
      ["notified", "success"],
    ]);
    expect(job("bad").annotations).toEqual([
      expect.objectContaining({ annotation_level: "failure", message: "Process completed with exit code 3." }),
    ]);
  });

  test("a run whose jobs are all skipped is skipped", async () => {
    const { run } = await execute("on: workflow_dispatch\njobs: { a: { if: false, runs-on: x, steps: [{ run: a }] } }");
    expect([run.conclusion, run.jobs[0]?.steps]).toEqual(["skipped", []]);
  });

  test("the token has the rights the file asks for, and is in no variable", async () => {
    const { permissions, log, revoked } = await execute(`
on: workflow_dispatch
permissions: {}
jobs:
  a:
    runs-on: x
    permissions: { contents: read, statuses: write }
    steps:
      - run: env | grep -c job-token || true
      - run: echo "$TOKEN" | tr o 0
        env: { TOKEN: "\${{ secrets.GITHUB_TOKEN == github.token && github.token }}" }
`);
    const [granted = {}] = permissions;
    expect(Object.fromEntries(Object.entries(granted).filter(([, level]) => level !== "none"))).toEqual({
      contents: "read",
      statuses: "write",
      metadata: "read",
    });
    expect(log("a")).toContain("\n0\n");
    expect(log("a")).toContain("j0b-t0ken-1");
    expect(log("a")).not.toContain("job-token-1");
    expect(revoked).toEqual(["job-token-1"]);
  });

  test("an environment that refuses the branch fails the job with GitHub's words, before any step", async () => {
    const refusal = 'Branch "x" is not allowed to deploy to upstream-sync due to environment protection rules.';
    const { job, permissions, environments } = await execute(
      "on: workflow_dispatch\njobs: { a: { environment: { name: upstream-sync }, runs-on: x, steps: [{ run: a }] } }",
      {
        host: {
          secrets: () => {
            throw new Error(refusal);
          },
        },
      },
    );
    expect(job("a").conclusion).toBe("failure");
    expect(job("a").annotations).toEqual([expect.objectContaining({ message: refusal, annotation_level: "failure" })]);
    expect([job("a").steps, permissions, environments]).toEqual([[], [], []]);
  });

  test("what the sandbox cannot run fails the job and is named", async () => {
    const { run, job } = await execute(
      "on: workflow_dispatch\njobs: { a: { runs-on: x, container: node, steps: [{ run: a }, { uses: actions/checkout@v4 }] } }",
    );
    expect(run.conclusion).toBe("failure");
    expect(job("a").annotations.map((entry) => entry.message.split(":")[0])).toEqual([
      "jobs.a.container",
      "jobs.a.steps[1] without run",
    ]);
  });

  test("a file GitHub's parser refuses has no jobs and is a startup failure", async () => {
    const { run, logs } = await execute(steps("      - run: echo ${{ foo() }}"));
    expect([run.status, run.conclusion, run.jobs]).toEqual(["completed", "startup_failure", []]);
    expect(logs.get(run.id)?.join("\n")).toContain(
      "##[error].github/workflows/sync.yml (Line: 6, Col: 14): Unrecognized function: 'foo'",
    );
  });
});
