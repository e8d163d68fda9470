/**
 * A situation a fork gets into, told in words a user would use and executed by the generated workflow.
 *
 * To add one: write it into the file of its topic (`conflicts.ts`, `upstream.ts`, …), which index.ts lists, then run
 * `node dist/test/scenarios/main.js --only "words of its name"` and, once it is green, `… main.js --write-docs`.
 * `run` makes the situation (`world.upstream.commit`, `world.commit`, `world.rest`), starts the workflow (`world.sync`) and
 * checks what a user cares for, exactly. What holds in every situation is checked by promises.ts after each run and need
 * not be repeated: nothing written to upstream, the target unmoved, no markers, one record, one pull request and issue.
 */
import type { World } from "./world.ts";

export interface Scenario {
  /** Unique; the end of "a fork whose …" or "when …" in a user's words. */
  readonly name: string;
  /** Its number in the list of what other tools fail at. */
  readonly peers?: number;
  /** The three columns of docs/scenarios.md, in Markdown. */
  readonly situation: string;
  readonly happens: string;
  readonly person: string;
  /** Keys of the fork in upstream-sync.yaml, on top of those of `standardConfig`. */
  readonly config?: Keys | ((place: Place) => Keys);
  /** Touches what all forks share (the clock, faults that strike everybody): no other runs beside it. */
  readonly alone?: boolean;
  /** The fork is there and nothing of the set-up in it: for what the command line does about that. */
  readonly bare?: boolean;
  readonly run: (world: World) => Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: keys of the config as people write them; resolveConfig judges them.
export type Keys = Record<string, any>;

/** Where a scenario's repositories are. */
export interface Place {
  readonly upstreamUrl: string;
  /** Address of a repository beside it, by name. */
  readonly urlOf: (repository: string) => string;
}

export interface Topic {
  readonly title: string;
  readonly scenarios: readonly Scenario[];
}
