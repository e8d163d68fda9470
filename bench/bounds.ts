/** What the product promises of its cost; pure. */
import type { DeployFigures } from "./deploy.ts";
import type { SyncFigures } from "./sync.ts";
import type { SynthFigures } from "./synth.ts";

export interface Figures extends SyncFigures, Pick<DeployFigures, "deploy"> {
  readonly synth: readonly SynthFigures[];
}

/** Requests per managed resource and data source. */
const requests = { plan: 1.5, apply: 3 };

/** A sentence for each bound that does not hold; none when all do. */
export function missed({ sync, idle, deploy }: Figures): string[] {
  const checks: [boolean, string][] = [
    [sync.timeRatio <= 0.2, `a sync takes ${sync.timeRatio} of the recipe's time, expected at most 0.2`],
    [sync.bytesRatio <= 0.06, `a sync moves ${sync.bytesRatio} of the recipe's bytes, expected at most 0.06`],
    [idle.refLookups === 2, `an idle run makes ${idle.refLookups} ref look-ups, expected 2`],
    [idle.packBytes === 0, `an idle run moves ${idle.packBytes} bytes of packs, expected none`],
    [
      deploy.plan.requests <= requests.plan * deploy.resources,
      `a plan makes ${deploy.plan.requests} requests for ${deploy.resources} resources and data sources, expected at most ${requests.plan} each`,
    ],
    [
      deploy.apply.requests <= requests.apply * deploy.resources,
      `an apply makes ${deploy.apply.requests} requests for ${deploy.resources} resources and data sources, expected at most ${requests.apply} each`,
    ],
  ];
  return checks.filter(([holds]) => !holds).map(([, words]) => words);
}
