/**
 * A fork that can be put back to where it was, with everything around it: GitHub's stand-in, the user's project, the people.
 * Each lab has a stand-in process of its own, so that several work side by side.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { editConfig } from "../../demo/config-file.ts";
import { settleInBrowser } from "../../demo/person.ts";
import { pocketBoard } from "../../demo/pocket-board.ts";
import { standUp } from "../../demo/stand-up.ts";
import { fetchLive } from "../../demo/story/expect.ts";
import { moveUpstream } from "../../demo/workflow-run.ts";
import type { World } from "../../demo/world.ts";
import { GitHubStandIn } from "../../lib/rehearsal/stand-in.ts";
import { type ForkState, forkState } from "./fork-state.ts";
import { carriedOut, type How, isRead, type Place, placesOf } from "./trial.ts";

/** Where a story can start and end: each is made once, by a step from another one, and then put back as often as it is wanted. */
export type Stand =
  | "untouched"
  | "credentials"
  | "deployed"
  | "recorded"
  | "destroyed"
  | "news"
  | "promoted"
  | "destroyed-unlanded"
  | "clash"
  | "asked"
  | "settled"
  | "resolved"
  | "protected"
  | "proposed";

/** One step of a fork's life, undisturbed. */
interface Step {
  /** Undefined: the fork before us. */
  readonly from: Stand | undefined;
  /** Of the product, where the step is one. */
  readonly command?: readonly string[];
  work(lab: Lab): Promise<void>;
}

const command = (from: Stand | undefined, ...words: string[]): Step => ({
  from,
  command: words,
  work: async ({ world }) => void (await world.upstreamSyncJson(...words)),
});
const workflow = (from: Stand): Step => ({ from, work: runWorkflow });
const people = (from: Stand, work: (world: World) => Promise<unknown>): Step => ({
  from,
  work: async ({ world }) => void (await work(world)),
});

const steps: Readonly<Record<Stand, Step>> = {
  untouched: { from: undefined, work: async () => undefined },
  credentials: command("untouched", "credentials", "create"),
  deployed: command("credentials", "apply", "--yes"),
  /** The first run has recorded where both sides stand. */
  recorded: workflow("deployed"),
  destroyed: command("recorded", "destroy", "--yes"),
  /** Upstream has news that go in. */
  news: people("recorded", (world) => moveUpstream(world, "moved")),
  /** They are on the sync branch, and not on the target yet. */
  promoted: workflow("news"),
  "destroyed-unlanded": command("promoted", "destroy", "--yes"),
  /** Upstream has news that conflict with the fork. */
  clash: people("recorded", (world) => moveUpstream(world, "edited")),
  /** People have a branch, a draft and an issue. */
  asked: workflow("clash"),
  /** They have merged. */
  settled: people("asked", settle),
  resolved: workflow("settled"),
  /** The team takes changes by pull request alone. */
  protected: people("credentials", protect),
  proposed: command("protected", "apply", "--yes"),
};

export function stepTo(stand: Stand): Step {
  return steps[stand];
}

export interface Lab {
  readonly world: World;
  /** The tests of a workflow run wait while this file is there. */
  readonly hold: string;
  /** Puts fork and project to where a story starts. */
  start(at: Stand): Promise<void>;
  /** How the fork stands there; puts it there when nobody asked before. */
  state(stand: Stand): Promise<ForkState>;
  /** "METHOD /path" of everything the stand-in was asked in the step to this stand. */
  requests(stand: Stand): readonly string[];
  /** The user's files are as in that stand, but for what every command makes anew. */
  projectIsAt(stand: Stand): boolean;
  close(): Promise<void>;
}

export async function openLab(folder: string): Promise<Lab> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const hold = join(folder, "hold");
  const setting = await pocketBoard(folder);
  const github = await GitHubStandIn.start(join(folder, "github"));
  const tests = [`while [ -e '${hold}' ]; do sleep 0.05; done`, ...setting.tests];
  const world = await standUp(github, folder, { ...setting, tests });
  const requests = new Map<Stand, readonly string[]>();
  const states = new Map<Stand, ForkState>();
  const kept = (at: Stand) => join(folder, "projects", at);
  const lab: Lab = {
    world,
    hold,
    async start(at) {
      rmSync(hold, { force: true });
      await github.control("DELETE", "/faults");
      if (requests.has(at)) {
        await github.control("POST", `/snapshots/${at}/restore`);
        rmSync(world.project, { recursive: true, force: true });
        cpSync(kept(at), world.project, { recursive: true, verbatimSymlinks: true });
        return;
      }
      const step = stepTo(at);
      if (step.from !== undefined) await lab.start(step.from);
      await github.control("DELETE", "/faults");
      await step.work(lab);
      requests.set(at, (await github.control("GET", "/faults")).data.seen);
      await github.control("POST", "/snapshots", { name: at });
      cpSync(world.project, kept(at), { recursive: true, verbatimSymlinks: true });
    },
    requests(stand) {
      const seen = requests.get(stand);
      if (!seen) throw new Error(`nobody went to ${stand} yet`);
      return seen;
    },
    async state(at) {
      const known = states.get(at);
      if (known) return known;
      await lab.start(at);
      const state = await forkState(world);
      states.set(at, state);
      return state;
    },
    projectIsAt: (stand) => isDeepStrictEqual(filesIn(world.project), filesIn(kept(stand))),
    close: () => github.stop(),
  };
  return lab;
}

/** Path -> content, without what is synthesized. */
function filesIn(folder: string): Map<string, string> {
  const paths = (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => !path.startsWith("cdktf.out") && statSync(join(folder, path)).isFile())
    .sort();
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

export interface Struck {
  /** A fault that met nothing proves nothing. */
  readonly met: boolean;
  /** Nothing at all was written before it, on GitHub or in the user's project: everything is where the story began. */
  readonly untouched: boolean;
}

/** What a fault did; asked before it is cleared. */
export async function struck(lab: Lab, from: Stand, place: Place, how: How): Promise<Struck> {
  const seen: string[] = (await lab.world.github.control("GET", "/faults")).data.seen;
  const met = placesOf(seen).some(({ route, request }) => route === place.route && request === place.request);
  return { met, untouched: met && carriedOut(seen, place, how).every(isRead) && lab.projectIsAt(from) };
}

/** By hand, as people do; does not look at how it ends. */
export async function dispatch({ world }: Lab): Promise<void> {
  const path = `${world.forkPath}/actions/workflows/upstream-sync.yml/dispatches`;
  const { status, data } = await world.rest("administrator", "POST", path, { ref: world.fork.branches.from });
  if (status >= 300) throw new Error(`the workflow was not dispatched: ${status} ${JSON.stringify(data)}`);
}

export async function runsEnd({ world }: Lab): Promise<void> {
  const { settled } = (await world.github.control("POST", "/settle", { timeoutSeconds: 300 })).data;
  if (!settled) throw new Error("a workflow run did not end within five minutes");
}

export async function runWorkflow(lab: Lab): Promise<void> {
  await dispatch(lab);
  await runsEnd(lab);
}

async function settle(world: World): Promise<void> {
  const [draft] = (await world.rest("developer", "GET", `${world.forkPath}/pulls?state=open&base=sync/upstream`)).data;
  if (!draft) throw new Error("the run asked nobody to settle the conflict");
  const pull = (await world.rest("developer", "GET", `${world.forkPath}/pulls/${draft.number}`)).data;
  await fetchLive(world);
  await settleInBrowser(world, pull, world.setting.conflicts.edited);
}

async function protect(world: World): Promise<void> {
  const parameters = {
    dismiss_stale_reviews_on_push: false,
    require_code_owner_review: false,
    require_last_push_approval: false,
    required_approving_review_count: 1,
    required_review_thread_resolution: false,
  };
  for (const branch of Object.values(world.fork.branches)) {
    const { status, data } = await world.rest("administrator", "POST", `${world.forkPath}/rulesets`, {
      name: `team: ${branch}`,
      target: "branch",
      enforcement: "active",
      conditions: { ref_name: { include: [`refs/heads/${branch}`], exclude: [] } },
      rules: [{ type: "pull_request", parameters }],
    });
    if (status !== 201) throw new Error(`${branch} was not protected: ${status} ${JSON.stringify(data)}`);
  }
  editConfig(world.project, (forks) => {
    forks[world.forkName].delivery = "pull-request";
  });
}
