/** Everything of a fork that the set-up could touch, read from outside, so that before and after can be compared. */

import type { GitHubStandIn } from "../lib/rehearsal/stand-in.ts";
import { git } from "./git.ts";

/** Thing -> how it stands; equal snapshots mean an equal fork. */
export type ForkSnapshot = Readonly<Record<string, string>>;

interface Label {
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

export async function snapshotFork(
  github: GitHubStandIn,
  fork: { owner: string; name: string },
  token: string,
): Promise<ForkSnapshot> {
  const base = `/repos/${fork.owner}/${fork.name}`;
  const read = async (path: string) => (await github.rest(token, "GET", `${base}${path}`)).data;
  const names = (list: { name?: string; title?: string }[]) => list.map((one) => one.name ?? one.title);
  const text = (label: Label) => `${label.name} #${label.color} ${label.description ?? ""}`;

  const [refs, repository, labels, rulesets, keys, environments, actions, workflow] = await Promise.all([
    git("/", ["ls-remote", github.gitUrl(fork)], { token }),
    read(""),
    read("/labels?per_page=100"),
    read("/rulesets"),
    read("/keys"),
    read("/environments"),
    read("/actions/permissions"),
    read("/actions/permissions/workflow"),
  ]);
  const settings = [
    "has_issues",
    "allow_merge_commit",
    "allow_squash_merge",
    "allow_rebase_merge",
    "delete_branch_on_merge",
    "default_branch",
    "visibility",
  ];

  return {
    ...Object.fromEntries(
      refs.stdout
        .split("\n")
        // `refs/pull/*` are GitHub's own and stay for ever, HEAD is a copy.
        .filter((line) => /\trefs\/(?!pull\/)/.test(line))
        .map((line) => line.split("\t").reverse() as [string, string]),
    ),
    labels: JSON.stringify(labels.map(text)),
    rulesets: JSON.stringify(names(rulesets)),
    "deploy keys": JSON.stringify(names(keys)),
    environments: JSON.stringify(names(environments.environments)),
    "Actions permissions": JSON.stringify(actions),
    "workflow permissions": JSON.stringify(workflow),
    settings: JSON.stringify(Object.fromEntries(settings.map((key) => [key, repository[key]]))),
  };
}

export interface Difference {
  readonly thing: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export function differences(before: ForkSnapshot, after: ForkSnapshot): Difference[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((thing) => before[thing] !== after[thing])
    .map((thing) => ({ thing, before: before[thing], after: after[thing] }));
}
