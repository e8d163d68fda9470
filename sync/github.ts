/** GitHub's REST API as the verbs use it: reading, lists of many pages, and writes that go to the fork alone. */
import { refuseOtherRepository } from "./own-repository.ts";
import { GitHubError, type RestOptions, restOf } from "./rest.ts";

export { GitHubError } from "./rest.ts";

export interface GitHub {
  get(path: string): Promise<unknown>;
  /** All pages. @param key name of the list when the answer is an object, as in `{ total_count, jobs }`. */
  list(path: string, key?: string): Promise<unknown[]>;
  /**
   * @param made for a POST: what an earlier try made whose answer was lost, undefined for nothing (see `Rest`).
   * @throws Stop unless `path` is below `/repos/<the fork>/`.
   */
  write(
    method: "POST" | "PATCH" | "PUT" | "DELETE",
    path: string,
    body: unknown,
    made?: () => Promise<unknown>,
  ): Promise<unknown>;
}

export interface GitHubOptions extends RestOptions {
  /** `owner/name` of the only repository that may be written to. */
  readonly repository: string;
}

/** For a POST that may be made twice without harm: adding a label that is there, setting the same status. */
export async function harmless(): Promise<undefined> {}

export function connect(options: GitHubOptions): GitHub {
  const request = restOf(options);
  return {
    get: async (path) => (await request("GET", path)).value,
    async list(path, key) {
      const all: unknown[] = [];
      for (let next: string | undefined = path; next !== undefined; ) {
        const { headers, value } = await request("GET", next);
        const page = key === undefined ? value : (value as Record<string, unknown> | null)?.[key];
        if (!Array.isArray(page)) throw new GitHubError(`GET ${next}`, 200, "no list in the answer");
        all.push(...page);
        next = nextPage(headers.get("link"), options.apiUrl);
      }
      return all;
    },
    async write(method, path, body, made) {
      // As it will be sent: fetch resolves `..` in a path.
      const sent = new URL(`${options.apiUrl}${path}`).href.slice(options.apiUrl.length);
      refuseOtherRepository(options.repository, /^\/repos\/([^/]+\/[^/]+)\//.exec(sent)?.[1] ?? "");
      return (await request(method, path, body, made)).value;
    },
  };
}

function nextPage(link: string | null, apiUrl: string): string | undefined {
  const next = /<([^>]+)>;\s*rel="next"/.exec(link ?? "")?.[1];
  // The token goes along, so a link to another server is not followed.
  return next?.startsWith(`${new URL(apiUrl).origin}/`) ? next : undefined;
}
