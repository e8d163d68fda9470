/** Makes upstream and the clock move, and reads what a workflow run left behind. */

import type { LogEntry } from "../lib/rehearsal/stand-in.ts";
import { git } from "./git.ts";
import type { Stage } from "./setting.ts";
import type { World } from "./world.ts";

export interface Run {
  readonly id: number;
  readonly conclusion: string;
  /** The run record: the notice titled "upstream-sync". */
  // biome-ignore lint/suspicious/noExplicitAny: read field by field by the steps that check it.
  readonly record: any;
  readonly log: LogEntry[];
}

/** Upstream's people push a stage of the story to their own repository. Gives its SHA. */
export async function moveUpstream(world: World, stage: Stage): Promise<string> {
  const { upstream } = world.setting;
  const sha = upstream.stages[stage];
  await git(upstream.git, ["push", "--quiet", world.github.gitUrl(upstream), `+${sha}:refs/heads/${upstream.branch}`], {
    token: world.people.upstream,
  });
  return sha;
}

/** Lets the clock strike the schedule of the fork's workflow, and waits for the run. */
export async function strike(world: World): Promise<Run> {
  const from = await world.github.logEnd();
  const fork = `${world.fork.owner}/${world.fork.name}`;
  const fired = await world.github.control("POST", "/clock", { toNextSchedule: fork });
  await world.github.control("POST", "/settle", { timeoutSeconds: 600 });
  const id = fired.data.runs.find((run: { repository: string }) => run.repository === fork)?.id;
  if (id === undefined) throw new Error("the schedule fired no run of the fork's workflow");
  const { entries } = await world.github.log(from);
  const run = (await world.rest("administrator", "GET", `${world.forkPath}/actions/runs/${id}`)).data;
  return { id, conclusion: run.conclusion, record: await readRecord(world, id), log: entries };
}

/** The record is the one notice titled "upstream-sync" of our own jobs: upstream's code can print anything in `test`. */
async function readRecord(world: World, id: number): Promise<unknown> {
  const { jobs } = (await world.rest("administrator", "GET", `${world.forkPath}/actions/runs/${id}/jobs`)).data;
  const records = [];
  for (const job of jobs.filter(({ name }: { name: string }) => name === "look" || name === "finish")) {
    const path = `${world.forkPath}/check-runs/${job.id}/annotations`;
    const annotations: { title: string; annotation_level: string; message: string }[] = (
      await world.rest("administrator", "GET", path)
    ).data;
    records.push(...annotations.filter((one) => one.title === "upstream-sync" && one.annotation_level === "notice"));
  }
  const [record] = records;
  if (records.length !== 1 || !record)
    throw new Error(`run ${id} left ${records.length} records, expected exactly one`);
  return JSON.parse(record.message);
}
