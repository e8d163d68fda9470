/**
 * `handover`: between the exchange of the secret and the removal of the old deploy key. Jobs that read the secret before it was
 * exchanged still push with the old key, so they end first. A job that starts now reads the new one.
 */

import { orMissing, repo } from "./fork-refs.ts";
import type { GitHub } from "./github.ts";
import { say } from "./removal-report.ts";
import type { Connection } from "./removal-settings.ts";
import { pause } from "./rest.ts";
import { Stop } from "./stop.ts";

export interface HandoverSettings {
  /** `owner/name` of the fork. */
  readonly repository: string;
  /** File name of the workflow, for example "upstream-sync.yml". */
  readonly workflow: string;
}

export interface HandoverContext extends HandoverSettings, Connection {
  readonly waitSeconds: number;
}

export interface Clock {
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Jobs of the workflow that use the environment. */
const HOLDERS = ["merge", "finish"];

const POLL_SECONDS = 2;

export async function handover(
  context: HandoverContext,
  github: GitHub,
  { now, sleep }: Clock = { now: Date.now, sleep: pause },
): Promise<void> {
  const deadline = now() + context.waitSeconds * 1000;
  for (const job of await holders(context, github)) {
    for (let told = false; await isGoing(context, github, job); told = true) {
      if (!told) say(`the old key stays until ${job.url} has ended`);
      if (now() >= deadline) {
        throw new Stop({
          what: "a job that may hold the old key is still running",
          got: `${job.url} after ${context.waitSeconds} s`,
          remedy: "Both keys work. Let the run end or cancel it, then apply again: that removes the old key",
        });
      }
      await sleep(POLL_SECONDS * 1000);
    }
  }
}

interface Job {
  readonly id: number;
  readonly url: string;
}

async function holders(context: HandoverContext, github: GitHub): Promise<Job[]> {
  const path = `${repo(context)}/actions/workflows/${context.workflow}/runs?per_page=30`;
  const { workflow_runs: runs = [] } = ((await orMissing(github.get(path))) ?? {}) as {
    workflow_runs?: { id: number; status: string }[];
  };
  const jobs = await Promise.all(
    runs
      .filter(({ status }) => status !== "completed")
      .map(({ id }) => github.list(`${repo(context)}/actions/runs/${id}/jobs?per_page=100`, "jobs")),
  );
  return (jobs.flat() as { id: number; name: string; status: string; html_url: string }[])
    .filter(({ name, status }) => HOLDERS.includes(name) && status === "in_progress")
    .map(({ id, html_url }) => ({ id, url: html_url }));
}

async function isGoing(context: HandoverContext, github: GitHub, { id }: Job): Promise<boolean> {
  const job = (await orMissing(github.get(`${repo(context)}/actions/jobs/${id}`))) as { status: string } | undefined;
  return job !== undefined && job.status !== "completed";
}
