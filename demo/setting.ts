/** The two repositories a story is told on, and the stages upstream goes through. */

/** Where upstream stands: at the start; with good news; with news that break the tests; that conflict with the fork. */
export type Stage = "start" | "moved" | "broken" | "conflicting";

export interface Setting {
  readonly upstream: {
    readonly owner: string;
    readonly name: string;
    /** A bare repository of the demo's own; nothing is ever written back to where it came from. */
    readonly git: string;
    readonly branch: string;
    /** SHAs, all in `git`. */
    readonly stages: Readonly<Record<Stage, string>>;
  };
  readonly fork: {
    readonly owner: string;
    readonly name: string;
    readonly git: string;
    readonly branches: { readonly from: string; readonly target: string };
  };
  /** The test plan, as `tests.run` of the config. */
  readonly tests: readonly string[];
}
