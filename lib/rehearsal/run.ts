/** One run of the generated workflow in the stand-in, and everything it left behind. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Octokit } from "octokit";
import { Failure } from "../failure.ts";
import { askProgram, askRange, type LocalCommits, type UpstreamRange } from "../fork/by-hand.ts";
import type { RunRecord } from "../fork/run-record.ts";
import { type Job, readJobs, readLog, readRecord } from "../fork/runs.ts";
import { connectAs } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import { workflowPath } from "../render/files.ts";
import { type BareGit, bareGit, refsOf } from "./bare-git.ts";
import type { Stage } from "./stage.ts";

export type Outcome = "up-to-date" | "promoted" | "conflict" | "tests-failed" | "stopped";

export interface RehearsedPull {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly draft: boolean;
  /** Branch names. */
  readonly head: string;
  readonly base: string;
  readonly open: boolean;
  readonly merged: boolean;
  readonly reviewers: readonly string[];
}

export interface RehearsedIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly open: boolean;
  readonly assignees: readonly string[];
}

export interface RehearsedConflict {
  readonly path: string;
  /** As the sync program calls it: "content", "deleted by us", … */
  readonly kind: string;
  /** "target", "proposal" or "upstream". */
  readonly side: string;
  /** The newest commit of upstream that touches the path and the fork does not have, where there is one. */
  readonly commit?: string;
  readonly author?: string;
  readonly subject?: string;
}

/** What one run did; `--json` of `upstream-sync rehearse` is this. */
export interface Rehearsal {
  readonly outcome: Outcome;
  readonly reason: string | null;
  /** What people find: on a conflict the draft for them, else the sync pull request. */
  readonly pr: RehearsedPull | null;
  /** Those that are open. */
  readonly issues: readonly RehearsedIssue[];
  /** Full name -> SHA of the fork's refs afterwards. */
  readonly refs: Readonly<Record<string, string>>;
  readonly conflicts: readonly RehearsedConflict[];
  /** The SHA that the sync branch was moved to by this run. */
  readonly promoted: string | null;
  /** From the start of the run to its end. */
  readonly seconds: number;
  /** Folder with a file for each job; null when nothing is kept. */
  readonly log: string | null;
  /** Folders of the bare repositories; null when nothing is kept. */
  readonly fork: string | null;
  readonly upstream: string | null;
  /** The sync pull request: that of this run, else the newest there is. */
  readonly syncPull: RehearsedPull | null;
  /** The draft for people who settle a conflict. */
  readonly conflictPull: RehearsedPull | null;
  /** What upstream has that the target had not; null when upstream's commit is not known. */
  readonly range: UpstreamRange | null;
  /** Upstream's workflow files that are held back. */
  readonly held: readonly string[];
  readonly kept: RunRecord["kept"];
  readonly tests: { readonly leftOut: boolean; readonly steps: RunRecord["tests"] };
  readonly upstreamCommit: { readonly ref: string; readonly sha: string | null; readonly why: string | null } | null;
  readonly run: { readonly id: number; readonly conclusion: string; readonly jobs: Readonly<Record<string, string>> };
  /** Of the first job that failed: the end of its log. */
  readonly failed: { readonly job: string; readonly step: string; readonly log: string } | null;
}

export interface RunOptions {
  /** By hand (the default), or by letting the clock strike the workflow's schedule. */
  readonly by?: "dispatch" | "schedule";
  /** Inputs of the workflow's dispatch, by their names there. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Where the jobs' logs go, in a folder for this run; nowhere by default. */
  readonly logs?: string;
}

/** The same without its progress. */
export async function rehearseRun(stage: Stage, options: RunOptions = {}): Promise<Rehearsal> {
  const steps = rehearsing(stage, options);
  let step = await steps.next();
  while (!step.done) step = await steps.next();
  return step.value;
}

/** Starts a run, waits for its end, and reads what came of it. Bare repositories may have been changed by git before. */
export async function* rehearsing(
  stage: Stage,
  { by = "dispatch", inputs = {}, logs }: RunOptions = {},
): AsyncGenerator<ProgressEvent, Rehearsal> {
  const { standIn, fork, tokens } = stage;
  await standIn.refsChanged();
  const octokit = connectAs(tokens.administrator, { GITHUB_API_URL: standIn.api });
  const started = performance.now();
  const id = by === "dispatch" ? await dispatch(stage, inputs) : await strike(stage);
  yield* followJobs(stage, octokit, id);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const jobs = await readJobs(octokit, fork, id);
  const record = await readRecord(octokit, fork, jobs);
  const log = logs === undefined ? null : await keepLogs(stage, octokit, jobs, join(logs, `run-${id}`));
  const failed = await failedStep(stage, octokit, jobs);
  return { ...(await findings(stage, record, jobs)), seconds, log, failed, run: runOf(id, jobs) };
}

async function dispatch(stage: Stage, inputs: Readonly<Record<string, string>>): Promise<number> {
  const { standIn, fork, tokens, defaultBranch } = stage;
  const file = workflowPath.slice(workflowPath.lastIndexOf("/") + 1);
  const path = `/repos/${fork.owner}/${fork.name}/actions/workflows/${file}/dispatches`;
  const body = { ref: defaultBranch, inputs, return_run_details: true };
  const { status, data } = await standIn.rest(tokens.administrator, "POST", path, body);
  if (status < 300) return data.workflow_run_id;
  throw new Failure(
    `the workflow of ${fork.repository} could not be started: ${data?.message ?? status}`,
    "look at .github/workflows/upstream-sync.yml on the default branch of the copy",
  );
}

async function strike({ standIn, fork }: Stage): Promise<number> {
  const { data } = await standIn.control("POST", "/clock", { toNextSchedule: fork.repository });
  const run = data.runs.find(({ repository }: { repository: string }) => repository === fork.repository);
  if (run) return run.id;
  throw new Failure(`the schedule of ${fork.repository} started no run`, "this should not happen: report it");
}

/** A line for each job that starts and ends; tests may take long, so nobody waits without a word. */
async function* followJobs(
  { standIn, fork }: Stage,
  octokit: Octokit,
  id: number,
): AsyncGenerator<ProgressEvent, void> {
  const told = new Set<string>();
  for (;;) {
    const { settled } = (await standIn.control("POST", "/settle", { timeoutSeconds: 0.5 })).data;
    for (const line of (await readJobs(octokit, fork, id)).flatMap(lineOf)) {
      if (told.has(line)) continue;
      told.add(line);
      yield { fork: fork.repository, text: line };
    }
    if (settled) return;
    await setTimeout(100);
  }
}

function lineOf({ name, status, conclusion, steps = [] }: Job): string[] {
  if (conclusion === "skipped") return [];
  if (status === "completed") return [`${name}: ${conclusion}`];
  const running = steps.find((step) => step.status === "in_progress");
  return running && running.name !== "Set up job" ? [`${name}: ${running.name}`] : [];
}

function runOf(id: number, jobs: readonly Job[]): Rehearsal["run"] {
  const results = jobs.map(({ name, conclusion }) => [name, conclusion ?? "none"] as const);
  const failed = results.some(([, result]) => result !== "success" && result !== "skipped");
  return { id, conclusion: failed ? "failure" : "success", jobs: Object.fromEntries(results) };
}

/** One file a job, in their order. */
async function keepLogs({ fork }: Stage, octokit: Octokit, jobs: readonly Job[], folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ran = jobs.filter(({ conclusion }) => conclusion !== "skipped");
  for (const [index, job] of ran.entries()) {
    const file = join(folder, `${index + 1}-${job.name.replaceAll(/[^\w.-]/g, "-")}.txt`);
    writeFileSync(file, await readLog(octokit, fork, job.id), { mode: 0o600 });
  }
  return folder;
}

const logLines = 30;

async function failedStep({ fork }: Stage, octokit: Octokit, jobs: readonly Job[]): Promise<Rehearsal["failed"]> {
  const job = jobs.find(({ conclusion }) => conclusion === "failure" || conclusion === "cancelled");
  if (!job) return null;
  const step = job.steps?.find(({ conclusion }) => conclusion === job.conclusion)?.name ?? "(before its first step)";
  const lines = (await readLog(octokit, fork, job.id)).trimEnd().split("\n");
  const bare = lines.map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z /, ""));
  // The command and its environment, which the runner prints first, are told by nothing that failed.
  const said = bare.slice(bare.lastIndexOf("##[endgroup]") + 1);
  return { job: job.name, step, log: said.slice(-logLines).join("\n") };
}

async function findings(stage: Stage, record: RunRecord | undefined, jobs: readonly Job[]) {
  const { fork, tests, folders } = stage;
  const git = bareGit(folders.fork);
  const refs = await refsOf(git);
  const pulls = await pullsOf(stage);
  const upstream = record?.upstream.sha ?? undefined;
  const outcome: Outcome = record?.outcome ?? "stopped";
  const { before, after } = record?.sync ?? { before: null, after: null };
  const syncPull = syncPullOf(stage, pulls, record?.pr ?? null);
  const conflictPull = pulls.find(({ base, open }) => base === fork.branches.sync && open) ?? null;
  return {
    outcome,
    reason: record ? record.reason || null : withoutRecord(jobs),
    pr: outcome === "conflict" ? (conflictPull ?? syncPull) : syncPull,
    issues: await issuesOf(stage),
    refs: Object.fromEntries(refs),
    conflicts: await conflictsOf(stage, git, refs, record),
    promoted: after !== null && after !== before ? after : null,
    fork: folders.fork,
    upstream: folders.upstream,
    syncPull,
    conflictPull,
    range: upstream === undefined ? null : await rangeOf(git, refs.get(`refs/heads/${fork.branches.target}`), upstream),
    held: record?.held ?? [],
    kept: record?.kept ?? [],
    tests: { leftOut: !tests, steps: tests ? (record?.tests ?? []) : [] },
    upstreamCommit: record
      ? { ref: record.upstream.ref, sha: record.upstream.sha, why: record.upstream.why ?? null }
      : null,
  };
}

function withoutRecord(jobs: readonly Job[]): string {
  const failed = jobs.find(({ conclusion }) => conclusion !== "success" && conclusion !== "skipped");
  return failed ? `the job ${failed.name} ended as ${failed.conclusion}, without a record` : "the run left no record";
}

async function list(stage: Stage, path: string) {
  const { standIn, fork, tokens } = stage;
  const { status, data } = await standIn.rest(tokens.administrator, "GET", `/repos/${fork.owner}/${fork.name}${path}`);
  if (status === 200) return data;
  throw new Failure(
    `the stand-in refused GET ${path}: ${status} ${JSON.stringify(data)}`,
    "this should not happen: report it",
  );
}

// biome-ignore lint/suspicious/noExplicitAny: GitHub's pull request, of which the fields below are taken.
function pullOf(pull: any): RehearsedPull {
  return {
    number: pull.number,
    title: pull.title,
    body: pull.body ?? "",
    labels: pull.labels.map(({ name }: { name: string }) => name),
    draft: pull.draft,
    head: pull.head.ref,
    base: pull.base.ref,
    open: pull.state === "open",
    merged: pull.merged_at !== null,
    reviewers: pull.requested_reviewers.map(({ login }: { login: string }) => login),
  };
}

/** Newest first. */
async function pullsOf(stage: Stage): Promise<RehearsedPull[]> {
  const pulls: RehearsedPull[] = (await list(stage, "/pulls?state=all&per_page=100")).map(pullOf);
  return pulls.sort((one, other) => other.number - one.number);
}

function syncPullOf({ fork }: Stage, pulls: readonly RehearsedPull[], number: number | null): RehearsedPull | null {
  const { sync, target } = fork.branches;
  const ours = pulls.filter(({ head, base }) => head === sync && base === target);
  return pulls.find((pull) => pull.number === number) ?? ours.find(({ open }) => open) ?? ours[0] ?? null;
}

async function issuesOf(stage: Stage): Promise<RehearsedIssue[]> {
  // biome-ignore lint/suspicious/noExplicitAny: GitHub's issue, of which the fields below are taken.
  const issues: any[] = await list(stage, "/issues?state=open&per_page=100");
  return issues
    .filter(({ pull_request }) => pull_request === undefined)
    .map(({ number, title, body, labels, state, assignees }) => ({
      number,
      title,
      body: body ?? "",
      labels: labels.map(({ name }: { name: string }) => name),
      open: state === "open",
      assignees: (assignees ?? []).map(({ login }: { login: string }) => login),
    }));
}

async function rangeOf(git: BareGit, target: string | undefined, upstream: string): Promise<UpstreamRange | null> {
  if (target === undefined) return null;
  const known = await git.attempt(["cat-file", "-e", `${upstream}^{commit}`]);
  return known.code === 0 ? await askRange(git.folder, { target, upstream }) : null;
}

/** All of them: the record has room for some, and none where a run only waits. Then the same program is asked on the same commits. */
async function conflictsOf(
  stage: Stage,
  git: BareGit,
  refs: ReadonlyMap<string, string>,
  record: RunRecord | undefined,
): Promise<readonly RehearsedConflict[]> {
  if (record === undefined || record.upstream.sha === null) return record?.conflicts ?? [];
  const cut = record.outcome === "conflict" && (record.conflicts.length === 0 || record.of !== undefined);
  const found = cut ? await foldedConflicts(stage, refs, record) : record.conflicts;
  return await withCommits(git, refs, stage.fork.branches.target, record.upstream.sha, found);
}

async function foldedConflicts(
  { fork, folders }: Stage,
  refs: ReadonlyMap<string, string>,
  record: RunRecord,
): Promise<readonly RehearsedConflict[]> {
  const { sync, target } = fork.branches;
  const prefix = `refs/heads/${sync}-`;
  const proposals = [...refs].flatMap(([ref, sha]) =>
    ref.startsWith(prefix) && /^(?:conflict-\d+|manual)$/.test(ref.slice(prefix.length))
      ? [[ref.slice(prefix.length), sha] as const]
      : [],
  );
  const commits: LocalCommits = {
    sync: refs.get(`refs/heads/${sync}`) as string,
    target: refs.get(`refs/heads/${target}`) as string,
    upstream: record.upstream.sha as string,
    ref: record.upstream.ref,
    tested: refs.get("refs/upstream-sync/main/tested"),
    held: refs.get("refs/upstream-sync/main/held"),
  };
  const answer = await askProgram(fork, folders.fork, commits, Object.fromEntries(proposals));
  return answer.conflicts.length > 0 ? answer.conflicts : answer.setAside.flatMap(({ files }) => files);
}

/** One walk for all paths: a large project has many commits, and each path alone costs a walk. */
async function withCommits(
  git: BareGit,
  refs: ReadonlyMap<string, string>,
  target: string,
  upstream: string,
  conflicts: readonly RehearsedConflict[],
): Promise<readonly RehearsedConflict[]> {
  const paths = conflicts.map(({ path }) => path).filter((path) => !/[\n\0]/.test(path));
  if (paths.length === 0) return conflicts;
  const range = [upstream, `^${refs.get(`refs/heads/${target}`)}`];
  const input = [...range, "--", ...paths.map((path) => `:(literal)${path}`), ""].join("\n");
  const format = "--format=%x01%H%x00%an%x00%s%x00";
  const args = ["log", "--stdin", "--no-merges", "--no-renames", "--name-only", "-z", format];
  const { code, stdout } = await git.attempt(args, input);
  if (code !== 0) return conflicts;
  const newest = newestByPath(stdout);
  return conflicts.map((conflict) => ({ ...conflict, ...newest.get(conflict.path) }));
}

type Touch = { readonly commit: string; readonly author: string; readonly subject: string };

/** Of what `git log -z --name-only` prints with that format, newest first; pure. */
export function newestByPath(log: string): ReadonlyMap<string, Touch> {
  const newest = new Map<string, Touch>();
  for (const entry of log.split("\x01").slice(1)) {
    const [commit = "", author = "", subject = "", ...names] = entry.split("\0");
    for (const name of names.map((text) => text.replace(/^\n/, ""))) {
      if (name !== "" && !newest.has(name)) newest.set(name, { commit, author, subject });
    }
  }
  return newest;
}
