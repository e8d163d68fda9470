/** The two repositories a story is told on, and the stages upstream goes through. */

/** Ways in which upstream comes into conflict with the fork: both changed a file; upstream removed one. */
export type ConflictStage = "edited" | "removed";

/**
 * Where upstream stands: at the start; with good news, workflow files among them; with news that break the tests; in conflict with
 * the fork.
 */
export type Stage = "start" | "moved" | "broken" | ConflictStage;

/** How people settle a conflict: the one file that conflicts, and what they write into it. */
export interface Settlement {
  readonly path: string;
  readonly settled: string;
}

export interface Setting {
  readonly upstream: {
    readonly owner: string;
    readonly name: string;
    /** A bare repository of the demo's own; nothing is ever written back to where it came from. */
    readonly git: string;
    readonly branch: string;
    /** SHAs, all in `git`; each but the first is made on the one before. */
    readonly stages: Readonly<Record<Stage, string>>;
  };
  readonly fork: {
    readonly owner: string;
    readonly name: string;
    readonly git: string;
    readonly branches: { readonly from: string; readonly target: string };
  };
  /** Workflow files that `moved` brings or changes, but for one that has our workflow's name. */
  readonly held: readonly string[];
  readonly conflicts: Readonly<Record<ConflictStage, Settlement>>;
  /** The test plan, as `tests.run` of the config. */
  readonly tests: readonly string[];
}
