/** The set-up changes: by one reviewed plan, also where the default branch takes no commit. */
import { check, checkEqual } from "../check.ts";
import { editConfig } from "../config-file.ts";
import type { World } from "../world.ts";
import { isRestWrite } from "./expect.ts";
import { mergeSetUp, protect, teamRule } from "./protected-branch.ts";
import type { Chapter } from "./step.ts";

export const updates: Chapter = {
  title: "Changing the set-up",
  steps: [
    { name: "another schedule: the plan shows one line", run: newSchedule },
    { name: "exactly that plan is applied, and the next one is empty", run: applied },
    { name: "main is protected by somebody's rule: refused before any write, in words", run: refused },
    { name: "with delivery: pull-request one set-up pull request brings it, by people's word", run: byPullRequest },
  ],
};

const workflow = ".github/workflows/upstream-sync.yml";
const savedPlan = "schedule.plan";

function setCron(world: World, cron: string): void {
  editConfig(world.project, (forks) => {
    forks[world.forkName].schedule = { cron, timezone: "Etc/UTC" };
  });
}

async function newSchedule(world: World): Promise<string> {
  setCron(world, "23 5 * * *");
  const { forks } = await world.upstreamSyncJson("plan", world.forkName, "--out", savedPlan);
  const { create, update, delete: removed } = forks[0].summary;
  checkEqual([create, removed], [0, 0], "created and removed");
  const change = forks[0].changes.find(({ address }: { address: string }) => address.includes(".workflow"));
  const { before, after } = change.fields.find(({ path }: { path: string }) => path === "content");
  const old = new Set((before as string).split("\n"));
  const lines = (after as string).split("\n").filter((line) => !old.has(line));
  // The digest stands for the whole set-up, so it moves with anything.
  checkEqual(
    lines.map((line) => line.trim().replace(/[0-9a-f]{64}/, "…")).sort(),
    ['- cron: "23 5 * * *"', 'UPSTREAM_SYNC_DIGEST: "…"'],
    "lines of the workflow that change",
  );
  return `${workflow}: ${lines[0]?.trim()}, and the digest; ${update} files change, nothing else`;
}

async function applied(world: World): Promise<string> {
  const { forks } = await world.upstreamSyncJson("apply", savedPlan, "--yes");
  check((await workflowText(world)).includes('- cron: "23 5 * * *"'), "the workflow to have the new schedule");
  checkEqual(forks[0].proof?.changes, 0, "changes of a plan right after");
  return `${forks[0].summary.update} files changed; a plan right after changes nothing`;
}

async function refused(world: World): Promise<string> {
  await protect(world);
  setCron(world, "23 6 * * *");
  const next = await world.github.logEnd();
  const result = await world.upstreamSync("apply", world.forkName, "--yes");
  checkEqual(result.exitCode, 1, "exit code");
  checkEqual((await world.github.log(next)).entries.filter(isRestWrite), [], "writes");
  const said = result.stderr.split("\n").slice(-2).join("\n");
  check(said.includes(`rule pull_request of ruleset "${teamRule}"`), "the rule to be named", said);
  check(said.includes('write "delivery: pull-request" under this fork'), "the way out", said);
  return said;
}

async function byPullRequest(world: World): Promise<string> {
  const { from } = world.fork.branches;
  editConfig(world.project, (forks) => {
    forks[world.forkName].delivery = "pull-request";
  });
  const { forks } = await world.upstreamSyncJson("apply", "--yes");
  checkEqual(forks[0].proof?.changes, 0, "changes of a plan right after");
  check((await workflowText(world)).includes('- cron: "23 5 * * *"'), "the workflow to wait for people");
  const number = await mergeSetUp(world, from);
  check((await workflowText(world)).includes('- cron: "23 6 * * *"'), "the workflow to have the new schedule");
  return `#${number} from upstream-sync-files, approved and merged: the schedule is in force`;
}

async function workflowText(world: World): Promise<string> {
  const file = await world.rest("administrator", "GET", `${world.forkPath}/contents/${workflow}`);
  checkEqual(file.status, 200, "the status of reading the workflow");
  return Buffer.from(file.data.content, "base64").toString();
}
