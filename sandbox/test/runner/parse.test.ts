import { expect, test } from "@jest/globals";
import { dispatchInputsOf, parse, pushFits, schedulesOf, workflowName } from "../../runner/parse.ts";

const text = `
name: Sync
on:
  schedule:
    - { cron: "17 0 * * *", timezone: Europe/Berlin }
    - cron: 5 5 * * 1
  workflow_dispatch:
    inputs:
      dry_run: { type: boolean, default: true, description: d }
      commit: { required: true }
      level: { type: choice, options: [low, high], default: low }
      count: { type: number, default: 3 }
jobs:
  a: { runs-on: ubuntu-latest, steps: [{ run: "true" }] }
`;

test("schedules are read with their time zones", () => {
  expect(schedulesOf(text)).toEqual([{ cron: "17 0 * * *", timezone: "Europe/Berlin" }, { cron: "5 5 * * 1" }]);
  expect(schedulesOf("on: push")).toEqual([]);
  expect(schedulesOf(": not yaml [")).toEqual([]);
});

test("schedules of a file that is invalid elsewhere still count", () => {
  const invalid = text.replace("jobs:", "permissions: { workflows: write }\njobs:");
  expect(schedulesOf(invalid)).toHaveLength(2);
});

test("dispatch inputs are read with type, need, default and options", () => {
  expect(dispatchInputsOf(text)).toEqual({
    dry_run: { type: "boolean", required: false, default: "true" },
    commit: { type: "string", required: true },
    level: { type: "choice", required: false, default: "low", options: ["low", "high"] },
    count: { type: "number", required: false, default: "3" },
  });
});

test.each([
  ["on: workflow_dispatch", {}],
  ["on: [push, workflow_dispatch]", {}],
  ["on: { workflow_dispatch: }", {}],
  ["on: push", undefined],
  ["on: { push: }", undefined],
  ["{ :", undefined],
])("dispatch inputs of '%s'", (file, inputs) => {
  expect(dispatchInputsOf(`${file}\n`)).toEqual(inputs);
});

test.each<[string, string, boolean]>([
  ["on: push", "x", true],
  ["on: [pull_request, push]", "x", true],
  ["on: { push: }", "x", true],
  ["on: pull_request", "x", false],
  ["on: { push: { branches: [main, 'sync/**'] } }", "sync/upstream-candidate", true],
  ["on: { push: { branches: [main, '*'] } }", "sync/upstream-candidate", false],
  ["on: { push: { branches: ['**', '!sync/*'] } }", "sync/upstream-candidate", false],
  ["on: { push: { branches-ignore: ['sync/**'] } }", "sync/upstream-candidate", false],
  ["on: { push: { branches-ignore: [main] } }", "sync/upstream-candidate", true],
  ["on: { push: { tags: [v*] } }", "v1", false],
])("'%s' on a push to %s: %s", (file, branch, starts) => {
  expect(pushFits(`${file}\n`, branch)).toBe(starts);
});

test("a workflow without a name goes by its path", () => {
  expect(workflowName(text, ".github/workflows/x.yml")).toBe("Sync");
  expect(workflowName("on: push", ".github/workflows/x.yml")).toBe(".github/workflows/x.yml");
});

test.each([
  ["an unknown permission", "permissions: { workflows: write }\njobs:", "Unexpected value 'workflows'"],
  ["an unknown function", "run-name: ${{ foo() }}\njobs:", "Unrecognized function: 'foo'"],
  ["an unknown need", "jobs:\n  b: { needs: [c], runs-on: x, steps: [{ run: x }] }", "depends on unknown job 'c'"],
])("GitHub's parser refuses %s, with the place", async (_, replacement, message) => {
  const result = await parse(text.replace("jobs:", replacement), ".github/workflows/x.yml");
  expect(result).toEqual({ errors: [expect.stringContaining(message)] });
  expect((result as { errors: string[] }).errors[0]).toMatch(/^\.github\/workflows\/x\.yml \(Line: \d+, Col: \d+\): /);
});

test("a condition without a status function gets success()", async () => {
  const file = `
on: workflow_dispatch
jobs:
  a: { if: "github.ref == 'x'", runs-on: x, steps: [{ run: a, if: "env.A" }, { run: b, if: "always() && env.A" }] }
`;
  const result = await parse(file, "x.yml");
  const job = "workflow" in result ? result.workflow.jobs[0] : undefined;
  expect([job?.if, ...(job?.steps.map((step) => step.if) ?? [])]).toEqual([
    "success() && (github.ref == 'x')",
    "success() && (env.A)",
    "always() && env.A",
  ]);
});
