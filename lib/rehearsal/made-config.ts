/** A config for people who have none yet: from what the two repositories tell, everything else by default. */
import { basename } from "node:path";
import { execa } from "execa";
import { resolveConfig } from "../config/resolve.ts";
import type { ForkConfig } from "../config/schema.ts";
import { InputFailure } from "../failure.ts";
import type { Sources } from "./place.ts";

export interface Listing {
  /** Branch that HEAD names; undefined when it names none. */
  readonly head: string | undefined;
  readonly branches: readonly string[];
}

/** @throws InputFailure when the repository cannot be read. */
export async function listRepository(source: string, what: string, env: NodeJS.ProcessEnv): Promise<Listing> {
  const result = await execa("git", ["ls-remote", "--symref", "--", source, "HEAD", "refs/heads/*"], {
    env: { ...env, GIT_DIR: undefined, LC_ALL: "C", GIT_TERMINAL_PROMPT: "0" },
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  });
  if (result.exitCode === 0) return parseListing(result.stdout);
  const said = result.stderr.split("\n").find((line) => line.startsWith("fatal:")) ?? result.stderr.split("\n", 1)[0];
  throw new InputFailure(
    `the ${what} ${source} cannot be read: ${(said ?? "").replace(/^fatal: /, "")}`,
    "give the path of a repository on this machine, or an address that git clone takes",
    result.stderr,
  );
}

/** Of what `git ls-remote --symref` prints; pure. */
export function parseListing(text: string): Listing {
  const head = /^ref: refs\/heads\/(?<branch>\S+)\tHEAD$/m.exec(text)?.groups?.branch;
  const branches = [...text.matchAll(/^[0-9a-f]{40,64}\trefs\/heads\/(?<branch>.+)$/gm)].map(
    ({ groups }) => groups?.branch as string,
  );
  return { head, branches };
}

/** The config as a person may write it; pure. */
export function madeConfig(sources: Sources, fork: Listing, upstream: Listing): object {
  const from = fork.head ?? fork.branches[0] ?? "main";
  const target = fork.branches.includes("dev") ? "dev" : from;
  const repository = repositoryOf(sources.fork, "my-team");
  const followed = repositoryOf(sources.upstream, "upstream");
  return {
    version: 1,
    forks: {
      [repository]: {
        upstream: { repository: followed, branch: upstream.head ?? upstream.branches[0] ?? "main" },
        branches: { from, target },
        document: { branches: [target] },
      },
    },
  };
}

/** `owner/name` of an address, or of a folder below an owner that stands for nobody. */
function repositoryOf(source: string, owner: string): string {
  const hosted =
    /^(?:https?:\/\/|ssh:\/\/|git@)[^/:]+[/:](?:.*\/)?(?<owner>[\w-]+)\/(?<name>[\w.-]+?)(?:\.git)?\/*$/.exec(source);
  if (hosted?.groups) return `${hosted.groups.owner}/${hosted.groups.name}`;
  const name = basename(source.replace(/(?:\/\.git)?\/*$/, ""))
    .replace(/\.(?:git|wiki)$/i, "")
    .replaceAll(/[^\w.-]/g, "-");
  return `${owner}/${/[\w-]/.test(name) ? name : "project"}`;
}

/** @throws InputFailure with every problem: a branch of a name that no config may hold. */
export function resolveMade(made: object): ForkConfig {
  const resolution = resolveConfig(made);
  if (resolution.ok) return resolution.config.forks[0] as ForkConfig;
  const [problem] = resolution.problems;
  throw new InputFailure(
    `no config can be made for these repositories: ${problem?.path} is ${problem?.got}, expected ${problem?.expected}`,
    "write an upstream-sync.yaml (upstream-sync init OWNER/NAME) and pass --config",
  );
}
