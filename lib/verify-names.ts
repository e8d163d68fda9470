/**
 * The names of a verification, as the sync program derives them from the id that the workflow is started with
 * (`sync/verify-route.ts`; a test compares the two). Pure.
 */

export const verifyBranches = "upstream-sync-verify/";

/** The first words of every title that a verification writes. */
export const verifyTitle = "upstream-sync verify, closes by itself";

export interface VerifyNames {
  readonly id: string;
  /** What all its branches begin with. */
  readonly below: string;
  readonly sync: string;
  readonly target: string;
  readonly upstream: string;
  /** Where the sync program keeps its records of it: a prefix of refs, without `refs/`. */
  readonly refs: string;
}

/** @param id 6 to 20 lower-case letters and digits. */
export function verifyNames(id: string): VerifyNames {
  const below = `${verifyBranches}${id}/`;
  return {
    id,
    below,
    sync: `${below}sync`,
    target: `${below}target`,
    upstream: `${below}upstream`,
    refs: `upstream-sync/verify-${id}/`,
  };
}

/** Whether a run of the workflow was a verification's, by the name the workflow gives it: it says nothing about the fork's sync. */
export function isVerification(run: { readonly display_title: string }): boolean {
  return /^upstream-sync verify [a-z0-9]{6,20}$/.test(run.display_title);
}
