/** `look`: is there anything to do? Two look-ups when there is not, and no clone. */
import { openConflictIssue } from "./conflict-issue.ts";
import { decideLanded, decideLook, decideTurn, isHolding, type LookAnswer, type LookFacts } from "./decide-look.ts";
import { decideWait } from "./decide-wait.ts";
import { whyFollowed } from "./follow.ts";
import { authorization, gitIn, type Surroundings } from "./git.ts";
import type { GitHub } from "./github.ts";
import { readPullState } from "./known-pull-request.ts";
import { chooseFollowed, followedByHand, lookUpFork, lookUpUpstream } from "./look-up.ts";
import type { Report } from "./outputs.ts";
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

/** @returns the exit code: 0 for "go" and "nothing to do", 1 when a conflict waits for people or it could not tell. */
export async function look(given: LookSettings, context: Context): Promise<number> {
  try {
    const { facts, settings } = await readFacts(given, context);
    const { accepts, ...decision } = await decide(settings, context, facts);
    const { upstream, sync, target } = facts;
    const go = decision.kind === "go" || decision.kind === "tell";
    // `merge` is left out when people only have to be told something.
    const workflows = accepts ? "accept" : settings.upstreamWorkflows;
    const merge = String(decision.kind === "go");
    const { ref, why } = settings.upstream;
    await context.report.outputs({ go: String(go), merge, workflows, upstream, ref, why, sync, target });
    context.report.log(`${go ? "Something to do" : "Nothing to do"}: ${decision.reason}.`);
    if (decision.kind === "idle") await writeRecord(settings, context, upToDate(settings, facts, decision));
    if (decision.kind !== "waiting") return 0;
    await writeRecord(settings, context, await waiting(settings, context, facts, decision.reason));
    context.report.error(decision.reason);
    return 1;
  } catch (error) {
    // "Could not tell" must never look like "nothing to do".
    await writeRecord(given, context, stoppedRecord(given, wordsFor(error)));
    context.report.error(wordsFor(error));
    return 1;
  }
}

/** `accepts`: people let upstream's workflow files in; known only when there is something to do. */
async function decide(
  settings: Settings,
  context: Context,
  facts: LookFacts,
): Promise<LookAnswer & { readonly accepts: boolean }> {
  const first = decideLook(facts);
  const answer =
    first.kind === "ask-landed"
      ? decideLanded({ landed: await hasLanded(settings, context, first.tested, facts.target) })
      : first;
  if (answer.kind === "waiting" || (answer.kind === "idle" && !isHolding(facts))) return { ...answer, accepts: false };
  const pull = await readPullState(context.github, settings);
  const accepts = pull.open?.accepts ?? false;
  if (answer.kind === "idle" && !accepts && settings.upstreamWorkflows === "hold") return { ...answer, accepts };
  const reason = answer.kind === "idle" ? "upstream's workflow files are accepted" : answer.reason;
  const wishes = { whenApproved: settings.pullRequest.whenApproved, retest: settings.retest };
  return { ...decideTurn(reason, decideWait(pull, wishes)), accepts };
}

/** `settings`: with what of upstream this run is about. */
async function readFacts(
  settings: LookSettings,
  context: Context,
): Promise<{ readonly facts: LookFacts; readonly settings: LookSettings }> {
  const url = forkUrl(settings);
  const git = gitIn(settings.files.temporary, context, authorization([{ url, token: settings.token }]));
  const [seenUpstream, refs] = await Promise.all([lookUpUpstream(settings, context), lookUpFork(git, settings, url)]);
  const { sync, target } = existingBranches(settings, refs);
  const { recorded, candidates, proposals, seen } = refs;
  const { upstreamCommit } = settings;
  const { ref, sha: upstream } =
    upstreamCommit === undefined
      ? chooseFollowed(settings, seenUpstream, recorded.tag)
      : followedByHand(settings, seenUpstream, upstreamCommit);
  const why = whyFollowed(settings.upstream.follow, ref, upstreamCommit !== undefined);
  return {
    facts: { upstream, sync, target, recorded, leftOver: candidates.size, proposals, seen, retest: settings.retest },
    settings: { ...settings, upstream: { ...settings.upstream, ref, why } },
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

/** Without a clone the paths are not known; the issue has them. */
async function waiting(settings: Settings, context: Context, facts: LookFacts, reason: string): Promise<RunRecord> {
  const issue = await openConflictIssue(context.github, settings);
  return { ...seenRecord(settings, facts), outcome: "conflict", reason, issue };
}

function seenRecord(settings: Settings, facts: LookFacts): RunRecord {
  return {
    ...emptyRecord(settings),
    upstream: upstreamOf(settings, facts.upstream),
    sync: { before: facts.sync, after: facts.sync },
    target: facts.target,
  };
}

function upToDate(settings: Settings, facts: LookFacts, decision: { reason: string; landed: boolean }): RunRecord {
  return {
    ...seenRecord(settings, facts),
    outcome: "up-to-date",
    reason: decision.reason,
    // Without a clone only the landed case is known.
    behind: decision.landed ? { commits: 0, days: 0 } : null,
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
