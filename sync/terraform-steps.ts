/**
 * The steps of a set-up and of its removal that Terraform has no resource for. Terraform runs them, where the set-up is deployed from;
 * nothing of this is in the fork.
 *
 *   node terraform-steps.mjs branch   make the sync branch where a removal has to leave it
 *   node terraform-steps.mjs propose  where people review every change: bring the files by a pull request
 *   node terraform-steps.mjs propose-removal  the same, to take them away again
 *   node terraform-steps.mjs guard    before anything is taken away: stop the workflow, keep what has not landed
 *   node terraform-steps.mjs release  when it is set up again after a removal that was cut short: start the workflow
 *   node terraform-steps.mjs handover when another deploy key comes in: let the jobs end that hold the old one
 *   node terraform-steps.mjs restore  after all is taken away: give the Actions settings back
 *
 * Inputs come from the environment, which Terraform fills; a missing one is named. Exit codes: 0 done, 1 something for people to
 * look at, 2 wrong use.
 */
import { makeBranch } from "./branch.ts";
import { connect, type GitHub, type GitHubOptions } from "./github.ts";
import { guard, release } from "./guard.ts";
import { type HandoverSettings, handover } from "./handover.ts";
import { proposeFiles, proposeRemoval } from "./propose.ts";
import { readProposeSettings } from "./propose-settings.ts";
import { say } from "./removal-report.ts";
import { type BranchSettings, readRemovalSettings, readStep, waitSeconds } from "./removal-settings.ts";
import { restore } from "./restore.ts";
import { runVerb, type Verbs } from "./run-verb.ts";
import { wordsFor } from "./stop.ts";

const VERBS: Verbs = {
  branch: (environment) => step(readStep<BranchSettings>(environment), makeBranch),
  propose: (environment) => step(readProposeSettings(environment), proposeFiles),
  "propose-removal": (environment) => step(readProposeSettings(environment), proposeRemoval),
  guard: (environment) => step(readRemovalSettings(environment), guard),
  release: (environment) => step(readRemovalSettings(environment), release),
  handover: (environment) =>
    step({ ...readStep<HandoverSettings>(environment), waitSeconds: waitSeconds(environment) }, handover),
  restore: (environment) => step(readRemovalSettings(environment), restore),
};

/** Terraform shows what is printed, and on a failure removes nothing that waits for this step. */
async function step<T extends GitHubOptions>(
  settings: T,
  run: (settings: T, github: GitHub) => Promise<void>,
): Promise<number> {
  try {
    await run(settings, connect(settings));
    return 0;
  } catch (error) {
    say(wordsFor(error));
    return 1;
  }
}

process.exitCode = await runVerb(VERBS, process.argv[2], say);
