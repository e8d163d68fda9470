/** What the steps of a story share: the stand-in, the people with their tokens, the user's project and the two repositories. */
import { join } from "node:path";
import { execa } from "execa";
import { packageRoot } from "../lib/package-root.ts";
import type { Answer, GitHubStandIn } from "../lib/rehearsal/stand-in.ts";
import { checkDocumented } from "./documented.ts";
import type { ForkSnapshot } from "./fork-snapshot.ts";
import { git } from "./git.ts";
import type { Setting } from "./setting.ts";

export interface People {
  /** Administers the fork and runs upstream-sync. */
  readonly administrator: string;
  /** Writes to the fork, may not administer it. */
  readonly developer: string;
  /** Reviews sync pull requests. */
  readonly reviewer: string;
  /** Owns the upstream project. */
  readonly upstream: string;
}

export class World {
  readonly github: GitHubStandIn;
  readonly setting: Setting;
  readonly people: People;
  /** The user's folder with upstream-sync.yaml. */
  readonly project: string;
  /** Remembered by one step for another. */
  before: ForkSnapshot = {};
  /** The workflows' private keys, while they were to be seen. */
  readonly keys = new Set<string>();
  /** Branch under which a destroy kept what had not landed. */
  backup = "";
  /** Everything the product printed, for the search for secrets. */
  readonly printed: string[] = [];

  constructor(github: GitHubStandIn, setting: Setting, people: People, project: string) {
    this.github = github;
    this.setting = setting;
    this.people = people;
    this.project = project;
  }

  get fork(): Setting["fork"] {
    return this.setting.fork;
  }

  /** As the config and the command line name it. */
  get forkName(): string {
    return `${this.fork.owner}/${this.fork.name}`;
  }

  get forkPath(): string {
    return `/repos/${this.fork.owner}/${this.fork.name}`;
  }

  async rest(who: keyof People, method: string, path: string, body?: unknown): Promise<Answer> {
    return await this.github.rest(this.people[who], method, path, body);
  }

  /** Runs the product as its user does. */
  async upstreamSync(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    return await this.upstreamSyncAs(this.people.administrator, ...args);
  }

  /** The same with another token. */
  async upstreamSyncAs(
    token: string,
    ...args: string[]
  ): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const result = await execa("node", [join(packageRoot(), "dist", "cli", "main.js"), ...args], {
      cwd: this.project,
      reject: false,
      stdin: "ignore",
      env: { GITHUB_TOKEN: token, GITHUB_API_URL: this.github.api, NO_COLOR: "1" },
    });
    this.printed.push(result.stdout, result.stderr);
    return { exitCode: result.exitCode ?? 1, stdout: result.stdout, stderr: result.stderr };
  }

  /** The same, for steps that need it to succeed; gives what `--json` printed. */
  // biome-ignore lint/suspicious/noExplicitAny: each step knows the shape it asked for.
  async upstreamSyncJson(...args: string[]): Promise<any> {
    const result = await this.upstreamSync(...args, "--json");
    if (result.exitCode !== 0)
      throw new Error(`upstream-sync ${args.join(" ")} ended with ${result.exitCode}:\n${result.stderr}`);
    const printed = JSON.parse(result.stdout);
    checkDocumented(args, printed);
    return printed;
  }

  /**
   * Full ref -> SHA of the fork, as its administrator sees them; without the notes that a run writes when it moves nothing too:
   * how far the target is behind, and where it has looked for issues that upstream's words closed.
   */
  async refs(): Promise<Record<string, string>> {
    const listed = await git("/", ["ls-remote", this.github.gitUrl(this.fork)], { token: this.people.administrator });
    const refs = listed.stdout.split("\n").map((line) => line.split("\t").reverse() as [string, string]);
    return Object.fromEntries(
      refs.filter(([name]) => !/^refs\/upstream-sync\/[^/]+\/(?:behind|closings)\//.test(name)),
    );
  }
}
