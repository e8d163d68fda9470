/** A second fork that had its own ways before we came: they are used as they are, and are there when we are gone. */
import { check, checkEqual } from "../check.ts";
import { editConfig, forkKeys } from "../config-file.ts";
import { type ForkSnapshot, snapshotFork } from "../fork-snapshot.ts";
import { git } from "../git.ts";
import { workflowKeys } from "../secret-search.ts";
import type { Setting } from "../setting.ts";
import type { World } from "../world.ts";
import { expectAsBefore, isRestWrite } from "./expect.ts";
import type { Chapter } from "./step.ts";

export const livedIn: Chapter = {
  title: "A fork with ways of its own",
  steps: [
    { name: "label, sync branch, CODEOWNERS and Actions settings are there already", run: itsOwnWays },
    { name: "set up beside them: used, not edited", run: setUpBeside },
    { name: "given back as it was", run: givenBack },
  ],
};

const label = { name: "Upstream-Sync", color: "ff0000", description: "ours since 2019" };
const codeowners = "* @tech-lead\n";

function secondFork(world: World): Setting["fork"] {
  return { ...world.fork, owner: "beta" };
}

function snapshot(world: World): Promise<ForkSnapshot> {
  return snapshotFork(world.github, secondFork(world), world.people.administrator);
}

async function itsOwnWays(world: World): Promise<string> {
  const { github, setting } = world;
  const fork = secondFork(world);
  await github.control("POST", "/owners", { login: fork.owner, type: "Organization", plan: "free" });
  await github.control("POST", "/repositories", {
    owner: fork.owner,
    name: fork.name,
    git: fork.git,
    parent: `${setting.upstream.owner}/${setting.upstream.name}`,
    defaultBranch: fork.branches.from,
  });
  await github.control("PUT", `/repositories/${fork.owner}/${fork.name}/collaborators/ada-admin`, {
    permission: "admin",
  });
  const team = async (method: string, path: string, body: unknown) => {
    const answer = await world.rest("administrator", method, `/repos/${fork.owner}/${fork.name}${path}`, body);
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
    branch: fork.branches.target,
  });
  const { stdout } = await git("/", ["ls-remote", github.gitUrl(fork), `refs/heads/${fork.branches.from}`], {
    token: world.people.administrator,
  });
  await team("POST", "/git/refs", { ref: "refs/heads/sync/upstream", sha: stdout.slice(0, 40) });
  world.secondBefore = await snapshot(world);
  editConfig(world.project, (forks) => {
    forks[`${fork.owner}/${fork.name}`] = forkKeys(github, setting, fork);
  });
  return `${fork.owner}/${fork.name}: label ${label.name} in red, CODEOWNERS at the top, Actions for local actions only`;
}

async function setUpBeside(world: World): Promise<string> {
  const fork = secondFork(world);
  const name = `${fork.owner}/${fork.name}`;
  await world.upstreamSyncJson("credentials", "create", name);
  const { next } = await world.github.log(0);
  const { forks } = await world.upstreamSyncJson("apply", name, "--yes");
  for (const key of workflowKeys(world)) world.keys.add(key);
  const { adopted, leftAlone } = forks[0].found;
  checkEqual(adopted, ["branch:sync/upstream"], "what is adopted");
  checkEqual(
    ["label:upstream-sync", "setting:Actions"].filter((thing) => !leftAlone.includes(thing)),
    [],
    `what is not left alone (${JSON.stringify(leftAlone)})`,
  );
  const after = await snapshot(world);
  const { secondBefore: before } = world;
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
  const [proposed] = (await world.rest("administrator", "GET", `/repos/${name}/pulls?state=open`)).data;
  checkEqual(
    [proposed?.head.ref, proposed?.base.ref],
    [`upstream-sync-files-${fork.branches.target}`, fork.branches.target],
    "the pull request with our lines of CODEOWNERS",
  );
  return `adopted: ${adopted.join(", ")}; left alone: ${leftAlone.join(", ")}; our lines of CODEOWNERS proposed by #${proposed.number}`;
}

async function givenBack(world: World): Promise<string> {
  const fork = secondFork(world);
  const { forks } = await world.upstreamSyncJson("destroy", `${fork.owner}/${fork.name}`, "--yes");
  const { restored, kept } = forks[0].removal;
  await expectAsBefore(world, fork, world.secondBefore);
  const words = (things: { thing: string }[]) => things.map(({ thing }) => thing).join(", ");
  return `restored: ${words(restored)}; kept: ${words(kept)}; all else as before`;
}
