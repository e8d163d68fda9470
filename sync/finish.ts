/** `finish`: from facts to the one outcome of the run. Killed anywhere, the next run arrives at the same end. */
import { type Permissions, withAccess } from "./access.ts";
import { closingUpdates as closingUpdatesOf, type Reopened, reopen } from "./closed-issues.ts";
import { decideFinish, type FinishDecision, type FinishFacts, type RefUpdate } from "./decide.ts";
import { seenUpdates } from "./decide-conflict.ts";
import type { Derived } from "./derive.ts";
import { behindOf, type Distance, distanceUpdates } from "./distance.ts";
import {
  conflictsOf,
  countDistance,
  readDerived,
  readFinishFacts,
  readHeld,
  readKeptOut,
  thereIn,
} from "./finish-facts.ts";
import { readTold } from "./finish-told.ts";
import { withBudget } from "./freshness.ts";
import type { Git } from "./git.ts";
import { harmless } from "./github.ts";
import { type Context, emptyRecord, stoppedRecord, upstreamOf, writeRecord } from "./look.ts";
import { branchRemoval } from "./offer-candidate.ts";
import { reportFailure } from "./outputs.ts";
import { tellPause } from "./pause.ts";
import type { PauseBy } from "./pause-by.ts";
import type { Push } from "./push.ts";
import { readDistance } from "./read-distance.ts";
import { conflictOf } from "./reconcile-conflict.ts";
import { type Conclusion, pullRequestOf, TESTS_CONTEXT } from "./reconcile-pull-request.ts";
import type { RunRecord } from "./record.ts";
import { candidateRef, closingsRef, distanceRef, seenRef } from "./refs.ts";
import { createRepository, fetchFork } from "./repository.ts";
import type { FinishSettings } from "./settings.ts";
import { wordsFor } from "./stop.ts";
import { replacedTests } from "./trusted-tests.ts";
import { clip, visible } from "./visible.ts";

/** @returns the exit code: 0 for `promoted` and `up-to-date` when all of it is done, else 1. */
export async function finish(settings: FinishSettings, context: Context): Promise<number> {
  const repository = await createRepository(settings, context);
  try {
    return await conclude(settings, context, repository.git);
  } catch (error) {
    await writeRecord(settings, context, stoppedRecord(settings, wordsFor(error)));
    reportFailure(context.report, error);
    return 1;
  } finally {
    await repository.remove();
  }
}

async function conclude(settings: FinishSettings, context: Context, git: Git): Promise<number> {
  const now = await fetchFork(git, settings);
  const [folding, asking] = [readDerived(git, settings, now), readTold(context.github, settings, now)];
  // When one fails the other is not left at work: the repository goes away with this run.
  await Promise.allSettled([folding, asking]);
  const derived = await folding;
  const facts = await readFinishFacts(settings, context, git, { now, derived, told: await asking });
  const decision = decideFinish(facts);
  const counted = await countDistance(git, facts, context.now());
  const behind = await behindNow(settings, context, facts, counted);
  const found = { ...(await recordOf(settings, git, facts, decision)), conflicts: conflictsOf(derived), behind };
  if (decision.outcome === "stopped") {
    const record = withBudget(found, settings);
    await writeRecord(settings, context, record);
    context.report.error(record.reason);
    return 1;
  }
  const conclusion = { settings, context, git, facts, decision, record: found, counted };
  return decision.handsOff ? standBack(conclusion, decision.handsOff.tell) : act(conclusion, derived);
}

/** Only this run's candidate goes: another one is the mark of a run that did not finish. */
function standBack({ settings, context, git, facts, decision, record }: Conclusion, tell: PauseBy | undefined) {
  return withAccess(git, context, settings, CONCLUDING, async ({ push, github }) => {
    if (tell !== undefined) await tellPause(github, settings, tell);
    const reopened = await reopen(github, settings, facts.closed);
    const pr = facts.pull.open?.number ?? facts.pull.closed?.number ?? null;
    const reason = [record.reason, ...reopenedWords(reopened)].join("; ");
    const told = withBudget({ ...record, reason, pr }, settings);
    await writeRecord(settings, context, told, reopened.warnings);
    for (const warning of reopened.warnings) context.report.warning(warning);
    const green = isGreen(told);
    if (!green) context.report.error(told.reason);
    const ref = candidateRef(settings);
    const mine = facts.now.candidates.get(ref);
    const candidate =
      mine === undefined ? [] : [...branchRemoval(settings, facts.now, mine), { ref, from: mine, to: undefined }];
    const closings = decision.handsOff?.dryRun ? [] : lookedForClosings(settings, facts, reopened);
    const closed = await close(push, context, [...candidate, ...closings]);
    return closed && green ? 0 : 1;
  });
}

/** The order makes a killed run harmless: what tells the next run that this one is done comes last. */
function act(whole: Conclusion, derived: Derived): Promise<number> {
  const { settings, git, facts, decision } = whole;
  const sync = whole.record.sync.after;
  return withAccess(git, whole.context, settings, CONCLUDING, async ({ push, github }) => {
    const context = { ...whole.context, github };
    const conclusion = { ...whole, context };
    await postStatus(conclusion);
    const moves = decision.updates.some(({ ref }) => ref.startsWith("refs/heads/"));
    if (moves) await push("the promotion was refused", decision.updates);
    const reopened = await reopen(github, settings, facts.closed);
    const opened = await pullRequestOf(conclusion);
    const settled = await conflictOf({ settings, context, git, facts, decision, derived, sync: sync as string, push });
    const problems = [opened, settled].flatMap((end) => ("problem" in end && end.problem ? [end.problem] : []));
    const reason = [conclusion.record.reason, ...reopenedWords(reopened), ...problems].join("; ");
    const warnings = [...reopened.warnings, ...opened.warnings, ...settled.warnings];
    const record = withBudget({ ...conclusion.record, reason, pr: opened.number, issue: settled.issue }, settings);
    const last = [...closingUpdates(conclusion, settled.branches), ...lookedForClosings(settings, facts, reopened)];
    // Where only notes are written, they go together: a run that is killed before leaves all of it to the next.
    const notes = !moves && decision.updates.length > 0 && problems.length === 0;
    if (notes) await push("the notes of the run were refused", [...decision.updates, ...last]);
    await writeRecord(settings, context, record, warnings);
    for (const warning of warnings) context.report.warning(warning);
    const green = isGreen(record);
    if (problems.length > 0 || !green) context.report.error(record.reason);
    // A candidate that stays, or a conflict that is not written down, makes the next run do what is missing.
    if (problems.length > 0 || !decision.clean) return 1;
    const closed = notes || (await close(push, context, last));
    return closed && green ? 0 : 1;
  });
}

function reopenedWords({ numbers }: Reopened): string[] {
  if (numbers.length === 0) return [];
  return [`opened again what upstream's words had closed: ${numbers.map((number) => `#${number}`).join(", ")}`];
}

/** Nothing is remembered while something could not be opened: the next run tries again. */
function lookedForClosings(settings: FinishSettings, { now }: FinishFacts, { warnings }: Reopened): RefUpdate[] {
  const [tip, target] = [settings.defaultTip, now.target];
  if (tip === undefined || target === undefined || warnings.length > 0) return [];
  return closingUpdatesOf(now.closings, { tip, target }, (name) => closingsRef(settings, name));
}

/** What is left to do is nobody's, or people's and in good time. */
function isGreen({ outcome, over }: RunRecord): boolean {
  return (outcome === "promoted" || outcome === "up-to-date") && over === undefined;
}

const CONCLUDING: Permissions = {
  contents: "write",
  issues: "write",
  pull_requests: "write",
  statuses: "write",
  workflows: "write",
};

function closingUpdates(
  { settings, facts, decision, record, counted }: Conclusion,
  branches: ReadonlyMap<string, string>,
) {
  const { now, merge, upstream } = facts;
  const seen = seenUpdates(
    {
      outcome: decision.outcome,
      seen: now.seen,
      upstream,
      sync: record.sync.after ?? "",
      target: merge.target ?? "",
      branches,
    },
    (name) => seenRef(settings, name),
  );
  const distance =
    counted === undefined ? [] : distanceUpdates(now.distances, counted, (name) => distanceRef(settings, name));
  return [...seen, ...distance, ...branchRemoval(settings, now), ...goneCandidates(facts)];
}

function goneCandidates({ now, deadCandidates }: FinishFacts): RefUpdate[] {
  return deadCandidates.map((ref) => ({ ref, from: now.candidates.get(ref), to: undefined }));
}

/** The outcome is recorded already; when this fails, the next run only looks again. */
async function close(push: Push, context: Context, updates: readonly RefUpdate[]): Promise<boolean> {
  try {
    await push("the last writes of the run were refused", updates);
    return true;
  } catch (error) {
    reportFailure(context.report, error);
    return false;
  }
}

/** https://docs.github.com/rest/commits/statuses#create-a-commit-status */
async function postStatus({ settings, context, decision }: Conclusion): Promise<void> {
  if (decision.status === undefined) return;
  const { sha, state, text } = decision.status;
  const status = { state, context: TESTS_CONTEXT, description: clip(visible(text), 140), target_url: settings.run.url };
  await context.github.write("POST", `/repos/${settings.repository}/statuses/${sha}`, status, harmless);
}

async function recordOf(
  settings: FinishSettings,
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
    upstream: upstreamOf(settings, facts.upstream),
    sync: { before, after: moved ?? now.sync ?? null },
    target: merge.target ?? now.target ?? null,
    candidate: merge.candidate ?? null,
    tests: merge.candidate === undefined ? [] : facts.test.steps,
    firstConflict: facts.fold.first ?? null,
    ...(decision.handsOff?.waits ? { waits: decision.handsOff.waits } : {}),
  };
  // After a stop upstream's commit need not be here, and the reason says what there is to say.
  if (decision.outcome === "stopped" || decision.handsOff) return record;
  return {
    ...record,
    trusted: await trustedOf(settings, git, facts),
    held: before === null ? [] : await readHeld(git, settings, merge.candidate ?? before, now),
    kept: await keptOf(settings, git, facts),
  };
}

async function trustedOf(settings: FinishSettings, git: Git, { merge }: FinishFacts): Promise<string[]> {
  const { candidate, target } = merge;
  if (candidate === undefined || target === undefined) return [];
  return replacedTests(git, settings.tests.trusted, candidate, target);
}

async function behindNow(
  settings: FinishSettings,
  { github, now }: Context,
  { upstream, now: { target, distances } }: FinishFacts,
  counted: Distance | undefined,
): Promise<RunRecord["behind"]> {
  if (counted !== undefined) return behindOf(counted, now());
  return target === undefined ? null : readDistance(github, settings, { upstream, target, distances }, now());
}

async function keptOf(
  settings: FinishSettings,
  git: Git,
  { merge, now, landed }: FinishFacts,
): Promise<RunRecord["kept"]> {
  const tip = merge.candidate ?? merge.sync ?? now.sync;
  return tip === undefined || now.target === undefined
    ? []
    : readKeptOut(git, settings, tip, thereIn(now.target, landed));
}
