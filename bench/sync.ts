/** One sync, as the generated workflow does it, beside the recipe everybody starts with; and a day on which nothing happened. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { editConfig } from "../demo/config-file.ts";
import { git } from "../demo/git.ts";
import { moveUpstream } from "../demo/workflow-run.ts";
import type { World } from "../demo/world.ts";
import type { LogEntry } from "../lib/rehearsal/stand-in.ts";
import { bigProject, type ProjectSize } from "./big-project.ts";
import { peakOf } from "./peak.ts";
import { bytesOf, inWorld, measured, median, rounded, type Say } from "./setting-up.ts";

export interface SyncFigures {
  readonly sync: { readonly timeRatio: number; readonly bytesRatio: number };
  readonly idle: { readonly refLookups: number; readonly packBytes: number };
  /** As `sync`, with every policy at work. */
  readonly policies: { readonly timeRatio: number; readonly bytesRatio: number };
  /** A run that ends in a conflict beside one that does not; the second with upstream taken as far as it merges. */
  readonly conflict: { readonly timeRatio: number; readonly partialTimeRatio: number };
}

export interface LargeFigures {
  readonly large: {
    readonly files: number;
    readonly commits: number;
    /** The whole run without its tests. */
    readonly seconds: number;
    /** Of the sync program and the git it runs, together. */
    readonly peakMegabytes: number;
  };
}

interface Cost {
  /** Of fetching both sides, merging and pushing. */
  readonly seconds: number;
  /** Of everything around it too. */
  readonly whole: number;
  readonly bytes: number;
}

/** What is measured, each on a snapshot of its own. */
const KINDS = ["ours", "recipe", "policies", "conflict", "partial"] as const;
type Kind = (typeof KINDS)[number];

/** @param rounds how often each is done, in turn. */
export async function benchSync(cache: string, size: ProjectSize, rounds: number, say: Say): Promise<SyncFigures> {
  const setting = await bigProject(cache, size, say);
  return await inWorld(
    async () => setting,
    async (world, folder) => {
      const idle = await setUp(world, say);
      const snapshots = await prepare(world);
      const costs = new Map<Kind, Cost[]>(KINDS.map((kind) => [kind, []]));
      for (let round = 1; round <= rounds; round += 1) {
        for (const kind of KINDS) {
          await world.github.control("POST", `/snapshots/${snapshots[kind]}/restore`);
          const conclusion = kind === "conflict" || kind === "partial" ? "failure" : "success";
          const cost = kind === "recipe" ? await recipe(world, folder) : await oneSync(world, conclusion);
          costs.get(kind)?.push(cost);
          say(`sync ${round}/${rounds} ${kind}: ${told(cost)}`);
        }
      }
      const ratio = (one: Kind, other: Kind, of: (cost: Cost) => number) =>
        rounded(median((costs.get(one) ?? []).map(of)) / median((costs.get(other) ?? []).map(of)));
      const beside = (kind: Kind) => ({
        timeRatio: ratio(kind, "recipe", (one) => one.seconds),
        bytesRatio: ratio(kind, "recipe", (one) => one.bytes),
      });
      return {
        sync: beside("ours"),
        idle,
        policies: beside("policies"),
        conflict: {
          timeRatio: ratio("conflict", "ours", (one) => one.whole),
          partialTimeRatio: ratio("partial", "policies", (one) => one.whole),
        },
      };
    },
  );
}

/** Time and memory where trees and histories are long. */
export async function benchLarge(cache: string, size: ProjectSize, say: Say): Promise<LargeFigures> {
  const setting = await bigProject(cache, size, say);
  return await inWorld(
    async () => setting,
    async (world) => {
      await setUp(world, say);
      await moveUpstream(world, "moved");
      const { result, peakMegabytes } = await peakOf(/upstream-sync\.mjs (?:look|merge|finish)$/, () =>
        oneSync(world, "success"),
      );
      say(`large: ${told(result)}, ${peakMegabytes.toFixed(0)} MB of memory`);
      const { files, commits } = size;
      return { large: { files, commits, seconds: rounded(result.whole), peakMegabytes: Math.round(peakMegabytes) } };
    },
  );
}

async function setUp(world: World, say: Say): Promise<SyncFigures["idle"]> {
  say("sync: setting the fork up");
  await world.upstreamSyncJson("credentials", "create");
  await world.upstreamSyncJson("apply", "--yes");
  await runWorkflow(world);
  const idle = idleFigures(await runWorkflow(world));
  say(`idle: ${idle.refLookups} look-ups, ${idle.packBytes} bytes of packs`);
  return idle;
}

/** Every pattern and every marker has to be looked up, and hardly any finds something. */
const POLICIES = {
  keepOurs: ["/src/part-49/", "/branding/"],
  keepDeleted: ["/src/part-48/", "*.telemetry"],
  mustSurvive: ["src/part-01", { path: "src/part-02/file-00002.txt", contains: "A" }],
  partial: true,
};

/** @returns the name of the snapshot for each kind. */
async function prepare(world: World): Promise<Record<Kind, string>> {
  const { github, fork } = world;
  const keep = async (name: string, stage: "moved" | "edited") => {
    await moveUpstream(world, stage);
    await github.control("POST", "/snapshots", { name });
  };
  await github.control("POST", "/snapshots", { name: "start" });
  await keep("news", "moved");
  await keep("clash", "edited");
  await github.control("POST", "/snapshots/start/restore");
  editConfig(world.project, (forks) => {
    forks[`${fork.owner}/${fork.name}`].policies = POLICIES;
  });
  await world.upstreamSyncJson("apply", "--yes");
  await keep("news-with-policies", "moved");
  await keep("clash-with-policies", "edited");
  return {
    ours: "news",
    recipe: "news",
    policies: "news-with-policies",
    conflict: "clash",
    partial: "clash-with-policies",
  };
}

function told({ seconds, whole, bytes }: Cost): string {
  const around = whole > seconds ? `, ${whole.toFixed(2)} s for the whole run without its tests` : "";
  return `${seconds.toFixed(2)} s${around}, ${(bytes / 1e6).toFixed(1)} MB`;
}

interface Run {
  readonly outcome: string;
  /** Milliseconds since the epoch, on the stand-in's clock. */
  readonly started: number;
  readonly ended: number;
  /** What each job wrote. */
  readonly jobs: Readonly<Record<string, readonly Line[]>>;
  readonly log: readonly LogEntry[];
}

async function runWorkflow(world: World): Promise<Run> {
  const { github, forkPath } = world;
  const clock = async () => Date.parse((await github.control("GET", "/clock")).data.now);
  const next = await github.logEnd();
  const started = await clock();
  const path = `${forkPath}/actions/workflows/upstream-sync.yml/dispatches`;
  const dispatched = await world.rest("administrator", "POST", path, { ref: world.fork.branches.from });
  if (dispatched.status >= 300) throw new Error(`the workflow was not dispatched: ${JSON.stringify(dispatched.data)}`);
  await github.control("POST", "/settle", { timeoutSeconds: 300 });
  const ended = await clock();
  const { entries } = await github.log(next);
  const [run] = (await world.rest("administrator", "GET", `${forkPath}/actions/runs?per_page=1`)).data.workflow_runs;
  const { jobs } = (await world.rest("administrator", "GET", `${forkPath}/actions/runs/${run.id}/jobs`)).data;
  const logs = await Promise.all(jobs.map(async (job: Job) => [job.name, await logOf(world, job)]));
  return { outcome: run.conclusion, started, ended, jobs: Object.fromEntries(logs), log: entries };
}

interface Line {
  /** Milliseconds since the epoch, on the stand-in's clock. */
  readonly at: number;
  readonly text: string;
}

interface Job {
  readonly id: number;
  readonly name: string;
}

/** Every line of a job's log starts with its time; the API's own times are whole seconds. */
async function logOf(world: World, { id }: Job): Promise<Line[]> {
  const log = await world.rest("administrator", "GET", `${world.forkPath}/actions/jobs/${id}/logs`);
  return String(log.data)
    .split("\n")
    .map((line) => ({ at: Date.parse(`${line.slice(0, 23)}Z`), text: line.slice(29) }))
    .filter(({ at }) => !Number.isNaN(at));
}

/**
 * Seconds: of the job that fetches both sides, merges and pushes, as the recipe does, from its program's start to the candidate.
 * The whole is all jobs from the trigger to the end but the one that runs the tests; its bytes are what counts.
 */
async function oneSync(world: World, conclusion: "success" | "failure"): Promise<Cost> {
  const { outcome, started, ended, jobs, log } = await runWorkflow(world);
  const { merge = [], test = [], finish = [] } = jobs;
  const begin = merge.find(({ text }) => text.startsWith("##[group]Run node "))?.at;
  const [end, tests, finishing] = [merge.at(-1)?.at, test[0]?.at, finish[0]?.at];
  if (outcome !== conclusion || !begin || !end || !tests || !finishing) throw new Error(`the sync ended as ${outcome}`);
  const duringTests = ({ time }: LogEntry) => Date.parse(time) >= tests && Date.parse(time) < finishing;
  return {
    seconds: (end - begin) / 1000,
    whole: (ended - started - (finishing - tests)) / 1000,
    bytes: bytesOf(log.filter((one) => !duringTests(one))),
  };
}

/** Clone with history, merge in the work tree, push: what a workflow made of `actions/checkout` and `git merge` does. */
async function recipe(world: World, folder: string): Promise<Cost> {
  const { fork, upstream } = world.setting;
  const place = mkdtempSync(join(folder, "recipe-"));
  const token = world.people.administrator;
  const { seconds, log } = await measured(world.github, async () => {
    await git(folder, ["clone", "--quiet", `--branch=${fork.branches.target}`, world.github.gitUrl(fork), place], {
      token,
    });
    await git(place, ["fetch", "--quiet", world.github.gitUrl(upstream), upstream.branch]);
    await git(place, ["merge", "--quiet", "--no-edit", "FETCH_HEAD"]);
    await git(place, ["push", "--quiet", "origin", "HEAD:refs/heads/recipe"], { token });
  });
  rmSync(place, { recursive: true, force: true });
  return { seconds, whole: seconds, bytes: bytesOf(log) };
}

function idleFigures({ outcome, log }: Run): SyncFigures["idle"] {
  if (outcome !== "success") throw new Error(`the idle run ended as ${outcome}`);
  const packs = log.filter(({ git }) => git?.operation === "fetch" || git?.operation === "push");
  return { refLookups: log.filter(({ git }) => git?.operation === "look-up").length, packBytes: bytesOf(packs) };
}
