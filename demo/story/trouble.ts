/** What goes wrong by itself: nothing moves, and the run says why. */
import { join } from "node:path";
import { check, checkEqual } from "../check.ts";
import { git } from "../git.ts";
import { moveUpstream, strike } from "../workflow-run.ts";
import type { World } from "../world.ts";
import { expectContains, expectOutcome, fetchLive, syncBranch, traffic } from "./expect.ts";
import type { Chapter } from "./step.ts";

export const trouble: Chapter = {
  title: "Trouble",
  steps: [
    { name: "upstream breaks the tests: nothing moves", run: testsFail },
    { name: "upstream conflicts with the fork: a branch, a draft and an issue for people", run: conflict },
    { name: "nobody moved: red by two look-ups", run: waiting },
    { name: "settled by git on the conflict branch: tested, promoted, closed", run: settledByGit },
    { name: "upstream cannot be reached: red, never green", run: unreachable },
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

const conflictBranch = "sync/upstream-conflict-1";

async function conflict(world: World): Promise<string> {
  const before = await world.refs();
  const upstream = await moveUpstream(world, "conflicting");
  const run = await strike(world);
  expectOutcome(run, "failure", "conflict");
  check(run.record.conflicts.length > 0, "the record to name the conflicts", run.record);
  const after = await world.refs();
  const { target } = world.fork.branches;
  checkEqual(after[`refs/heads/${target}`], before[`refs/heads/${target}`], "the target branch");
  await fetchLive(world);
  await expectContains(world, after[`refs/heads/${conflictBranch}`] as string, [upstream]);
  const pulls = await conflictPulls(world);
  checkEqual(
    pulls.map(({ head, base, draft }) => [head.ref, base.ref, draft]),
    [[conflictBranch, "sync/upstream", true]],
    "open pull requests into the sync branch",
  );
  const issue = (await world.rest("developer", "GET", `${world.forkPath}/issues/${run.record.issue}`)).data;
  for (const { path } of run.record.conflicts)
    check(issue.body.includes(path), `the issue to name ${path}`, issue.body);
  return run.record.conflicts.map((one: { path: string; side: string }) => `${one.path} (with ${one.side})`).join(", ");
}

async function waiting(world: World): Promise<string> {
  const before = await world.refs();
  const run = await strike(world);
  expectOutcome(run, "failure", "conflict");
  checkEqual(await world.refs(), before, "the fork's refs");
  const packs = run.log.filter((entry) => entry.git !== null && entry.git.operation !== "look-up");
  checkEqual(packs, [], "packs");
  return traffic(run.log);
}

/** A developer merges the sync branch into the conflict branch and keeps the fork's version of what conflicts. */
async function settledByGit(world: World): Promise<string> {
  const token = world.people.developer;
  const clone = join(world.project, "..", "developer");
  const at = (args: readonly string[], allowFailure = false) => git(clone, args, { token, allowFailure });
  await git("/", ["clone", "--quiet", world.github.gitUrl(world.fork), clone], { token });
  await at(["switch", "--quiet", conflictBranch]);
  const merged = await at(["merge", "--quiet", "origin/sync/upstream"], true);
  check(!merged.ok, "git to stop at the conflict", merged);
  const files = (await at(["diff", "--name-only", "--diff-filter=U", "-z"])).stdout.split("\0").filter(Boolean);
  await at(["checkout", "--quiet", "--theirs", "--", ...files]);
  await at(["add", "--all"]);
  await at(["commit", "--quiet", "--message", "chore: resolve upstream sync conflicts"]);
  await at(["push", "--quiet", "origin", conflictBranch]);
  const settled = (await at(["rev-parse", "HEAD"])).stdout;

  const run = await strike(world);
  expectOutcome(run, "success", "promoted");
  const refs = await world.refs();
  await fetchLive(world);
  await expectContains(world, refs[syncBranch] as string, [settled]);
  checkEqual(refs[`refs/heads/${conflictBranch}`], undefined, "the conflict branch");
  checkEqual(await conflictPulls(world), [], "open pull requests into the sync branch");
  const open = (await world.rest("developer", "GET", `${world.forkPath}/issues?state=open`)).data;
  checkEqual(
    open.filter((one: { pull_request?: unknown }) => one.pull_request === undefined),
    [],
    "open issues",
  );
  return run.record.reason;
}

async function conflictPulls(
  world: World,
): Promise<{ head: { ref: string }; base: { ref: string }; draft: boolean }[]> {
  return (await world.rest("developer", "GET", `${world.forkPath}/pulls?state=open&base=sync/upstream`)).data;
}

async function unreachable(world: World): Promise<string> {
  const { upstream } = world.setting;
  const before = await world.refs();
  await world.github.control("POST", "/faults", {
    route: `GET /${upstream.owner}/${upstream.name}.git/info/refs`,
    status: 503,
    times: 10,
  });
  const run = await strike(world);
  await world.github.control("DELETE", "/faults");
  expectOutcome(run, "failure", "stopped");
  checkEqual(await world.refs(), before, "the fork's refs");
  return run.record.reason;
}
