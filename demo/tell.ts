/** Runs stories at the same time and tells one after the other, a line a step; a step that fails ends its story. */
import type { Step, Story } from "./story/step.ts";
import type { World } from "./world.ts";

export interface Told extends Story {
  readonly world: World;
}

type Say = (text: string) => void;

export interface StepResult {
  readonly chapter: string;
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  /** Requests GitHub's stand-in answered during the step: REST calls and git exchanges. */
  readonly requests: number;
  readonly detail: string;
}

export function stepsOf(stories: readonly Story[]): readonly Step[] {
  return stories.flatMap(({ chapters }) => chapters).flatMap(({ steps }) => steps);
}

export async function tell(stories: readonly Told[], say: Say): Promise<StepResult[]> {
  const count = stepsOf(stories).length;
  let before = 0;
  let turn: Promise<unknown> = Promise.resolve();
  const results: Promise<StepResult[]>[] = [];
  for (const story of stories) {
    const first = before;
    const speak = fromWhen(turn, say);
    const told = tellOne(story, (n) => `${String(first + n).padStart(2)}/${count}`, speak);
    results.push(told);
    turn = Promise.allSettled([turn, told]);
    before += stepsOf([story]).length;
  }
  return (await Promise.all(results)).flat();
}

/** What is said before its turn comes is said then. */
function fromWhen(turn: Promise<unknown>, say: Say): Say {
  let kept: string[] | undefined = [];
  turn.then(() => {
    for (const text of kept ?? []) say(text);
    kept = undefined;
  });
  return (text) => (kept ? kept.push(text) : say(text));
}

async function tellOne({ chapters, world }: Told, place: (step: number) => string, say: Say): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const { title, steps } of chapters) {
    say(`\n${world.forkName}: ${title}\n`);
    for (const step of steps) {
      // On a terminal the line of a step at work is overwritten by its result.
      if (process.stdout.isTTY) say(`${place(results.length + 1)} …    ${step.name}`);
      const result = await time(title, step, world);
      results.push(result);
      say(`${process.stdout.isTTY ? "\r" : ""}${place(results.length)} ${resultText(result)}`);
      if (!result.ok) return results;
    }
  }
  return results;
}

async function time(chapter: string, step: Step, world: World): Promise<StepResult> {
  const from = await world.github.logEnd();
  const started = performance.now();
  const { ok, detail } = await attempt(step, world);
  const seconds = Math.round((performance.now() - started) / 10) / 100;
  const requests = (await world.github.log(from)).entries.length;
  return { chapter, name: step.name, ok, seconds, requests, detail };
}

function resultText({ ok, name, seconds, requests, detail }: StepResult): string {
  const cost = `${seconds.toFixed(1)} s, ${requests} requests`;
  return `${ok ? "ok  " : "FAIL"} ${name} (${cost})\n        ${detail.replaceAll("\n", "\n        ")}\n`;
}

async function attempt(step: Step, world: World): Promise<{ ok: boolean; detail: string }> {
  try {
    return { ok: true, detail: await step.run(world) };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
