/** `branch`: makes the sync branch where a destroy has to leave it, which the provider's own resource never does. */
import { readTip, refPath, repo } from "./fork-refs.ts";
import type { GitHub } from "./github.ts";
import { say } from "./removal-report.ts";
import type { BranchSettings } from "./removal-settings.ts";

export async function makeBranch(settings: BranchSettings, github: GitHub): Promise<void> {
  const read = (branch: string) => readTip(settings, github, branch);
  if ((await read(settings.branch)) !== undefined) return say(`branch ${settings.branch} is there and stays as it is`);
  const from = (await github.get(`${repo(settings)}/git/ref/heads/${refPath(settings.from)}`)) as {
    object: { sha: string };
  };
  const made = { ref: `refs/heads/${settings.branch}`, sha: from.object.sha };
  await github.write("POST", `${repo(settings)}/git/refs`, made, () => read(settings.branch));
  say(`branch ${settings.branch} is made from ${settings.from}`);
}
