/** Puts scenarios on the stage, several side by side, and keeps what came of them. */
import { checkEnd } from "./promises.ts";
import type { Scenario } from "./scenario.ts";
import { place, type Stage } from "./staging.ts";
import { World } from "./world.ts";

export interface Result {
  readonly name: string;
  readonly ok: boolean;
  /** Why not. */
  readonly detail: string;
  readonly seconds: number;
}

export async function tell(stage: Stage, scenario: Scenario, number: number): Promise<Result> {
  const started = performance.now();
  const end = (ok: boolean, detail: string): Result => ({
    name: scenario.name,
    ok,
    detail,
    seconds: Math.round((performance.now() - started) / 100) / 10,
  });
  try {
    const next = await stage.github.logEnd();
    const world = new World(stage, await place(stage, number, scenario), next);
    await scenario.run(world);
    await checkEnd(world);
    return end(true, "");
  } catch (error) {
    return end(false, String((error as Error).stack ?? error));
  }
}

/** Those that share nothing go side by side, in `lanes`; each of the others has the stage to itself afterwards. */
export async function tellAll(
  stage: Stage,
  scenarios: readonly Scenario[],
  lanes: number,
  told: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  let number = 0;
  const work = async (queue: Scenario[]): Promise<void> => {
    for (let scenario = queue.shift(); scenario; scenario = queue.shift()) {
      number += 1;
      const result = await tell(stage, scenario, number);
      results.push(result);
      told(result);
    }
  };
  const together = scenarios.filter(({ alone }) => !alone);
  await Promise.all(Array.from({ length: lanes }, () => work(together)));
  await work(scenarios.filter(({ alone }) => alone));
  return results;
}
