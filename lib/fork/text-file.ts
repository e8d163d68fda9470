/** One text file of a repository, as it is on a branch. */
import { type Octokit, RequestError } from "octokit";
import { explain } from "../github.ts";

/** @param ref the default branch when it is not given. @returns undefined where there is no such file, or no such branch. */
export async function readTextFile(
  octokit: Octokit,
  { owner, repo }: { readonly owner: string; readonly repo: string },
  path: string,
  ref?: string,
): Promise<string | undefined> {
  try {
    const { data } = await octokit.rest.repos.getContent({
      ...{ owner, repo, path },
      ...(ref === undefined ? {} : { ref }),
      mediaType: { format: "raw" },
    });
    return String(data);
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) return undefined;
    return explain(error, `read ${path} of ${owner}/${repo}`);
  }
}
