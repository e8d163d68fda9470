/** The proof itself: what is done on the branches of a verification, in order, and what is found. Whoever calls it takes everything away again. */
import type { Octokit } from "octokit";
import { cannotTell, type Finding, notOk, ok } from "../checks/check.ts";
import type { ForkConfig } from "../config/schema.ts";
import { Failure } from "../failure.ts";
import { followRun, type SyncResult } from "../fork/follow-run.ts";
import { readTextFile } from "../fork/text-file.ts";
import type { ProgressEvent } from "../progress.ts";
import { renderFiles } from "../render/files.ts";
import { readProgram } from "../render/template-source.ts";
import type { VerifyNames } from "../verify-names.ts";
import {
  type Clone,
  emptyCommit,
  listRefs,
  makeStory,
  push,
  readBranch,
  type Story,
  settleByHand,
  syncByHand,
  tryPush,
} from "./git-story.ts";
import {
  judgeCleanMerge,
  judgeConflict,
  judgeDocument,
  judgeManual,
  judgeProtection,
  judgePullRequest,
  judgePushes,
  judgeResolution,
  judgeReviewers,
  type Pushes,
} from "./judge.ts";
import { answerProbes, beginProbes } from "./probes.ts";
import type { Criterion, Probe, Verification } from "./report.ts";
import { copiesOf, type LiveRules, makeRulesets, readLiveRules } from "./rules.ts";
import { hasIssues, readAccess, readConflictBranch, readIssue, readPull, readPullInto, readStatus } from "./sights.ts";

export interface ProofOptions {
  readonly fork: ForkConfig;
  /** Also answers the open questions of docs/limits.md. */
  readonly probe: boolean;
  /** Ends it: what was made is taken away all the same. */
  readonly signal?: AbortSignal;
}

/** What is known so far. */
export interface Told {
  readonly criteria: Criterion[];
  readonly probes: Probe[];
  readonly runs: Verification["runs"][number][];
}

interface Proof extends ProofOptions {
  readonly octokit: Octokit;
  readonly clone: Clone;
  readonly names: VerifyNames;
  readonly told: Told;
}

/** In the order of a team's life with it; each part needs what the one before has made. */
export async function* prove(proof: Proof): AsyncGenerator<ProgressEvent, void> {
  const live = yield* proveSetUp(proof);
  const story = yield* makeBranches(proof, live);
  const probing = { ...proof, story };
  const pushed = proof.probe ? yield* beginProbes(probing) : undefined;
  yield say(proof, "pushing what has to be refused");
  yield tell(proof, "refusal", judgePushes(proof.fork, await tryPushes(proof, story), notCopied(live)));

  const merged = yield* proveCleanMerge(proof, story);
  if (merged === undefined) return yield* notReached(proof, "the clean merge did not end as it should");
  const settled = yield* proveConflict(proof, story, merged.tip);
  if (!settled) return yield* notReached(proof, "no branch came for the conflict");
  const tip = yield* proveManual(proof, story, merged.pull);
  if (pushed !== undefined) proof.told.probes.push(...(yield* answerProbes(probing, pushed, tip)));
}

function say({ fork }: Pick<Proof, "fork">, text: string): ProgressEvent {
  return { fork: fork.repository, text };
}

function tell({ fork, told }: Proof, id: string, finding: Finding, ...links: (string | undefined)[]): ProgressEvent {
  const { proves, title } = criteria[id] as Described;
  told.criteria.push({ id, proves, title, ...finding, links: links.filter((link) => link !== undefined) });
  return say({ fork }, `${finding.state}: ${title}`);
}

/** What has no finding yet. */
async function* notReached(proof: Proof, why: string): AsyncGenerator<ProgressEvent, void> {
  const known = new Set(proof.told.criteria.map(({ id }) => id));
  for (const id of Object.keys(criteria).filter((one) => !known.has(one))) {
    yield tell(proof, id, cannotTell(`not reached, since ${why}`, "mend that, then verify again"));
  }
}

interface Described {
  readonly proves: string;
  readonly title: string;
}

/** What is proved, and which rows of the process that are; in the order in which it is. */
export const criteria: Readonly<Record<string, Described>> = {
  branch: { proves: "P14", title: "the sync branch is there" },
  protection: { proves: "P14", title: "its rules hold" },
  document: { proves: "P14", title: "the process by hand is documented" },
  reviewers: { proves: "P15", title: "reviewers can be asked" },
  training: { proves: "P14", title: "the team is trained" },
  refusal: { proves: "P14", title: "a push to a branch with these rules is refused" },
  "clean-merge": { proves: "P14, P15", title: "the workflow works, started by hand: a clean merge" },
  "pull-request": { proves: "P15", title: "the pull request appears, with label and checks" },
  conflict: { proves: "P14, P15", title: "a conflict reaches people" },
  resolution: { proves: "P14, P15", title: "a conflict settled by hand ends" },
  manual: { proves: "P15", title: "a sync by hand shows in the pull request" },
};

/** What is there already is read, not tried. */
async function* proveSetUp(proof: Proof): AsyncGenerator<ProgressEvent, LiveRules> {
  const { octokit, fork, clone } = proof;
  yield say(proof, "reading how the fork stands");
  const live = await readLiveRules(octokit, fork);
  const { branches, document } = fork;
  const ref = `refs/heads/${branches.sync}`;
  const tip = (await listRefs(clone, [ref])).get(ref);
  const branch = tip === undefined ? notOk(`there is no ${ref}`, "upstream-sync apply makes it") : ok(`${ref}: ${tip}`);
  yield tell(proof, "branch", branch);
  yield tell(proof, "protection", judgeProtection(fork, live));
  const place = { owner: fork.owner, repo: fork.name };
  const page = await readTextFile(octokit, place, document.path, branches.target);
  const { digest } = renderFiles(fork, readProgram());
  yield tell(proof, "document", judgeDocument(document.path, branches.target, page, digest));
  yield tell(proof, "reviewers", judgeReviewers(fork, await readAccess(octokit, fork)));
  const training = "hold the training of the process document, and note who and when";
  yield tell(proof, "training", cannotTell("nothing on GitHub says who was trained", training));
  return live;
}

/** The branch first: its rules refuse to anybody but the workflow's key that it is made. */
async function* makeBranches(proof: Proof, live: LiveRules): AsyncGenerator<ProgressEvent, Story> {
  const { octokit, fork, clone, names } = proof;
  yield say(proof, `making branches below ${names.below}, and rules for them`);
  const story = await makeStory(clone, fork, names, proof.probe);
  await push(clone, { [names.sync]: story.start, [names.target]: story.target, [names.upstream]: story.upstream });
  await makeRulesets(octokit, fork, copiesOf(live, names.id, names.sync));
  return story;
}

/** Deletion comes last; what was accepted against all rules is put back. */
async function tryPushes({ clone, names }: Proof, story: Story): Promise<Pushes> {
  const sync = `refs/heads/${names.sync}`;
  const nobody = await emptyCommit(clone, story.start, "chore: a push that has to be refused [skip ci]");
  const beside = await emptyCommit(clone, `${story.start}^`, "chore: a rewrite that has to be refused [skip ci]");
  const pushes = {
    forward: await tryPush(clone, `${nobody}:${sync}`),
    rewrite: await tryPush(clone, `${beside}:${sync}`),
    deletion: await tryPush(clone, `:${sync}`),
  };
  if ((await listRefs(clone, [sync])).get(sync) !== story.start) await tryPush(clone, `${story.start}:${sync}`);
  return pushes;
}

function notCopied({ rulesets }: LiveRules): string[] {
  return rulesets.filter(({ ofRepository }) => !ofRepository).map(({ name }) => `"${name}"`);
}

/** For the jobs beside the tests, and for a runner to be free. */
const otherMinutes = 60;

/** @throws Failure when it does not end in time; what takes everything away cancels it. */
async function* runWorkflow(proof: Proof, what: string): AsyncGenerator<ProgressEvent, SyncResult> {
  const { octokit, fork, names, told, signal } = proof;
  signal?.throwIfAborted();
  yield say(proof, `the workflow: ${what}`);
  const minutes = fork.tests.timeoutMinutes + otherMinutes;
  const late = AbortSignal.timeout(minutes * 60_000);
  const ends = signal === undefined ? late : AbortSignal.any([late, signal]);
  try {
    const result = yield* followRun(octokit, fork, { verify: names.id }, ends);
    told.runs.push({ what, url: result.run.url, outcome: result.record?.outcome ?? result.run.conclusion });
    return result;
  } catch (error) {
    if (!late.aborted) throw error;
    throw new Failure(
      `the run for ${what} did not end within ${minutes} minutes`,
      "see in the Actions tab what it waits for",
    );
  }
}

/** Undefined when nothing can be built on it. */
async function* proveCleanMerge(
  proof: Proof,
  story: Story,
): AsyncGenerator<ProgressEvent, { tip: string; pull: number | undefined } | undefined> {
  const { octokit, fork, clone, names } = proof;
  const run = yield* runWorkflow(proof, "a clean merge");
  const branch = await readBranch(clone, names.sync, [story.target, story.upstream]);
  const pull = await readPull(octokit, fork, run.record?.pr);
  const status = await readStatus(octokit, fork, branch.tip);
  const seen = { run, branch, pull, status, target: names.target };
  const merge = judgeCleanMerge(seen);
  yield tell(proof, "clean-merge", merge, run.run.url);
  yield tell(proof, "pull-request", judgePullRequest(fork, seen), run.pullRequest, run.run.url);
  return merge.state === "ok" ? { tip: branch.tip, pull: pull?.number } : undefined;
}

/** @returns false when there was nothing to settle. */
async function* proveConflict(proof: Proof, story: Story, before: string): AsyncGenerator<ProgressEvent, boolean> {
  const { octokit, fork, clone, names } = proof;
  await push(clone, { [names.upstream]: story.conflicting });
  const run = yield* runWorkflow(proof, "a conflict");
  const pull = await readPullInto(octokit, fork, names.sync);
  const issue = await readIssue(octokit, fork, run.record?.issue);
  const conflictBranch = await readConflictBranch(clone, names);
  const issuesOn = await hasIssues(octokit, fork);
  const after = (await readBranch(clone, names.sync, [])).tip;
  const found = judgeConflict({ run, pull, issue, issuesOn, conflictBranch, sync: names.sync, before, after });
  yield tell(proof, "conflict", found, run.run.url, pull?.url, issue?.url);
  if (conflictBranch === undefined) return false;

  yield say(proof, `settling it by git on ${conflictBranch}`);
  const commit = await settleByHand(clone, conflictBranch, names.sync);
  const next = yield* runWorkflow(proof, "the conflict, settled by hand");
  const ended = judgeResolution({
    run: next,
    branch: await readBranch(clone, names.sync, [commit]),
    pull: await readPull(octokit, fork, pull?.number),
    issue: await readIssue(octokit, fork, issue?.number),
    conflictBranch: await readConflictBranch(clone, names),
  });
  yield tell(proof, "resolution", ended, next.run.url, pull?.url, issue?.url);
  return true;
}

/** @returns the tip of its sync branch afterwards. */
async function* proveManual(
  proof: Proof,
  story: Story,
  number: number | undefined,
): AsyncGenerator<ProgressEvent, string> {
  const { octokit, fork, clone, names } = proof;
  await push(clone, { [names.upstream]: story.later });
  const manual = `${names.sync}-manual`;
  yield say(proof, `merging by git on ${manual}`);
  const commit = await syncByHand(clone, manual, names.sync, story.later);
  const run = yield* runWorkflow(proof, "a sync by hand");
  const branch = await readBranch(clone, names.sync, [commit]);
  const pull = await readPull(octokit, fork, run.record?.pr);
  yield tell(proof, "manual", judgeManual({ run, branch, manual, pull, number }), run.run.url, run.pullRequest);
  return branch.tip;
}
