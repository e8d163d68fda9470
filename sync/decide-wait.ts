/** Whether people have the word: then the sync branch stays where it is, and the run is not red; pure. */
import type { PullState } from "./known-pull-request.ts";

export interface Wait {
  readonly reason: string;
  /** The pull request on which the pause has to be told yet. */
  readonly tell: number | undefined;
}

/** @param wishes `retest`: asked for by hand, which ends a pause. */
export function decideWait(
  { open, closed }: PullState,
  wishes: { readonly whenApproved: "hold" | "update"; readonly retest: boolean },
): Wait | undefined {
  if (open?.approved && wishes.whenApproved === "hold") {
    return {
      reason: `pull request ${open.number} is approved: it is not changed before it has landed`,
      tell: undefined,
    };
  }
  if (closed === undefined || wishes.retest) return undefined;
  return {
    reason: `paused: pull request ${closed.number} was closed without landing; reopen it, or run the workflow with retest, to go on`,
    tell: closed.said ? undefined : closed.number,
  };
}
