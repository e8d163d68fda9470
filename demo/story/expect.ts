/** Checks that more than one chapter makes. */

import type { LogEntry } from "../../lib/rehearsal/stand-in.ts";
import { check, checkEqual } from "../check.ts";
import { differences, type ForkSnapshot, snapshotFork } from "../fork-snapshot.ts";
import { git } from "../git.ts";
import type { Setting } from "../setting.ts";
import type { Run } from "../workflow-run.ts";
import type { World } from "../world.ts";

export const syncBranch = "refs/heads/sync/upstream";

export const short = (sha: string) => sha.slice(0, 9);

export const isRestWrite = (entry: LogEntry) => !["GET", "HEAD"].includes(entry.method) && entry.git === null;

export function expectOutcome(run: Run, conclusion: "success" | "failure", outcome: string): void {
  checkEqual(
    [run.conclusion, run.record.outcome],
    [conclusion, outcome],
    `outcome (the run says: ${run.record.reason})`,
  );
}

/** What a run cost on the wire. The demo's own look at the result is not in it. */
export function traffic(log: readonly LogEntry[]): string {
  const bytes = log.reduce((sum, entry) => sum + entry.requestBytes + entry.responseBytes, 0);
  return `${log.length} requests, ${(bytes / 1000).toFixed(1)} kB`;
}

/** Brings the fork's branches into its bare copy, as `refs/demo/live/<branch>`. */
export async function fetchLive(world: World): Promise<void> {
  await git(
    world.fork.git,
    ["fetch", "--quiet", "--prune", world.github.gitUrl(world.fork), "+refs/heads/*:refs/demo/live/*"],
    { token: world.people.administrator },
  );
}

/** `tip` has every one of `commits` in its history. Needs `fetchLive` before. */
export async function expectContains(world: World, tip: string, commits: readonly string[]): Promise<void> {
  for (const commit of commits) {
    const contained = await git(world.fork.git, ["merge-base", "--is-ancestor", commit, tip], { allowFailure: true });
    check(contained.ok, `${short(tip)} to contain ${short(commit)}`);
  }
}

/**
 * The fork stands as it did before us. What people landed stays, so the branches they work on may have moved; but the files there
 * differ from before only where `landed` says so.
 */
export async function expectAsBefore(
  world: World,
  fork: Setting["fork"],
  before: ForkSnapshot,
  { landed = [], kept = [] }: { landed?: readonly string[]; kept?: readonly string[] } = {},
): Promise<void> {
  const { from, target } = fork.branches;
  const after = await snapshotFork(world.github, fork, world.people.administrator);
  const worked = new Set([from, target].map((branch) => `refs/heads/${branch}`));
  const unexpected = differences(before, after).filter(({ thing }) => !worked.has(thing) && !kept.includes(thing));
  checkEqual(unexpected, [], "differences");
  for (const branch of worked) {
    const token = world.people.administrator;
    await git(fork.git, ["fetch", "--quiet", world.github.gitUrl(fork), `+${branch}:refs/demo/after`], { token });
    const listed = await git(fork.git, ["diff", "--name-only", "-z", before[branch] as string, "refs/demo/after"]);
    const changed = listed.stdout.split("\0").filter(Boolean);
    const allowed = branch === `refs/heads/${target}` ? landed : [];
    checkEqual(
      changed.filter((path) => !allowed.includes(path)),
      [],
      `files of ${branch} that differ from before`,
    );
  }
}
