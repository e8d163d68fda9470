/** Upstream and the fork changed the same place: people settle it, in the way they like, and the workflow does the rest. */
import { check, checkEqual } from "../check.ts";
import { git } from "../git.ts";
import { commandsBelow, settleInBrowser, typeCommands } from "../person.ts";
import type { ConflictStage } from "../setting.ts";
import { moveUpstream, type Run, strike } from "../workflow-run.ts";
import type { World } from "../world.ts";
import { expectContains, expectOutcome, fetchLive, short, syncBranch, traffic } from "./expect.ts";
import { land } from "./land.ts";
import type { Chapter } from "./step.ts";

export const settledByCommands: Chapter = {
  title: "Conflicts, settled by commands",
  steps: [
    { name: "both changed a file: settled by the issue's git commands", run: settledByGit },
    { name: "the team lands what was settled", run: land },
    {
      name: "upstream removes what the fork edited: settled on a branch of one's own, and not landed",
      run: onOwnBranch,
    },
  ],
};

export const settledByClicks: Chapter = {
  title: "A conflict, settled in the browser",
  steps: [
    { name: "upstream conflicts with the fork: a branch, a draft and an issue for people", run: conflict },
    { name: "nobody moved: red by two look-ups", run: waiting },
    { name: "settled in the browser: tested, promoted, closed", run: settledInBrowser },
  ],
};

// biome-ignore lint/suspicious/noExplicitAny: GitHub's answers, read field by field.
type Answered = any;

async function conflict(world: World): Promise<string> {
  const { run, pull } = await meetConflict(world, "edited");
  checkEqual([pull.draft, pull.mergeable], [true, false], "the conflict's pull request: draft, mergeable");
  return `${run.record.conflicts[0].path} (with ${run.record.conflicts[0].side}): branch ${pull.head.ref}, draft #${pull.number}, issue #${run.record.issue}`;
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

async function settledInBrowser(world: World): Promise<string> {
  const pull = await conflictPull(world);
  await settleInBrowser(world, pull, world.setting.conflicts.edited);
  return await expectSettled(world, "edited", pull.head.ref);
}

async function settledByGit(world: World): Promise<string> {
  const { issue, pull } = await meetConflict(world, "edited");
  await typeCommands(world, commandsBelow("With git", issue.body), world.setting.conflicts.edited);
  return await expectSettled(world, "edited", pull.head.ref);
}

async function onOwnBranch(world: World): Promise<string> {
  const { issue } = await meetConflict(world, "removed");
  await typeCommands(world, commandsBelow("On a branch of your own", issue.body), world.setting.conflicts.removed);
  return await expectSettled(world, "removed", "sync/upstream-manual");
}

/** Upstream comes to a stage that conflicts; everything for people is there, and nothing else has moved. */
async function meetConflict(
  world: World,
  stage: ConflictStage,
): Promise<{ run: Run; pull: Answered; issue: Answered }> {
  const before = await world.refs();
  const upstream = await moveUpstream(world, stage);
  const run = await strike(world);
  expectOutcome(run, "failure", "conflict");
  checkEqual(
    run.record.conflicts.map(({ path, side }: { path: string; side: string }) => [path, side]),
    [[world.setting.conflicts[stage].path, "upstream"]],
    "conflicts of the record",
  );
  const after = await world.refs();
  const target = `refs/heads/${world.fork.branches.target}`;
  checkEqual(after[target], before[target], "the target branch");
  await fetchLive(world);
  // What the team landed meanwhile goes in; what conflicts does not.
  const tip = after[syncBranch] as string;
  await expectContains(world, tip, [before[syncBranch] as string]);
  const taken = await git(world.fork.git, ["merge-base", "--is-ancestor", upstream, tip], { allowFailure: true });
  check(!taken.ok, "the sync branch to be without the commit that conflicts", tip);
  const pull = await conflictPull(world);
  await expectContains(world, pull.head.sha, [upstream]);
  const issue = (await world.rest("developer", "GET", `${world.forkPath}/issues/${run.record.issue}`)).data;
  checkEqual(issue.state, "open", "the issue");
  const { path } = world.setting.conflicts[stage];
  check(issue.body.includes(path), `the issue to name ${path}`, issue.body);
  return { run, pull, issue };
}

async function conflictPulls(world: World): Promise<Answered[]> {
  return (await world.rest("developer", "GET", `${world.forkPath}/pulls?state=open&base=sync/upstream`)).data;
}

async function conflictPull(world: World): Promise<Answered> {
  const pulls = await conflictPulls(world);
  checkEqual(pulls.length, 1, "open pull requests into the sync branch");
  return (await world.rest("developer", "GET", `${world.forkPath}/pulls/${pulls[0].number}`)).data;
}

/** The next run takes what was pushed to `branch`: tested, promoted with people's words, and tidied up. */
async function expectSettled(world: World, stage: ConflictStage, branch: string): Promise<string> {
  const pushed = (await world.refs())[`refs/heads/${branch}`] as string;
  await fetchLive(world);
  const run = await strike(world);
  expectOutcome(run, "success", "promoted");
  const refs = await world.refs();
  await fetchLive(world);
  await expectContains(world, refs[syncBranch] as string, [pushed, world.setting.upstream.stages[stage]]);
  const { path, settled } = world.setting.conflicts[stage];
  const file = await git(world.fork.git, ["cat-file", "blob", `${refs[syncBranch]}:${path}`]);
  checkEqual(file.stdout, settled.replace(/\n$/, ""), `${path} on the sync branch`);
  checkEqual(
    Object.keys(refs).filter((ref) => /\/sync\/upstream-(?:conflict|manual)/.test(ref)),
    [],
    "branches for people",
  );
  checkEqual(await conflictPulls(world), [], "open pull requests into the sync branch");
  const open: Answered[] = (await world.rest("developer", "GET", `${world.forkPath}/issues?state=open`)).data;
  checkEqual(
    open.filter((one) => one.pull_request === undefined),
    [],
    "open issues",
  );
  return `${short(pushed)} of ${branch} is in ${short(refs[syncBranch] as string)}, tested; ${path} is as people left it`;
}
