/** Our section of CODEOWNERS. */
import type { ForkConfig } from "../config/schema.ts";

/** Where GitHub looks, in this order; the first that is there counts. */
export const codeownersPlaces = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"] as const;

/** How our section begins, whatever version wrote it. */
export const codeownersMark = "# upstream-sync: begin";

const begin = `${codeownersMark}. Made from upstream-sync.yaml; edit that file and deploy again.`;
/** How it ends. */
export const codeownersEnd = "# upstream-sync: end";

/**
 * Owners of the managed files, then the configured patterns: GitHub takes the last line that matches, so what people wrote
 * wins over our own lines.
 *
 * @returns nothing when nobody is named: a pattern without owners would take away the ones upstream has.
 */
export function codeownersSection(fork: ForkConfig, managedPaths: readonly string[]): string | undefined {
  const owners = ownersOfManagedFiles(fork);
  if (owners.length === 0) return undefined;
  const lines = [
    ...managedPaths.map((path) => [`/${path.replaceAll(" ", "\\ ")}`, ...owners]),
    ...Object.entries(fork.owners).map(([pattern, people]) => [pattern, ...people]),
  ];
  return [begin, ...lines.map((words) => words.join(" ")), codeownersEnd, ""].join("\n");
}

/** Those asked for a review; without any, everybody who owns something. */
function ownersOfManagedFiles({ owner, owners, pullRequest }: ForkConfig): string[] {
  const asked = [
    ...pullRequest.reviewers.map((login) => `@${login}`),
    ...pullRequest.teamReviewers.map((team) => `@${owner}/${team}`),
  ];
  return [...new Set(asked.length > 0 ? asked : Object.values(owners).flat())];
}
