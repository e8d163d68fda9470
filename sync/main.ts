/**
 * The sync program of upstream-sync: runs in the fork's workflow, one verb a job.
 *
 *   node upstream-sync.mjs look     is there anything to do?
 *   node upstream-sync.mjs merge    fold sync branch, target and upstream into a candidate, push it for the tests
 *   node upstream-sync.mjs finish   promote what was tested, open the pull request, record the outcome
 *
 * and, run by Terraform where the set-up is deployed from:
 *
 *   node upstream-sync.mjs branch   make the sync branch where a removal has to leave it
 *   node upstream-sync.mjs guard    before anything is taken away: stop the workflow, keep what has not landed
 *   node upstream-sync.mjs release  when it is set up again after a removal that was cut short: start the workflow
 *   node upstream-sync.mjs propose  where people review every change: bring the files by a pull request
 *   node upstream-sync.mjs propose-removal  the same, to take them away again
 *   node upstream-sync.mjs restore  after all is taken away: give the Actions settings back
 *
 * Inputs come from the environment, which the generated workflow or Terraform fills; a missing one is named. Exit codes: 0 done,
 * 1 something for people to look at, 2 wrong use.
 */
import { makeBranch } from "./branch.ts";
import { type Environment, SettingsError } from "./environment.ts";
import { finish } from "./finish.ts";
import { connect, type GitHub, type GitHubOptions } from "./github.ts";
import { guard, release } from "./guard.ts";
import { type Context, look } from "./look.ts";
import { merge } from "./merge.ts";
import { reportTo } from "./outputs.ts";
import { proposeFiles, proposeRemoval } from "./propose.ts";
import { readProposeSettings } from "./propose-settings.ts";
import { escapeMessage } from "./record.ts";
import { say } from "./removal-report.ts";
import { type BranchSettings, readRemovalSettings, readStep } from "./removal-settings.ts";
import { pause } from "./rest.ts";
import { restore } from "./restore.ts";
import { readFinishSettings, readLookSettings, readMergeSettings, type Settings } from "./settings.ts";
import { wordsFor } from "./stop.ts";

const VERBS: Readonly<Record<string, (environment: Environment) => Promise<number>>> = {
  look: (environment) => start(environment, readLookSettings, look),
  merge: (environment) => start(environment, readMergeSettings, merge),
  finish: (environment) => start(environment, readFinishSettings, finish),
  branch: (environment) => forTerraform(() => readStep<BranchSettings>(environment), makeBranch),
  guard: (environment) => forTerraform(() => readRemovalSettings(environment), guard),
  release: (environment) => forTerraform(() => readRemovalSettings(environment), release),
  propose: (environment) => forTerraform(() => readProposeSettings(environment), proposeFiles),
  "propose-removal": (environment) => forTerraform(() => readProposeSettings(environment), proposeRemoval),
  restore: (environment) => forTerraform(() => readRemovalSettings(environment), restore),
};

/** Terraform shows what is printed, and on a failure removes nothing that waits for this step. */
async function forTerraform<T extends GitHubOptions>(
  read: () => T,
  run: (settings: T, github: GitHub) => Promise<void>,
): Promise<number> {
  try {
    const settings = read();
    await run(settings, connect(settings));
    return 0;
  } catch (error) {
    say(wordsFor(error));
    return 1;
  }
}

function start<T extends Settings>(
  environment: Environment,
  read: (environment: Environment) => T,
  run: (settings: T, context: Context) => Promise<number>,
): Promise<number> {
  const settings = read(environment);
  const report = reportTo(settings.files);
  return run(settings, { environment, github: connect(settings), report, now: Date.now, sleep: pause });
}

async function main(verb: string | undefined, environment: Environment): Promise<number> {
  const run = verb !== undefined && Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (run === undefined) {
    process.stderr.write(
      `upstream-sync: unknown verb ${JSON.stringify(verb ?? "")}, expected one of ${Object.keys(VERBS).join(", ")}\n`,
    );
    return 2;
  }
  try {
    return await run(environment);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`::error title=upstream-sync::${escapeMessage(error.message)}\n`);
    return 2;
  }
}

process.exitCode = await main(process.argv[2], process.env);
