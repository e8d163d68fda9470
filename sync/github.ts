/** A small client for GitHub's REST API. */
import { refuseOtherRepository } from "./own-repository.ts";

export interface GitHub {
  get(path: string): Promise<unknown>;
  /** All pages. @param key name of the list when the answer is an object, as in `{ total_count, jobs }`. */
  list(path: string, key?: string): Promise<unknown[]>;
  /** @throws Stop unless `path` is below `/repos/<the fork>/`. */
  write(method: "POST" | "PATCH" | "PUT" | "DELETE", path: string, body: unknown): Promise<unknown>;
}

export interface GitHubOptions {
  readonly apiUrl: string;
  readonly token: string;
  /** `owner/name` of the only repository that may be written to. */
  readonly repository: string;
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

export class GitHubError extends Error {
  /** 0 when there was no answer. */
  readonly status: number;
  /** GitHub's own words. */
  readonly detail: string;

  constructor(request: string, status: number, detail: string, requestId: string | null) {
    super(`${request}: ${status === 0 ? "no answer" : status} ${detail}${requestId ? ` (request ${requestId})` : ""}`);
    this.name = "GitHubError";
    this.status = status;
    this.detail = detail;
  }
}

const TRIES = 3;
const LONGEST_WAIT = 60_000;

export function connect(options: GitHubOptions): GitHub {
  const sleep = options.sleep ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));

  async function request(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ response: Response; value: unknown }> {
    const name = `${method} ${path}`;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await send(method, path, body);
      if ("response" in answer && answer.response.ok) return answer;
      const error = errorOf(name, answer);
      const wait = attempt < TRIES ? delay(answer, attempt) : undefined;
      if (wait === undefined || wait > LONGEST_WAIT) throw error;
      await sleep(wait);
    }
  }

  async function send(method: string, path: string, body: unknown): Promise<Answer> {
    try {
      const response = await fetch(path.startsWith("http") ? path : `${options.apiUrl}${path}`, {
        method,
        headers: {
          accept: "application/vnd.github+json",
          authorization: `Bearer ${options.token}`,
          "content-type": "application/json",
          "user-agent": "upstream-sync",
          "x-github-api-version": "2022-11-28",
        },
        signal: AbortSignal.timeout(30_000),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { response, value: parse(await response.text()) };
    } catch (error) {
      return { failure: error };
    }
  }

  return {
    get: async (path) => (await request("GET", path)).value,
    async list(path, key) {
      const all: unknown[] = [];
      for (let next: string | undefined = path; next !== undefined; ) {
        const { response, value } = await request("GET", next);
        const page = key === undefined ? value : (value as Record<string, unknown> | null)?.[key];
        if (!Array.isArray(page)) throw new GitHubError(`GET ${next}`, response.status, "no list in the answer", null);
        all.push(...page);
        next = nextPage(response.headers.get("link"), options.apiUrl);
      }
      return all;
    },
    async write(method, path, body) {
      // As it will be sent: fetch resolves `..` in a path.
      const sent = new URL(`${options.apiUrl}${path}`).href.slice(options.apiUrl.length);
      refuseOtherRepository(options.repository, /^\/repos\/([^/]+\/[^/]+)\//.exec(sent)?.[1] ?? "");
      return (await request(method, path, body)).value;
    },
  };
}

type Answer = { readonly response: Response; readonly value: unknown } | { readonly failure: unknown };

/**
 * Milliseconds until another try makes sense; undefined for never. The server's own words come first.
 * https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
 */
function delay(answer: Answer, attempt: number): number | undefined {
  if (!("response" in answer)) return 1000 * 2 ** (attempt - 1);
  const { status, headers } = answer.response;
  const after = Number(headers.get("retry-after") ?? Number.NaN);
  const limited = status === 429 || (status === 403 && (!Number.isNaN(after) || isLimit(answer)));
  if (!limited && status < 500) return undefined;
  if (!Number.isNaN(after)) return after * 1000;
  if (headers.get("x-ratelimit-remaining") === "0") {
    return Math.max(0, Number(headers.get("x-ratelimit-reset")) * 1000 - Date.now());
  }
  return limited ? LONGEST_WAIT : 1000 * 2 ** (attempt - 1);
}

function isLimit(answer: { readonly response: Response; readonly value: unknown }): boolean {
  return answer.response.headers.get("x-ratelimit-remaining") === "0" || /rate limit/i.test(detailOf(answer.value));
}

function errorOf(request: string, answer: Answer): GitHubError {
  if (!("response" in answer)) {
    const cause = answer.failure instanceof Error ? (answer.failure.cause ?? answer.failure) : answer.failure;
    return new GitHubError(request, 0, cause instanceof Error ? cause.message : String(cause), null);
  }
  const { status, headers } = answer.response;
  return new GitHubError(request, status, detailOf(answer.value), headers.get("x-github-request-id"));
}

function detailOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value === "string" ? value.slice(0, 200) : "";
  const { message, errors } = value as { message?: unknown; errors?: unknown };
  const details = Array.isArray(errors)
    ? errors.map((one) =>
        typeof one === "string" ? one : ((one as { message?: string }).message ?? JSON.stringify(one)),
      )
    : [];
  return [String(message ?? ""), ...details].join(" ").slice(0, 500);
}

function nextPage(link: string | null, apiUrl: string): string | undefined {
  const next = /<([^>]+)>;\s*rel="next"/.exec(link ?? "")?.[1];
  // The token goes along, so a link to another server is not followed.
  return next?.startsWith(`${new URL(apiUrl).origin}/`) ? next : undefined;
}

function parse(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return text;
  }
}
