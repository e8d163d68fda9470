/**
 * Words in commit messages by which GitHub closes issues once the commits are on the default branch. Upstream means its own issues;
 * the fork's have the same numbers. https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
 */
import type { Git } from "./git.ts";
import type { Sha } from "./graph.ts";

const WORDS = "(close[sd]?|fix(es|ed)?|resolve[sd]?):?[[:space:]]+";

/** @param repository `owner/name` of the fork. @returns each number once, in order. */
export function closedNumbers(text: string, repository: string): number[] {
  const own = repository.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const target = `(?:(?:${own})?#|GH-|https?:\\/\\/[^\\s/]+\\/${own}\\/(?:issues|pull)\\/)(\\d{1,9})\\b`;
  const pattern = new RegExp(`\\b(?:close[sd]?|fix(?:es|ed)?|resolve[sd]?):?\\s+${target}`, "gi");
  const numbers = [...text.matchAll(pattern)].map(([, number]) => Number(number));
  return [...new Set(numbers)].sort((one, other) => one - other);
}

/** Of the commits in `to` that are not in `there`. git picks the messages, so that little is read of a long range. */
export async function closedNumbersIn(git: Git, there: readonly Sha[], to: Sha, repository: string): Promise<number[]> {
  const picked = ["--extended-regexp", "--regexp-ignore-case", `--grep=${WORDS}`];
  const args = ["log", "--format=%B%x00", ...picked, to, ...there.map((commit) => `^${commit}`)];
  return closedNumbers(await git.text(args), repository);
}
