/** Runs the steps in order and shows each on a line; the first that fails ends the story. */
import type { Step } from "./story.ts";
import type { World } from "./world.ts";

export interface StepResult {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  /** Requests GitHub's stand-in answered during the step: REST calls and git exchanges. */
  readonly requests: number;
  readonly detail: string;
}

export async function tell(steps: readonly Step[], world: World, say: (text: string) => void): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const step of steps) {
    const number = String(results.length + 1).padStart(2);
    // On a terminal the line of a step at work is overwritten by its result.
    if (process.stdout.isTTY) say(`${number}/${steps.length} …    ${step.name}`);
    const from = (await world.github.log(0)).next;
    const started = performance.now();
    const { ok, detail } = await attempt(step, world);
    const seconds = Math.round((performance.now() - started) / 10) / 100;
    const requests = (await world.github.log(from)).entries.length;
    results.push({ name: step.name, ok, seconds, requests, detail });
    say(
      `${process.stdout.isTTY ? "\r" : ""}${number}/${steps.length} ${ok ? "ok  " : "FAIL"} ${step.name} (${seconds.toFixed(1)} s, ${requests} requests)\n        ${detail.replaceAll("\n", "\n        ")}\n`,
    );
    if (!ok) break;
  }
  return results;
}

async function attempt(step: Step, world: World): Promise<{ ok: boolean; detail: string }> {
  try {
    return { ok: true, detail: await step.run(world) };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
