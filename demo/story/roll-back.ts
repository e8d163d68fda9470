/** Taking it all away again. */
import { check, checkEqual } from "../check.ts";
import { git } from "../git.ts";
import type { World } from "../world.ts";
import { nothingLeaked, nothingToUpstream } from "./afterwards.ts";
import { expectAsBefore, syncBranch } from "./expect.ts";
import type { Chapter } from "./step.ts";

export const rollBack: Chapter = {
  title: "Going back",
  steps: [
    { name: "destroy: what has not landed is kept under another name", run: destroy },
    { name: "the fork compared with before", run: compare },
    nothingLeaked,
    nothingToUpstream,
  ],
};

async function destroy(world: World): Promise<string> {
  const tip = (await world.refs())[syncBranch] as string;
  const pulls = `${world.forkPath}/pulls`;
  const [open] = (await world.rest("administrator", "GET", `${pulls}?state=open`)).data;
  const { forks } = await world.upstreamSyncJson("destroy", world.forkName, "--yes");
  const { summary, removal } = forks[0];
  check(summary.create === 0 && summary.update === 0 && summary.delete > 0, "a plan that only removes", summary);
  const [kept] = removal.kept;
  check(/^sync\/upstream-backup-\d{8}$/.test(kept?.as), "the backup branch to be named", removal);
  const { data: pull } = await world.rest("administrator", "GET", `${pulls}/${open?.number}`);
  checkEqual(
    [removal.closed, pull.state],
    [[`pull request #${pull.number}`], "closed"],
    "the pull request nobody landed",
  );
  check(pull.body.includes(`kept on \`${kept.as}\``), "its text to say why and where the commits are", pull.body);
  const refs = await world.refs();
  checkEqual([refs[syncBranch], refs[`refs/heads/${kept.as}`]], [undefined, tip], "sync branch and backup");
  world.backup = kept.as;
  return `${summary.delete} removed; ${kept.thing} is kept as ${kept.as}: ${kept.why}`;
}

async function compare(world: World): Promise<string> {
  const { fork, upstream } = world.setting;
  const { start, removed } = upstream.stages;
  // Each commit's own changes: what one brought and a later one took away again counts as well.
  const log = await git(upstream.git, ["log", "--name-only", "-z", "--format=", `${start}..${removed}`]);
  const kept = [`refs/heads/${world.backup}`];
  await expectAsBefore(world, fork, world.before, { landed: log.stdout.split("\0"), kept });
  return `as before, but for ${world.backup} and what the team landed on ${fork.branches.target}`;
}
