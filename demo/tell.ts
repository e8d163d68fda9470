/** Runs the steps in order and shows each on a line; the first that fails ends the story. */
import type { Chapter, Step } from "./story/step.ts";
import type { World } from "./world.ts";

export interface StepResult {
  readonly chapter: string;
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  /** Requests GitHub's stand-in answered during the step: REST calls and git exchanges. */
  readonly requests: number;
  readonly detail: string;
}

export function stepsOf(story: readonly Chapter[]): readonly Step[] {
  return story.flatMap(({ steps }) => steps);
}

export async function tell(
  story: readonly Chapter[],
  world: World,
  say: (text: string) => void,
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  const count = stepsOf(story).length;
  for (const { title, steps } of story) {
    say(`\n${title}\n`);
    for (const step of steps) {
      const place = `${String(results.length + 1).padStart(2)}/${count}`;
      // On a terminal the line of a step at work is overwritten by its result.
      if (process.stdout.isTTY) say(`${place} …    ${step.name}`);
      const result = await time(title, step, world);
      results.push(result);
      say(`${process.stdout.isTTY ? "\r" : ""}${place} ${resultText(result)}`);
      if (!result.ok) return results;
    }
  }
  return results;
}

async function time(chapter: string, step: Step, world: World): Promise<StepResult> {
  const from = (await world.github.log(0)).next;
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
