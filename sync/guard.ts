/**
 * `guard`: the first thing a destroy does. Sees that the files can be removed, stops the workflow, lets a running sync end, keeps the
 * commits that have not landed, and closes what of ours people have open. It fails in words before anything is removed: everything
 * else in the plan waits for it. `release` undoes its first step when the set-up is applied again after a destroy that was cut short.
 */
import { rm, writeFile } from "node:fs/promises";
import { readCommitRefusals } from "./commit-refusals.ts";
import { orMissing, readRefs, readTip, refPath, repo } from "./fork-refs.ts";
import type { GitHub } from "./github.ts";
import { partWithPeople } from "./part-with-people.ts";
import { decideBranch } from "./removal.ts";
import { type Kept, say, tell } from "./removal-report.ts";
import type { RemovalContext } from "./removal-settings.ts";
import { Stop } from "./stop.ts";

/** In the stack's folder: how the settings stood before Terraform took its resources away, for `restore`. */
export const seenFile = "upstream-sync.seen.json";

const POLL_SECONDS = 3;

export async function guard(context: RemovalContext, github: GitHub, now: () => number = Date.now): Promise<void> {
  await requireAdministrator(context, github);
  await requireCommits(context, github);
  await stopWorkflow(context, github);
  await waitForRuns(context, github, now);
  const siblings = await readRefs(context, github, `heads/${refPath(context.branches.sync)}-`);
  const work = await keepWork(context, github, siblings, now);
  const { closed, removed, kept } = await partWithPeople(context, github, siblings, work);
  await writeFile(seenFile, JSON.stringify(await readPolicies(context, github)), { mode: 0o600 });
  const refs = await removeOwnRefs(context, github);
  tell({ kept: [...(work ? [work] : []), ...kept], closed, removed: [...removed, ...refs] });
}

export async function release(context: RemovalContext, github: GitHub): Promise<void> {
  await rm(seenFile, { force: true });
  const workflow = await workflowState(context, github);
  if (workflow !== "disabled_manually") return;
  await github.write("PUT", `${repo(context)}/actions/workflows/${context.workflow}/enable`, {});
  say(`${context.workflow} is switched on again`);
}

async function requireAdministrator(context: RemovalContext, github: GitHub): Promise<void> {
  const found = await orMissing(github.get(repo(context)));
  const { permissions } = (found ?? {}) as { permissions?: { admin?: boolean } };
  if (permissions?.admin) return;
  throw new Stop({
    what: `${context.repository} cannot be given back with this token`,
    got: found === undefined ? "a token that does not see it" : "a token without administration rights",
    remedy: "Nothing was removed. Export GITHUB_TOKEN of an administrator of the fork, then destroy again",
  });
}

/** A rule that came after the files: else the removal would end in the middle, in the provider's words. */
async function requireCommits(context: RemovalContext, github: GitHub): Promise<void> {
  const { commits = [], refusing } = context;
  for (const branch of new Set(commits.map((one) => one.branch))) {
    const refusals = await readCommitRefusals(context, github, branch, refusing);
    const paths = refusals.length === 0 ? [] : commits.filter((one) => one.branch === branch).map(({ path }) => path);
    const there: string[] = [];
    for (const path of paths) {
      const at = `${repo(context)}/contents/${refPath(path)}?ref=${encodeURIComponent(branch)}`;
      if ((await orMissing(github.get(at))) !== undefined) there.push(path);
    }
    if (there.length === 0) continue;
    throw new Stop({
      what: `${branch} takes no commit that removes ${there.join(", ")}`,
      got: refusals.join("; "),
      remedy:
        "Nothing was removed. Let yourself bypass that while you destroy; or write delivery: pull-request under this fork and apply, then a destroy removes the files by pull requests",
    });
  }
}

/** "missing" where there is no such workflow. https://docs.github.com/rest/actions/workflows#get-a-workflow */
async function workflowState(context: RemovalContext, github: GitHub): Promise<string> {
  const found = await orMissing(github.get(`${repo(context)}/actions/workflows/${context.workflow}`));
  return found === undefined ? "missing" : (found as { state: string }).state;
}

async function stopWorkflow(context: RemovalContext, github: GitHub): Promise<void> {
  if ((await workflowState(context, github)) !== "active") return;
  await github.write("PUT", `${repo(context)}/actions/workflows/${context.workflow}/disable`, {});
}

/** A run that is going may still push: deleting the branch under it would let its push make the branch again. */
async function waitForRuns(context: RemovalContext, github: GitHub, now: () => number): Promise<void> {
  const deadline = now() + context.waitSeconds * 1000;
  for (let told = false; ; told = true) {
    const answer = await orMissing(
      github.get(`${repo(context)}/actions/workflows/${context.workflow}/runs?per_page=30`),
    );
    const { workflow_runs: runs = [] } = (answer ?? {}) as { workflow_runs?: { status: string; html_url: string }[] };
    const going = runs.find(({ status }) => status !== "completed");
    if (!going) return;
    if (now() >= deadline) {
      throw new Stop({
        what: "a sync is still running",
        got: `${going.html_url} after ${context.waitSeconds} s`,
        remedy: "Nothing was removed. Let it end or cancel it, then destroy again",
      });
    }
    if (!told) say(`waiting for ${going.html_url} to end`);
    await new Promise((resolve) => setTimeout(resolve, POLL_SECONDS * 1000));
  }
}

/** @returns the sync branch's work and where it stays; undefined when all of it has landed. */
async function keepWork(
  context: RemovalContext,
  github: GitHub,
  siblings: ReadonlyMap<string, string>,
  now: () => number,
): Promise<Kept | undefined> {
  const { branches } = context;
  const thing = `branch ${branches.sync}`;
  if (!context.removesBranch) return { thing, why: "it was there before, or the config keeps it" };
  const day = new Date(now()).toISOString().slice(0, 10).replaceAll("-", "");
  const tip = await readTip(context, github, branches.sync);
  const unlanded = tip === undefined ? undefined : await countUnlanded(context, github);
  const decision = decideBranch({ tip, unlanded, siblings }, branches, day);
  if (decision.kind === "nothing") {
    say(`branch ${branches.sync} needs no backup: ${decision.why}`);
    return undefined;
  }
  if (decision.kind === "back-up") {
    const { as, sha } = decision;
    await github.write("POST", `${repo(context)}/git/refs`, { ref: `refs/heads/${as}`, sha }, () =>
      readTip(context, github, as),
    );
    if ((await readTip(context, github, branches.sync)) !== sha) {
      throw new Stop({
        what: `branch ${branches.sync} moved while it was being kept as ${as}`,
        got: "another tip",
        remedy: "Nothing was removed. Destroy again",
      });
    }
  }
  return { thing, as: decision.as, why: decision.why };
}

/** Undefined when the two have nothing in common, or the target is gone. https://docs.github.com/rest/commits/commits#compare-two-commits */
async function countUnlanded(context: RemovalContext, github: GitHub): Promise<number | undefined> {
  const { sync, target } = context.branches;
  // The second page has neither files nor, mostly, commits: only the count is wanted.
  const path = `${repo(context)}/compare/${refPath(target)}...${refPath(sync)}?per_page=1&page=2`;
  return ((await orMissing(github.get(path))) as { ahead_by: number } | undefined)?.ahead_by;
}

/** The sync program's records and candidates. They name commits that are on a branch, in the backup, or were never promoted. */
async function removeOwnRefs(context: RemovalContext, github: GitHub): Promise<string[]> {
  const refs = [...(await readRefs(context, github, "upstream-sync/")).keys()];
  for (const ref of refs) await github.write("DELETE", `${repo(context)}/git/${ref}`, {});
  return refs;
}

/** How the settings that Terraform is about to reset stand now. */
async function readPolicies(context: RemovalContext, github: GitHub): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {};
  for (const setting of Object.keys(context.before)) {
    seen[setting] =
      setting === "actions" ? await readActionsPolicy(context, github) : await readWorkflowPolicy(context, github);
  }
  return seen;
}

export async function readActionsPolicy(context: RemovalContext, github: GitHub): Promise<unknown> {
  const policy = (await github.get(`${repo(context)}/actions/permissions`)) as { allowed_actions?: string };
  if (policy.allowed_actions !== "selected") return policy;
  return { ...policy, selected: await github.get(`${repo(context)}/actions/permissions/selected-actions`) };
}

export async function readWorkflowPolicy(context: RemovalContext, github: GitHub): Promise<unknown> {
  return await github.get(`${repo(context)}/actions/permissions/workflow`);
}
