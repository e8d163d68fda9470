/** A pause that people asked for, and the one comment that says that it was understood and how to go on. */
import type { GitHub } from "./github.ts";
import { code } from "./markdown.ts";
import { isPausing, type Labelled, PAUSE_LABEL, type Pause, type PauseBy } from "./pause-by.ts";
import { GitHubError } from "./rest.ts";
import type { Settings } from "./settings.ts";

/** At most two requests: which issue has the label, and whether it was answered there. The variable costs none. */
export async function readPause(github: GitHub, settings: Settings): Promise<Pause | undefined> {
  if (settings.pause === "asked") return { by: "variable", said: true };
  if (settings.pause === "never") return undefined;
  const query = new URLSearchParams({ state: "open", labels: PAUSE_LABEL, per_page: "10" });
  const found = (await listIssues(github, `/repos/${settings.repository}/issues?${query}`)).find(isPausing);
  return found && labelPause(github, settings, found);
}

export async function labelPause(github: GitHub, settings: Settings, on: Labelled): Promise<Pause> {
  const pause = { by: "label", number: on.number, pull: on.pull_request !== undefined } as const;
  return { ...pause, said: await isSaid(github, settings, pause) };
}

export async function isSaid(github: GitHub, settings: Settings, pause: PauseBy): Promise<boolean> {
  return pause.by === "variable" || (await commentOf(github, settings, pause)) !== undefined;
}

export async function tellPause(github: GitHub, settings: Settings, pause: PauseBy): Promise<void> {
  if (pause.by === "variable") return;
  const body = pauseText(settings, pause);
  await github.write("POST", commentsPath(settings, pause.number), { body }, () => commentOf(github, settings, pause));
}

async function commentOf(github: GitHub, settings: Settings, pause: Exclude<PauseBy, { by: "variable" }>) {
  const path = `${commentsPath(settings, pause.number)}?per_page=100`;
  return ((await github.list(path)) as { body?: string }[]).find(({ body }) => body?.includes(MARKS[pause.by]));
}

/** One for each way, so that a pause of another kind is told as well. */
const MARKS = {
  closing: "<!-- upstream-sync:paused -->",
  label: "<!-- upstream-sync:paused-by-label -->",
} as const;

function pauseText({ branches }: Settings, pause: Exclude<PauseBy, { by: "variable" }>): string {
  const rests = `the sync rests: ${code(branches.sync)} stays where it is and nothing is proposed.`;
  const [why, how] =
    pause.by === "closing"
      ? [
          "Closed without landing",
          "reopen this pull request, or run the workflow by hand with *retest*, which opens a new one.",
        ]
      : [`Labelled ${code(PAUSE_LABEL)}`, "take the label off, or close this."];
  return [MARKS[pause.by], `${why}, so ${rests}`, "", `To go on, ${how}`].join("\n");
}

/** While issues are off GitHub may refuse the list; then nothing is known to have the label. */
async function listIssues(github: GitHub, path: string): Promise<Labelled[]> {
  try {
    return (await github.get(path)) as Labelled[];
  } catch (error) {
    if (error instanceof GitHubError && [404, 410].includes(error.status)) return [];
    throw error;
  }
}

function commentsPath({ repository }: Settings, number: number): string {
  return `/repos/${repository}/issues/${number}/comments`;
}
