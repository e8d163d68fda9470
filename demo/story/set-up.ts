/** From a fork without any of it to one that is set up and guarded. */
import { check, checkEqual } from "../check.ts";
import { snapshotFork } from "../fork-snapshot.ts";
import { git } from "../git.ts";
import { workflowKeys } from "../secret-search.ts";
import type { World } from "../world.ts";
import { isRestWrite, syncBranch } from "./expect.ts";
import type { Chapter } from "./step.ts";

export const setUp: Chapter = {
  title: "Setting a fork up",
  steps: [
    { name: "look at the fork", run: lookAtTheFork },
    { name: "make the credential", run: makeTheCredential },
    { name: "plan", run: plan },
    { name: "apply exactly that plan, and the next one is empty", run: apply },
    { name: "a person's push to the sync branch is refused", run: refusedPushes },
  ],
};

const reviewedPlan = "review.plan";

async function lookAtTheFork(world: World): Promise<string> {
  world.before = await snapshotFork(world.github, world.fork, world.people.administrator);
  const branches = Object.keys(world.before).filter((thing) => thing.startsWith("refs/heads/"));
  check(branches.length > 0, "the fork to have branches", world.before);
  checkEqual(world.before[syncBranch], undefined, "the sync branch before the set-up");
  const { fork, upstream } = world.setting;
  return `${fork.owner}/${fork.name}, a fork of ${upstream.owner}/${upstream.name}: ${branches.map((ref) => ref.slice(11)).join(", ")}`;
}

async function makeTheCredential(world: World): Promise<string> {
  const { credentials } = await world.upstreamSyncJson("credentials", "create");
  return `${credentials[0].path}: public half and ciphertext`;
}

async function plan(world: World): Promise<string> {
  const next = await world.github.logEnd();
  const { forks } = await world.upstreamSyncJson("plan", "--out", reviewedPlan);
  const { create, update, delete: removed } = forks[0].summary;
  check(create > 0 && update === 0 && removed === 0, "a plan that only creates", forks[0].summary);
  checkEqual((await world.github.log(next)).entries.filter(isRestWrite), [], "writes during a plan");
  return `${create} to create, nothing written`;
}

async function apply(world: World): Promise<string> {
  const { forks } = await world.upstreamSyncJson("apply", reviewedPlan, "--yes");
  const refs = await world.refs();
  checkEqual(refs[syncBranch], world.before[`refs/heads/${world.fork.branches.from}`], "the sync branch's tip");
  const rulesets = (await world.rest("administrator", "GET", `${world.forkPath}/rulesets`)).data;
  checkEqual(
    rulesets.map((one: { name: string }) => one.name).sort(),
    ["upstream-sync: gate", "upstream-sync: history"],
    "rulesets",
  );
  for (const key of workflowKeys(world)) world.keys.add(key);
  const { proof, summary } = forks[0];
  checkEqual(proof?.changes, 0, "changes of a plan right after");
  return `${summary.create} created; a plan right after changes nothing`;
}

async function refusedPushes(world: World): Promise<string> {
  const { fork } = world;
  const before = (await world.refs())[syncBranch];
  const push = (refspec: string) =>
    git(fork.git, ["push", world.github.gitUrl(fork), refspec], {
      token: world.people.administrator,
      allowFailure: true,
    });
  // A fast-forward, a rewrite, a removal: by the administrator, who may do all of it on a branch without rules.
  for (const source of [fork.branches.target, `+${fork.branches.from}~1`, ""]) {
    const pushed = await push(`${source}:${syncBranch}`);
    check(
      !pushed.ok && pushed.stderr.includes(`GH013: Repository rule violations found for ${syncBranch}`),
      `the push of "${source}" to be refused in GitHub's words`,
      pushed.stderr,
    );
  }
  const written = await world.rest("administrator", "PUT", `${world.forkPath}/contents/hello.txt`, {
    message: "hello",
    content: Buffer.from("hello\n").toString("base64"),
    branch: "sync/upstream",
  });
  checkEqual(written.status, 409, "status of a write by the contents API");
  check(/Changes must be made through a pull request/.test(written.data.message), "GitHub's words", written.data);
  checkEqual((await world.refs())[syncBranch], before, "the sync branch");
  return "GH013 for a push, a forced push and a removal by the administrator; 409 for the contents API";
}
