/** `finish`: from facts to the one outcome of the run. Killed anywhere, the next run arrives at the same end. */
import { type Permissions, withAccess } from "./access.ts";
import { decideFinish, type FinishDecision, type FinishFacts } from "./decide.ts";
import { readBehind, readConflicts, readFinishFacts, readHeld } from "./finish-facts.ts";
import { type Git, GitError } from "./git.ts";
import { harmless } from "./github.ts";
import { type Context, emptyRecord, stoppedRecord, writeRecord } from "./look.ts";
import { clip } from "./markdown.ts";
import type { Push } from "./push.ts";
import { type Conclusion, pullRequestOf, TESTS_CONTEXT } from "./reconcile-pull-request.ts";
import type { RunRecord } from "./record.ts";
import type { RemoteRefs } from "./refs.ts";
import { createRepository, fetchFork } from "./repository.ts";
import type { FinishSettings } from "./settings.ts";
import { wordsFor } from "./stop.ts";

/** @returns the exit code: 0 for `promoted` and `up-to-date` when all of it is done, else 1. */
export async function finish(settings: FinishSettings, context: Context): Promise<number> {
  const repository = await createRepository(settings, context);
  try {
    return await conclude(settings, context, repository.git);
  } catch (error) {
    if (error instanceof GitError) context.report.log(error.result.stderr);
    await writeRecord(settings, context, stoppedRecord(settings, wordsFor(error)));
    context.report.error(wordsFor(error));
    return 1;
  } finally {
    await repository.remove();
  }
}

async function conclude(settings: FinishSettings, context: Context, git: Git): Promise<number> {
  const now = await fetchFork(git, settings);
  const facts = await readFinishFacts(settings, context, git, now);
  const decision = decideFinish(facts);
  const record = await recordOf(settings, context, git, facts, decision);
  if (decision.outcome === "stopped") {
    await writeRecord(settings, context, record);
    context.report.error(decision.reason);
    return 1;
  }
  return act({ settings, context, git, facts, decision, record });
}

/** The order makes a killed run harmless: what tells the next run that this one is done comes last. */
function act(whole: Conclusion): Promise<number> {
  const { settings, git, facts, decision } = whole;
  return withAccess(git, whole.context, settings, CONCLUDING, async ({ push, github }) => {
    const context = { ...whole.context, github };
    const conclusion = { ...whole, context };
    await postStatus(conclusion);
    await push("the promotion was refused", decision.updates);
    const opened = await pullRequestOf(conclusion);
    const record = { ...conclusion.record, pr: opened.number };
    const problem = "problem" in opened ? opened.problem : undefined;
    const reason = problem === undefined ? record.reason : `${record.reason}; ${problem}`;
    await writeRecord(settings, context, { ...record, reason }, opened.warnings);
    for (const warning of opened.warnings) context.report.warning(warning);
    if (problem !== undefined || (decision.outcome !== "promoted" && decision.outcome !== "up-to-date")) {
      context.report.error(reason);
    }
    // A candidate that stays makes the next run open the pull request.
    const cleaned = problem === undefined && decision.clean && (await removeCandidates(push, facts.now, context));
    return cleaned && (decision.outcome === "promoted" || decision.outcome === "up-to-date") ? 0 : 1;
  });
}

const CONCLUDING: Permissions = {
  contents: "write",
  issues: "write",
  pull_requests: "write",
  statuses: "write",
  workflows: "write",
};

/** The outcome is recorded already; a candidate that cannot be removed only makes the next run look again. */
async function removeCandidates(push: Push, now: RemoteRefs, context: Context): Promise<boolean> {
  const removals = [...now.candidates].map(([ref, from]) => ({ ref, from, to: undefined }));
  try {
    await push("the removal of the candidate was refused", removals);
    return true;
  } catch (error) {
    context.report.error(wordsFor(error));
    return false;
  }
}

/** https://docs.github.com/rest/commits/statuses#create-a-commit-status */
async function postStatus({ settings, context, decision }: Conclusion): Promise<void> {
  if (decision.status === undefined) return;
  const { sha, state, text } = decision.status;
  const status = { state, context: TESTS_CONTEXT, description: clip(text, 140), target_url: settings.run.url };
  await context.github.write("POST", `/repos/${settings.repository}/statuses/${sha}`, status, harmless);
}

async function recordOf(
  settings: FinishSettings,
  context: Context,
  git: Git,
  facts: FinishFacts,
  decision: FinishDecision,
): Promise<RunRecord> {
  const { merge, now } = facts;
  const before = merge.sync ?? now.sync ?? null;
  const moved = decision.updates.find((update) => update.ref === facts.refs.sync)?.to;
  const record: RunRecord = {
    ...emptyRecord(settings),
    outcome: decision.outcome,
    reason: decision.reason,
    upstream: { ref: `refs/heads/${settings.upstream.branch}`, sha: facts.upstream },
    sync: { before, after: moved ?? now.sync ?? null },
    target: merge.target ?? now.target ?? null,
    candidate: merge.candidate ?? null,
    tests: merge.candidate === undefined ? [] : facts.test.steps,
  };
  // After a stop upstream's commit need not be here, and the reason says what there is to say.
  if (decision.outcome === "stopped") return record;
  const conflicts = await readConflicts(git, settings);
  return {
    ...record,
    conflicts,
    held: before === null ? [] : await readHeld(git, settings, merge.candidate ?? before),
    behind: now.target === undefined ? null : await readBehind(git, now.target, facts.upstream, context.now()),
  };
}
