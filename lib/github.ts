/** The connection to GitHub's API that operations use. */
import { Octokit, RequestError } from "octokit";
import { Failure, InputFailure } from "./failure.ts";

/** The token of the person or the CI run, never from an argument. @throws InputFailure when there is none. */
export function readToken(env: NodeJS.ProcessEnv): string {
  const token = env.GITHUB_TOKEN || env.GH_TOKEN;
  if (!token) {
    throw new InputFailure(
      "no GitHub token: got neither GITHUB_TOKEN nor GH_TOKEN in the environment",
      "export GITHUB_TOKEN=$(gh auth token), a token with administration rights on the fork",
    );
  }
  return token;
}

/** GITHUB_API_URL names the API where it is not https://api.github.com, as on every GitHub runner. */
export function connect(env: NodeJS.ProcessEnv): Octokit {
  return connectAs(readToken(env), env);
}

/** @param auth a token, or the JSON Web Token of a GitHub App. */
export function connectAs(auth: string, env: NodeJS.ProcessEnv): Octokit {
  return new Octokit({
    auth,
    baseUrl: env.GITHUB_API_URL ?? "https://api.github.com",
    userAgent: "upstream-sync",
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
}

/** Turns GitHub's refusal into one sentence with a remedy; anything else is thrown on as it is. */
export function explain(error: unknown, doing: string): never {
  if (!(error instanceof RequestError)) throw error;
  const remedies: Readonly<Record<number, string>> = {
    401: "the token is not accepted: make a new one and export it as GITHUB_TOKEN",
    403: "the token lacks a right: administration of the fork is needed (fine-grained: Administration, Contents, Environments, Secrets, Workflows: write)",
    404: "the name is wrong, or the token may not see or administer it",
  };
  throw new Failure(
    `could not ${doing}: GitHub answered ${error.status} ${error.message.split("\n", 1)[0]}`,
    remedies[error.status] ?? "see https://www.githubstatus.com, then try again",
    `${error.request.method} ${error.request.url}\n${error.message}`,
  );
}
