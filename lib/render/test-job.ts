/** The workflow's job `test`: the test plan as its steps, or waiting for the fork's own CI. */
import type { ForkConfig } from "../config/schema.ts";
import { trustedPaths } from "../config/test-plan.ts";
import { longestRun } from "../config/texts.ts";
import type { Fragment, Plain } from "./fill-template.ts";
import { candidateHoles, testedHoles } from "./regenerate-jobs.ts";
import type { Templates } from "./template-source.ts";
import { testShell, testSteps } from "./test-steps.ts";

/** @throws when a step is longer than GitHub takes. */
export function testJob(fork: ForkConfig, jobs: Templates["jobs"]): Fragment {
  const { tests, repository } = fork;
  const from = testedHoles(fork);
  if ("checks" in tests) return { template: jobs.wait, values: { ...from, TEST_TIMEOUT: tests.timeoutMinutes } };
  const steps = testSteps(tests);
  refuseLongRuns(steps, repository);
  return {
    template: jobs.test,
    values: {
      ...from,
      TREE: candidateHoles(fork).TREE,
      TEST_TIMEOUT: tests.timeoutMinutes,
      TEST_SHELL: testShell,
      TRUSTED: trustedPaths(tests).join("\n"),
      LFS: tests.lfs,
      SUBMODULES: tests.submodules,
      KEEP_GIT: tests.keepGit,
      TEST_STEPS: steps,
    },
  };
}

function refuseLongRuns(steps: readonly Plain[], repository: string): void {
  for (const step of steps) {
    const { name, run } = step as { readonly name: string; readonly run: string };
    if (run.length >= longestRun) {
      throw new Error(
        `step "${name}" of ${repository} has ${run.length} characters, expected fewer than ${longestRun}: put it into a script of the fork`,
      );
    }
  }
}
