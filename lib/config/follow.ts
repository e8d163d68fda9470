/** What `follow` may hold. */
import semver from "semver";
import { oneLine } from "./names.ts";
import type { Check, Complaint } from "./problems.ts";

export interface FollowInput {
  readonly releases?: string | undefined;
  readonly prereleases?: boolean | undefined;
  readonly tags?: string | undefined;
}

/** A range of npm's library `semver`: https://github.com/npm/node-semver#ranges */
export const versionRange: Check = (value) => {
  const refused = oneLine(value);
  if (refused) return refused;
  // Both readings have to be possible: which one is used is decided by another key.
  const valid = [false, true].every((includePrerelease) => semver.validRange(value, { includePrerelease }) !== null);
  return valid && value.length <= 200
    ? undefined
    : { expected: "a range of semantic versions", fix: 'for example ^1.0.0, ">=1.2 <3", or "*" for every release' };
};

/** Only such tags are followed (sync/follow.ts says why). */
const tagPattern = /^[A-Za-z0-9@._+/*-]{1,100}$/;

type FollowProblem = Complaint & { readonly path: readonly ("releases" | "prereleases" | "tags")[] };

/** Rules between the three keys, and of the pattern, whose meaning depends on the others. */
export function followProblems({ releases, prereleases, tags }: FollowInput): FollowProblem[] {
  if (releases === undefined && tags === undefined) {
    return [{ path: [], expected: "releases or tags", fix: "write releases: ^1.0.0, or follow: branch" }];
  }
  return [...patternProblems(tags, releases !== undefined), ...prereleaseProblems(releases, prereleases)];
}

function patternProblems(tags: string | undefined, withReleases: boolean): FollowProblem[] {
  if (tags === undefined) return [];
  const path = ["tags"] as const;
  if (!tagPattern.test(tags)) {
    return [
      { path, expected: "letters, digits, @ . _ + / - and * for any of them", fix: "for example v*, or nightly-*" },
    ];
  }
  const stars = tags.split("*").length - 1;
  if (withReleases && stars !== 1) {
    return [{ path, expected: "one *, which stands for the version", fix: 'for example "server-v*"' }];
  }
  return stars > 3 ? [{ path, expected: "at most three *", fix: "name more of it" }] : [];
}

function prereleaseProblems(releases: string | undefined, prereleases: boolean | undefined): FollowProblem[] {
  const path = ["prereleases"] as const;
  if (prereleases === undefined || releases !== undefined) {
    const named = releases !== undefined && !prereleases && /\d-(?! )[0-9A-Za-z]/.test(releases);
    return named
      ? [{ path: ["releases"], expected: "a range without a prerelease", fix: "write prereleases: true beside it" }]
      : [];
  }
  return [{ path, expected: "no such key without releases", fix: "remove it, or write releases: ^1.0.0" }];
}
