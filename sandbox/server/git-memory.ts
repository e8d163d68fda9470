/**
 * Answers of git that cannot change, because they are named by full object ids. Half of what the sandbox asks git is the same
 * file of the same commit again, and starting a process costs more than the answer.
 */
import { type GitRepository, gitBytes } from "./git.ts";

/** Least recently asked first. A sandbox left running must not grow without end. */
const kept = new Map<string, Buffer>();
const keptAnswers = 2_000;
const largestAnswer = 1_000_000;

/**
 * As `gitBytes`, for arguments that name objects by full ids only. A failure is asked for again: the object may arrive. So is
 * everything of a push under judgement: its objects are gone when it is refused.
 */
export async function gitOfIds(at: GitRepository, args: readonly string[]): Promise<Buffer> {
  if (at.quarantine) return await gitBytes(at, args);
  const key = [at.folder, ...args].join("\0");
  const answer = kept.get(key) ?? (await gitBytes(at, args));
  kept.delete(key);
  if (answer.length <= largestAnswer) kept.set(key, answer);
  for (const oldest of kept.keys()) {
    if (kept.size <= keptAnswers) break;
    kept.delete(oldest);
  }
  return answer;
}

/** For when repositories are replaced as a whole. */
export function forgetAnswers(): void {
  kept.clear();
}
