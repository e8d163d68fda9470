/** What the rest has to know of a test plan, whatever kind it is. */
import type { ForkConfig } from "./schema.ts";

/** Files and folders of the tests that are taken from the target and not from the candidate: from the top of the repository, each once; none where the candidate's own count. */
export function trustedPaths(tests: ForkConfig["tests"]): readonly string[] {
  if (tests.trusted !== "fork") return [];
  return [...new Set([...("compose" in tests ? [tests.compose.file] : []), ...tests.entry])];
}

/** Check runs and statuses of the fork's own CI that tell the result; none where the workflow runs the tests. */
export function checksOf(tests: ForkConfig["tests"]): readonly string[] {
  return "checks" in tests ? tests.checks : [];
}
