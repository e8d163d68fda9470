/** The two repositories a story is told on, and the stages upstream goes through. */
export interface Setting {
  readonly upstream: {
    readonly owner: string;
    readonly name: string;
    /** A bare repository of the demo's own; nothing is ever written back to where it came from. */
    readonly git: string;
    readonly branch: string;
    /** Commits, all in `git`: where the story starts; good news; news that break the tests; news that conflict with the fork. */
    readonly start: string;
    readonly moved: string;
    readonly broken: string;
    readonly conflicting: string;
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
