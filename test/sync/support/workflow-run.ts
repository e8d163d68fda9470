/** One fork, one upstream, and runs of the workflow's jobs in order, as templates/workflow.yml wires them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect } from "../../../sync/collect.ts";
import { commit } from "../../../sync/commit.ts";
import type { Environment } from "../../../sync/environment.ts";
import { finish } from "../../../sync/finish.ts";
import { gitIn } from "../../../sync/git.ts";
import { connect } from "../../../sync/github.ts";
import { type Context, look } from "../../../sync/look.ts";
import { merge } from "../../../sync/merge.ts";
import { reportTo } from "../../../sync/outputs.ts";
import { NO_POLICIES } from "../../../sync/policies.ts";
import type { RunRecord } from "../../../sync/record.ts";
import {
  readCollectSettings,
  readCommitSettings,
  readFinishSettings,
  readLookSettings,
  readMergeSettings,
  type Settings,
} from "../../../sync/settings.ts";
import { type FakeGitHub, fakeGitHub } from "./fake-github.ts";
import { type BareRepository, bareRepository } from "./repository.ts";

export interface World {
  readonly fork: BareRepository;
  readonly upstream: BareRepository;
  readonly github: FakeGitHub;
  /** RUNNER_TEMP. */
  readonly temporary: string;
  /** Left in RUNNER_TEMP after the last job. */
  left(): string[];
  run(options?: RunOptions): Promise<Run>;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly tests?: "success" | "failure" | "cancelled";
  readonly environment?: Readonly<Record<string, string>>;
  /** What the commands for generated files do in the checked out candidate; true says that they failed. */
  readonly regenerate?: (folder: string) => unknown;
  /** What others do while the tests run. */
  readonly duringTests?: () => void;
  /** Ends the run after this job, as a killed one. */
  readonly until?: "merge";
  /** Kills `finish` once a write that fits has been answered: `METHOD /path`. */
  readonly killedAfter?: RegExp;
}

export interface Run {
  /** Exit codes of the jobs that ran. */
  readonly codes: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly records: readonly RunRecord[];
  readonly lines: readonly string[];
  readonly summary: string;
}

type Outputs = Readonly<Record<string, string>>;

const NOW = Date.parse("2026-01-02T00:00:00Z");

export async function world(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "world-"));
  const temporary = mkdtempSync(join(tmpdir(), "runner-"));
  const fork = bareRepository(join(folder, "acme/fork.git"));
  const upstream = bareRepository(join(folder, "up/stream.git"));
  const github = await fakeGitHub(folder, (_, branch) => fork.ref(`refs/heads/${branch}`));
  github.merged = (commit, branch) => isAncestor(fork, commit, `refs/heads/${branch}`);
  let runs = 0;

  async function run({
    tests = "success",
    environment = {},
    regenerate,
    duringTests,
    until,
    killedAfter,
  }: RunOptions = {}): Promise<Run> {
    runs += 1;
    const files = {
      GITHUB_OUTPUT: join(folder, `output-${runs}`),
      GITHUB_STEP_SUMMARY: join(folder, `summary-${runs}`),
    };
    for (const file of Object.values(files)) writeFileSync(file, "");
    const lines: string[] = [];
    const codes: Record<string, number> = {};
    const base = { ...workflowEnvironment(github, temporary, 1000 + runs), ...files, ...environment };
    const outputs = () =>
      Object.fromEntries(readLines(files.GITHUB_OUTPUT).map((line) => line.split(/=(.*)/s).slice(0, 2)));
    const context = (settings: Settings): Context => ({
      environment: base,
      github: connect({ ...settings, sleep: async () => undefined }),
      report: reportTo(settings.files, (line) => lines.push(line)),
      now: () => NOW,
      sleep: async () => undefined,
    });
    const end = (): Run => ({
      codes,
      outputs: outputs(),
      records: lines.filter((line) => line.startsWith(NOTICE)).map((line) => JSON.parse(line.slice(NOTICE.length))),
      lines,
      summary: readFileSync(files.GITHUB_STEP_SUMMARY, "utf8"),
    });

    /** The jobs regenerate and regenerated, as their steps run them. */
    async function makeAnew(commands: (folder: string) => unknown, secrets: Environment, merged: Outputs) {
      const work = mkdtempSync(join(folder, "work-"));
      const git = (...args: string[]) => execFileSync("git", ["-C", work, ...args], { stdio: "pipe" });
      git("init", "--quiet", ".");
      git("fetch", "--quiet", "--no-tags", "--depth=1", `file://${fork.folder}`, merged.candidate ?? "");
      git("checkout", "--quiet", "--detach", "FETCH_HEAD");
      if (commands(work) === true) return { REGENERATE_RESULT: "failure", REGENERATED_RESULT: "skipped" };
      const own = { ...base, CANDIDATE_SHA: merged.candidate, TREE_SHA: merged.tree };
      const collectSettings = readCollectSettings(own);
      const report = reportTo(collectSettings.files, (line) => lines.push(line));
      const sleep = async () => undefined;
      codes.regenerate = await collect(collectSettings, report, gitIn(work, { environment: own, sleep }));
      if (codes.regenerate !== 0) return { REGENERATE_RESULT: "failure", REGENERATED_RESULT: "skipped" };
      const packs = [1, 2, 3, 4].map((n) => [`PACK_${n}`, outputs()[`pack-${n}`] ?? ""]);
      const commitSettings = readCommitSettings({
        ...{ ...secrets, ...own, MADE_TREE: outputs().tree, ...Object.fromEntries(packs) },
        CREDENTIAL: github.deployKey,
      });
      codes.regenerated = await commit(commitSettings, context(commitSettings));
      const result = codes.regenerated === 0 ? "success" : "failure";
      return { REGENERATE_RESULT: "success", REGENERATED_RESULT: result, REGENERATED_REASON: outputs().reason };
    }

    const lookSettings = readLookSettings(base);
    codes.look = await look(lookSettings, context(lookSettings));
    if (outputs().go !== "true") return end();

    const secrets = {
      ...base,
      CREDENTIAL: github.deployKey,
      UPSTREAM_SHA: outputs().upstream,
      UPSTREAM_REF: outputs().ref,
      UPSTREAM_WHY: outputs().why,
      ...environment,
      UPSTREAM_WORKFLOWS: outputs().workflows,
    };
    const merges = outputs().merge === "true";
    if (merges) {
      const mergeSettings = readMergeSettings(secrets);
      codes.merge = await merge(mergeSettings, context(mergeSettings));
    }
    if (until === "merge") return end();

    const merged = outputs();
    const made = merged.candidate && regenerate ? await makeAnew(regenerate, secrets, merged) : undefined;
    duringTests?.();
    const { candidate, tree, sync, target, conflict, proposals, reason } = outputs();
    const skipped = !candidate || (made !== undefined && made.REGENERATED_RESULT !== "success");
    const testResult = skipped ? "skipped" : tests;
    const job = (name: string) => ({ name, conclusion: "success", started_at: "2026-01-01T00:00:01Z", steps: [] });
    const failing = { name: "Regenerate: make", conclusion: "failure" };
    const makes = { ...job("regenerate"), steps: made?.REGENERATE_RESULT === "failure" ? [failing] : [] };
    github.jobs = [job("look"), job("merge"), makes, testJob(testResult)];
    const finishSettings = readFinishSettings({
      ...secrets,
      MERGE_RESULT: merges ? (codes.merge === 0 ? "success" : "failure") : "skipped",
      MERGE_REASON: reason,
      MERGE_CONFLICT: conflict,
      PROPOSALS: proposals,
      CANDIDATE_SHA: candidate,
      TREE_SHA: tree,
      MERGED_SHA: merged.candidate,
      ...made,
      // look writes sync and target too, into outputs of its own job.
      SYNC_SHA: codes.merge === 0 ? sync : "",
      TARGET_SHA: codes.merge === 0 ? target : "",
      TEST_RESULT: testResult,
    });
    const { context: finishing, killed } = killable(context(finishSettings), killedAfter);
    const code = await Promise.race([finish(finishSettings, finishing), killed]);
    if (code !== undefined) codes.finish = code;
    return end();
  }

  return {
    fork,
    upstream,
    github,
    temporary,
    run,
    left: () => readdirSync(temporary),
    async close() {
      await github.close();
      for (const one of [folder, temporary]) rmSync(one, { recursive: true, force: true });
    },
  };
}

/** A process that is killed waits for ever for its next answer. */
function killable(context: Context, after: RegExp | undefined): { context: Context; killed: Promise<undefined> } {
  let kill: (value: undefined) => void = () => undefined;
  const killed = new Promise<undefined>((resolve) => {
    kill = resolve;
  });
  const write: Context["github"]["write"] = async (method, path, body) => {
    const answer = await context.github.write(method, path, body);
    if (!after?.test(`${method} ${path}`)) return answer;
    kill(undefined);
    return new Promise(() => undefined);
  };
  return { context: { ...context, github: { ...context.github, write } }, killed };
}

function isAncestor(repository: BareRepository, commit: string, ref: string): boolean {
  try {
    repository.git("merge-base", "--is-ancestor", commit, ref);
    return true;
  } catch {
    return false;
  }
}

const NOTICE = "::notice title=upstream-sync::";

function workflowEnvironment(github: FakeGitHub, temporary: string, run: number) {
  const pullRequest = {
    title: "chore: sync with upstream",
    labels: ["upstream-sync"],
    reviewers: ["devops-lead", "stranger"],
    teamReviewers: [],
    whenApproved: "hold",
  };
  return {
    PATH: process.env.PATH ?? "",
    GITHUB_REPOSITORY: "acme/fork",
    GITHUB_SERVER_URL: github.url,
    GITHUB_API_URL: github.url,
    GITHUB_TOKEN: "job-token",
    GITHUB_RUN_ID: String(run),
    GITHUB_RUN_ATTEMPT: "1",
    RUNNER_TEMP: temporary,
    SYNC_ROUTE: "main",
    UPSTREAM_URL: `${github.url}/up/stream.git`,
    UPSTREAM_BRANCH: "main",
    UPSTREAM_FOLLOW: "branch",
    SYNC_BRANCH: "sync/upstream",
    TARGET_BRANCH: "dev",
    UPSTREAM_WORKFLOWS: "hold",
    LANDING: "merge",
    POLICIES: JSON.stringify(NO_POLICIES),
    TESTS: JSON.stringify({ trusted: [], checks: [] }),
    PULL_REQUEST: JSON.stringify(pullRequest),
    FRESHNESS: "{}",
    DOCUMENT_PATH: "docs/upstream-sync.md",
    CREDENTIALS: "deploy-key",
    UPSTREAM_SYNC_DIGEST: "0123456789abcdef",
  };
}

function testJob(result: string) {
  const time = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
  const step = (name: string, conclusion: string) => ({ name, conclusion, started_at: time(1), completed_at: time(8) });
  return {
    name: "test",
    conclusion: result,
    steps: result === "skipped" ? [] : [step("Fetch the candidate", "success"), step("Test: npm test", result)],
  };
}

function readLines(file: string): string[] {
  return readFileSync(file, "utf8").split("\n").filter(Boolean);
}
