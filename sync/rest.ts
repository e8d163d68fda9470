/** One request to GitHub's REST API, made again while the server asks for time or does not answer. */
import { parseJson } from "./environment.ts";
import { explainRefusal } from "./refusals.ts";

export interface RestOptions {
  readonly apiUrl: string;
  readonly token: string;
  readonly sleep?: (milliseconds: number) => Promise<void>;
  /** From 0 up to 1: runs that met the same limit come back at different moments. */
  readonly random?: () => number;
}

export interface Reply {
  readonly value: unknown;
  readonly headers: Headers;
}

/**
 * @param made asked before a POST is made again that may have been carried out: answers what it made, undefined for nothing.
 *   Without it such a POST is made once.
 * @throws GitHubError when GitHub refuses, and when it is not to be reached.
 */
export type Rest = (method: string, path: string, body?: unknown, made?: () => Promise<unknown>) => Promise<Reply>;

export class GitHubError extends Error {
  /** 0 when there was no answer. */
  readonly status: number;
  /** GitHub's own words. */
  readonly detail: string;
  /** As `sync/refusals.ts` sorts it. */
  readonly kind: string;

  constructor(request: string, status: number, detail: string, requestId: string | null = null) {
    const { kind, remedy } = explainRefusal(`HTTP ${status} ${detail}`);
    const words = `${request}: ${status === 0 ? "no answer" : status} ${detail}${requestId ? ` (request ${requestId})` : ""}`;
    super(`${words}. ${remedy}`);
    this.name = "GitHubError";
    this.status = status;
    this.detail = detail;
    this.kind = kind;
  }
}

const TRIES = 5;
/** Milliseconds that the waits of one job may take together. */
const PATIENCE = 120_000;
/** GitHub's advice for a limit without a delay of its own. */
const MINUTE = 60_000;

export function restOf(options: RestOptions): Rest {
  const sleep = options.sleep ?? pause;
  const random = options.random ?? Math.random;
  let patience = PATIENCE;

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
      const text = await response.text();
      return { response, value: text === "" ? null : (parseJson(text) ?? text) };
    } catch (error) {
      return { failure: error };
    }
  }

  return async (method, path, body, made) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await send(method, path, body);
      if ("response" in answer && answer.response.ok) {
        return { value: answer.value, headers: answer.response.headers };
      }
      const again = attempt < TRIES ? retryOf(answer, attempt) : undefined;
      const wait = again === undefined ? 0 : again.wait + Math.round(random() * again.spread);
      const repeatable = method !== "POST" || made !== undefined || again?.untouched;
      if (again === undefined || !repeatable || wait > patience) throw errorOf(`${method} ${path}`, answer);
      patience -= wait;
      await sleep(wait);
      const found = again.untouched ? undefined : await made?.();
      if (found !== undefined) return { value: found, headers: new Headers() };
    }
  };
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

interface Answered {
  readonly response: Response;
  readonly value: unknown;
}
type Answer = Answered | { readonly failure: unknown };

interface Retry {
  /** Milliseconds, the least. */
  readonly wait: number;
  /** Milliseconds that chance may add. */
  readonly spread: number;
  /** GitHub did not begin with it: every request may be made again. */
  readonly untouched: boolean;
}

/**
 * Undefined when another try would meet the same answer. The server's own delay comes first.
 * https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
 */
function retryOf(answer: Answer, attempt: number): Retry | undefined {
  const backOff = 1000 * 2 ** (attempt - 1);
  const broken = { wait: backOff, spread: backOff / 2, untouched: false };
  if (!("response" in answer)) return broken;
  const { status, headers } = answer.response;
  const after = headers.get("retry-after");
  const limited = status === 429 || (status === 403 && (after !== null || isLimit(answer)));
  if (!limited && status < 500) return undefined;
  const own = delayOf(headers);
  if (own !== undefined) return { wait: own, spread: 1000, untouched: limited };
  return limited ? { wait: MINUTE, spread: 1000, untouched: true } : broken;
}

/** Milliseconds the server asks for. `retry-after` is seconds, or a date at a proxy on the way. */
function delayOf(headers: Headers): number | undefined {
  const after = headers.get("retry-after");
  if (after !== null && /^\d+$/.test(after)) return Number(after) * 1000;
  if (after !== null && !Number.isNaN(Date.parse(after))) return Math.max(0, Date.parse(after) - Date.now());
  if (headers.get("x-ratelimit-remaining") !== "0") return undefined;
  const reset = Number(headers.get("x-ratelimit-reset")) * 1000;
  return Number.isNaN(reset) ? undefined : Math.max(0, reset - Date.now());
}

function isLimit({ response, value }: Answered): boolean {
  return response.headers.get("x-ratelimit-remaining") === "0" || /rate limit/i.test(detailOf(value));
}

function errorOf(request: string, answer: Answer): GitHubError {
  if (!("response" in answer)) {
    const cause = answer.failure instanceof Error ? (answer.failure.cause ?? answer.failure) : answer.failure;
    return new GitHubError(request, 0, cause instanceof Error ? cause.message : String(cause));
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
