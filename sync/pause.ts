/** The one comment on a sync pull request that was closed without landing. */
import type { GitHub } from "./github.ts";
import { PAUSED, type PullState } from "./known-pull-request.ts";
import { code } from "./markdown.ts";
import type { Settings } from "./settings.ts";

export async function tellPause(
  github: GitHub,
  settings: Settings,
  number: NonNullable<PullState["closed"]>["number"],
): Promise<void> {
  const path = `/repos/${settings.repository}/issues/${number}/comments`;
  const made = async () =>
    ((await github.list(`${path}?per_page=100`)) as { body?: string }[]).find(({ body }) => body?.includes(PAUSED));
  await github.write("POST", path, { body: pauseText(settings) }, made);
}

function pauseText({ branches }: Settings): string {
  return [
    PAUSED,
    `Closed without landing, so the sync rests: ${code(branches.sync)} stays where it is and nothing is proposed.`,
    "",
    "To go on, reopen this pull request, or run the workflow by hand with *retest*, which opens a new one.",
  ].join("\n");
}
