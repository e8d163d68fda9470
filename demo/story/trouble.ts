/** What goes wrong by itself: nothing moves, and the run says why. */
import { check, checkEqual } from "../check.ts";
import { moveUpstream, strike } from "../workflow-run.ts";
import type { World } from "../world.ts";
import { expectOutcome } from "./expect.ts";
import type { Chapter } from "./step.ts";

export const trouble: Chapter = {
  title: "Trouble",
  steps: [
    { name: "upstream breaks the tests: nothing moves", run: testsFail },
    { name: "upstream is not to be found: red, never green", run: notFound },
  ],
};

async function testsFail(world: World): Promise<string> {
  const before = await world.refs();
  await moveUpstream(world, "broken");
  const run = await strike(world);
  expectOutcome(run, "failure", "tests-failed");
  checkEqual(await world.refs(), before, "the fork's refs");
  const failed = run.record.tests.filter((one: { ok: boolean }) => !one.ok);
  check(failed.length > 0, "the record to name the failed test", run.record.tests);
  return failed.map((one: { name: string }) => one.name).join(", ");
}

async function notFound(world: World): Promise<string> {
  const { upstream } = world.setting;
  const before = await world.refs();
  await world.github.control("POST", "/faults", {
    route: `GET /${upstream.owner}/${upstream.name}.git/info/refs`,
    // Not a 5xx: that is tried again for some seconds, and ends the same way.
    status: 404,
    times: 10,
  });
  const run = await strike(world);
  await world.github.control("DELETE", "/faults");
  expectOutcome(run, "failure", "stopped");
  checkEqual(await world.refs(), before, "the fork's refs");
  return run.record.reason;
}
