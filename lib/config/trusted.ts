/** Which files of the test plan are taken from the target and not from the candidate. */
import type { ForkConfig } from "./schema.ts";

/** Files and folders, from the top of the repository, each once; none where the candidate's own count. */
export function trustedPaths(tests: ForkConfig["tests"]): readonly string[] {
  if (tests.trusted !== "fork") return [];
  return [...new Set([...("compose" in tests ? [tests.compose.file] : []), ...tests.entry])];
}
