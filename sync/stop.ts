/**
 * An expected end of a run: what is wrong, what was found, what people do about it.
 * Only our own words, SHAs, branch names of the configuration and GitHub's own messages: it is printed and
 * recorded, so it never carries text that upstream wrote.
 */
export class Stop extends Error {
  readonly what: string;
  readonly got: string;
  readonly remedy: string;
  /** What git or the server said: text of others, so for the step's log alone (see `reportFailure`). */
  readonly said: string | undefined;

  constructor(reason: { what: string; got: string; remedy: string; said?: string }) {
    super(`${reason.what}: ${reason.got}. ${reason.remedy}`);
    this.name = "Stop";
    this.what = reason.what;
    this.got = reason.got;
    this.remedy = reason.remedy;
    this.said = reason.said;
  }
}

/** The words for whatever ended a run; an unexpected error keeps its own message. */
export function wordsFor(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
