/** What most days are: nothing to do, or news that go through the tests into one pull request. */

import type { LogEntry } from "../../lib/rehearsal/stand-in.ts";
import { check, checkEqual } from "../check.ts";
import { git } from "../git.ts";
import { moveUpstream, strike } from "../workflow-run.ts";
import type { World } from "../world.ts";
import { expectContains, expectOutcome, fetchLive, short, syncBranch, traffic } from "./expect.ts";
import { land } from "./land.ts";
import type { Chapter } from "./step.ts";

export const normalDay: Chapter = {
  title: "Normal days",
  steps: [
    { name: "the first run writes down where the fork stands", run: firstRun },
    { name: "the schedule fires: idle by two look-ups", run: idle },
    { name: "upstream moves: merged, tested, promoted, one pull request", run: promoted },
    { name: "a label lets upstream's workflow files in, ours stays ours", run: accepted },
    { name: "the team lands it by a merge commit", run: land },
    { name: "idle again", run: idle },
  ],
};

const ourWorkflow = ".github/workflows/upstream-sync.yml";

async function firstRun(world: World): Promise<string> {
  const run = await strike(world);
  expectOutcome(run, "success", "up-to-date");
  checkEqual(
    (await world.refs())["refs/upstream-sync/main/synced"],
    world.setting.upstream.stages.start,
    "the recorded upstream commit",
  );
  return run.record.reason;
}

async function idle(world: World): Promise<string> {
  const run = await strike(world);
  expectOutcome(run, "success", "up-to-date");
  const { fork, upstream } = world.setting;
  const of = (operation: string) => (entry: LogEntry) => entry.git?.operation === operation;
  const lookUps = run.log.filter(of("look-up"));
  checkEqual(
    lookUps.map((entry) => entry.git?.repository).sort(),
    [`${fork.owner}/${fork.name}`, `${upstream.owner}/${upstream.name}`].sort(),
    "look-ups",
  );
  checkEqual(run.log.filter(of("fetch")).concat(run.log.filter(of("push"))), [], "packs");
  return `${lookUps.length} look-ups, no pack; ${traffic(run.log)}`;
}

async function promoted(world: World): Promise<string> {
  const target = `refs/heads/${world.fork.branches.target}`;
  const before = await world.refs();
  const upstream = await moveUpstream(world, "moved");
  const run = await strike(world);
  expectOutcome(run, "success", "promoted");

  const after = await world.refs();
  const tip = after[syncBranch] as string;
  checkEqual(run.record.sync.after, tip, "the record's sync tip");
  checkEqual(after[target], before[target], "the target branch");
  await fetchLive(world);
  await expectContains(world, tip, [before[syncBranch] as string, before[target] as string, upstream]);
  const left = Object.keys(after).filter((ref) => ref.includes("/candidate/"));
  checkEqual(left, [], "candidate refs left over");
  const status = (await world.rest("developer", "GET", `${world.forkPath}/commits/${tip}/status`)).data;
  checkEqual(
    status.statuses.map((one: { context: string; state: string }) => [one.context, one.state]),
    [["upstream-sync/tests", "success"]],
    "status of the tested commit",
  );
  const pull = await syncPullRequest(world, tip);
  const { held } = world.setting;
  checkEqual(run.record.held, held, "upstream's workflow files that are held");
  for (const file of [...held, ourWorkflow])
    checkEqual(await blob(world, tip, file), await blob(world, before[target] as string, file), `${file} of the fork`);
  for (const fact of [upstream, tip, world.setting.tests[0] as string, ...held])
    check(pull.body.includes(fact), `the body to name ${fact}`, pull.body);
  return `${short(before[syncBranch] as string)} -> ${short(tip)}, pull request #${pull.number} "${pull.title}"; held: ${held.join(", ")}; ${traffic(run.log)}`;
}

/** A person of the fork lets upstream's workflow files in; ours stays ours, although upstream has a file of its name. */
async function accepted(world: World): Promise<string> {
  const before = await world.refs();
  const [pull] = (await world.rest("developer", "GET", `${world.forkPath}/pulls?state=open`)).data;
  const labels = ["accept-upstream-workflows"];
  const labelled = await world.rest("developer", "POST", `${world.forkPath}/issues/${pull.number}/labels`, { labels });
  checkEqual(labelled.status, 200, "the status of labelling");
  const run = await strike(world);
  expectOutcome(run, "success", "promoted");
  checkEqual([run.record.pr, run.record.held], [pull.number, []], "pull request and held files of the record");
  await fetchLive(world);
  const tip = (await world.refs())[syncBranch] as string;
  await expectContains(world, tip, [before[syncBranch] as string]);
  const { held, upstream } = world.setting;
  for (const file of held)
    checkEqual(await blob(world, tip, file), await blob(world, upstream.stages.moved, file), `${file} of upstream`);
  const target = before[`refs/heads/${world.fork.branches.target}`] as string;
  checkEqual(await blob(world, tip, ourWorkflow), await blob(world, target, ourWorkflow), "our workflow");
  return `${held.join(", ")} in #${pull.number}; upstream's own ${ourWorkflow} is not`;
}

/** Undefined where there is no such file. Needs `fetchLive` before. */
async function blob(world: World, commit: string, path: string): Promise<string | undefined> {
  const found = await git(world.fork.git, ["rev-parse", "--verify", "--quiet", `${commit}:${path}`], {
    allowFailure: true,
  });
  return found.ok ? found.stdout : undefined;
}

/** The one open pull request, from the sync branch at `tip` to the target, ready to be landed. */
// biome-ignore lint/suspicious/noExplicitAny: GitHub's answer.
async function syncPullRequest(world: World, tip: string): Promise<any> {
  const pulls = (await world.rest("developer", "GET", `${world.forkPath}/pulls?state=open`)).data;
  checkEqual(pulls.length, 1, "open pull requests");
  const pull = (await world.rest("developer", "GET", `${world.forkPath}/pulls/${pulls[0].number}`)).data;
  checkEqual(
    [pull.head.ref, pull.base.ref, pull.head.sha],
    ["sync/upstream", world.fork.branches.target, tip],
    "the pull request's ends",
  );
  checkEqual(pull.mergeable, true, "mergeable");
  checkEqual(
    pull.labels.map((label: { name: string }) => label.name),
    ["upstream-sync"],
    "labels",
  );
  checkEqual(
    pull.requested_reviewers.map((user: { login: string }) => user.login).sort(),
    ["devops-lead", "tech-lead"],
    "reviewers",
  );
  return pull;
}
