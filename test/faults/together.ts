/** Two of them at once, and others who move while the tests run. */
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";
import { commitOnto, git } from "../../demo/git.ts";
import { packageRoot } from "../../lib/package-root.ts";
import { type ForkState, forkState } from "./fork-state.ts";
import { dispatch, type Lab, runsEnd, runWorkflow } from "./lab.ts";
import { judge, type Story, type Trial, type Verdict } from "./trial.ts";

const programPath = ".github/workflows/upstream-sync.yml";

export const together: Story = {
  name: "together",
  async prepare(lab) {
    const { world } = lab;
    const trial = (id: string, run: () => Promise<Verdict>): Trial => ({ id: `together: ${id}`, run });
    return [
      trial("two deploys from one folder", async () => {
        await lab.start("credentials");
        await Promise.all([world.upstreamSync("apply", "--yes"), world.upstreamSync("apply", "--yes")]);
        return await deployedAgain(lab);
      }),
      trial("two deploys from two folders, with a state each", async () => {
        await lab.start("credentials");
        const other = `${world.project}-other`;
        rmSync(other, { recursive: true, force: true });
        cpSync(world.project, other, { recursive: true });
        await Promise.all([world.upstreamSync("apply", "--yes"), applyIn(lab, other)]);
        return await deployedAgain(lab);
      }),
      trial("two runs of the workflow", async () => {
        await lab.start("news");
        await Promise.all([dispatch(lab), dispatch(lab)]);
        await runsEnd(lab);
        const got = await forkState(world);
        return judge(await lab.state("news"), await lab.state("promoted"), got);
      }),
      trial("two runs that do not wait for each other, and so two finishes", async () => {
        await lab.start("news");
        const { text, restore } = await withoutConcurrency(lab);
        if (!text.includes("concurrency:"))
          return { converged: false, lost: [], detail: "the workflow has no concurrency" };
        await Promise.all([dispatch(lab), dispatch(lab)]);
        await runsEnd(lab);
        await runWorkflow(lab);
        await restore();
        const got = await forkState(world);
        const [news, promoted] = [await lab.state("news"), await lab.state("promoted")];
        const [before, expected, after] = [news, promoted, got].map((state) => without(state, "heads/main"));
        return judge(before as ForkState, expected as ForkState, after as ForkState);
      }),
      trial("the target moves during the tests", () => movedMeanwhile(lab, moveTarget)),
      trial("upstream moves during the tests", () => movedMeanwhile(lab, moveUpstreamOn)),
      trial("both move during the tests", () =>
        movedMeanwhile(lab, async (moving) => {
          await moveTarget(moving);
          await moveUpstreamOn(moving);
        }),
      ),
    ];
  },
};

async function applyIn({ world }: Lab, folder: string): Promise<void> {
  await execa("node", [`${packageRoot()}/dist/cli/main.js`, "apply", "--yes"], {
    cwd: folder,
    reject: false,
    stdin: "ignore",
    env: { GITHUB_TOKEN: world.people.administrator, GITHUB_API_URL: world.github.api },
  });
}

/** Whatever two of them made of it, one more by one of them brings it in order. */
async function deployedAgain(lab: Lab): Promise<Verdict> {
  const { world } = lab;
  const again = await world.upstreamSync("apply", "--yes");
  const planned = await world.upstreamSync("plan", "--exit-code");
  const problems = [
    ...(again.exitCode === 0 ? [] : [`run again it failed: ${again.stderr}`]),
    ...(planned.exitCode === 0 ? [] : [`the plan afterwards is not empty: ${planned.stdout}${planned.stderr}`]),
  ];
  const got = await forkState(world);
  return judge(await lab.state("credentials"), await lab.state("deployed"), got, problems);
}

function without(state: ForkState, thing: string): ForkState {
  return Object.fromEntries(Object.entries(state).filter(([name]) => name !== thing));
}

/** Somebody takes the waiting out of the workflow: what remains is the lease on every ref. */
async function withoutConcurrency({ world }: Lab) {
  const path = `${world.forkPath}/contents/${programPath}`;
  const { data: file } = await world.rest("administrator", "GET", path);
  const text = Buffer.from(file.content, "base64").toString();
  const put = async (content: string) => {
    const { data } = await world.rest("administrator", "GET", path);
    const body = { message: "change the workflow", sha: data.sha, content: Buffer.from(content).toString("base64") };
    await world.rest("administrator", "PUT", path, body);
  };
  await put(text.replace(/^concurrency:\n( {2}.*\n)+/m, ""));
  return { text, restore: () => put(text) };
}

/** The next run brings everything together; nothing of what came meanwhile is passed over. */
async function movedMeanwhile(lab: Lab, move: (lab: Lab) => Promise<void>): Promise<Verdict> {
  const { world, hold } = lab;
  await lab.start("news");
  writeFileSync(hold, "");
  await dispatch(lab);
  await testsWait(lab);
  await move(lab);
  rmSync(hold);
  await runsEnd(lab);
  await runWorkflow(lab);

  const { fork, upstream } = world.setting;
  const refs = await world.refs();
  const sync = refs["refs/heads/sync/upstream"] as string;
  const target = refs[`refs/heads/${fork.branches.target}`] as string;
  const upstreamTip = await tipOf(lab, upstream.branch);
  const holds = async (commit: string) =>
    (await world.rest("administrator", "GET", `${world.forkPath}/compare/${commit}...${sync}`)).data.status === "ahead";
  const open = (await world.rest("administrator", "GET", `${world.forkPath}/pulls?state=open`)).data;
  const problems = [
    ...((await holds(target)) ? [] : ["the sync branch lacks the target's tip"]),
    ...((await holds(upstreamTip)) ? [] : ["the sync branch lacks upstream's tip"]),
    ...(refs["refs/upstream-sync/main/synced"] === upstreamTip ? [] : ["upstream's tip is not recorded"]),
    ...(open.length === 1 ? [] : [`${open.length} pull requests are open`]),
    ...Object.keys(refs).filter((ref) => ref.startsWith("refs/upstream-sync/candidate/")),
  ];
  const now = await forkState(world);
  // What is not the program's own stands as before, but for the branch that people moved.
  const lost = Object.keys(await lab.state("news")).filter((thing) => now[thing] === undefined);
  return { converged: problems.length === 0, lost, detail: problems.join("\n") };
}

async function testsWait({ world }: Lab): Promise<void> {
  for (;;) {
    const path = `${world.forkPath}/actions/runs?per_page=1`;
    const [run] = (await world.rest("administrator", "GET", path)).data.workflow_runs;
    const { jobs } = (await world.rest("administrator", "GET", `${world.forkPath}/actions/runs/${run.id}/jobs`)).data;
    const test = jobs.find(({ name }: { name: string }) => name === "test");
    if (
      test?.steps.some(
        ({ name, status }: { name: string; status: string }) => /^Test: /.test(name) && status === "in_progress",
      )
    )
      return;
    if (run.status === "completed") throw new Error("the run ended before its tests could be held");
    await setTimeout(50);
  }
}

async function tipOf({ world }: Lab, branch: string): Promise<string> {
  const listed = await git("/", ["ls-remote", world.github.gitUrl(world.setting.upstream), `refs/heads/${branch}`]);
  return listed.stdout.slice(0, 40);
}

async function moveTarget({ world }: Lab): Promise<void> {
  const { fork } = world.setting;
  const branch = fork.branches.target;
  const url = world.github.gitUrl(fork);
  await git(fork.git, ["fetch", "--quiet", url, `+refs/heads/${branch}:refs/lab/moving`]);
  const tip = (await git(fork.git, ["rev-parse", "refs/lab/moving"])).stdout;
  const sha = await commitOnto(
    fork.git,
    tip,
    { "deploy/meanwhile.md": "Ours, meanwhile.\n" },
    "Ours, meanwhile",
    1_785_000_000,
  );
  await git(fork.git, ["push", "--quiet", url, `${sha}:refs/heads/${branch}`], { token: world.people.developer });
}

async function moveUpstreamOn({ world }: Lab): Promise<void> {
  const { upstream } = world.setting;
  const files = { "docs/meanwhile.md": "Theirs, meanwhile.\n" };
  const sha = await commitOnto(upstream.git, upstream.stages.moved, files, "Theirs, meanwhile", 1_785_000_000);
  await git(upstream.git, ["push", "--quiet", world.github.gitUrl(upstream), `${sha}:refs/heads/${upstream.branch}`], {
    token: world.people.upstream,
  });
}
