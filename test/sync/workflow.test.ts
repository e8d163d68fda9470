import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";

const read = (path: string) => readFileSync(new URL(`../../templates/${path}`, import.meta.url), "utf8");
const text = read("workflow.yml");
const workflow = parse(text);
const { test: _, regenerate: __, regenerated: ___, ...always } = workflow.jobs;
/** Each under the name of its file; a workflow has one of test and wait, and the other two or none. */
const files = ["test", "wait", "regenerate", "regenerated"];
const testing = Object.fromEntries(files.map((name) => [name, parse(read(`jobs/${name}.yml`))]));
const jobs = { ...always, ...testing } as Record<string, Job>;

interface Job {
  permissions: Record<string, string>;
  environment?: unknown;
  steps: (string | { name: string; run: string; env?: Record<string, string> })[];
}

function step(job: string, name: string) {
  const found = jobs[job]?.steps.find((one) => typeof one !== "string" && one.name === name);
  if (found === undefined || typeof found === "string") throw new Error(`${job} has no step ${name}`);
  return found;
}

describe("the workflow template", () => {
  test("has whole scalars as holes, these and no others", () => {
    const holes: string[] = [];
    JSON.stringify([workflow, testing], (_, value) => {
      if (typeof value === "string" && value.includes("__")) holes.push(value);
      return value;
    });
    expect(holes.sort()).toEqual(
      [
        ...[
          "__CRON__",
          "__TIMEZONE__",
          "__UPSTREAM_URL__",
          "__UPSTREAM_BRANCH__",
          "__UPSTREAM_FOLLOW__",
          "__SYNC_BRANCH__",
          "__TARGET_BRANCH__",
        ],
        ...[
          "__UPSTREAM_WORKFLOWS__",
          "__LANDING__",
          "__POLICIES__",
          "__FRESHNESS__",
          "__TESTS__",
          "__PULL_REQUEST__",
          "__DOCUMENT_PATH__",
          "__DIGEST__",
          "__PROGRAM_SHA256__",
        ],
        ...["__CREDENTIALS__", "__CREDENTIAL__", "__CREDENTIAL__", "__ENVIRONMENT__", "__ENVIRONMENT__"],
        ...["__UPSTREAM_ENVIRONMENT__", "__UPSTREAM_TOKEN__", "__UPSTREAM_TOKEN__", "__UPSTREAM_TOKEN__"],
        ...["__CONTENTS__", "__CONTENTS__", "__PULL_REQUESTS__", "__WRITE__", "__CHECKS__", "__STATUSES__"],
        ...["__TEST_JOB__", "__TEST_TIMEOUT__", "__TEST_TIMEOUT__", "__NEEDS__", "__NEEDS__", "__FINISH_NEEDS__"],
        ...["__CANDIDATE__", "__CANDIDATE__", "__CANDIDATE__", "__TREE__", "__TREE__", "__MERGED__"],
        ...[
          "__REGENERATE_JOB__",
          "__REGENERATE_STEPS__",
          "__TEST_TIMEOUT__",
          "__TEST_SHELL__",
          "__REGENERATE_RESULT__",
        ],
        ...["__REGENERATED_JOB__", "__REGENERATED_RESULT__", "__REGENERATED_REASON__"],
        ...["__ENVIRONMENT__", "__CONTENTS__", "__CREDENTIAL__"],
        ...[
          "__IF_THIS_REPOSITORY__",
          "__TEST_TIMEOUT__",
          "__TEST_SHELL__",
          "__TRUSTED__",
          "__LFS__",
          "__SUBMODULES__",
          "__KEEP_GIT__",
          "__TEST_STEPS__",
        ],
      ].sort(),
    );
  });

  test("uses no action, and starts only by schedule and by hand", () => {
    expect([text, ...files.map((name) => read(`jobs/${name}.yml`))].join("\n")).not.toMatch(/^[ -]*uses:/m);
    expect(Object.keys(workflow.on)).toEqual(["schedule", "workflow_dispatch"]);
  });

  test("gives each job the least it needs", () => {
    expect(workflow.permissions).toEqual({});
    const permissions = Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.permissions]));
    expect(permissions).toEqual({
      look: { contents: "read", issues: "read", "pull-requests": "read" },
      heartbeat: { actions: "write" },
      merge: { contents: "__CONTENTS__", "pull-requests": "read" },
      test: { contents: "read" },
      wait: { actions: "read", checks: "read", contents: "read", statuses: "read" },
      regenerate: { contents: "read" },
      regenerated: { contents: "__CONTENTS__" },
      finish: {
        actions: "read",
        checks: "__CHECKS__",
        contents: "__CONTENTS__",
        issues: "__WRITE__",
        "pull-requests": "__PULL_REQUESTS__",
        statuses: "__STATUSES__",
      },
    });
  });

  test("gives the credential to one step each of the jobs that push, and only there", () => {
    const holders = Object.entries(jobs).flatMap(([name, job]) =>
      job.steps.flatMap((one) =>
        typeof one === "string" ? [] : Object.keys(one.env ?? {}).map((variable) => `${name}/${one.name}: ${variable}`),
      ),
    );
    expect(holders.filter((one) => /CREDENTIAL|UPSTREAM_TOKEN/.test(one))).toEqual([
      "look/Look: UPSTREAM_TOKEN",
      "merge/Merge: CREDENTIAL",
      "merge/Merge: UPSTREAM_TOKEN",
      "finish/Finish: CREDENTIAL",
      "finish/Finish: UPSTREAM_TOKEN",
      "regenerated/Commit what was made anew: CREDENTIAL",
    ]);
    const environments = Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.environment]));
    expect(environments).toEqual({
      look: "__UPSTREAM_ENVIRONMENT__",
      heartbeat: undefined,
      merge: "__ENVIRONMENT__",
      test: undefined,
      wait: undefined,
      regenerate: undefined,
      regenerated: "__ENVIRONMENT__",
      finish: "__ENVIRONMENT__",
    });
  });

  test("takes what people type in only as variables, and to say what a run is called", () => {
    expect(text.match(/.*inputs\..*/g)?.map((line) => line.trim())).toEqual([
      "run-name: ${{ inputs.verify && format('upstream-sync verify {0}', inputs.verify) || 'upstream-sync' }}",
      "group: upstream-sync${{ inputs.verify && '-verify' || '' }}",
      expect.stringMatching(/^VERIFY: \$\{\{ inputs\.verify \}\} # /),
      "UPSTREAM_COMMIT: ${{ inputs.upstream-commit }}",
      "RETEST: ${{ inputs.retest }}",
      "RETEST: ${{ inputs.retest }}",
      "DRY_RUN: ${{ inputs.dry-run }}",
      "RETEST: ${{ inputs.retest }}",
    ]);
  });

  test("hands on what look found out about upstream", () => {
    const found = (job: string, name: string) =>
      Object.entries(step(job, name).env ?? {}).filter(([, value]) =>
        /look\.outputs\.(?:upstream|ref|why)/.test(value),
      );
    const upstream = [
      ["UPSTREAM_SHA", "${{ needs.look.outputs.upstream }}"],
      ["UPSTREAM_REF", "${{ needs.look.outputs.ref }}"],
    ];
    expect(found("merge", "Merge")).toEqual(upstream);
    expect(found("finish", "Finish")).toEqual([...upstream, ["UPSTREAM_WHY", "${{ needs.look.outputs.why }}"]]);
    expect(workflow.jobs.look.outputs).toMatchObject({
      upstream: "${{ steps.look.outputs.upstream }}",
      ref: "${{ steps.look.outputs.ref }}",
      why: "${{ steps.look.outputs.why }}",
    });
  });

  test("shows the test job a token in its first step alone", () => {
    const [first, ...rest] = jobs.test?.steps ?? [];
    expect(JSON.stringify(first)).toContain("github.token");
    expect(rest).toEqual(["__TEST_STEPS__"]);
    expect(testing.wait.name).toBe(testing.test.name);
    const shown = (jobs.regenerate?.steps ?? []).map((one) => JSON.stringify(one).includes("github.token"));
    expect(shown).toEqual([true, true, false, false]);
    expect(Object.keys(workflow.env).filter((name) => /TOKEN|SECRET|KEY|CREDENTIAL$/.test(name))).toEqual([]);
  });

  test("puts no expression into a shell script", () => {
    const scripts = Object.values(jobs).flatMap((job) =>
      job.steps.map((one) => (typeof one === "string" ? "" : one.run)),
    );
    expect(scripts.filter((script) => script.includes("${{"))).toEqual([]);
  });

  test("fetches and checks the program the same way in every job", () => {
    const [first, ...others] = ["look", "merge", "wait", "regenerated", "finish"].map((job) =>
      step(job, "Fetch the sync program"),
    );
    for (const other of others) expect(other).toEqual(first);
  });
});
