/** What a scenario works with: two real repositories, the people, and runs of the generated workflow in the fork. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";
import { stringify } from "yaml";
import { check, checkEqual } from "../../demo/check.ts";
import type { ForkConfig } from "../../lib/config/schema.ts";
import { packageRoot } from "../../lib/package-root.ts";
import type { Answer, LogEntry } from "../../lib/rehearsal/stand-in.ts";
import type { RunRecord } from "../../sync/record.ts";
import { followCommands, inClone } from "../sync/support/people.ts";
import type { BareRepository, Commit } from "../sync/support/repository.ts";
import { checkPromises, standing } from "./promises.ts";
import { mentions } from "./requests.ts";
import type { Scenario } from "./scenario.ts";
import { configOf, keysOf, type People, placeFiles, type Stage, type Staged } from "./staging.ts";

export interface Run {
  readonly id: number;
  /** As GitHub shows the run: green or red. */
  readonly green: boolean;
  readonly conclusion: string;
  readonly record: RunRecord;
  readonly jobs: readonly { readonly id: number; readonly name: string; readonly conclusion: string | null }[];
  /** Of all jobs. */
  readonly annotations: readonly Annotation[];
  /** Everything the stand-in was asked about this fork and its upstream while it ran. */
  readonly requests: readonly LogEntry[];
}

export interface Annotation {
  readonly job: string;
  readonly title: string | null;
  readonly annotation_level: string;
  readonly message: string;
}

export interface Pull {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
  readonly state: "open" | "closed";
  readonly merged_at: string | null;
  readonly mergeable: boolean | null;
  readonly head: { readonly ref: string; readonly sha: string };
  readonly base: { readonly ref: string; readonly sha: string };
  readonly labels: readonly { readonly name: string }[];
  readonly requested_reviewers: readonly { readonly login: string }[];
}

export interface Issue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: "open" | "closed";
  readonly pull_request?: unknown;
  readonly assignees: readonly { readonly login: string }[];
}

export interface Inputs {
  readonly "dry-run"?: "true";
  readonly "upstream-commit"?: string;
  readonly retest?: "true";
}

export class World {
  readonly stage: Stage;
  config: ForkConfig;
  /** Upstream's people commit here directly, so that every write a log shows is not theirs. */
  readonly upstream: BareRepository;
  /** Read it as you like; people's changes go by `commit`, `push` and `rest`, so that GitHub notices them. */
  readonly fork: BareRepository;
  private readonly staged: Staged;
  /** Number of the first log entry of this scenario. */
  private readonly since: number;

  constructor(stage: Stage, staged: Staged, since: number) {
    this.stage = stage;
    this.staged = staged;
    this.config = staged.config;
    this.upstream = staged.upstream.git;
    this.fork = staged.fork.git;
    this.since = since;
  }

  /** `/repos/acme/fork-7` */
  get path(): string {
    return `/repos/${this.config.repository}`;
  }

  get forkUrl(): string {
    return this.stage.github.gitUrl(this.staged.fork);
  }

  get upstreamUrl(): string {
    return this.stage.github.gitUrl(this.staged.upstream);
  }

  /** `up/app-7` */
  get upstreamName(): string {
    return `${this.staged.upstream.owner}/${this.staged.upstream.name}`;
  }

  /** The branch's commit in the fork. @throws when it is not there. */
  tip(branch: string): string {
    const sha = this.fork.ref(`refs/heads/${branch}`);
    check(sha !== undefined, `the fork to have a branch ${branch}`, this.branches());
    return sha as string;
  }

  get sync(): string {
    return this.tip("sync/upstream");
  }

  branches(): string[] {
    return this.fork
      .refs()
      .filter((ref) => ref.startsWith("refs/heads/"))
      .map((ref) => ref.slice("refs/heads/".length));
  }

  /** What a run recorded under `refs/upstream-sync/main/`. */
  recorded(name: string): string | undefined {
    return this.fork.ref(`refs/upstream-sync/main/${name}`);
  }

  /** Whether a branch of the fork has a commit in its history. */
  has(branch: string, commit: string): boolean {
    return this.fork.git("rev-list", this.tip(branch)).split("\n").includes(commit);
  }

  /** A file on a branch of the fork; undefined when it is not there. */
  file(branch: string, path: string): string | undefined {
    return this.fork.show(this.tip(branch), path);
  }

  async rest(who: keyof People, method: string, path: string, body?: unknown): Promise<Answer> {
    return await this.stage.github.rest(this.stage.people[who], method, `${this.path}${path}`, body);
  }

  /** The same, for what has to succeed. */
  // biome-ignore lint/suspicious/noExplicitAny: GitHub's answers, read field by field.
  async must(who: keyof People, method: string, path: string, body?: unknown): Promise<any> {
    const { status, data } = await this.rest(who, method, path, body);
    check(status < 300, `${method} ${path} to succeed`, { status, data });
    return data;
  }

  /** A developer's commit on a branch of the fork; the branch is made when it is not there. */
  async commit(branch: string, files: Commit["files"], more: Omit<Commit, "files" | "branch"> = {}): Promise<string> {
    const before = this.fork.ref(`refs/heads/${branch}`);
    const parents = more.parents ?? [before ?? this.tip("dev")];
    const sha = this.fork.commit({ author: "Dana Dev <dana@example.com>", ...more, parents, files });
    await this.move(branch, sha);
    return sha;
  }

  /** A developer moves (or makes) a branch, in a way that GitHub notices. */
  async move(branch: string, sha: string): Promise<void> {
    if (this.fork.ref(`refs/heads/${branch}`) === undefined) {
      await this.must("developer", "POST", "/git/refs", { ref: `refs/heads/${branch}`, sha });
    } else await this.must("developer", "PATCH", `/git/refs/heads/${branch}`, { sha });
  }

  /** Merges with a merge commit of its own, as the web editor and `git merge` leave it. Gives its SHA. */
  async settle(branch: string, files: Commit["files"], into = "sync/upstream"): Promise<string> {
    const parents = [this.tip(branch), this.tip(into)];
    const [head = "", other = ""] = parents;
    const brought = this.filesOf(this.fork.mergedTree(head, other), head);
    return await this.commit(branch, { ...brought, ...files }, { parents, message: `Merge branch '${into}'` });
  }

  private filesOf(tree: string, from: string): Commit["files"] {
    const changed = this.fork.git("diff", "--name-only", "--no-renames", from, tree).split("\n").filter(Boolean);
    return Object.fromEntries(changed.map((path) => [path, this.fork.show(tree, path) ?? null]));
  }

  /** Types the commands of a text, as they stand, into a shell in a fresh clone; files are edited where it says so. */
  async type(text: string, heading: string, files: Readonly<Record<string, string>>): Promise<void> {
    await followCommands(this.forkUrl, text, heading, files, this.stage.people.developer);
  }

  /** Types commands into a shell in a fresh clone that has `branch` checked out. */
  async shell(branch: string, commands: readonly string[]): Promise<void> {
    await inClone(this.forkUrl, branch, commands, this.stage.people.developer);
  }

  /** Changes the config and deploys: the files of the set-up are as an apply leaves them. */
  deploy(config: Scenario["config"]): void {
    const { number } = this.staged;
    this.config = configOf(keysOf(this.stage, number, config), number);
    placeFiles(this.fork, this.config);
  }

  /** Starts the workflow by hand and waits for its end. `during` happens while its tests run. */
  async run(inputs: Inputs = {}, during?: () => Promise<unknown>): Promise<Run> {
    const before = standing(this);
    const from = await this.logEnd();
    if (during) writeFileSync(this.staged.hold, "");
    const id = await this.dispatch(inputs);
    if (during) {
      try {
        await this.until(id, async () => (await this.jobs(id)).some((job) => isTesting(job)));
        await during();
      } finally {
        rmSync(this.staged.hold, { force: true });
      }
    }
    const run = await this.ended(id, from);
    checkPromises(this, before, run, { undisturbed: during === undefined });
    return run;
  }

  /** Cancels a run while it tests. Gives how GitHub shows it. */
  async cancelled(): Promise<string> {
    writeFileSync(this.staged.hold, "");
    try {
      const id = await this.dispatch();
      await this.until(id, async () => (await this.jobs(id)).some((job) => isTesting(job)));
      await this.must("developer", "POST", `/actions/runs/${id}/cancel`);
      return await this.over(id);
    } finally {
      rmSync(this.staged.hold, { force: true });
    }
  }

  /** Waits for a run that may leave no record. Gives how GitHub shows it. */
  async over(id: number): Promise<string> {
    await this.until(id, async () => false);
    return (await this.must("developer", "GET", `/actions/runs/${id}`)).conclusion;
  }

  /** The command line, as the fork's administrator uses it in a folder with the scenario's config. */
  async upstreamSync(...args: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const project = join(this.stage.folder, `project-${this.staged.number}`);
    mkdirSync(project, { recursive: true, mode: 0o700 });
    const config = { version: 1, forks: { [this.config.repository]: this.staged.keys } };
    writeFileSync(join(project, "upstream-sync.yaml"), stringify(config));
    const { administrator } = this.stage.people;
    const { exitCode, stdout, stderr } = await execa("node", [join(packageRoot(), "dist", "cli", "main.js"), ...args], {
      cwd: project,
      reject: false,
      stdin: "ignore",
      env: { GITHUB_TOKEN: administrator, GITHUB_API_URL: this.stage.github.api, NO_COLOR: "1" },
    });
    return { exitCode: exitCode ?? 1, stdout, stderr };
  }

  /** Lets the clock come to the fork's next schedule. Every other fork's fires as well: for a scenario that is `alone`. */
  async strike(): Promise<{ run: Run; event: string }> {
    const from = await this.logEnd();
    const { github } = this.stage;
    const { data } = await github.control("POST", "/clock", { toNextSchedule: this.config.repository });
    const started = data.runs.find((one: { repository: string }) => one.repository === this.config.repository);
    check(started !== undefined, "the schedule to start a run", data);
    const run = await this.ended(started.id, from);
    await github.control("POST", "/settle", { timeoutSeconds: 300 });
    return { run, event: (await this.must("developer", "GET", `/actions/runs/${run.id}`)).event };
  }

  /** @returns the run's id. */
  async dispatch(inputs: Inputs = {}): Promise<number> {
    const workflow = "/actions/workflows/upstream-sync.yml";
    const newest = async (): Promise<number> =>
      (await this.must("developer", "GET", `${workflow}/runs?per_page=1`)).workflow_runs[0]?.id ?? 0;
    const before = await newest();
    await this.must("administrator", "POST", `${workflow}/dispatches`, { ref: "main", inputs });
    const id = await newest();
    check(id > before, "GitHub to list the run that was started", id);
    return id;
  }

  /** Waits for a run that was dispatched and reads what it left. */
  async ended(id: number, from: number): Promise<Run> {
    await this.until(id, async () => false);
    const { conclusion } = await this.must("developer", "GET", `/actions/runs/${id}`);
    const jobs = await this.jobs(id);
    const annotations = (await Promise.all(jobs.map((job) => this.annotations(job)))).flat();
    const records = annotations.filter(isRecord);
    checkEqual(records.length, 1, `records of the run (it ended as ${conclusion}: ${JSON.stringify(annotations)})`);
    const record: RunRecord = JSON.parse((records[0] as Annotation).message);
    const requests = await this.requests(from);
    return { id, green: conclusion === "success", conclusion, record, jobs, annotations, requests };
  }

  private async until(id: number, done: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const { status } = await this.must("developer", "GET", `/actions/runs/${id}`);
      if (status === "completed" || (await done())) return;
      check(Date.now() < deadline, "the run to end within two minutes", status);
      await setTimeout(50);
    }
  }

  private async jobs(id: number) {
    const { jobs } = await this.must("developer", "GET", `/actions/runs/${id}/jobs`);
    return jobs as (Run["jobs"][number] & { steps: { name: string; status: string }[] })[];
  }

  private async annotations(job: { id: number; name: string }): Promise<Annotation[]> {
    const found: Annotation[] = await this.must("developer", "GET", `/check-runs/${job.id}/annotations`);
    return found.map((one) => ({ ...one, job: job.name }));
  }

  /** The whole log of a job of a run. */
  async log(run: Run, name: string): Promise<string> {
    const job = run.jobs.find((one) => one.name === name);
    check(job !== undefined, `the run to have a job ${name}`, run.jobs);
    return String((await this.rest("developer", "GET", `/actions/jobs/${job?.id}/logs`)).data);
  }

  async logEnd(): Promise<number> {
    return await this.stage.github.logEnd();
  }

  /** Requests about this fork or its upstream. */
  async requests(from = this.since): Promise<LogEntry[]> {
    const { entries } = await this.stage.github.log(from);
    const names = [this.config.repository, this.upstreamName];
    return entries.filter((entry) => names.some((name) => mentions(entry, name)));
  }

  async pulls(query = "state=open"): Promise<Pull[]> {
    return await this.must("developer", "GET", `/pulls?per_page=100&${query}`);
  }

  /** Open pull requests to the target and into the sync branch. */
  async open(): Promise<{ sync: Pull[]; conflict: Pull[]; issues: Issue[] }> {
    const pulls = await this.pulls();
    const issues: Issue[] = await this.must("developer", "GET", "/issues?state=open&per_page=100");
    return {
      sync: pulls.filter(({ base }) => base.ref === this.config.branches.target),
      conflict: pulls.filter(({ base }) => base.ref === this.config.branches.sync),
      issues: issues.filter(({ pull_request }) => pull_request === undefined),
    };
  }

  /** The one open pull request to the target, with what only its own page tells. */
  async syncPull(): Promise<Pull> {
    return await this.one((await this.open()).sync, "the target");
  }

  /** The one open pull request into the sync branch. */
  async conflictPull(): Promise<Pull> {
    return await this.one((await this.open()).conflict, "the sync branch");
  }

  private async one(pulls: readonly Pull[], where: string): Promise<Pull> {
    checkEqual(pulls.length, 1, `open pull requests into ${where}`);
    return await this.must("developer", "GET", `/pulls/${pulls[0]?.number}`);
  }

  async issue(number: number | null): Promise<Issue> {
    return await this.must("developer", "GET", `/issues/${number}`);
  }

  /** A person presses a merge button of the sync pull request. */
  async land(method: "merge" | "squash" | "rebase" = "merge"): Promise<string> {
    const { number } = await this.syncPull();
    return (await this.must("developer", "PUT", `/pulls/${number}/merge`, { merge_method: method })).sha;
  }

  /** Spoils answers about this fork or its upstream only: `GET /up/app-7.git/info/refs`. */
  async fault(method: string, path: string, more: Record<string, unknown>): Promise<void> {
    await this.stage.github.control("POST", "/faults", { route: `${method} ${path}`, ...more });
  }

  /** Upstream's server answers so, to everything. */
  async upstreamAnswers(status: number): Promise<void> {
    await this.fault("*", `/${this.upstreamName}.git/*`, { status, times: 1000 });
  }
}

function isTesting(job: { name: string; steps: { name: string; status: string }[] }): boolean {
  return (
    job.name === "test" && job.steps.some(({ name, status }) => name.startsWith("Test:") && status === "in_progress")
  );
}

/** Upstream's code can print anything in the test job. */
function isRecord({ job, title, annotation_level }: Annotation): boolean {
  return (job === "look" || job === "finish") && title === "upstream-sync" && annotation_level === "notice";
}
