/** The fork's refs over REST, for what runs without a clone. */
import { type GitHub, GitHubError } from "./github.ts";

export interface Fork {
  /** `owner/name` of the fork. */
  readonly repository: string;
}

export function repo({ repository }: Fork): string {
  return `/repos/${repository}`;
}

/** A ref's name as a part of an address. */
export function refPath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

/** Undefined for what is not there. @param statuses GitHub's ways to say so. */
export async function orMissing<T>(answer: Promise<T>, statuses: readonly number[] = [404]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof GitHubError && statuses.includes(error.status)) return undefined;
    throw error;
  }
}

/** SHA at the tip of a branch; undefined when there is no such branch. */
export async function readTip(fork: Fork, github: GitHub, branch: string): Promise<string | undefined> {
  const ref = await orMissing(github.get(`${repo(fork)}/git/ref/heads/${refPath(branch)}`));
  return (ref as { object: { sha: string } } | undefined)?.object.sha;
}

/** @param prefix without `refs/`. @returns branch name, or the whole ref of any other kind -> SHA. */
export async function readRefs(fork: Fork, github: GitHub, prefix: string): Promise<Map<string, string>> {
  const refs = (await github.list(`${repo(fork)}/git/matching-refs/${prefix}`)) as {
    ref: string;
    object: { sha: string };
  }[];
  return new Map(refs.map(({ ref, object }) => [ref.replace(/^refs\/heads\//, ""), object.sha]));
}
