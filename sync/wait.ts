/** `wait`: the test job where the fork's own CI does the testing. It ends when every named check has a conclusion. */
import { type CheckResult, judgeChecks, readChecks, unknownWords } from "./checks.ts";
import { GitHubError } from "./github.ts";
import { pushedSince, readJobs } from "./jobs.ts";
import type { Context } from "./look.ts";
import { reportFailure } from "./outputs.ts";
import { candidateBranch } from "./refs.ts";
import type { WaitSettings } from "./settings.ts";

const LONGEST_PAUSE = 60_000;
/** Left of the job's time for saying what is missing, instead of being cut off. */
const RESERVE = 90_000;

/** @returns the exit code: 0 when all of them let a required check pass. `finish` reads the results again, from GitHub. */
export async function wait(settings: WaitSettings, context: Context): Promise<number> {
  try {
    const results = await conclusions(settings, context);
    const judgement = judgeChecks(results);
    if (judgement.kind === "passed") return 0;
    const branch = candidateBranch(settings);
    context.report.error(
      judgement.kind === "failed" ? `failed: ${judgement.names.join(", ")}` : unknownWords(judgement.open, branch),
    );
  } catch (error) {
    reportFailure(context.report, error);
  }
  return 1;
}

async function conclusions(settings: WaitSettings, context: Context): Promise<CheckResult[]> {
  const limit = settings.timeoutMinutes * 60_000;
  const deadline = context.now() + Math.max(limit - RESERVE, limit / 2);
  const since = pushedSince(await readJobs(context.github, settings));
  let said = "";
  let results: CheckResult[] = settings.tests.checks.map((name) => ({ name, state: "missing", seconds: 0 }));
  for (let pause = 2500; ; ) {
    results = (await tryReading(settings, context, since)) ?? results;
    const now = results.map(({ name, state }) => `${name}: ${state}`).join(", ");
    if (now !== said) context.report.log(now);
    said = now;
    const open = results.some(({ state }) => state === "missing" || state === "pending");
    const left = deadline - context.now();
    if (!open || left <= 0) return results;
    pause = Math.min(pause * 2, LONGEST_PAUSE);
    await context.sleep(Math.min(pause, left));
  }
}

/** Undefined when GitHub had no answer: it is asked again anyway. */
async function tryReading(
  { repository, tests, candidate }: WaitSettings,
  { github, report }: Context,
  since: number,
): Promise<CheckResult[] | undefined> {
  try {
    return await readChecks(github, repository, tests.checks, candidate, since);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    report.log(error.message);
    return undefined;
  }
}
