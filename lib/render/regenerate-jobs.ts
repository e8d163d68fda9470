/** The jobs that make generated files anew (`policies.regenerate`), and where the jobs after them find the candidate. */
import type { ForkConfig } from "../config/schema.ts";
import { credentialHoles } from "./credential-holes.ts";
import { expression, type HoleValue, type Plain } from "./fill-template.ts";
import type { Templates } from "./template-source.ts";
import { stepName, testShell } from "./test-steps.ts";

/** The sync program names those that failed by what follows. */
const regenerateName = "Regenerate: ";

/** Absent from a workflow that has nothing to make anew. */
export function regenerateJobs(fork: ForkConfig, jobs: Templates["jobs"]): Record<string, HoleValue> {
  const { policies, tests } = fork;
  if (policies.regenerate.length === 0) return { REGENERATE_JOB: undefined, REGENERATED_JOB: undefined };
  const steps: Plain[] = policies.regenerate.map(({ run }) => ({ name: stepName(regenerateName, run), run }));
  const { ENVIRONMENT, CONTENTS, CREDENTIAL } = credentialHoles(fork);
  return {
    REGENERATE_JOB: {
      template: jobs.regenerate,
      values: { TEST_TIMEOUT: tests.timeoutMinutes, TEST_SHELL: testShell, REGENERATE_STEPS: steps },
    },
    REGENERATED_JOB: { template: jobs.regenerated, values: { ENVIRONMENT, CONTENTS, CREDENTIAL } },
  };
}

/** Of the last job that made a candidate; when that was not reached, of the merge. */
export function candidateHoles({ policies }: Pick<ForkConfig, "policies">): Record<string, HoleValue> {
  const regenerates = policies.regenerate.length > 0;
  const output = (name: string) =>
    expression(
      regenerates
        ? `\${{ needs.regenerated.outputs.${name} || needs.merge.outputs.${name} }}`
        : `\${{ needs.merge.outputs.${name} }}`,
    );
  const between = regenerates ? ["regenerate", "regenerated"] : [];
  return {
    FINISH_NEEDS: ["look", "merge", ...between, "test"],
    CANDIDATE: output("candidate"),
    TREE: output("tree"),
    MERGED: regenerates ? expression("${{ needs.merge.outputs.candidate }}") : undefined,
    REGENERATE_RESULT: regenerates ? expression("${{ needs.regenerate.result }}") : undefined,
    REGENERATED_RESULT: regenerates ? expression("${{ needs.regenerated.result }}") : undefined,
    REGENERATED_REASON: regenerates ? expression("${{ needs.regenerated.outputs.reason }}") : undefined,
  };
}

/** The same for a job that tests. */
export function testedHoles(fork: Pick<ForkConfig, "policies">): Record<"NEEDS" | "CANDIDATE", HoleValue> {
  const { CANDIDATE } = candidateHoles(fork);
  return { NEEDS: fork.policies.regenerate.length > 0 ? ["merge", "regenerated"] : ["merge"], CANDIDATE };
}
