/** What is followed, as the sync program reads it: it has no library for ranges, so they come written out. */
import semver from "semver";
import type { ForkConfig } from "../config/schema.ts";

export function followText(follow: ForkConfig["follow"]): string {
  if (follow === "branch") return follow;
  if (!("releases" in follow)) return JSON.stringify({ tags: follow.tags });
  const { releases, prereleases, tags } = follow;
  const comparators = new semver.Range(releases, { includePrerelease: prereleases }).range;
  return JSON.stringify({ releases, comparators, prereleases, tags });
}
