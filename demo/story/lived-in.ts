/** A fork that had its own ways before we came: they are used as they are, and are there when we are gone. */
import { check, checkEqual } from "../check.ts";
import { type ForkSnapshot, snapshotFork } from "../fork-snapshot.ts";
import { workflowKeys } from "../secret-search.ts";
import type { World } from "../world.ts";
import { nothingLeaked } from "./afterwards.ts";
import { expectAsBefore, isRestWrite, syncBranch } from "./expect.ts";
import { mergeSetUp, unprotect } from "./protected-branch.ts";
import type { Chapter } from "./step.ts";

export const livedIn: Chapter = {
  title: "A fork with ways of its own",
  steps: [
    { name: "label, sync branch, CODEOWNERS and Actions settings are there already", run: itsOwnWays },
    { name: "set up beside them: used, not edited", run: setUpBeside },
  ],
};

export const givenBack: Chapter = {
  title: "Giving it back",
  steps: [{ name: "given back as it was, the files by pull requests again", run: giveBack }, nothingLeaked],
};

const label = { name: "Upstream-Sync", color: "ff0000", description: "ours since 2019" };
const codeowners = "* @tech-lead\n";

function snapshot(world: World): Promise<ForkSnapshot> {
  return snapshotFork(world.github, world.fork, world.people.administrator);
}

async function itsOwnWays(world: World): Promise<string> {
  const { branches } = world.fork;
  const team = async (method: string, path: string, body: unknown) => {
    const answer = await world.rest("administrator", method, `${world.forkPath}${path}`, body);
    check(answer.status < 300, `${method} ${path} to be taken`, answer);
  };
  await team("PUT", "/actions/permissions", { enabled: true, allowed_actions: "local_only" });
  await team("PUT", "/actions/permissions/workflow", {
    default_workflow_permissions: "write",
    can_approve_pull_request_reviews: false,
  });
  await team("POST", "/labels", label);
  await team("PUT", "/contents/CODEOWNERS", {
    message: "Say who owns what",
    content: Buffer.from(codeowners).toString("base64"),
    branch: branches.target,
  });
  const sha = (await world.refs())[`refs/heads/${branches.from}`];
  await team("POST", "/git/refs", { ref: syncBranch, sha });
  world.before = await snapshot(world);
  return `${world.forkName}: label ${label.name} in red, CODEOWNERS at the top, Actions for local actions only`;
}

async function setUpBeside(world: World): Promise<string> {
  await world.upstreamSyncJson("credentials", "create");
  const next = await world.github.logEnd();
  const { forks } = await world.upstreamSyncJson("apply", "--yes");
  for (const key of workflowKeys(world)) world.keys.add(key);
  const { adopted, leftAlone } = forks[0].found;
  checkEqual(adopted, ["branch:sync/upstream"], "what is adopted");
  checkEqual(
    ["label:upstream-sync", "setting:Actions"].filter((thing) => !leftAlone.includes(thing)),
    [],
    `what is not left alone (${JSON.stringify(leftAlone)})`,
  );
  const after = await snapshot(world);
  const { before } = world;
  checkEqual(after["Actions permissions"], before["Actions permissions"], "Actions settings");
  checkEqual(after["refs/heads/sync/upstream"], before["refs/heads/sync/upstream"], "the sync branch");
  check(
    after.labels?.includes(`${label.name} #${label.color} ${label.description}`) ?? false,
    "the label",
    after.labels,
  );
  const edits = (await world.github.log(next)).entries.filter(
    // A new ref is the branch that proposes our lines of CODEOWNERS.
    (entry) =>
      isRestWrite(entry) && entry.method !== "POST" && /\/labels\/|\/git\/refs|\/contents\/CODEOWNERS/.test(entry.path),
  );
  checkEqual(edits, [], "writes to what was there");
  const { target } = world.fork.branches;
  const [proposed] = (await world.rest("administrator", "GET", `${world.forkPath}/pulls?state=open`)).data;
  checkEqual(
    [proposed?.head.ref, proposed?.base.ref],
    [`upstream-sync-files-${target}`, target],
    "the pull request with our lines of CODEOWNERS",
  );
  return `adopted: ${adopted.join(", ")}; left alone: ${leftAlone.join(", ")}; our lines of CODEOWNERS proposed by #${proposed.number}`;
}

async function giveBack(world: World): Promise<string> {
  const { from, target } = world.fork.branches;
  const { forks } = await world.upstreamSyncJson("destroy", "--yes");
  const { restored, kept } = forks[0].removal;
  for (const base of [from, target]) await mergeSetUp(world, base);
  await unprotect(world);
  // The sync branch was there before us: what was promoted to it stays.
  await expectAsBefore(world, world.fork, world.before, { kept: [syncBranch] });
  const words = (things: { thing: string }[]) => things.map(({ thing }) => thing).join(", ");
  return `restored: ${words(restored)}; kept: ${words(kept)}; all else as before`;
}
