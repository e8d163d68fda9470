/** git on a person's machine: with their own name, settings and hooks, and with their token for the fork where that is reached by https. */
import { execa } from "execa";
import { Failure } from "../failure.ts";

export interface GitRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LocalGit {
  /** Any exit code is an answer. */
  attempt(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<GitRun>;
  /** Standard output without its last line end. @throws Failure with git's own words as the original. */
  text(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
}

/** A token for one address alone. */
export interface TokenFor {
  readonly url: string;
  readonly token: string;
}

/** git itself waits for ever: less than a byte a second for a minute is no answer. https://git-scm.com/docs/git-config#Documentation/git-config.txt-httplowSpeedLimit */
export const patience = { GIT_HTTP_LOW_SPEED_LIMIT: "1", GIT_HTTP_LOW_SPEED_TIME: "60" };

export function localGit(folder: string, env: NodeJS.ProcessEnv, tokens: readonly TokenFor[]): LocalGit {
  const base = {
    ...patience,
    ...env,
    ...authorization(env, tokens),
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_EDITOR: "true",
  };
  const attempt = async (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<GitRun> => {
    const result = await execa("git", args, {
      cwd: folder,
      env: { ...base, ...more },
      extendEnv: false,
      reject: false,
      stdin: "ignore",
    });
    if (result.code === "ENOENT") {
      throw new Failure("git is not on PATH", "install git (https://git-scm.com/downloads), then run this again");
    }
    return { code: result.exitCode ?? 128, stdout: result.stdout, stderr: result.stderr };
  };
  return {
    attempt,
    async text(args, more) {
      const result = await attempt(args, more);
      if (result.code === 0) return result.stdout;
      throw gitFailure(args, folder, result);
    },
  };
}

export function gitFailure(args: readonly string[], folder: string, { code, stdout, stderr }: GitRun): Failure {
  const said = (stderr || stdout).trim();
  const reason = said.split("\n").find((line) => /^(fatal|error|hint| !)/.test(line)) ?? said.split("\n", 1)[0];
  return new Failure(
    `git ${args.find((word) => !word.startsWith("-")) ?? ""} failed in ${folder}: ${reason || `exit code ${code}`}`,
    remedyFor(said),
    `git ${args.join(" ")}\n${said}`,
  );
}

function remedyFor(said: string): string {
  if (/Authentication failed|could not read Username|Permission denied|403|terminal prompts disabled/.test(said))
    return "the fork does not let you in: check the token in GITHUB_TOKEN, or your ssh key";
  if (/non-fast-forward|fetch first|stale info/.test(said))
    return "somebody pushed there meanwhile: run git pull, settle that, then run the same command again";
  if (/Could not resolve host|Connection refused|unable to access|timed out|too slow/.test(said))
    return "check the network, then run the same command again";
  if (/Please tell me who you are|empty ident/.test(said))
    return 'tell git who you are: git config --global user.name "…" and user.email "…"';
  if (/GH013|GH006|protected branch|rule violations/.test(said))
    return "a rule of the fork refuses the push: the message says which; ask its administrator";
  return "run again with --verbose to see all that git said";
}

/** Through the environment: an argument would be visible to every process, a configuration file would outlive the command. */
function authorization(env: NodeJS.ProcessEnv, tokens: readonly TokenFor[]): Record<string, string> {
  const start = Number(env.GIT_CONFIG_COUNT ?? 0);
  const given = tokens.filter(({ url, token }) => token !== "" && /^https?:/.test(url));
  const entries = given.map(({ url, token }, index) => [
    [`GIT_CONFIG_KEY_${start + index}`, `http.${url}.extraheader`],
    [
      `GIT_CONFIG_VALUE_${start + index}`,
      `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`,
    ],
  ]);
  return Object.fromEntries([["GIT_CONFIG_COUNT", String(start + given.length)], ...entries.flat()]);
}
