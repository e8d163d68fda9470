/** The branches for people, as a clone shows them. */

import type { Git } from "./git.ts";
import { isAncestor, type Sha } from "./graph.ts";
import type { Proposal } from "./merge-step.ts";
import { readPlaceholder } from "./placeholder.ts";
import type { Placeholder } from "./placeholder-mark.ts";
import { conflictNumber, proposalBranch } from "./refs.ts";
import type { Settings } from "./settings.ts";

export interface PeopleBranch extends Proposal {
  /** Undefined once people have pushed there. */
  readonly placeholder: Placeholder | undefined;
  /** Whether the sync branch has all of it. */
  readonly contained: boolean;
}

/** @param tips by name, see `RemoteRefs.proposals`. @returns conflict branches by number, then the branch for manual syncs. */
export async function readPeopleBranches(
  git: Git,
  settings: Pick<Settings, "branches">,
  tips: ReadonlyMap<string, Sha>,
  sync: Sha,
): Promise<PeopleBranch[]> {
  const order = (name: string) => conflictNumber(name) || Number.POSITIVE_INFINITY;
  const names = [...tips.keys()].sort((one, other) => order(one) - order(other));
  return Promise.all(
    names.map(async (name) => {
      const sha = tips.get(name) as Sha;
      return {
        name,
        branch: proposalBranch(settings, name),
        sha,
        placeholder: await readPlaceholder(git, sha),
        contained: await isAncestor(git, sha, sync),
      };
    }),
  );
}

/** What people want taken in. */
export function proposalsIn(branches: readonly PeopleBranch[]): PeopleBranch[] {
  return branches.filter(({ placeholder, contained }) => placeholder === undefined && !contained);
}
