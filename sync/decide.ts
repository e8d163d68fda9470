/**
 * What `merge` and `finish` decide, as functions from facts to decisions: no git, no network, no clock. Beside it:
 * decide-look.ts and decide-conflict.ts.
 */
import { type CheckResult, judgeChecks, unknownWords } from "./checks.ts";
import type { ClosedIssue } from "./closed-issues.ts";
import { decideWait, type Wait } from "./decide-wait.ts";
import type { SetAside } from "./fold.ts";
import type { PullState } from "./known-pull-request.ts";
import type { Landed } from "./landing.ts";
import type { Side } from "./merge-step.ts";
import type { Pause } from "./pause-by.ts";
import type { Outcome } from "./record.ts";
import type { RemoteRefs } from "./refs.ts";
import type { JobResult } from "./settings.ts";

export interface MergeFacts {
  readonly sync: string;
  readonly tested: string | undefined;
  readonly upstreamInTarget: boolean;
  readonly syncInTarget: boolean;
  /** Whether the sync branch holds commits of upstream that the target lacks. */
  readonly syncCarriesUpstream: boolean;
  /** Proposals of people that the sync branch does not have. */
  readonly proposals: number;
  /** Asked for by hand: test what is there. */
  readonly retest: boolean;
  /** Upstream's workflow files were held, and are accepted now. */
  readonly takesHeld: boolean;
}

/**
 * The sync tip itself is in question when it holds something to land that no run of ours promoted: people merged into it,
 * or it was there before the program; and when people ask.
 */
export function isUntested(facts: MergeFacts): boolean {
  if (facts.retest) return true;
  if (facts.sync === facts.tested || facts.syncInTarget) return false;
  return facts.tested !== undefined || facts.syncCarriesUpstream;
}

/** Whether there is anything to fold: an upstream that landed already must not raise a conflict between two own branches. */
export function needsFold(facts: MergeFacts): boolean {
  return !facts.upstreamInTarget || facts.proposals > 0 || facts.takesHeld || isUntested(facts);
}

/**
 * Whether the folded tip goes into test. Also when only the target went in before a conflict: people settle it against the
 * sync branch, so that has to be where the conflict was found.
 */
export function isCandidate(facts: MergeFacts, fold: { readonly tip: string }): boolean {
  return isUntested(facts) || fold.tip !== facts.sync;
}

export interface TestStep {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
}

/** The one step of a rehearsal that runs no tests (lib/rehearsal/stage.ts): it is told, and counts as no test. */
const LEFT_OUT = "# tests are left out of this rehearsal";

export function testsLeftOut(steps: readonly TestStep[]): boolean {
  return steps.length > 0 && steps.every(({ name }) => name === LEFT_OUT);
}

export interface FinishFacts {
  readonly pull: PullState;
  readonly pause: Pause | undefined;
  /** Issues that upstream's words closed. */
  readonly closed: readonly ClosedIssue[];
  /** What people asked for, in the configuration and when they started the run. */
  readonly wishes: {
    readonly whenApproved: "hold" | "update";
    readonly retest: boolean;
    readonly dryRun: boolean;
  };
  readonly merge: {
    readonly result: JobResult;
    readonly reason: string;
    readonly conflict: boolean;
    readonly candidate: string | undefined;
    readonly sync: string | undefined;
    readonly target: string | undefined;
  };
  /** What came of the fold, where it met a conflict or people's branches. */
  readonly fold: {
    readonly side: Side | undefined;
    /** The first commit of upstream that conflicts, where upstream is taken in parts. */
    readonly first: string | undefined;
    readonly setAside: readonly { readonly branch: string; readonly why: SetAside["why"] }[];
    /** `oneSided`: whose version every conflicting file has. */
    readonly taken: readonly { readonly branch: string; readonly oneSided: string | undefined }[];
  };
  readonly upstream: string;
  /** The commit of upstream that the candidate brings: the one this run is about, or as far as it was taken. */
  readonly brings: string | undefined;
  /** What upstream's branch did since `look`; `unknown` when it could not be asked. */
  readonly upstreamNow: "same" | "moved" | "rewritten" | "unknown";
  /** What of upstream this run is about. */
  readonly follows: "branch" | "tag";
  /** A tag that was taken before and is not part of what comes now. */
  readonly left: string | undefined;
  /** The jobs that make generated files anew; undefined where nothing is to be made. */
  readonly regenerate:
    | {
        readonly result: JobResult;
        /** Of the job that commits what was made. */
        readonly committed: JobResult;
        readonly reason: string;
        /** Names of the commands that failed. */
        readonly failed: readonly string[];
      }
    | undefined;
  readonly test: {
    readonly result: JobResult;
    /** GitHub's own list of the run's jobs; undefined when the job is not on it. */
    readonly conclusion: string | null | undefined;
    readonly steps: readonly TestStep[];
    /** What the fork's own CI says, where that does the testing. */
    readonly checks?: readonly CheckResult[];
  };
  /** Where the fork's own CI finds the candidate. */
  readonly candidateBranch: string;
  readonly now: RemoteRefs;
  readonly candidateRef: string | undefined;
  /** Refs of candidates that nobody needs once this run has ended. */
  readonly deadCandidates: readonly string[];
  /** Whether the candidate has the tree that was tested and descends from the sync tip. */
  readonly candidateHolds: boolean;
  readonly refs: {
    readonly sync: string;
    readonly synced: string;
    readonly tested: string;
    readonly target: string;
    readonly held: string;
    readonly landed: string;
  };
  /** What the record `held` has to say once this run's commit is promoted (see `RemoteRefs`). */
  readonly held: string | undefined;
  /** How the sync pull request is meant to land. */
  readonly landing: "merge" | "squash";
  /** The last sync landed without a merge commit. */
  readonly landed: Landed | undefined;
  /** Where the sync tip landed, as the configuration expects it; undefined as long as it did not. */
  readonly landedAt: string | undefined;
  /** The commit that landed the sync tip without a merge commit while the tests ran. */
  readonly landedMeanwhile: string | undefined;
  /** What has to change in the record of the newest tag, once upstream's commit is in. */
  readonly tagUpdates: readonly RefUpdate[];
}

export interface RefUpdate {
  readonly ref: string;
  /** Undefined: the ref must not be there. */
  readonly from: string | undefined;
  /** Undefined: the ref is deleted. */
  readonly to: string | undefined;
}

export interface FinishDecision {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly updates: readonly RefUpdate[];
  readonly status: { readonly sha: string; readonly state: "success" | "failure"; readonly text: string } | undefined;
  /** `ensure`: the pull request says what this run found. `heal`: only one that is missing is opened. */
  readonly pullRequest: "ensure" | "heal" | "leave";
  /** Whether the candidates go: one that stays makes the next run look again. */
  readonly clean: boolean;
  /** People have the word, or only asked what would happen: nothing of the fork is touched. */
  readonly handsOff?: {
    readonly tell: Wait["tell"];
    readonly waits: Wait["waits"] | undefined;
    /** Only what would happen is wanted. */
    readonly dryRun: boolean;
  };
}

export function decideFinish(facts: FinishFacts): FinishDecision {
  const wait = decideWait(facts.pull, facts.pause, facts.wishes);
  // `look` saw it before there was anything to merge.
  if (wait !== undefined && facts.merge.result === "skipped") return standBack("up-to-date", wait.reason, wait);
  if (facts.merge.result === "skipped") return onlyTold(facts);
  const decision = decideRun(facts);
  const held = wait?.holds === "everything" ? decision.outcome !== "stopped" : decision.pullRequest === "ensure";
  if (wait !== undefined && held) return standBack("up-to-date", wait.reason, wait);
  if (!facts.wishes.dryRun || decision.outcome === "stopped") return decision;
  const outcome = decision.outcome === "promoted" ? "up-to-date" : decision.outcome;
  return standBack(outcome, `dry run, nothing was moved: ${decision.reason}`, undefined, true);
}

/** `look` found nothing to merge, but issues to open again; a conflict that waits stays what it is. */
function onlyTold({ now }: FinishFacts): FinishDecision {
  return now.seen.has("upstream")
    ? standBack("conflict", "a conflict is open and waits for people", undefined)
    : standBack("up-to-date", "nothing else is new", undefined);
}

/** Not red: what is left to do is people's. */
function standBack(outcome: Outcome, reason: string, wait: Wait | undefined, dryRun = false): FinishDecision {
  const handsOff = { tell: wait?.tell, waits: wait?.waits, dryRun };
  return { outcome, reason, updates: [], status: undefined, pullRequest: "leave", clean: true, handsOff };
}

function decideRun(facts: FinishFacts): FinishDecision {
  const { merge } = facts;
  if (merge.result !== "success") {
    return stopped(merge.reason || `the merge job ended as "${merge.result}" without saying why; read its log`);
  }
  if (!merge.sync || !merge.target) return stopped("the merge job named no commits; read its log");
  if (merge.candidate === undefined) {
    return nothingToTest(facts, merge.sync, merge.target);
  }
  return decideTested(facts, { candidate: merge.candidate, sync: merge.sync, target: merge.target });
}

interface Folded {
  readonly candidate: string;
  readonly sync: string;
  readonly target: string;
}

function decideTested(facts: FinishFacts, folded: Folded): FinishDecision {
  const { test, regenerate } = facts;
  const link = folded.candidate.slice(0, 12);
  if (regenerate?.result === "failure") {
    const commands =
      regenerate.failed.length === 0 ? "read the log of the job regenerate" : regenerate.failed.join(", ");
    return testsFailed(facts, folded.candidate, `generated files could not be made anew: ${commands}`);
  }
  if (regenerate && regenerate.committed !== "success") {
    const words = `making generated files anew on ${link} ended as "${regenerate.result}", committing them as "${regenerate.committed}"`;
    return stopped(regenerate.reason || `${words}; run the workflow again`);
  }
  if (test.result === "cancelled") return stopped(`the tests of ${link} were cancelled or ran out of time`);
  if (test.result === "skipped") return stopped(`the tests of ${link} did not run`);
  const judgement = test.checks && judgeChecks(test.checks);
  if (judgement?.kind === "unknown") return stopped(unknownWords(judgement.open, facts.candidateBranch));
  if (judgement?.kind === "passed" && test.result === "failure") {
    return stopped(
      `the tests of ${link} ended well only after the job that waits for them had given up; run the workflow again`,
    );
  }
  if (test.result === "failure" || judgement?.kind === "failed") {
    return testsFailed(facts, folded.candidate, failedSteps(facts));
  }
  if (test.conclusion !== "success") {
    return stopped(`GitHub does not list the test job of this run as a success but as ${test.conclusion ?? "unknown"}`);
  }
  if (test.steps.length === 0 || test.steps.some((step) => !step.ok)) {
    return stopped("GitHub lists the test job as a success, but not a success of every test step");
  }
  return decidePromotion(facts, folded);
}

function decidePromotion(facts: FinishFacts, folded: Folded): FinishDecision {
  const { now, merge } = facts;
  if (facts.upstreamNow === "rewritten") {
    return stopped(`upstream rewrote its ${facts.follows} during the tests: ${facts.upstream} is no longer in it`);
  }
  // A run that is started again after the promotion finds the sync branch where it left it.
  if (now.sync !== folded.sync && now.sync !== folded.candidate) {
    return stopped(
      `the sync branch moved during the tests, from ${folded.sync} to ${now.sync ?? "nothing"}; the next run starts from there`,
    );
  }
  const already = now.sync === folded.candidate;
  // The candidate builds on a sync tip that the target has in its own way by now: git would meet all of it again.
  if (!already && facts.landedMeanwhile !== undefined) {
    return stopped(
      `the sync landed with ${facts.landedMeanwhile} during the tests, without a merge commit; the next run goes on from there`,
    );
  }
  if (!facts.candidateHolds || (!already && facts.candidateRef !== folded.candidate)) {
    return stopped(`the candidate ${folded.candidate} is not what this run's merge job made`);
  }
  return {
    outcome: merge.conflict ? "conflict" : "promoted",
    reason: [
      facts.fold.side ? `a part went in, the rest conflicts with ${sideWords(facts)}` : testWords(facts),
      ...proposalNotes(facts),
      ...notes(facts, folded),
    ].join("; "),
    updates: changed([
      { ref: facts.refs.sync, from: now.sync, to: folded.candidate },
      // Upstream's commit is recorded as taken only when it is in.
      ...(facts.brings === undefined
        ? []
        : [
            { ref: facts.refs.synced, from: now.recorded.synced, to: facts.brings },
            { ref: facts.refs.held, from: now.recorded.held, to: facts.held },
            ...facts.tagUpdates,
          ]),
      { ref: facts.refs.tested, from: now.recorded.tested, to: folded.candidate },
      // As folded, not as it is now: a target that moved meanwhile is then noticed by the next look.
      { ref: facts.refs.target, from: now.recorded.target, to: folded.target },
      landedUpdate(facts),
    ]),
    status: { sha: folded.candidate, state: "success", text: `${testWords(facts)} on this commit` },
    pullRequest: "ensure",
    clean: true,
  };
}

function testWords({ test }: FinishFacts): string {
  return testsLeftOut(test.steps) ? "tests left out" : "tests passed";
}

function landedUpdate({ refs, now, landedAt }: FinishFacts): RefUpdate {
  return { ref: refs.landed, from: now.recorded.landed, to: landedAt };
}

function notes(facts: FinishFacts, folded: Folded): string[] {
  return [
    ...landingNotes(facts),
    ...(facts.left === undefined ? [] : [`it does not contain ${facts.left}, which was taken before`]),
    ...(facts.now.target === folded.target ? [] : ["the target moved during the tests, the next run folds it in"]),
    ...(facts.upstreamNow === "moved" ? ["upstream has more than was tested, the next run takes the rest"] : []),
  ];
}

function landingNotes({ landed, landing }: FinishFacts): string[] {
  if (landed === undefined || (landing === "squash" && landed.lost.length === 0)) return [];
  const lost = landed.lost.length === 0 ? "" : `, and ${landed.lost.length} of its files did not arrive`;
  return [`the last sync landed with ${landed.commit.slice(0, 12)} without a merge commit${lost}`];
}

/** In words, for the record: what people proposed and what became of it. */
function proposalNotes({ fold }: FinishFacts): string[] {
  return [
    ...fold.taken.map(({ branch, oneSided }) =>
      oneSided === undefined
        ? `with ${branch}`
        : `with ${branch}, which has ${oneSided}'s version of every conflicting file`,
    ),
    ...fold.setAside.map(({ branch, why }) => `${branch} ${ASIDE[why]}`),
  ];
}

const ASIDE: Readonly<Record<SetAside["why"], string>> = {
  markers: "still has conflict markers",
  conflict: "conflicts with what is there now",
  lost: "takes away what has to stay (policies.mustSurvive)",
};

function sideWords({ fold: { side, first } }: FinishFacts): string {
  return first === undefined ? `${side}` : `${side} from ${first.slice(0, 12)} on`;
}

function nothingToTest(facts: FinishFacts, sync: string, target: string): FinishDecision {
  const { now, merge } = facts;
  if (now.sync !== sync)
    return stopped(`the sync branch moved during the run, from ${sync} to ${now.sync ?? "nothing"}`);
  if (merge.conflict) return conflictWithNothing(facts);
  return {
    outcome: "up-to-date",
    reason:
      facts.landedAt === undefined
        ? "upstream has nothing that is not taken over"
        : `what was promoted has landed with ${facts.landedAt.slice(0, 12)}`,
    updates: changed([
      { ref: facts.refs.synced, from: now.recorded.synced, to: facts.upstream },
      { ref: facts.refs.held, from: now.recorded.held, to: facts.held },
      ...facts.tagUpdates,
      { ref: facts.refs.tested, from: now.recorded.tested, to: sync },
      { ref: facts.refs.target, from: now.recorded.target, to: target },
      landedUpdate(facts),
    ]),
    status: undefined,
    pullRequest: "heal",
    clean: true,
  };
}

function conflictWithNothing(facts: FinishFacts): FinishDecision {
  const { side } = facts.fold;
  return {
    outcome: "conflict",
    reason: [
      side ? `nothing went in before the conflict with ${sideWords(facts)}` : "nothing else is new",
      ...proposalNotes(facts),
    ].join("; "),
    updates: [],
    status: undefined,
    pullRequest: "heal",
    clean: true,
  };
}

function testsFailed(facts: FinishFacts, sha: string, text: string): FinishDecision {
  return {
    outcome: "tests-failed",
    reason: [text, ...proposalNotes(facts)].join("; "),
    updates: [],
    status: { sha, state: "failure", text },
    pullRequest: "heal",
    clean: true,
  };
}

function stopped(reason: string): FinishDecision {
  return { outcome: "stopped", reason, updates: [], status: undefined, pullRequest: "leave", clean: false };
}

function failedSteps(facts: FinishFacts): string {
  const failed = facts.test.steps.filter((step) => !step.ok).map((step) => step.name);
  return failed.length === 0 ? "the test job failed outside its test steps" : `failed: ${failed.join(", ")}`;
}

function changed(updates: readonly RefUpdate[]): RefUpdate[] {
  return updates.filter((update) => update.from !== update.to);
}
