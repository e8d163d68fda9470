/** What a team does with a sync pull request. */
import { check, checkEqual } from "../check.ts";
import { git } from "../git.ts";
import type { World } from "../world.ts";
import { fetchLive, short, syncBranch } from "./expect.ts";

/** A reviewer approves and merges the one open pull request by a merge commit; what lands is the tree that was tested. */
export async function land(world: World): Promise<string> {
  const pulls = (await world.rest("reviewer", "GET", `${world.forkPath}/pulls?state=open`)).data;
  checkEqual(pulls.length, 1, "open pull requests");
  const [pull] = pulls;
  await world.rest("reviewer", "POST", `${world.forkPath}/pulls/${pull.number}/reviews`, { event: "APPROVE" });
  const merged = await world.rest("reviewer", "PUT", `${world.forkPath}/pulls/${pull.number}/merge`, {
    merge_method: "merge",
    sha: pull.head.sha,
  });
  checkEqual([merged.status, merged.data.merged], [200, true], "the merge");
  const refs = await world.refs();
  checkEqual(refs[`refs/heads/${world.fork.branches.target}`], merged.data.sha, "the target's tip");
  check(refs[syncBranch] !== undefined, "the sync branch to live on");
  await fetchLive(world);
  const trees = await git(world.fork.git, ["rev-parse", `${merged.data.sha}^{tree}`, `${pull.head.sha}^{tree}`]);
  const [landedTree, testedTree] = trees.stdout.split("\n");
  checkEqual(landedTree, testedTree, "the landed tree against the tested tree");
  return `${short(merged.data.sha)} on ${world.fork.branches.target}: the tree that was tested`;
}
