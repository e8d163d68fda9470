/** What `finish` is told by GitHub: about this run's jobs, people's pull request and pause, and other runs. */
import { asSteps, readChecks } from "./checks.ts";
import { closingsToUndo } from "./closed-issues.ts";
import type { FinishFacts } from "./decide.ts";
import type { GitHub } from "./github.ts";
import { type Job, pushedSince, readJobs } from "./jobs.ts";
import { readPullState } from "./known-pull-request.ts";
import { readPause } from "./pause.ts";
import { candidateRef, type RemoteRefs } from "./refs.ts";
import { GitHubError } from "./rest.ts";
import type { FinishSettings, Settings } from "./settings.ts";

/** The test job's key in the workflow, and so its name on GitHub. */
const TEST_JOB = "test";
/** Steps of the test plan are named so by the workflow; the others prepare and tear down. */
const TEST_STEP = "Test: ";
const REGENERATE_STEP = "Regenerate: ";

export interface Told extends Pick<FinishFacts, "pull" | "pause" | "closed" | "test" | "deadCandidates"> {
  /** Commands of `policies.regenerate` that failed. */
  readonly regenerateFailed: readonly string[];
}

export async function readTold(github: GitHub, settings: FinishSettings, now: RemoteRefs): Promise<Told> {
  const jobs = await readJobs(github, settings);
  return {
    pull: await readPullState(github, settings),
    pause: await readPause(github, settings),
    closed: settings.dryRun ? [] : await closingsToUndo(github, settings, now),
    test: { result: settings.testResult, ...(await readTestJob(github, settings, jobs)) },
    regenerateFailed: failedOf(jobs),
    deadCandidates: await readDeadCandidates(github, settings, now),
  };
}

/** Runs that are asked about in one run; what is left after them goes with the next. */
const MOST_RUNS = 10;

/** This run's own, and those of runs that have ended: one of a live run is that run's to take away. */
async function readDeadCandidates(github: GitHub, settings: Settings, { candidates }: RemoteRefs): Promise<string[]> {
  const own = candidateRef(settings);
  const others = [...candidates.keys()].filter((ref) => ref !== own);
  const dead = candidates.has(own) ? [own] : [];
  for (const ref of others.slice(0, MOST_RUNS)) if (!(await isAlive(github, settings, ref))) dead.push(ref);
  return dead;
}

/** https://docs.github.com/rest/actions/workflow-runs#get-a-workflow-run; GitHub forgets old ones. */
async function isAlive(github: GitHub, { repository }: Settings, ref: string): Promise<boolean> {
  const id = /\/(\d+)$/.exec(ref)?.[1];
  if (id === undefined) return false;
  try {
    const { status } = (await github.get(`/repos/${repository}/actions/runs/${id}`)) as { status?: string };
    return status !== "completed";
  } catch (error) {
    if (error instanceof GitHubError && error.status === 404) return false;
    throw error;
  }
}

/** Never from the test job's own output: upstream's code writes that. */
async function readTestJob(
  github: GitHub,
  settings: FinishSettings,
  jobs: readonly Job[],
): Promise<Omit<FinishFacts["test"], "result">> {
  const job = jobs.find(({ name }) => name === TEST_JOB);
  const { checks } = settings.tests;
  const { candidate } = settings.merge;
  if (checks.length > 0 && candidate !== undefined) {
    const results = await readChecks(github, settings.repository, checks, candidate, pushedSince(jobs));
    return { conclusion: job?.conclusion, steps: asSteps(results), checks: results };
  }
  const steps = (job?.steps ?? []).filter((step) => step.name.startsWith(TEST_STEP) && step.conclusion !== "skipped");
  return {
    conclusion: job?.conclusion,
    steps: steps.map((step) => ({
      name: step.name.slice(TEST_STEP.length),
      ok: step.conclusion === "success",
      seconds: secondsBetween(step.started_at, step.completed_at),
    })),
  };
}

/** Commands of `policies.regenerate` that failed. */
function failedOf(jobs: readonly Job[]): string[] {
  const steps = jobs.find(({ name }) => name === "regenerate")?.steps ?? [];
  return steps.flatMap(({ name, conclusion }) =>
    conclusion === "failure" ? [name.startsWith(REGENERATE_STEP) ? name.slice(REGENERATE_STEP.length) : name] : [],
  );
}

function secondsBetween(from: string | null | undefined, to: string | null | undefined): number {
  return from && to ? Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000)) : 0;
}
