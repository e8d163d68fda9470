/** The connection to GitHub's API that operations use. */
import { Octokit, RequestError } from "octokit";
import { Failure } from "./failure.ts";
import { readToken } from "./token.ts";

/** GITHUB_API_URL names the API where it is not https://api.github.com, as on every GitHub runner. */
export function connect(env: NodeJS.ProcessEnv): Octokit {
  return connectAs(readToken(env), env);
}

/** As `connect`, for reading: tells how many requests were made, those tried again among them. */
export function connectCounting(env: NodeJS.ProcessEnv): { readonly octokit: Octokit; requests(): number } {
  let made = 0;
  const counting: typeof fetch = (input, init) => {
    made += 1;
    return patientFetch(input, init);
  };
  // Octokit spaces everything that is not a GET a second apart, in the whole process; a GraphQL query only reads.
  const options = { fetch: counting, pace: `reader ${++readers}` };
  return { octokit: connectAs(readToken(env), env, options), requests: () => made };
}

let readers = 0;

/** Where people look at the same server: https://github.com, or the server whose API GITHUB_API_URL names. */
export function webUrl(env: NodeJS.ProcessEnv): string {
  const api = (env.GITHUB_API_URL ?? "https://api.github.com").replace(/\/+$/, "");
  return api === "https://api.github.com" ? "https://github.com" : api.replace(/\/api\/v3$/, "");
}

interface Connection {
  readonly fetch?: typeof globalThis.fetch;
  /** Connections of one pace share octokit's limits. */
  readonly pace?: string;
}

/** @param auth a token, or the JSON Web Token of a GitHub App. */
export function connectAs(
  auth: string,
  env: NodeJS.ProcessEnv,
  { fetch = patientFetch, pace = "no-id" }: Connection = {},
): Octokit {
  return new Octokit({
    auth,
    baseUrl: env.GITHUB_API_URL ?? "https://api.github.com",
    userAgent: "upstream-sync",
    log: { debug() {}, info() {}, warn() {}, error() {} },
    request: { fetch },
    throttle: { id: pace, onRateLimit: waitShortly, onSecondaryRateLimit: waitShortly },
  });
}

/** Longer than this nobody waits in front of a terminal without a word. */
const shortWaitSeconds = 20;
const longestAnswerSeconds = 30;

/** The library's own default waits once for whatever GitHub asks, which may be an hour. */
function waitShortly(seconds: number, _options: object, _octokit: unknown, tried: number): boolean {
  return tried === 0 && seconds <= shortWaitSeconds;
}

/** A server that takes the question and says nothing. The name keeps octokit from asking three times more. */
class NoAnswer extends Error {
  override readonly name = "AbortError";
}

/** `fetch` that gives up after so many seconds. */
export function patient(seconds: number): typeof fetch {
  return async (input, init) => {
    const patience = AbortSignal.timeout(seconds * 1000);
    try {
      return await fetch(input, { ...init, signal: patience });
    } catch (error) {
      if (patience.aborted) throw new NoAnswer(`no answer within ${seconds} s`);
      throw error;
    }
  };
}

const patientFetch = patient(longestAnswerSeconds);

/** GitHub answers 403 or 429, by its documents on rate limits. */
export function isRateLimit(error: unknown): boolean {
  if (!(error instanceof RequestError)) return false;
  return [403, 429].includes(error.status) && /rate limit/i.test(error.message);
}

/** Turns GitHub's refusal into one sentence with a remedy; anything else is thrown on as it is. */
export function explain(error: unknown, doing: string): never {
  if (error instanceof NoAnswer) {
    throw new Failure(
      `could not ${doing}: GitHub gave ${error.message}`,
      "see https://www.githubstatus.com, then try again",
    );
  }
  // octokit's error for a GraphQL answer without what was asked; its class is not exported.
  if (error instanceof Error && error.name === "GraphqlResponseError") {
    throw new Failure(
      `could not ${doing}: GitHub answered ${error.message.split("\n").join(" ")}`,
      /rate limit/i.test(error.message)
        ? remedyFor(429, error.message, {})
        : "the token may not see it: use one that administers the fork",
      error.message,
    );
  }
  if (!(error instanceof RequestError)) throw error;
  const { method, url } = error.request;
  const said = error.message.split("\n", 1)[0];
  const original = `${method} ${url}\n${error.message}`;
  // Octokit gives what never reached a server the status 500, without a response.
  if (error.response === undefined) {
    throw new Failure(
      `could not ${doing}: ${new URL(url).host} could not be reached (${said})`,
      "check the network, and GITHUB_API_URL where it is set; then run the same command again",
      original,
    );
  }
  throw new Failure(
    `could not ${doing}: GitHub answered ${error.status} ${said}`,
    remedyFor(error.status, error.message, error.response.headers),
    original,
  );
}

type Headers = Readonly<Record<string, string | number | undefined>>;

/** What to do about an answer of GitHub's API; pure. https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api */
export function remedyFor(status: number, message: string, headers: Headers): string {
  if (status === 401) return "the token is not accepted: make a new one and export it as GITHUB_TOKEN";
  if (status === 429 || /rate limit/i.test(message)) return `GitHub's rate limit is used up: ${whenAgain(headers)}`;
  if (headers["x-github-sso"] !== undefined || /SAML/.test(message)) {
    const link = /url=(\S+)/.exec(String(headers["x-github-sso"] ?? ""))?.[1];
    return `the organization wants single sign-on: authorize the token for it${link ? ` at ${link}` : " in its settings"}`;
  }
  if (status === 403)
    return "the token lacks a right: administration of the fork is needed (fine-grained: Administration, Contents, Environments, Secrets, Workflows: write)";
  if (status === 404) return "the name is wrong, or the token may not see or administer it";
  if (status === 422) return "mend what GitHub names, then run the same command again";
  return "see https://www.githubstatus.com, then try again";
}

function whenAgain(headers: Headers): string {
  const after = Number(headers["retry-after"]);
  if (after > 0) return `run the same command again in ${after} s`;
  const reset = Number(headers["x-ratelimit-reset"]);
  return reset > 0
    ? `run the same command again after ${new Date(reset * 1000).toISOString()}`
    : "run the same command again in an hour";
}
