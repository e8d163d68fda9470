/** `look`: is there anything to do? Two look-ups when there is not, and no clone. */
import { closingsToUndo } from "./closed-issues.ts";
import { lookAtIssues } from "./conflict-issue.ts";
import { decideLanded, decideLook, decideTurn, isHolding, type LookAnswer, type LookFacts } from "./decide-look.ts";
import { decideWait } from "./decide-wait.ts";
import { isQuiet } from "./distance.ts";
import { whyFollowed } from "./follow.ts";
import { withBudget } from "./freshness.ts";
import { authorization, gitIn, type Surroundings } from "./git.ts";
import type { GitHub } from "./github.ts";
import { readPullState } from "./known-pull-request.ts";
import { chooseFollowed, followedByHand, lookUpFork, lookUpUpstream } from "./look-up.ts";
import { type Report, reportFailure } from "./outputs.ts";
import { labelPause, readPause } from "./pause.ts";
import { type DistanceFacts, readDistance } from "./read-distance.ts";
import type { RunRecord } from "./record.ts";
import type { RemoteRefs } from "./refs.ts";
import { forkUrl } from "./repository.ts";
import type { LookSettings, Settings } from "./settings.ts";
import { Stop, wordsFor } from "./stop.ts";
import { summaryOf } from "./summary.ts";

export interface Context extends Surroundings {
  /** In the name of the job. */
  readonly github: GitHub;
  readonly report: Report;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** @returns the exit code: 0 for "go" and "nothing to do", 1 when a conflict waits for people, the fork is too far behind, or it could not tell. */
export async function look(given: LookSettings, context: Context): Promise<number> {
  try {
    const { facts, settings, distances, closings } = await readFacts(given, context);
    const { accepts, issue, ...decided } = await decide(settings, context, facts);
    const decision = await orReopen(settings, context, decided, { ...facts, distances, closings });
    const { upstream, sync, target } = facts;
    const go = decision.kind === "go" || decision.kind === "tell";
    // `merge` is left out when people only have to be told something.
    const workflows = accepts ? "accept" : settings.upstreamWorkflows;
    const merge = String(decision.kind === "go");
    const { ref, why } = settings.upstream;
    const heartbeat = String(
      !go && settings.pause !== "never" && isQuiet(distances, facts.recorded.synced !== undefined, context.now()),
    );
    await context.report.outputs({ go: String(go), merge, workflows, upstream, ref, why, sync, target, heartbeat });
    context.report.log(`${go ? "Something to do" : "Nothing to do"}: ${decision.reason}.`);
    if (decision.kind === "go" || decision.kind === "tell") return 0;
    const behind = await distance(settings, context, { ...facts, distances }, decision);
    const record = withBudget({ ...seenRecord(settings, facts, decision), issue, behind }, settings);
    await writeRecord(settings, context, record);
    if (record.outcome === "up-to-date" && record.over === undefined) return 0;
    context.report.error(record.reason);
    return 1;
  } catch (error) {
    // "Could not tell" must never look like "nothing to do".
    await writeRecord(given, context, stoppedRecord(given, wordsFor(error)));
    reportFailure(context.report, error);
    return 1;
  }
}

type ClosingFacts = Pick<RemoteRefs, "recorded" | "distances" | "closings">;

/** Issues that upstream's words closed are a reason to go on, when there is no other. */
async function orReopen(
  settings: Settings,
  { github }: Context,
  decision: LookAnswer,
  facts: ClosingFacts,
): Promise<LookAnswer> {
  const rests = decision.kind === "idle" && decision.waits === "pause";
  if (rests || decision.kind === "go" || decision.kind === "tell") return decision;
  const closed = await closingsToUndo(github, settings, facts);
  return closed.length === 0
    ? decision
    : { kind: "tell", reason: `${decision.reason}; upstream's words closed issues` };
}

type Decided = LookAnswer & {
  /** People let upstream's workflow files in; known only when there is something to do. */
  readonly accepts: boolean;
  /** Of a conflict that waits. */
  readonly issue: number | null;
};

async function decide(settings: Settings, context: Context, facts: LookFacts): Promise<Decided> {
  // Known without a question, whatever else there is.
  if (settings.pause === "asked")
    return { ...decideTurn("", decideWait(NO_PULL, VARIABLE, wishesOf(settings))), ...UNASKED };
  const first = decideLook(facts);
  const answer =
    first.kind === "ask-landed"
      ? decideLanded({ landed: await hasLanded(settings, context, first.tested, facts.target) })
      : first;
  if (answer.kind === "waiting") return decideConflict(settings, context, answer);
  if (answer.kind === "idle" && !isHolding(facts)) return { ...answer, ...UNASKED };
  const pull = await readPullState(context.github, settings);
  const accepts = pull.open?.accepts ?? false;
  if (answer.kind === "idle" && !accepts && settings.upstreamWorkflows === "hold") return { ...answer, ...UNASKED };
  const reason = answer.kind === "idle" ? "upstream's workflow files are accepted" : answer.reason;
  const pause = await readPause(context.github, settings);
  return { ...decideTurn(reason, decideWait(pull, pause, wishesOf(settings))), accepts, issue: null };
}

const UNASKED = { accepts: false, issue: null };
const NO_PULL = { open: undefined, closed: undefined };
const VARIABLE = { by: "variable", said: true } as const;

function wishesOf({ pullRequest, retest }: Settings) {
  return { whenApproved: pullRequest.whenApproved, retest };
}

/** Nothing moved while a conflict is open: the list of issues has its number, and whether people asked for a pause. */
async function decideConflict(settings: Settings, context: Context, answer: LookAnswer): Promise<Decided> {
  const { issue, pausing } = await lookAtIssues(context.github, settings);
  const heeded = settings.pause === "look" ? pausing : undefined;
  const pause = heeded && (await labelPause(context.github, settings, heeded));
  const wait = decideWait(NO_PULL, pause, wishesOf(settings));
  return { ...(wait === undefined ? answer : decideTurn(answer.reason, wait)), accepts: false, issue };
}

/** Nothing is missing from a target on which all of it has landed. */
function distance(settings: Settings, { github, now }: Context, facts: DistanceFacts, decision: LookAnswer) {
  const landed = decision.kind === "idle" && decision.landed;
  return landed ? { commits: 0, days: 0 } : readDistance(github, settings, facts, now());
}

/** `settings`: with what of upstream this run is about. */
async function readFacts(
  settings: LookSettings,
  context: Context,
): Promise<
  { readonly facts: LookFacts; readonly settings: LookSettings } & Pick<RemoteRefs, "distances" | "closings">
> {
  const url = forkUrl(settings);
  const git = gitIn(settings.files.temporary, context, authorization([{ url, token: settings.token }]));
  const [seenUpstream, refs] = await Promise.all([lookUpUpstream(settings, context), lookUpFork(git, settings, url)]);
  const { sync, target } = existingBranches(settings, refs);
  const { recorded, candidates, proposals, seen, distances, closings } = refs;
  const { upstreamCommit } = settings;
  const { ref, sha: upstream } =
    upstreamCommit === undefined
      ? chooseFollowed(settings, seenUpstream, recorded.tag)
      : followedByHand(settings, seenUpstream, upstreamCommit);
  const why = whyFollowed(settings.upstream.follow, ref, upstreamCommit !== undefined);
  return {
    facts: { upstream, sync, target, recorded, leftOver: candidates.size, proposals, seen, retest: settings.retest },
    settings: { ...settings, upstream: { ...settings.upstream, ref, why } },
    distances,
    closings,
  };
}

/** @throws Stop when the fork has no sync branch or no target branch. */
export function existingBranches(settings: Settings, refs: RemoteRefs): { sync: string; target: string } {
  const { sync, target } = refs;
  if (sync !== undefined && target !== undefined) return { sync, target };
  const [name, kind] =
    sync === undefined ? [settings.branches.sync, "sync branch"] : [settings.branches.target, "target branch"];
  throw new Stop({
    what: `the fork ${settings.repository} has no ${kind} ${name}`,
    got: "the server answered, without that branch",
    remedy: "Restore the branch on GitHub, or deploy again to have the sync branch made from its source",
  });
}

/** https://docs.github.com/rest/commits/commits#compare-two-commits; one commit a page keeps the answer small. */
async function hasLanded(settings: Settings, context: Context, tested: string, target: string): Promise<boolean> {
  const path = `/repos/${settings.repository}/compare/${tested}...${target}?per_page=1`;
  const { status } = (await context.github.get(path)) as { status?: unknown };
  return status === "ahead" || status === "identical";
}

export async function writeRecord(
  settings: Settings,
  { report }: Pick<Context, "report">,
  record: RunRecord,
  warnings: readonly string[] = [],
): Promise<void> {
  report.record(record);
  await report.summary(summaryOf(record, settings, warnings));
}

/** Without a clone the paths of a conflict are not known; the issue has them. */
function seenRecord(settings: Settings, facts: LookFacts, decision: LookAnswer): RunRecord {
  return {
    ...emptyRecord(settings),
    outcome: decision.kind === "waiting" ? "conflict" : "up-to-date",
    reason: decision.reason,
    upstream: upstreamOf(settings, facts.upstream),
    sync: { before: facts.sync, after: facts.sync },
    target: facts.target,
    ...(decision.kind === "idle" && decision.waits ? { waits: decision.waits } : {}),
  };
}

export function stoppedRecord(settings: Settings, reason: string): RunRecord {
  return { ...emptyRecord(settings), outcome: "stopped", reason };
}

export function upstreamOf({ upstream }: Settings, sha: string | null): RunRecord["upstream"] {
  const { ref, why } = upstream;
  return { ref, sha, ...(why === "" ? {} : { why }) };
}

export function emptyRecord(settings: Settings): RunRecord {
  return {
    v: 1,
    outcome: "stopped",
    reason: "",
    run: settings.run.id,
    ...(settings.route === "main" ? {} : { route: settings.route }),
    upstream: upstreamOf(settings, null),
    sync: { before: null, after: null },
    target: null,
    candidate: null,
    tests: [],
    conflicts: [],
    trusted: [],
    held: [],
    kept: [],
    firstConflict: null,
    pr: null,
    issue: null,
    behind: null,
  };
}
