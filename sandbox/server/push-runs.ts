/** Workflows that a push to a branch starts: those in the pushed commit, with that repository's secrets. */
import { pushFits } from "../runner/index.ts";
import { bare } from "./git.ts";
import { commitInfo } from "./git-objects.ts";
import type { Runs } from "./runs.ts";
import type { Repository, State } from "./state.ts";
import { workflowFiles } from "./workflow-files.ts";

/** GITHUB_TOKEN's pushes start nothing. https://docs.github.com/actions/concepts/security/github_token */
const silent = "github-actions[bot]";
/** https://docs.github.com/actions/how-tos/manage-workflow-runs/skip-workflow-runs */
const skips = /\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]/;

/** To be put in place of `state.pushed`. Only where the control plane asked for it: most tests want no run but their own. */
export function startPushRuns(state: State, runs: Runs): State["pushed"] {
  return async (repository, branches, by) => {
    if (!repository.pushWorkflows || !repository.actions.enabled || repository.archived || by === silent) return;
    for (const [branch, sha] of branches) if (sha !== null) await startFor(state, runs, repository, branch, sha, by);
  };
}

async function startFor(state: State, runs: Runs, repository: Repository, branch: string, sha: string, by: string) {
  if (skips.test((await commitInfo(bare(state, repository), sha)).message)) return;
  for (const { path, text } of await workflowFiles(state, repository, sha)) {
    const known = repository.workflows.find((one) => one.path === path);
    if ((known?.state ?? "active") !== "active" || !pushFits(text, branch)) continue;
    runs.start(repository, { event: "push", path, text, branch, sha, actor: by, inputs: {} });
  }
}
