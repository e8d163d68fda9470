/** What the sync pull request has to say after this run, and who opens or updates it. */
import type { Asked } from "./asked.ts";
import { openAmong } from "./closed-issues.ts";
import { closedNumbersIn } from "./closing-words.ts";
import type { FinishDecision, FinishFacts } from "./decide.ts";
import type { Distance } from "./distance.ts";
import { readHeld, readKeptOut, readRange, readRegenerated, readSettledByPeople, thereIn } from "./finish-facts.ts";
import type { Git } from "./git.ts";
import { carriesUpstream, readable, treeOf } from "./graph.ts";
import { readLanded } from "./landing.ts";
import type { Context } from "./look.ts";
import { type Opened, openPullRequest } from "./open-pull-request.ts";
import { type PullRequestFacts, pullRequestBody } from "./pull-request.ts";
import type { RunRecord } from "./record.ts";
import { type Risk, risksOf } from "./risks.ts";
import type { FinishSettings } from "./settings.ts";
import { wordsFor } from "./stop.ts";
import { replacedTests } from "./trusted-tests.ts";

/** The commit status on a SHA that was tested. */
export const TESTS_CONTEXT = "upstream-sync/tests";

export interface Conclusion {
  readonly settings: FinishSettings;
  readonly context: Context;
  readonly git: Git;
  readonly facts: FinishFacts;
  readonly decision: FinishDecision;
  readonly record: RunRecord;
  /** Undefined when this run's clone does not have upstream's commit. */
  readonly counted: Distance | undefined;
}

type Ending = Opened & { readonly problem?: string };

/** The refs have moved by now, so what goes wrong here is told beside the outcome and not instead of it. */
export async function pullRequestOf(conclusion: Conclusion): Promise<Ending> {
  try {
    return await reconcilePullRequest(conclusion);
  } catch (error) {
    return { number: null, warnings: [], problem: wordsFor(error) };
  }
}

async function reconcilePullRequest(conclusion: Conclusion): Promise<Opened> {
  const { settings, context, git, facts, decision, record } = conclusion;
  const tip = record.sync.after;
  const target = facts.now.target;
  if (decision.pullRequest === "leave" || tip === null || target === undefined) return { number: null, warnings: [] };
  const healing = decision.pullRequest === "heal";
  const landed = await readLanded(git, { sync: tip, target, recorded: facts.now.recorded });
  // Where merge commits are the rule, content without its history has still to land.
  const repairs = settings.landing === "merge" && landed?.joined === true;
  const there = thereIn(target, landed);
  const carries = await carriesUpstream(git, tip, facts.upstream, ...(repairs ? [target] : there));
  if (healing && !carries) return { number: null, warnings: [] };
  const held = await readHeld(git, settings, tip, facts.now);
  // The target alone, merged in before a conflict, brings nothing that could land; upstream's commits with held files could.
  const empty = !carries || (held.length === 0 && !repairs);
  const same = !healing && empty && (await treeOf(git, tip)) === (await treeOf(git, target));
  if (same) return { number: null, warnings: [] };
  // Closed by people: that is an answer, and `retest` is what takes it back.
  if (facts.pull.closed && !settings.retest) return { number: null, warnings: [] };
  const { changes, bothChanged, range } = await readRange(git, tip, { target, there }, facts.upstream);
  const kept = await readKeptOut(git, settings, tip, there);
  // What is held or kept does not come.
  const stays = new Set([...held, ...kept.map(({ path }) => path)]);
  const texts: PullRequestFacts = {
    range,
    left: healing ? undefined : facts.left,
    landed: landed?.joined ? { commit: landed.commit, lost: landed.lost.map(readable) } : undefined,
    tip,
    bothChanged: bothChanged.filter((path) => !stays.has(path)),
    risks: [
      ...(await testRisk(conclusion, tip, target)),
      ...(await madeRisk(conclusion, tip, target)),
      ...risksOf(changes.filter(({ path }) => !stays.has(path))),
    ],
    held,
    kept,
    conflicts: record.conflicts,
    firstConflict: record.firstConflict,
    closing: await readClosing(conclusion, there, range.to),
    settled: await readSettledByPeople(git, settings, tip, { target, there }),
    tests: healing
      ? await recordedTests(conclusion, tip)
      : { kind: "steps", steps: facts.test.steps, url: testsUrl(settings, tip) },
  };
  const body = (asked: Asked, room: number) => pullRequestBody(texts, settings, asked, room);
  return openPullRequest(context.github, settings, { tip, body, mode: decision.pullRequest });
}

/** Where people read what the tests printed. */
function testsUrl({ tests, serverUrl, repository, run }: FinishSettings, tip: string): string {
  return tests.checks.length === 0 ? run.url : `${serverUrl}/${repository}/commit/${tip}/checks`;
}

/** Once landed, what comes is what the next run takes from the target. */
async function testRisk({ settings, git }: Conclusion, tip: string, target: string): Promise<Risk[]> {
  const paths = await replacedTests(git, settings.tests.trusted, tip, target);
  const title = "The fork's own tests, not as they were run: once landed, these are what the next run tests with";
  return paths.length === 0 ? [] : [{ title, paths }];
}

async function madeRisk({ settings, git }: Conclusion, tip: string, target: string): Promise<Risk[]> {
  if (settings.policies.regenerate.length === 0) return [];
  const paths = await readRegenerated(git, tip, target);
  const title = "Made anew by the fork's commands, out of files that upstream wrote";
  return paths.length === 0 ? [] : [{ title, paths }];
}

async function readClosing({ settings, context, git }: Conclusion, there: readonly string[], to: string) {
  return openAmong(context.github, settings, await closedNumbersIn(git, there, to, settings.repository));
}

/** What an earlier run said about a commit. https://docs.github.com/rest/commits/statuses#get-the-combined-status-for-a-specific-reference */
async function recordedTests({ settings, context }: Conclusion, sha: string) {
  const combined = (await context.github.get(`/repos/${settings.repository}/commits/${sha}/status?per_page=100`)) as {
    statuses?: readonly { context: string; state: string; target_url: string | null }[];
  };
  const status = combined.statuses?.find((one) => one.context === TESTS_CONTEXT);
  if (status === undefined) return { kind: "none" as const };
  return { kind: "status" as const, state: status.state, url: ownPage(settings, status.target_url) };
}

/** Whoever may push can set a status of that name: only what is in this repository becomes a link. */
function ownPage({ serverUrl, repository }: FinishSettings, url: string | null): string | undefined {
  const page = url?.startsWith(`${serverUrl}/${repository}/`) && /^[\w:/.%?=&#-]+$/.test(url);
  return page ? (url ?? undefined) : undefined;
}
