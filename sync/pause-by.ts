/** What pauses the sync, and its words; pure. */

/** On any open issue or pull request of the fork it pauses the sync. Only people with the right to triage put labels on. */
export const PAUSE_LABEL = "pause-upstream-sync";
/** Of the repository or its organization; any value pauses, but those that say no. */
export const PAUSE_VARIABLE = "UPSTREAM_SYNC_PAUSED";

/** Why the sync rests: what people did, and on which issue or pull request. */
export type PauseBy =
  | { readonly by: "variable" }
  | { readonly by: "label"; readonly number: number; readonly pull: boolean }
  | { readonly by: "closing"; readonly number: number };

/** `said`: the comment is there already; true where there is no place for one. */
export type Pause = Exclude<PauseBy, { readonly by: "closing" }> & { readonly said: boolean };

/** As GitHub lists issues and pull requests. */
export interface Labelled {
  readonly number: number;
  readonly state: string;
  readonly pull_request?: unknown;
  readonly labels?: readonly (string | { readonly name?: string })[];
}

export function isPausing({ state, labels }: Labelled): boolean {
  const names = (labels ?? []).map((label) => (typeof label === "string" ? label : label.name));
  return state === "open" && names.some((name) => name?.toLowerCase() === PAUSE_LABEL);
}

export function pauseWords(pause: PauseBy): string {
  switch (pause.by) {
    case "variable":
      return `paused by the variable ${PAUSE_VARIABLE}; delete it, or set it to false, to go on`;
    case "label":
      return `paused by the label ${PAUSE_LABEL} on ${pause.pull ? "pull request" : "issue"} ${pause.number}; take it off to go on`;
    case "closing":
      return `paused: pull request ${pause.number} was closed without landing; reopen it, or run the workflow with retest, to go on`;
  }
}
