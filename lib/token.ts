/** The token of the person or the CI run: from the environment or from `gh`, never from an argument, which every process of the machine could read. */
import { execFileSync } from "node:child_process";
import { InputFailure } from "./failure.ts";

/**
 * GITHUB_TOKEN, else GH_TOKEN, else what `gh auth token` prints for the same GitHub.
 * @throws InputFailure when there is none.
 */
export function readToken(env: NodeJS.ProcessEnv): string {
  const token = env.GITHUB_TOKEN || env.GH_TOKEN || tokenOfGh(env);
  if (token) return token;
  throw new InputFailure(
    "no GitHub token: got neither GITHUB_TOKEN nor GH_TOKEN in the environment, and none from `gh auth token`",
    "run `gh auth login`, or export GITHUB_TOKEN, a token with administration rights on the fork",
  );
}

/** `github.com`, or the host that GITHUB_API_URL names, as `gh` calls it. */
export function hostOf(env: NodeJS.ProcessEnv): string {
  const { host } = new URL(env.GITHUB_API_URL || "https://api.github.com");
  return host.replace(/^api\./, "");
}

const asked = new Map<string, string>();

/** Asked once for a host: `gh` takes a tenth of a second, and its keyring may ask the person. */
function tokenOfGh(env: NodeJS.ProcessEnv): string {
  const host = hostOf(env);
  const known = asked.get(host);
  if (known !== undefined) return known;
  let token = "";
  try {
    const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
    token = execFileSync("gh", ["auth", "token", "--hostname", host], { env, stdio, encoding: "utf8" }).trim();
  } catch {
    // No `gh`, or nobody logged in with it.
  }
  asked.set(host, token);
  return token;
}
