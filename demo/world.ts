/** What the steps of a story share: the stand-in, the people with their tokens, the user's project and the two repositories. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { packageRoot } from "../lib/package-root.ts";
import type { ForkSnapshot } from "./fork-snapshot.ts";
import { git } from "./git.ts";
import type { Answer, GitHubStandIn, LogEntry } from "./github-stand-in.ts";
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

export interface Run {
  readonly id: number;
  readonly conclusion: string;
  /** The run record, design's `::notice title=upstream-sync::`. */
  // biome-ignore lint/suspicious/noExplicitAny: read field by field by the steps that check it.
  readonly record: any;
  readonly log: LogEntry[];
}

export class World {
  readonly github: GitHubStandIn;
  readonly setting: Setting;
  readonly people: People;
  /** The user's folder with upstream-sync.yaml. */
  readonly project: string;
  /** Remembered by one step for another. */
  before: ForkSnapshot = {};
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

  get forkPath(): string {
    return `/repos/${this.fork.owner}/${this.fork.name}`;
  }

  async rest(who: keyof People, method: string, path: string, body?: unknown): Promise<Answer> {
    return await this.github.rest(this.people[who], method, path, body);
  }

  /** Runs the product as its user does. */
  async upstreamSync(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const result = await execa("node", [join(packageRoot(), "dist", "cli", "main.js"), ...args], {
      cwd: this.project,
      reject: false,
      stdin: "ignore",
      env: { GITHUB_TOKEN: this.people.administrator, GITHUB_API_URL: this.github.api, NO_COLOR: "1" },
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
    return JSON.parse(result.stdout);
  }

  /** Full ref -> SHA of the fork, as its administrator sees them. */
  async refs(): Promise<Record<string, string>> {
    const listed = await git("/", ["ls-remote", this.github.gitUrl(this.fork)], { token: this.people.administrator });
    return Object.fromEntries(listed.stdout.split("\n").map((line) => line.split("\t").reverse() as [string, string]));
  }

  /** Upstream's people push a stage of the story to their own repository. */
  async moveUpstream(stage: "moved" | "broken" | "conflicting"): Promise<string> {
    const { upstream } = this.setting;
    const sha = upstream[stage];
    await git(
      upstream.git,
      ["push", "--quiet", this.github.gitUrl(upstream), `+${sha}:refs/heads/${upstream.branch}`],
      {
        token: this.people.upstream,
      },
    );
    return sha;
  }

  /** Lets the clock strike the schedule of the fork's workflow, and waits for the run. */
  async strike(): Promise<Run> {
    const from = (await this.github.log(0)).next;
    const fired = await this.github.control("POST", "/clock", {
      toNextSchedule: `${this.fork.owner}/${this.fork.name}`,
    });
    await this.github.control("POST", "/settle", { timeoutSeconds: 600 });
    const id = fired.data.runs.find(
      (run: { repository: string }) => run.repository === `${this.fork.owner}/${this.fork.name}`,
    )?.id;
    if (id === undefined) throw new Error("the schedule fired no run of the fork's workflow");
    const run = (await this.rest("administrator", "GET", `${this.forkPath}/actions/runs/${id}`)).data;
    const { entries } = await this.github.log(from);
    return { id, conclusion: run.conclusion, record: await this.readRecord(id), log: entries };
  }

  /** The record is the one notice titled "upstream-sync" of our own jobs: upstream's code can print anything in `test`. */
  private async readRecord(id: number): Promise<unknown> {
    const { jobs } = (await this.rest("administrator", "GET", `${this.forkPath}/actions/runs/${id}/jobs`)).data;
    const records = [];
    for (const job of jobs.filter(({ name }: { name: string }) => name === "look" || name === "finish")) {
      const path = `${this.forkPath}/check-runs/${job.id}/annotations`;
      const annotations: { title: string; annotation_level: string; message: string }[] = (
        await this.rest("administrator", "GET", path)
      ).data;
      records.push(...annotations.filter((one) => one.title === "upstream-sync" && one.annotation_level === "notice"));
    }
    const [record] = records;
    if (records.length !== 1 || !record)
      throw new Error(`run ${id} left ${records.length} records, expected exactly one`);
    return JSON.parse(record.message);
  }
}

/** Stands up accounts, repositories and the user's project folder. */
export async function createWorld(github: GitHubStandIn, folder: string, setting: Setting): Promise<World> {
  const { fork, upstream } = setting;
  for (const [login, type] of [
    ["ada-admin", "User"],
    ["dana-dev", "User"],
    ["devops-lead", "User"],
    ["tech-lead", "User"],
    [upstream.owner, "Organization"],
    ["uma-upstream", "User"],
    [fork.owner, "Organization"],
  ]) {
    await github.control("POST", "/owners", { login, type, plan: "free" });
  }
  await github.control("POST", "/repositories", {
    owner: upstream.owner,
    name: upstream.name,
    git: upstream.git,
    defaultBranch: upstream.branch,
  });
  await github.control("POST", "/repositories", {
    owner: fork.owner,
    name: fork.name,
    git: fork.git,
    parent: `${upstream.owner}/${upstream.name}`,
    defaultBranch: fork.branches.from,
  });
  const permit = (repository: { owner: string; name: string }, login: string, permission: string) =>
    github.control("PUT", `/repositories/${repository.owner}/${repository.name}/collaborators/${login}`, {
      permission,
    });
  await permit(fork, "ada-admin", "admin");
  for (const login of ["dana-dev", "devops-lead", "tech-lead"]) await permit(fork, login, "write");
  await permit(upstream, "uma-upstream", "admin");
  const token = async (login: string): Promise<string> =>
    (await github.control("POST", "/tokens", { login })).data.token;

  // A fork that has lived for a while: its team switched Actions on long ago (a fresh fork starts with them off).
  const administrator = await token("ada-admin");
  await github.rest(administrator, "PUT", `/repos/${fork.owner}/${fork.name}/actions/permissions`, {
    enabled: true,
    allowed_actions: "all",
  });

  const project = join(folder, "project");
  mkdirSync(project, { mode: 0o700 });
  writeFileSync(join(project, "upstream-sync.yaml"), configText(github, setting));
  return new World(
    github,
    setting,
    {
      administrator,
      developer: await token("dana-dev"),
      reviewer: await token("devops-lead"),
      upstream: await token("uma-upstream"),
    },
    project,
  );
}

function configText(github: GitHubStandIn, setting: Setting): string {
  return stringify({
    version: 1,
    forks: {
      [`${setting.fork.owner}/${setting.fork.name}`]: {
        upstream: { url: github.gitUrl(setting.upstream), branch: setting.upstream.branch },
        branches: { sync: "sync/upstream", ...setting.fork.branches },
        tests: { run: setting.tests, timeoutMinutes: 10 },
        pullRequest: { reviewers: ["devops-lead", "tech-lead"] },
      },
    },
  });
}
