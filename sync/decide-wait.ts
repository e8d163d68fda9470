/** Whether people have the word: then the sync branch stays where it is, and the run is not red; pure. */
import type { PullState } from "./known-pull-request.ts";
import { type Pause, type PauseBy, pauseWords } from "./pause-by.ts";

export interface Wait {
  /** For what: a review that is under way, or that people end their pause. */
  readonly waits: "review" | "pause";
  /** What has to stay as it is: `promotion`, what would be proposed; `everything`, also what people settle beside that. */
  readonly holds: "promotion" | "everything";
  readonly reason: string;
  /** The pause that has to be told yet. */
  readonly tell: PauseBy | undefined;
}

/**
 * @param pause asked for by a label or the variable: it holds until that is taken back.
 * @param wishes `retest`: asked for by hand, which ends a pause by closing.
 */
export function decideWait(
  { open, closed }: PullState,
  pause: Pause | undefined,
  wishes: { readonly whenApproved: "hold" | "update"; readonly retest: boolean },
): Wait | undefined {
  if (pause !== undefined) return { holds: "everything", ...told(pause, pause.said) };
  if (open?.approved && wishes.whenApproved === "hold") {
    const reason = `pull request ${open.number} is approved: it is not changed before it has landed`;
    return { waits: "review", holds: "promotion", reason, tell: undefined };
  }
  if (closed === undefined || wishes.retest) return undefined;
  return { holds: "promotion", ...told({ by: "closing", number: closed.number }, closed.said) };
}

function told(by: PauseBy, said: boolean): Omit<Wait, "holds"> {
  return { waits: "pause", reason: pauseWords(by), tell: said ? undefined : by };
}
