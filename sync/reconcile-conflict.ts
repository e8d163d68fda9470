/** Brings the conflict's branch, pull request and issue in line with what this run found; each step is found done when done again. */
import { closeIssue, conflictIssues, type Issue, keepIssue } from "./conflict-issue.ts";
import {
  type ConflictPull,
  closePull,
  conflictPulls,
  findOrOpenPull,
  highestNumber,
  keepPull,
} from "./conflict-pull.ts";
import {
  type ConflictFacts,
  type ConflictMark,
  closedText,
  type FirstConflict,
  insteadText,
  openText,
  readMark,
  type Standing,
} from "./conflict-text.ts";
import type { FinishDecision, FinishFacts } from "./decide.ts";
import { type ConflictDecision, decideConflict, decideMatter } from "./decide-conflict.ts";
import type { Derived } from "./derive.ts";
import type { SetAside } from "./fold.ts";
import type { Git } from "./git.ts";
import type { Sha } from "./graph.ts";
import type { Context } from "./look.ts";
import { type Conflict, conflictsWith } from "./merge-step.ts";
import { makePlaceholder } from "./placeholder.ts";
import type { Placeholder } from "./placeholder-mark.ts";
import { type PeopleBranch, readPeopleBranches } from "./proposals.ts";
import type { Push } from "./push.ts";
import { proposalBranch } from "./refs.ts";
import { isKnownAncestor } from "./repository.ts";
import type { FinishSettings } from "./settings.ts";
import { wordsFor } from "./stop.ts";

export interface ConflictRun {
  readonly settings: FinishSettings;
  readonly context: Context;
  readonly git: Git;
  readonly facts: FinishFacts;
  readonly decision: FinishDecision;
  readonly derived: Derived;
  /** The sync branch after this run's promotion. */
  readonly sync: Sha;
  readonly push: Push;
}

export interface ConflictEnd {
  readonly issue: number | null;
  /** Branches for people that are there now: their tips as this run judged or made them, by name. */
  readonly branches: ReadonlyMap<string, Sha>;
  readonly warnings: readonly string[];
  readonly problem?: string;
}

/** The refs have moved by now, so what goes wrong here is told beside the outcome and not instead of it. */
export async function conflictOf(run: ConflictRun): Promise<ConflictEnd> {
  try {
    return await reconcileConflict(run);
  } catch (error) {
    return { issue: null, branches: new Map(), warnings: [], problem: wordsFor(error) };
  }
}

async function reconcileConflict(run: ConflictRun): Promise<ConflictEnd> {
  const { settings, context, git, facts, sync } = run;
  const pulls = await conflictPulls(context.github, settings);
  const named = pulls.flatMap((pull) => readMark(pull.body)?.issue ?? []);
  const issues = await conflictIssues(context.github, settings, named);
  const branches = await readPeopleBranches(git, settings, facts.now.proposals, sync);
  const ways = await Promise.all(branches.map((branch) => branchFacts(run, branch)));
  const decision = decideConflict(matterOf(run), ways, highestNumber(pulls, settings));
  const current =
    decision.create === undefined
      ? branches.find(({ name }) => name === decision.keep)
      : await createBranch(run, decision.create);
  const world = { pulls, issues, branches };
  const opened = current === undefined ? NOTHING : await keepOpen(run, world, current);
  const closed = await closeOthers(run, world, { decision, current, ...opened });
  return { ...opened, branches: closed.branches, warnings: [...opened.warnings, ...closed.warnings] };
}

interface World {
  readonly pulls: readonly ConflictPull[];
  readonly issues: readonly Issue[];
  readonly branches: readonly PeopleBranch[];
}

type Opened = Omit<ConflictEnd, "branches"> & { readonly pull: number | null };

const NOTHING: Opened = { issue: null, pull: null, warnings: [] };

function matterOf({ decision, derived }: ConflictRun) {
  const { fold, taken } = derived;
  const side = fold?.conflicts[0]?.side;
  return decideMatter({
    outcome: decision.outcome,
    side: side === "proposal" ? undefined : side,
    setAside: (fold?.setAside ?? []).map(({ name }) => name),
    taken: taken.map(({ name }) => name),
  });
}

async function branchFacts(run: ConflictRun, branch: PeopleBranch) {
  const { name, placeholder, contained } = branch;
  const conflicts = placeholder !== undefined && (await openFiles(run, placeholder)).length > 0;
  return { name, placeholder, contained, conflicts };
}

/** What the commit of an untouched branch conflicts with on the sync branch as it is now. */
function openFiles({ git, settings, sync }: ConflictRun, placeholder: Placeholder): Promise<Conflict[]> {
  return conflictsWith(git, settings, sync, placeholder);
}

/** @throws Stop when somebody else made a branch of that name meanwhile. */
async function createBranch(run: ConflictRun, number: number): Promise<PeopleBranch> {
  const { settings, git, facts, derived, sync, push } = run;
  const side = derived.fold?.conflicts[0]?.side === "target" ? "target" : "upstream";
  const commit = side === "target" ? (facts.merge.target as Sha) : facts.upstream;
  const name = `conflict-${number}`;
  const branch = proposalBranch(settings, name);
  const { id } = settings.run;
  const sha = await makePlaceholder(git, { side, commit, base: sync, sync: settings.branches.sync, run: id });
  await push(`the push of ${branch} was refused`, [{ ref: `refs/heads/${branch}`, from: undefined, to: sha }]);
  return { name, branch, sha, placeholder: { side, commit }, contained: false };
}

async function keepOpen(run: ConflictRun, { pulls, issues }: World, current: PeopleBranch): Promise<Opened> {
  const { settings, context } = run;
  const { github } = context;
  const text = await conflictFacts(run, current);
  const mark = { branch: current.branch, tip: current.sha };
  const problems: string[] = [];
  // Without the pull request the issue still tells people what to do.
  const pull = await findOrOpenPull(
    github,
    settings,
    pulls,
    mark,
    openText(text, settings, { kind: "pull", issue: null }),
  ).catch((error: unknown) => {
    problems.push(wordsFor(error));
    return null;
  });
  const place = { kind: "issue", pull: pull?.number ?? null } as const;
  const { number: issue, warnings } = await keepIssue(github, settings, issues, mark, (room) =>
    openText(text, settings, place, room),
  );
  const more =
    pull === null
      ? []
      : await keepPull(github, settings, pull, (room) => openText(text, settings, { kind: "pull", issue }, room));
  const number = pull?.number ?? null;
  return {
    issue,
    pull: number,
    warnings: [...more, ...warnings],
    ...(problems[0] === undefined ? {} : { problem: problems[0] }),
  };
}

async function conflictFacts(run: ConflictRun, current: PeopleBranch): Promise<ConflictFacts> {
  const { derived, facts } = run;
  const { branch, sha: tip, placeholder } = current;
  const aside = derived.fold?.setAside.find((one) => one.name === current.name && one.sha === tip);
  const files = placeholder === undefined ? (aside?.files ?? []) : await openFiles(run, placeholder);
  const first = placeholder?.side === "upstream" ? await firstConflict(run) : undefined;
  const common = { branch, tip, with: placeholder, files, first, upstream: facts.upstream };
  return { ...common, standing: standingOf(run, current, aside?.why) };
}

async function firstConflict({ git, derived }: ConflictRun): Promise<FirstConflict | undefined> {
  const first = derived.fold?.part?.first;
  if (first === undefined) return undefined;
  const shown = await git.text(["show", "--no-patch", "--format=%an%x00%s", first.commit]);
  const [author = "", title = ""] = shown.split("\0");
  return { ...first, author, title };
}

function standingOf(
  { derived, decision, facts, settings }: ConflictRun,
  { name, sha }: PeopleBranch,
  why: SetAside["why"] | undefined,
): Standing {
  if (why !== undefined) return { kind: why, sha };
  const failed =
    decision.outcome === "tests-failed" && derived.taken.some((one) => one.name === name && one.sha === sha);
  return failed ? { kind: "tests", sha, steps: facts.test.steps, url: settings.run.url } : { kind: "waiting" };
}

function isOpenOurs({ state, body }: ConflictPull): boolean {
  return state === "open" && readMark(body) !== undefined;
}

/** Words first, then the branch: a branch that is gone takes its pull request along without any. */
async function closeOthers(
  run: ConflictRun,
  { pulls, issues, branches }: World,
  kept: { decision: ConflictDecision; current: PeopleBranch | undefined } & Pick<Opened, "issue" | "pull">,
): Promise<Pick<ConflictEnd, "branches" | "warnings">> {
  const { settings, context, git, facts, sync, push } = run;
  const { github } = context;
  const removed = branches.filter(({ name }) => kept.decision.remove.includes(name));
  const staying = new Set(branches.filter((one) => !removed.includes(one)).map(({ branch }) => branch));
  if (kept.current) staying.add(kept.current.branch);
  const words = async (mark: ConflictMark) =>
    closedText(mark, settings, { sync, contained: await isKnownAncestor(git, mark.tip, sync) });

  const lastWords = async (mark: ConflictMark, instead: number | null) =>
    staying.has(mark.branch) ? insteadText(mark, instead) : words(mark);
  const { current, issue: keptIssue, pull: keptPull } = kept;
  for (const pull of pulls) {
    const mark = { branch: pull.head.ref, tip: pull.head.sha };
    const extra = current !== undefined && pull.number !== keptPull && isOpenOurs(pull);
    if (extra || !staying.has(mark.branch)) await closePull(github, settings, pull, await lastWords(mark, keptPull));
  }
  for (const issue of issues.filter(({ state, number }) => state === "open" && number !== keptIssue)) {
    if (current === undefined && staying.has(issue.mark.branch)) continue;
    const tip = branches.find(({ branch }) => branch === issue.mark.branch)?.sha ?? issue.mark.tip;
    await closeIssue(github, settings, issue, await lastWords({ ...issue.mark, tip }, keptIssue));
  }
  const warnings: string[] = [];
  const left = new Map([...settings.merge.proposals].filter(([name]) => facts.now.proposals.has(name)));
  if (kept.current !== undefined && !left.has(kept.current.name)) left.set(kept.current.name, kept.current.sha);
  for (const { name, branch, sha } of removed) {
    try {
      await push(`the removal of ${branch} was refused`, [{ ref: `refs/heads/${branch}`, from: sha, to: undefined }]);
      left.delete(name);
    } catch (error) {
      warnings.push(wordsFor(error));
    }
  }
  return { branches: left, warnings };
}
