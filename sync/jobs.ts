/** GitHub's own record of a run's jobs. */
import type { GitHub } from "./github.ts";
import type { Settings } from "./settings.ts";

/** https://docs.github.com/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run */
export interface Job {
  readonly name: string;
  readonly conclusion: string | null;
  readonly started_at?: string | null;
  readonly steps?: readonly {
    readonly name: string;
    readonly conclusion: string | null;
    readonly started_at?: string | null;
    readonly completed_at?: string | null;
  }[];
}

export async function readJobs(github: GitHub, settings: Pick<Settings, "repository" | "run">): Promise<Job[]> {
  const path = `/repos/${settings.repository}/actions/runs/${settings.run.id}/jobs?filter=latest&per_page=100`;
  return (await github.list(path, "jobs")) as Job[];
}

/** The job that pushed the candidate, by GitHub's clock: what the CI reported before is about something else. */
export function pushedSince(jobs: readonly Job[]): number {
  const { started_at } = jobs.find(({ name }) => name === "merge") ?? {};
  return started_at ? Date.parse(started_at) : Number.NaN;
}
