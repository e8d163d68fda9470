/** Whether what upstream has now goes on from what was taken: from facts to words, no git, no network. */
import type { Follow, Tag } from "./follow.ts";
import { shortName } from "./follow.ts";
import { recordRef, tagRecordRef } from "./refs.ts";
import type { Settings } from "./settings.ts";
import { Stop } from "./stop.ts";

export interface HistoryFacts {
  /** The upstream commit that was taken last: where tags are followed, that of the newest tag. */
  readonly taken: string;
  /** Whether what is followed now has it. */
  readonly contained: boolean;
  /** Whether the two have a commit in common. */
  readonly related: boolean;
  /** The tag at that commit, if it came by one. */
  readonly tag: Tag | undefined;
  /** Where that tag is now: undefined when upstream has it no more. */
  readonly tagNow: string | undefined;
}

/** The commit from which this run has to go on; undefined when none is recorded. */
export function takenBefore(
  follow: Follow,
  recorded: { readonly synced: string | undefined; readonly tag: Tag | undefined },
): Pick<HistoryFacts, "taken" | "tag"> | undefined {
  const { synced, tag } = recorded;
  if (follow.kind !== "branch" && tag !== undefined) return { taken: tag.sha, tag };
  return synced === undefined ? undefined : { taken: synced, tag: tag?.sha === synced ? tag : undefined };
}

/**
 * Merging a rewritten history would bring back what upstream took out. Another release line is none: upstream stands by both,
 * so the tag that was taken is where it was.
 */
export function refusalOfHistory(settings: Settings, facts: HistoryFacts): Stop | undefined {
  const { taken, contained, related, tag, tagNow } = facts;
  if (contained) return undefined;
  if (!related) return unrelated(settings, taken);
  // Without a tag to ask, a branch is all that can tell.
  if (tag === undefined) return settings.upstream.follow.kind === "branch" ? rewritten(settings, taken) : undefined;
  return tagNow === tag.sha ? undefined : withdrawn(settings, tag, tagNow);
}

function unrelated({ upstream }: Settings, taken: string): Stop {
  return new Stop({
    what: `upstream's ${shortName(upstream.ref)} and what this fork has taken from upstream have unrelated histories`,
    got: `it has no commit in common with ${taken}`,
    remedy:
      "Is another project at that address now, or did upstream begin anew? Set the right address under `upstream`; the program never merges unrelated histories",
  });
}

function rewritten(settings: Settings, taken: string): Stop {
  return new Stop({
    what: `upstream's ${shortName(settings.upstream.ref)} was rewritten, or another branch is followed now`,
    got: `${taken}, taken over earlier, is no longer in it`,
    remedy: recipe(recordRef(settings, "synced")),
  });
}

function withdrawn(settings: Settings, tag: Tag, tagNow: string | undefined): Stop {
  const name = shortName(settings.upstream.ref);
  const became = tagNow === undefined ? "withdrew" : "moved";
  return new Stop({
    what:
      name === tag.name
        ? `upstream's tag ${name} was rewritten`
        : `upstream ${became} its tag ${tag.name}, which this fork has taken, and ${name} goes on without it`,
    got: `${tag.sha}, taken over earlier, is not in ${name}`,
    remedy: recipe(tagRecordRef(settings, tag.name)),
  });
}

/** What upstream took out stays in the fork: it is merged, and its removal is not part of the new history. */
function recipe(ref: string): string {
  return `Ask upstream what happened. To go on from the new history, run "git push origin --delete ${ref}" in a clone of the fork, then the workflow; what upstream took out stays until people revert it`;
}
