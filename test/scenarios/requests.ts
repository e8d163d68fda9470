/** What the log of the stand-in tells: who was asked, and who was written to. */
import type { LogEntry } from "../../lib/rehearsal/stand-in.ts";

/** Whether a request is about a repository, by whichever door. */
export function mentions(entry: Pick<LogEntry, "path" | "git">, repository: string): boolean {
  const path = `${entry.path.split("?")[0]?.replace(/\.git(?=\/|$)/g, "")}/`;
  return entry.git?.repository === repository || path.includes(`/${repository}/`);
}

/** A request that changes something, or tries to. Reading by git is a POST, too. */
export function isWrite({ method, path, git }: Pick<LogEntry, "method" | "path" | "git">): boolean {
  if (git !== null) return git.operation === "push";
  if (path.includes("service=git-receive-pack") || path.endsWith("/git-receive-pack")) return true;
  return !["GET", "HEAD", "SSH"].includes(method) && !path.endsWith("/git-upload-pack");
}

/** Writes to anything but the forks of the scenarios, by whoever is no person at a command line. */
export function strayWrites(
  entries: readonly LogEntry[],
  forks: readonly string[],
  people: readonly string[],
): LogEntry[] {
  return entries.filter(
    (entry) => isWrite(entry) && !people.includes(entry.actor) && !forks.some((name) => mentions(entry, name)),
  );
}
