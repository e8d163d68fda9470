import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";

const text = readFileSync(new URL("../../templates/workflow.yml", import.meta.url), "utf8");
const workflow = parse(text);
const jobs = workflow.jobs as Record<string, Job>;

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
    JSON.stringify(workflow, (_, value) => {
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
          "__SYNC_BRANCH__",
          "__TARGET_BRANCH__",
        ],
        ...["__UPSTREAM_WORKFLOWS__", "__PULL_REQUEST__", "__DOCUMENT_PATH__", "__DIGEST__", "__PROGRAM_SHA256__"],
        ...["__IF_THIS_REPOSITORY__", "__TEST_TIMEOUT__", "__TEST_STEPS__"],
      ].sort(),
    );
  });

  test("uses no action, and starts only by schedule and by hand", () => {
    expect(text).not.toMatch(/^[ -]*uses:/m);
    expect(Object.keys(workflow.on)).toEqual(["schedule", "workflow_dispatch"]);
  });

  test("gives each job the least it needs", () => {
    expect(workflow.permissions).toEqual({});
    const permissions = Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.permissions]));
    expect(permissions).toEqual({
      look: { contents: "read" },
      merge: { contents: "read" },
      test: { contents: "read" },
      finish: { actions: "read", contents: "read", issues: "write", "pull-requests": "write", statuses: "write" },
    });
  });

  test("gives the deploy key to one step each of merge and finish, and only there", () => {
    expect(text.match(/secrets\./g)).toHaveLength(2);
    expect(step("merge", "Merge").env?.DEPLOY_KEY).toBe("${{ secrets.UPSTREAM_SYNC_DEPLOY_KEY }}");
    expect(step("finish", "Finish").env?.DEPLOY_KEY).toBe("${{ secrets.UPSTREAM_SYNC_DEPLOY_KEY }}");
    expect(Object.entries(jobs).flatMap(([name, job]) => (job.environment === undefined ? [] : [name]))).toEqual([
      "merge",
      "finish",
    ]);
  });

  test("shows the test job a token in its first step alone", () => {
    const [first, ...rest] = jobs.test?.steps ?? [];
    expect(JSON.stringify(first)).toContain("github.token");
    expect(rest).toEqual(["__TEST_STEPS__"]);
    expect(JSON.stringify(workflow.env)).not.toMatch(/token|secrets/i);
  });

  test("puts no expression into a shell script", () => {
    const scripts = Object.values(jobs).flatMap((job) =>
      job.steps.map((one) => (typeof one === "string" ? "" : one.run)),
    );
    expect(scripts.filter((script) => script.includes("${{"))).toEqual([]);
  });

  test("fetches and checks the program the same way in every job", () => {
    const [first, ...others] = ["look", "merge", "finish"].map((job) => step(job, "Fetch the sync program"));
    for (const other of others) expect(other).toEqual(first);
  });
});
