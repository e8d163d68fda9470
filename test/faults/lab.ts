/**
 * A fork that can be put back to where it was, with everything around it: GitHub's stand-in, the user's project, the people.
 * Each lab has a stand-in process of its own, so that several work side by side.
 */
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { GitHubStandIn } from "../../demo/github-stand-in.ts";
import { pocketBoard } from "../../demo/pocket-board.ts";
import type { Stage } from "../../demo/setting.ts";
import { standUp } from "../../demo/stand-up.ts";
import { moveUpstream } from "../../demo/workflow-run.ts";
import type { World } from "../../demo/world.ts";

/** Where a story can start. */
export type Start = "before" | "deployed" | "recorded" | "news" | "promoted" | "clash";

/** Each is made once, from the one before it. */
const starts: Readonly<Record<Start, (lab: Lab) => Promise<void>>> = {
  /** The credential is made, nothing is deployed. */
  before: async ({ world }) => void (await world.upstreamSyncJson("credentials", "create")),
  deployed: after("before", async ({ world }) => void (await world.upstreamSyncJson("apply", "--yes"))),
  /** The first run has recorded where both sides stand. */
  recorded: after("deployed", runWorkflow),
  /** Upstream has news that go in. */
  news: after("recorded", (lab) => upstreamAt(lab, "moved")),
  /** They are on the sync branch, and not on the target yet. */
  promoted: after("news", runWorkflow),
  /** Upstream has news that conflict with the fork. */
  clash: after("recorded", (lab) => upstreamAt(lab, "edited")),
};

export interface Lab {
  readonly world: World;
  /** The tests of a workflow run wait while this file is there. */
  readonly hold: string;
  /** Puts fork and project to where a story starts. */
  start(at: Start): Promise<void>;
  close(): Promise<void>;
}

export async function openLab(folder: string): Promise<Lab> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const hold = join(folder, "hold");
  const setting = await pocketBoard(folder);
  const github = await GitHubStandIn.start(join(folder, "github"));
  const tests = [`while [ -e '${hold}' ]; do sleep 0.05; done`, ...setting.tests];
  const world = await standUp(github, folder, { ...setting, tests });
  const known = new Set<Start>();
  const kept = (at: Start) => join(folder, "projects", at);
  const lab: Lab = {
    world,
    hold,
    async start(at) {
      rmSync(hold, { force: true });
      await github.control("DELETE", "/faults");
      if (known.has(at)) {
        await github.control("POST", `/snapshots/${at}/restore`);
        rmSync(world.project, { recursive: true, force: true });
        cpSync(kept(at), world.project, { recursive: true, verbatimSymlinks: true });
        return;
      }
      await starts[at](lab);
      await github.control("POST", "/snapshots", { name: at });
      cpSync(world.project, kept(at), { recursive: true, verbatimSymlinks: true });
      known.add(at);
    },
    close: () => github.stop(),
  };
  return lab;
}

function after(earlier: Start, more: (lab: Lab) => Promise<void>): (lab: Lab) => Promise<void> {
  return async (lab) => {
    await lab.start(earlier);
    await more(lab);
  };
}

async function upstreamAt({ world }: Lab, stage: Stage): Promise<void> {
  await moveUpstream(world, stage);
}

/** By hand, as people do; does not look at how it ends. */
export async function dispatch({ world }: Lab): Promise<void> {
  const path = `${world.forkPath}/actions/workflows/upstream-sync.yml/dispatches`;
  const { status, data } = await world.rest("administrator", "POST", path, { ref: world.fork.branches.from });
  if (status >= 300) throw new Error(`the workflow was not dispatched: ${status} ${JSON.stringify(data)}`);
}

export async function settle({ world }: Lab): Promise<void> {
  const { settled } = (await world.github.control("POST", "/settle", { timeoutSeconds: 300 })).data;
  if (!settled) throw new Error("a workflow run did not end within five minutes");
}

export async function runWorkflow(lab: Lab): Promise<void> {
  await dispatch(lab);
  await settle(lab);
}

/** "METHOD /path" of everything the stand-in was asked while `work` went on undisturbed. */
export async function requestsOf({ world: { github } }: Lab, work: () => Promise<unknown>): Promise<string[]> {
  await github.control("DELETE", "/faults");
  await work();
  return (await github.control("GET", "/faults")).data.seen;
}
