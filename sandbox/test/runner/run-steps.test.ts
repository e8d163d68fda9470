/** Small workflows, run for real with bash. A minute lasts 600 ms unless said otherwise (see support.ts). */
import { describe, expect, test } from "@jest/globals";
import { execute, steps } from "./support.ts";

describe("steps", () => {
  test("after a failure only steps that ask for it run; outcome and conclusion differ under continue-on-error", async () => {
    const { run, job, log } = await execute(
      steps(
        "      - { id: soft, run: exit 1, continue-on-error: true }",
        "      - run: echo soft ${{ steps.soft.outcome }} ${{ steps.soft.conclusion }} ${{ job.status }}",
        "      - { name: Break, run: exit 2 }",
        "      - run: echo never",
        "      - { if: failure(), run: echo failed }",
        "      - { if: always(), run: 'echo status ${{ job.status }}' }",
      ),
    );
    expect(run.conclusion).toBe("failure");
    expect(job("job").steps.map(({ number, name, conclusion }) => [number, name, conclusion])).toEqual([
      [1, "Set up job", "success"],
      [2, "Run exit 1", "success"],
      [3, "Run echo soft failure success success", "success"],
      [4, "Break", "failure"],
      [5, "Run echo never", "skipped"],
      [6, "Run echo failed", "success"],
      [7, "Run echo status failure", "success"],
      [8, "Complete job", "success"],
    ]);
    expect(log("job")).toContain("\nsoft failure success success");
  });

  test("env, path and working directory reach later steps; step env wins over job env over workflow env", async () => {
    const { run, log } = await execute(`
on: workflow_dispatch
env: { A: workflow, B: workflow }
jobs:
  a:
    runs-on: x
    env: { B: job, C: job }
    defaults: { run: { shell: bash, working-directory: sub } }
    steps:
      - working-directory: .
        run: |
          mkdir sub bin && printf '#!/bin/sh\\necho tool ran\\n' > bin/tool && chmod +x bin/tool
          echo "$PWD/bin" >> "$GITHUB_PATH"
          echo "A=file" >> "$GITHUB_ENV"
      - run: 'echo "$A $B $C \${{ env.A }}" && tool && basename "$PWD" && { false | true || echo pipefail; }'
        env: { C: step }
      - shell: sh
        run: 'false | true; echo "no pipefail"'
`);
    expect(run.conclusion).toBe("success");
    expect(log("a")).toContain("\nfile job step file\ntool ran\nsub\npipefail\n");
    expect(log("a")).toContain("\nno pipefail");
  });

  test("a step sees GitHub's variables and nothing of the sandbox's own environment", async () => {
    process.env.SANDBOX_PRIVATE = "leak";
    const { log } = await execute(steps("      - run: env -0 | cut -z -d= -f1 | sort -z | tr '\\0' ' '"));
    delete process.env.SANDBOX_PRIVATE;
    const printed = /\n(CI .*)/.exec(log("job"))?.[1]?.trim().split(" ") ?? [];
    const shell = ["_", "PWD", "OLDPWD", "SHLVL"];
    const own = ["PATH", "HOME", "LANG", "TMPDIR", "CI", "GIT_CONFIG_NOSYSTEM"];
    expect(printed).toEqual(expect.arrayContaining([...own, "GITHUB_SHA", "GITHUB_API_URL", "RUNNER_TEMP"]));
    expect(
      printed.filter((name) => !/^(GITHUB|RUNNER)_/.test(name) && !own.includes(name) && !shell.includes(name)),
    ).toEqual([]);
    expect(printed).not.toContain("GITHUB_TOKEN");
  });

  test("dispatch inputs are typed and have their defaults; the event keeps them as text", async () => {
    const { log } = await execute(
      `
on: { workflow_dispatch: { inputs: { dry: { type: boolean, default: true }, on: { type: boolean }, n: { type: number }, s: { default: d } } } }
jobs:
  a:
    runs-on: x
    steps:
      - { if: "!inputs.dry", run: echo dry is false }
      - { if: "inputs.on", run: echo never }
      - { if: "inputs.n > 9", run: 'echo "\${{ inputs.s }} \${{ github.event.inputs.dry }} $GITHUB_EVENT_NAME"' }
      - run: grep -o '"dry":.*' "$GITHUB_EVENT_PATH"
`,
      { run: { inputs: { dry: "false", n: "10" } } },
    );
    expect(log("a")).toContain("\ndry is false");
    expect(log("a")).not.toContain("\nnever");
    expect(log("a")).toContain("\nd false workflow_dispatch");
    expect(log("a")).toContain('\n"dry": "false",');
  });

  test("a schedule has no inputs, and the event names its cron line", async () => {
    const { log } = await execute(
      `
on: { schedule: [{ cron: "17 0 * * *" }], workflow_dispatch: { inputs: { dry: { type: boolean, default: true } } } }
jobs: { a: { runs-on: x, steps: [{ run: "echo '\${{ github.event.schedule }}' dry=\${{ inputs.dry }}" }] } }
`,
      { run: { event: "schedule" } },
    );
    expect(log("a")).toMatch(/\n17 0 \* \* \* dry=$/);
  });

  test("annotations are counted per step and level, and keep title and place", async () => {
    const { job, log } = await execute(
      steps(
        "      - run: |",
        '          for i in $(seq 12); do echo "::warning::w$i"; done',
        "          echo '::notice title=upstream-sync::{\"v\":1}'",
        "          echo '::error file=a.txt,line=3::bad'",
        "      - run: 'echo ::warning::more'",
      ),
    );
    const messages = job("job").annotations.map((entry) => entry.message);
    expect(messages).toEqual([...Array.from({ length: 10 }, (_, index) => `w${index + 1}`), '{"v":1}', "bad", "more"]);
    expect(job("job").annotations[10]).toMatchObject({
      annotation_level: "notice",
      title: "upstream-sync",
      path: ".github",
    });
    expect(job("job").annotations[11]).toMatchObject({ path: "a.txt", start_line: 3, end_line: 3 });
    expect(log("job")).toContain("##[warning]w12");
    expect(job("job").conclusion).toBe("success");
  });

  test("secrets are masked in log, annotation and summary; an output that holds one is dropped", async () => {
    const { job, log } = await execute(
      `
on: workflow_dispatch
jobs:
  a:
    runs-on: x
    environment: upstream-sync
    outputs: { key: "\${{ steps.s.outputs.key }}", plain: "\${{ steps.s.outputs.plain }}" }
    steps:
      - id: s
        env: { KEY: "\${{ secrets.UPSTREAM_SYNC_DEPLOY_KEY }}" }
        run: |
          printf '%s\\n' "$KEY"; printf '%s' "$KEY" | base64 -w0; echo
          echo "::error::key is $(printf '%s' "$KEY" | head -n2 | tail -n1)"
          echo "::add-mask::dynamic"; echo "a dynamic word"
          echo "see line-two-of-key" >> "$GITHUB_STEP_SUMMARY"
          echo "plain=fine" >> "$GITHUB_OUTPUT"
          echo "key=line-two-of-key" >> "$GITHUB_OUTPUT"
  b:
    needs: a
    runs-on: x
    steps: [{ run: 'echo "key=\${{ needs.a.outputs.key }} plain=\${{ needs.a.outputs.plain }}"' }]
`,
      {
        host: {
          secrets: (name): Record<string, string> =>
            name ? { UPSTREAM_SYNC_DEPLOY_KEY: "line-one-of-key\nline-two-of-key\n" } : {},
        },
      },
    );
    expect(log("a")).not.toMatch(/line-one|line-two|bGluZS1/);
    expect(log("a")).toContain("\na *** word");
    expect(job("a").annotations.map((entry) => entry.message)).toEqual([
      "key is ***",
      "Skip output 'key' since it may contain secret.",
    ]);
    expect(job("a").summary).toBe("see ***\n");
    expect(log("b")).toContain("\nkey= plain=fine");
  });

  test("summaries of steps add up; one over 1 MiB is refused and the step goes on", async () => {
    const { job } = await execute(
      steps(
        "      - run: echo '# One' >> \"$GITHUB_STEP_SUMMARY\"",
        "      - run: head -c 1048577 /dev/zero | tr '\\0' x >> \"$GITHUB_STEP_SUMMARY\"",
        "      - run: printf 'Two' >> \"$GITHUB_STEP_SUMMARY\"",
      ),
    );
    expect(job("job").summary).toBe("# One\nTwo\n");
    expect(job("job").conclusion).toBe("success");
    expect(job("job").annotations[0]?.message).toMatch(/^\$GITHUB_STEP_SUMMARY upload aborted.*1024k, got 1024k/);
  });

  test("a file command that is malformed fails the step, with the reason", async () => {
    const { job } = await execute(steps('      - run: echo broken >> "$GITHUB_OUTPUT"'));
    expect(job("job").conclusion).toBe("failure");
    expect(job("job").annotations.map((entry) => entry.message)).toEqual([
      "Unable to process file command 'output' successfully.",
      "Invalid format 'broken'",
    ]);
  });

  test("a workflow command that is switched off fails the step", async () => {
    const { job } = await execute(steps("      - run: 'echo ::set-env name=A::1'"));
    expect(job("job").conclusion).toBe("failure");
    expect(job("job").annotations.at(-1)?.message).toMatch(/^The `set-env` command is disabled\./);
  });

  test.each([
    [
      "working-directory: gone",
      /^An error occurred trying to start process '.*bash' with working directory '.*gone'\./,
    ],
    ["shell: node", /^Invalid shell option\./],
    ["timeout-minutes: ${{ fromJSON('\"x\"') }}", /got "x", expected a number/],
  ])("a step that cannot start fails, with the reason: %s", async (line, message) => {
    const { job } = await execute(steps("      - run: 'true'", `        ${line}`));
    expect(job("job").conclusion).toBe("failure");
    expect(job("job").annotations[0]?.message).toMatch(message);
  });
});
