/**
 * Where a run of `upstream-sync verify` works: names of its own, all of them derived from an id and below a reserved prefix, so that
 * whoever may start the workflow can name no branch that is anybody's; pure. Why: docs/decisions/0020-verify.md.
 */

/** No slash, no dot, no capital: it stands in names of branches and refs. */
export const VERIFY_ID = /^[a-z0-9]{6,20}$/;
export const EXPECTED_VERIFY_ID = "6 to 20 lower-case letters and digits";

/** Of every branch that a verification makes; the configuration may name none below it. */
export const VERIFY_BRANCHES = "upstream-sync-verify/";

/** The first words of every title that a verification writes. */
export const VERIFY_TITLE = "upstream-sync verify, closes by itself";

export interface VerifyNames {
  /** Part of the names of its own refs: `refs/upstream-sync/<route>/synced`. */
  readonly route: string;
  readonly sync: string;
  readonly target: string;
  /** The branch of the fork itself that stands for upstream. */
  readonly upstream: string;
}

/** @param id fits `VERIFY_ID`. */
export function verifyNames(id: string): VerifyNames {
  const below = `${VERIFY_BRANCHES}${id}/`;
  return { route: `verify-${id}`, sync: `${below}sync`, target: `${below}target`, upstream: `${below}upstream` };
}

/** Whether two branches belong to the same verification, or both to none. */
export function isSameRoute(branch: string, sync: string): boolean {
  return idOf(branch) === idOf(sync);
}

function idOf(branch: string): string | undefined {
  return branch.startsWith(VERIFY_BRANCHES) ? branch.slice(VERIFY_BRANCHES.length).split("/", 1)[0] : undefined;
}
