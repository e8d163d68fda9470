/** A default branch that takes pull requests only, by a rule of the team's; and the team merging what comes that way. */
import { checkEqual } from "../check.ts";
import type { World } from "../world.ts";

export const teamRule = "team: reviewed changes only";

export async function protect(world: World): Promise<void> {
  const parameters = {
    dismiss_stale_reviews_on_push: false,
    require_code_owner_review: false,
    require_last_push_approval: false,
    required_approving_review_count: 1,
    required_review_thread_resolution: false,
  };
  const ruleset = await world.rest("administrator", "POST", `${world.forkPath}/rulesets`, {
    name: teamRule,
    target: "branch",
    enforcement: "active",
    conditions: { ref_name: { include: [`refs/heads/${world.fork.branches.from}`], exclude: [] } },
    rules: [{ type: "pull_request", parameters }],
  });
  checkEqual(ruleset.status, 201, "the status of the team's ruleset");
}

export async function unprotect(world: World): Promise<void> {
  const rulesets = (await world.rest("administrator", "GET", `${world.forkPath}/rulesets`)).data;
  const [ours] = rulesets.filter(({ name }: { name: string }) => name === teamRule);
  const removed = await world.rest("administrator", "DELETE", `${world.forkPath}/rulesets/${ours?.id}`);
  checkEqual(removed.status, 204, "the status of removing the team's ruleset");
}

/** The team approves and merges the one pull request of the set-up into `base`, and deletes its branch. Gives its number. */
export async function mergeSetUp(world: World, base: string): Promise<number> {
  const path = `${world.forkPath}/pulls?state=open&base=${base}`;
  const pulls = (await world.rest("reviewer", "GET", path)).data;
  checkEqual(pulls.length, 1, `open pull requests into ${base}`);
  const [{ number, head }] = pulls;
  await world.rest("reviewer", "POST", `${world.forkPath}/pulls/${number}/reviews`, { event: "APPROVE" });
  const merge = { merge_method: "merge", sha: head.sha };
  const merged = await world.rest("reviewer", "PUT", `${world.forkPath}/pulls/${number}/merge`, merge);
  checkEqual([merged.status, merged.data.merged], [200, true], `the merge of #${number}`);
  await world.rest("reviewer", "DELETE", `${world.forkPath}/git/refs/heads/${head.ref}`);
  return number;
}
