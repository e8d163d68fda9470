/** What the product promises of its cost; pure. */
import type { DeployFigures } from "./deploy.ts";
import type { LargeFigures, SyncFigures } from "./sync.ts";
import type { SynthFigures } from "./synth.ts";

export interface Figures extends SyncFigures, LargeFigures, Pick<DeployFigures, "deploy"> {
  readonly synth: readonly SynthFigures[];
}

/** Requests per managed resource and data source. */
const requests = { plan: 1.5, apply: 3 };

/** A sentence for each bound that does not hold; none when all do. */
export function missed({ sync, idle, policies, conflict, large, deploy }: Figures): string[] {
  const checks: [boolean, string][] = [
    [sync.timeRatio <= 0.2, `a sync takes ${sync.timeRatio} of the recipe's time, expected at most 0.2`],
    [sync.bytesRatio <= 0.06, `a sync moves ${sync.bytesRatio} of the recipe's bytes, expected at most 0.06`],
    [
      policies.timeRatio <= 0.2,
      `with policies a sync takes ${policies.timeRatio} of the recipe's time, expected at most 0.2`,
    ],
    [
      policies.bytesRatio <= 0.06,
      `with policies a sync moves ${policies.bytesRatio} of the recipe's bytes, expected at most 0.06`,
    ],
    [
      conflict.timeRatio <= 1.5,
      `a run with a conflict takes ${conflict.timeRatio} times a clean one, expected at most 1.5`,
    ],
    [
      conflict.partialTimeRatio <= 1.6,
      `a run that takes upstream as far as it merges takes ${conflict.partialTimeRatio} times a clean one, expected at most 1.6`,
    ],
    [
      large.peakMegabytes <= 1000,
      `a sync of ${large.files} files and ${large.commits} commits takes ${large.peakMegabytes} MB of memory, expected at most 1000`,
    ],
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
