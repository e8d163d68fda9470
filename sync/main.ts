/**
 * The sync program of upstream-sync: runs in the fork's workflow, one verb a job.
 *
 *   node upstream-sync.mjs look     is there anything to do?
 *   node upstream-sync.mjs merge    fold sync branch, target and upstream into a candidate, push it for the tests
 *   node upstream-sync.mjs collect  what the commands for generated files made, where they ran
 *   node upstream-sync.mjs commit   put that into a commit on the candidate
 *   node upstream-sync.mjs wait     where the fork's own CI tests: wait for what it says of the candidate
 *   node upstream-sync.mjs finish   promote what was tested, open the pull request, record the outcome
 *
 * Inputs come from the environment, which the generated workflow fills; a missing one is named. Exit codes: 0 done, 1 something for
 * people to look at, 2 wrong use.
 */

import { collect } from "./collect.ts";
import { commit } from "./commit.ts";
import type { Environment } from "./environment.ts";
import { finish } from "./finish.ts";
import { gitIn } from "./git.ts";
import { connect } from "./github.ts";
import { type Context, look } from "./look.ts";
import { merge } from "./merge.ts";
import { annotation, reportTo } from "./outputs.ts";
import { pause } from "./rest.ts";
import { runVerb, type Verbs } from "./run-verb.ts";
import {
  readCollectSettings,
  readCommitSettings,
  readFinishSettings,
  readLookSettings,
  readMergeSettings,
  readWaitSettings,
  type Settings,
} from "./settings.ts";
import { wait } from "./wait.ts";

const VERBS: Verbs = {
  look: (environment) => start(environment, readLookSettings, look),
  merge: (environment) => start(environment, readMergeSettings, merge),
  collect: (environment) => {
    const settings = readCollectSettings(environment);
    return collect(settings, reportTo(settings.files), gitIn(process.cwd(), { environment, sleep: pause }));
  },
  commit: (environment) => start(environment, readCommitSettings, commit),
  wait: (environment) => start(environment, readWaitSettings, wait),
  finish: (environment) => start(environment, readFinishSettings, finish),
};

function start<T extends Settings>(
  environment: Environment,
  read: (environment: Environment) => T,
  run: (settings: T, context: Context) => Promise<number>,
): Promise<number> {
  const settings = read(environment);
  const report = reportTo(settings.files);
  return run(settings, { environment, github: connect(settings), report, now: Date.now, sleep: pause });
}

process.exitCode = await runVerb(VERBS, process.argv[2], (message) => {
  process.stderr.write(`${annotation("error", message)}\n`);
});
