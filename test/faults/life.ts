/** A whole life on one fork, with a fault at each turn: what one of them left behind must not make the next one worse. */
import { type ForkState, forkState } from "./fork-state.ts";
import { recordProblems } from "./kill-runs.ts";
import { dispatch, type Lab, runsEnd, runWorkflow } from "./lab.ts";
import { judge, random, type Story, type Trial, type Verdict } from "./trial.ts";

/** The request, of whatever kind, at which each turn is struck. */
interface Turns {
  readonly deploy: number;
  readonly run: number;
  readonly destroy: number;
}

const lives = 20;
/** First and last request of the part of each that writes, and some before it: the faults shall leave something behind. */
const parts: Readonly<Record<keyof Turns, readonly [first: number, last: number]>> = {
  deploy: [20, 64],
  // The first is the dispatch, and ours.
  run: [4, 23],
  destroy: [40, 68],
};

export const life: Story = {
  name: "one life",
  prepare: async (lab) =>
    Array.from({ length: lives }, (_, number): Trial => {
      const next = random(number);
      const within = ([first, last]: readonly [number, number]) => first + Math.floor(next() * (last - first + 1));
      const turns = { deploy: within(parts.deploy), run: within(parts.run), destroy: within(parts.destroy) };
      const { deploy, run, destroy } = turns;
      const id = `one life: deploy cut at #${deploy}, run killed at #${run}, two runs at once, destroy cut at #${destroy}`;
      return { id, run: () => live(lab, turns) };
    }),
};

async function live(lab: Lab, turns: Turns): Promise<Verdict> {
  const { world } = lab;
  const before = await lab.state("untouched");
  await lab.start("credentials");
  const problems: string[] = [];
  const note = (what: string, fine: boolean, detail = "") => {
    if (!fine) problems.push(`${what}: ${detail}`);
  };

  note("the deploy was not cut", await during(lab, { request: turns.deploy, outage: true }, () => apply(lab)));
  const deployed = await apply(lab);
  note("deployed again it failed", deployed.exitCode === 0, deployed.stderr);

  note("the run was not killed", await during(lab, { request: turns.run, kill: true }, () => runWorkflow(lab)));
  await Promise.all([dispatch(lab), dispatch(lab)]);
  await runsEnd(lab);
  problems.push(...(await recordProblems(lab)));
  const left = Object.keys(await world.refs()).filter((ref) => ref.startsWith("refs/upstream-sync/candidate/"));
  note("candidates are left", left.length === 0, left.join(", "));

  const destroy = () => world.upstreamSync("destroy", "--yes");
  note("the destroy was not cut", await during(lab, { request: turns.destroy, outage: true }, destroy));
  const destroyed = await destroy();
  note("destroyed again it failed", destroyed.exitCode === 0, destroyed.stderr);
  const [was, is] = [before, await forkState(world)].map(treesOnly) as [ForkState, ForkState];
  return judge(was, was, is, problems);
}

interface Fault {
  readonly request: number;
  /** Until `work` has ended. */
  readonly outage?: boolean;
  readonly kill?: boolean;
}

const apply = ({ world }: Lab) => world.upstreamSync("apply", "--yes");

/** @returns whether the fault met something. */
async function during({ world: { github } }: Lab, fault: Fault, work: () => Promise<unknown>): Promise<boolean> {
  await github.control("POST", "/faults", { ...fault, when: "before" });
  await work();
  const { seen } = (await github.control("GET", "/faults")).data;
  await github.control("DELETE", "/faults");
  return seen.length >= fault.request;
}

/** Commits that made our files and took them away again stay in the history of people's branches. */
function treesOnly(state: ForkState): ForkState {
  return Object.fromEntries(
    Object.entries(state).map(([thing, value]) => [
      thing,
      thing.startsWith("heads/") ? value.replace(/ .*/s, "") : value,
    ]),
  );
}
