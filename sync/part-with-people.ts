/**
 * What people see of ours when the set-up is taken away. Open pull requests and issues of ours are closed with a word in their own text:
 * one request each, so a removal that is cut short says it once. Then a conflict branch goes, unless people have worked on it.
 */
import { closeIssue, conflictIssues } from "./conflict-issue.ts";
import { closePull, conflictPulls } from "./conflict-pull.ts";
import { readMark, removedText } from "./conflict-text.ts";
import { orMissing, readRefs, readTip, refPath, repo } from "./fork-refs.ts";
import { type GitHub, GitHubError } from "./github.ts";
import { BEGIN } from "./known-pull-request.ts";
import { placeholderIn } from "./placeholder-mark.ts";
import { withFarewell } from "./pull-request.ts";
import { candidateBranch, conflictNumber } from "./refs.ts";
import type { Kept } from "./removal-report.ts";
import type { RemovalContext } from "./removal-settings.ts";

export interface Parting {
  readonly closed: readonly string[];
  readonly removed: readonly string[];
  readonly kept: readonly Kept[];
}

/** @param siblings branches that begin with the sync branch's name and a hyphen: name -> tip. @param kept the branch with its work. */
export async function partWithPeople(
  context: RemovalContext,
  github: GitHub,
  siblings: ReadonlyMap<string, string>,
  kept: Kept | undefined,
): Promise<Parting> {
  const { sync } = context.branches;
  const branches = [...siblings].filter(([name]) => !name.startsWith(`${sync}-backup-`));
  const untouched: [string, string][] = [];
  for (const [name, sha] of branches) if (await isUntouched(context, github, name, sha)) untouched.push([name, sha]);
  const going = new Map(untouched);

  const closed = [
    ...(await closeSyncPulls(context, github, kept)),
    ...(await closeConflicts(context, github, (branch) => siblings.has(branch) && !going.has(branch))),
  ];
  const stays = branches
    .filter(([name]) => !going.has(name))
    .map(([name]) => ({ thing: `branch ${name}`, why: "people may have worked on it" }));
  const gone = await removeBranches(context, github, going);
  return { closed, removed: gone.removed, kept: [...stays, ...gone.kept] };
}

/** A conflict branch whose tip is the commit that we made; the branch of a candidate that a run left behind. */
async function isUntouched(context: RemovalContext, github: GitHub, name: string, sha: string): Promise<boolean> {
  if (name === candidateBranch(context)) {
    const candidates = await readRefs(context, github, "upstream-sync/candidate/");
    return [...candidates.values()].includes(sha);
  }
  if (conflictNumber(name.slice(context.branches.sync.length + 1)) === 0) return false;
  const read = async (id: string) =>
    (await github.get(`${repo(context)}/git/commits/${id}`)) as {
      message: string;
      tree: { sha: string };
      parents: { sha: string }[];
    };
  const { message, tree, parents } = await read(sha);
  const placeholder = placeholderIn({ message, parents: parents.map((parent) => parent.sha).join(" ") });
  return placeholder !== undefined && tree.sha === (await read(placeholder.commit)).tree.sha;
}

/** From the sync branch into whatever branch people have let it go; one that people opened themselves is theirs. */
async function closeSyncPulls(context: RemovalContext, github: GitHub, kept: Kept | undefined): Promise<string[]> {
  const [owner = ""] = context.repository.split("/");
  const query = new URLSearchParams({ state: "open", head: `${owner}:${context.branches.sync}`, per_page: "100" });
  const pulls = (await github.get(`${repo(context)}/pulls?${query}`)) as { number: number; body: string | null }[];
  const ours = pulls.filter(({ body }) => body?.includes(BEGIN));
  for (const { number, body } of ours) {
    const text = withFarewell(body ?? "", kept && (kept.as ?? context.branches.sync));
    await github.write("PATCH", `${repo(context)}/pulls/${number}`, { state: "closed", body: text });
  }
  return ours.map(({ number }) => `pull request #${number}`);
}

async function closeConflicts(
  context: RemovalContext,
  github: GitHub,
  stays: (branch: string) => boolean,
): Promise<string[]> {
  const known = await conflictPulls(github, context);
  const pulls = known.filter(({ body }) => readMark(body) !== undefined);
  const open = pulls.filter(({ state }) => state === "open");
  for (const pull of open) {
    const mark = { branch: pull.head.ref, tip: pull.head.sha };
    await closePull(github, context, pull, removedText(mark, stays(mark.branch)));
  }
  const named = pulls.flatMap(({ body }) => readMark(body)?.issue ?? []);
  // 410 where the team has switched issues off since.
  const issues = (await orMissing(conflictIssues(github, context, named), [404, 410])) ?? [];
  const waiting = issues.filter(({ state }) => state === "open");
  for (const issue of waiting) {
    const text = removedText(issue.mark, stays(issue.mark.branch));
    await closeIssue(github, context, issue, text, "not_planned");
  }
  return [...open.map(({ number }) => `pull request #${number}`), ...waiting.map(({ number }) => `issue #${number}`)];
}

async function removeBranches(context: RemovalContext, github: GitHub, going: ReadonlyMap<string, string>) {
  const removed: string[] = [];
  const kept: Kept[] = [];
  for (const [name, sha] of going) {
    const thing = `branch ${name}`;
    const tip = await readTip(context, github, name);
    if (tip === undefined) continue;
    if (tip !== sha) {
      kept.push({ thing, why: "people have pushed there just now" });
      continue;
    }
    try {
      await github.write("DELETE", `${repo(context)}/git/refs/heads/${refPath(name)}`, {});
      removed.push(thing);
    } catch (error) {
      // A rule of the team's: that is no reason to leave everything else behind.
      if (!(error instanceof GitHubError) || ![403, 422].includes(error.status)) throw error;
      kept.push({ thing, why: `GitHub did not let it be removed: ${error.detail}` });
    }
  }
  return { removed, kept };
}
