import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { apply } from "../../lib/operations/apply.ts";
import type { Context } from "../../lib/operations/context.ts";
import type { PlanResult } from "../../lib/plan-result.ts";

/** A tool that applies without a word, and whose next plans are those of the list, one after the other. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-apply-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function plannedWith(...plans: object[]): PlanResult {
  const tool = join(folder, "tool.mjs");
  const texts = JSON.stringify(plans.map((plan) => JSON.stringify({ format_version: "1.2", ...plan })));
  writeFileSync(
    tool,
    `#!${process.execPath}
import { existsSync, readFileSync, writeFileSync } from "node:fs";
const [verb, , out] = process.argv.slice(2);
const seen = "${folder}/seen";
const plans = ${texts};
const n = existsSync(seen) ? Number(readFileSync(seen, "utf8")) : 0;
if (verb === "plan") {
  writeFileSync(out.slice("-out=".length), plans[n]);
  writeFileSync(seen, String(n + 1));
  process.exitCode = plans[n].includes("resource_changes") ? 2 : 0;
}
if (verb === "show") process.stdout.write(readFileSync(process.argv.at(-1)));
`,
  );
  chmodSync(tool, 0o700);
  rmSync(join(folder, "seen"), { force: true });
  const workspace = { tool: { name: "Terraform", command: tool, version: "1.11.4" }, folder, env: {} };
  return { repository: "acme/fork", destroy: false, workspace, saved: { file: "x" } } as unknown as PlanResult;
}

const drift = {
  resource_changes: [
    {
      address: "github_issue_label.label",
      mode: "managed",
      type: "github_issue_label",
      change: { actions: ["create"], before: null, after: {} },
    },
  ],
};

const slept: number[] = [];

async function run(planned: PlanResult) {
  const operation = apply({} as Context, planned, async (milliseconds) => slept.push(milliseconds));
  let step = await operation.next();
  while (!step.done) step = await operation.next();
  return step.value;
}

test("an apply is proved by a plan that finds nothing", async () => {
  expect((await run(plannedWith({}))).proof).toMatchObject({ changes: 0 });
});

test("GitHub may be late: a second look counts; what is still there then is told", async () => {
  expect((await run(plannedWith(drift, {}))).proof).toMatchObject({ changes: 0 });
  expect(slept).toEqual([3000]);
  await expect(run(plannedWith(drift, drift))).rejects.toThrow(
    "the plan was applied to acme/fork, and a plan right after it still finds something to change: create github_issue_label.label",
  );
});
