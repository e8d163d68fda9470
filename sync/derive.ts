/** From commits to a fold and the facts about it: `merge` does this to make a candidate, `finish` to tell what came of it. */
import { isCandidate, type MergeFacts, needsFold } from "./decide.ts";
import { type Fold, foldCandidate, type SetAside } from "./fold.ts";
import { shortName, withoutMention } from "./follow.ts";
import type { Git } from "./git.ts";
import { carriesUpstream, isAncestor, type Sha } from "./graph.ts";
import { type Judgement, judgeProposal } from "./judge-proposal.ts";
import { findLanding, findRevert, type Landing, refusalOfRevert } from "./landing.ts";
import { isFixed, type Proposal } from "./merge-step.ts";
import { proposalsIn, readPeopleBranches } from "./proposals.ts";
import type { Settings } from "./settings.ts";
import { takeHeld } from "./take-held.ts";

export interface Commits {
  readonly sync: Sha;
  readonly target: Sha;
  readonly upstream: Sha;
  readonly tested: Sha | undefined;
  /** The upstream commit up to which the fork has upstream's workflow files, while some are held. */
  readonly held: Sha | undefined;
  /** Where the last sync landed without a merge commit, as far as it is recorded. */
  readonly landed?: Sha | undefined;
  /** Tips of the branches for people, by name. */
  readonly proposals: ReadonlyMap<string, Sha>;
  /** What an earlier fold of the same commits made. */
  readonly earlier?: Sha | undefined;
}

export interface Derived {
  /** Undefined when there is nothing to fold. */
  readonly fold: Fold | undefined;
  readonly candidate: boolean;
  /** The sync tip landed without a merge commit. */
  readonly landing: Landing | undefined;
  /** Proposals that went in. */
  readonly taken: readonly (Proposal & Judgement)[];
}

/** What a fold depends on besides the commits. */
export interface DeriveSettings
  extends Pick<Settings, "branches" | "landing" | "upstreamWorkflows" | "policies" | "retest"> {
  readonly upstream: Pick<Settings["upstream"], "ref">;
}

/** @throws Stop when the target took back what had landed, and when people's branches or upstream cannot be merged at all. */
export async function derive(git: Git, settings: DeriveSettings, commits: Commits): Promise<Derived> {
  const { sync, target, upstream, tested, held } = commits;
  const takes = held !== undefined && settings.upstreamWorkflows === "accept";
  // What was held before comes in by a merge of its own, after the others.
  const upstreamWorkflows = takes ? "hold" : settings.upstreamWorkflows;
  const branches = proposalsIn(await readPeopleBranches(git, settings, commits.proposals, sync));
  const landing = await findLanding(git, { sync, target, recorded: { tested, landed: commits.landed } });
  // A squash that is the expected way leaves nothing to do; where it is not, its repair has to land.
  const done = settings.landing === "squash" && landing?.lost.length === 0;
  const facts: MergeFacts = {
    sync,
    tested,
    upstreamInTarget: (await isAncestor(git, upstream, target)) || (done && (await isAncestor(git, upstream, sync))),
    syncInTarget: done || (await isAncestor(git, sync, target)),
    syncCarriesUpstream: await carriesUpstream(git, sync, upstream, target),
    proposals: branches.length,
    retest: settings.retest,
    takesHeld: takes,
  };
  if (!needsFold(facts)) return { fold: undefined, candidate: false, landing, taken: [] };
  const known = branches.map(({ sha }) => sha);
  const revert = await findRevert(git, { sync, target, landing, known });
  if (revert !== undefined) throw refusalOfRevert(settings, revert);
  const names = {
    sync: settings.branches.sync,
    target: settings.branches.target,
    upstream: withoutMention(shortName(settings.upstream.ref)),
  };
  const rules = { upstreamWorkflows, policies: settings.policies };
  const judged = await judge(git, isFixed(rules), branches, [
    { name: names.sync, sha: sync },
    { name: names.target, sha: target },
    { name: "upstream", sha: upstream },
  ]);
  const clean = judged.filter(({ markers }) => markers.length === 0);
  const landed = landing?.commit;
  const merged = await foldCandidate(git, {
    ...{ sync, target, upstream, landed, earlier: commits.earlier },
    proposals: clean,
    names,
    ...rules,
  });
  const whole = takes && merged.conflicts.length === 0;
  const folded = whole ? await takeHeld(git, merged, { since: held, upstream, sync: names.sync }) : merged;
  const fold = {
    ...folded,
    setAside: [...judged.filter(({ markers }) => markers.length > 0).map(leftMarkers), ...folded.setAside],
  };
  const aside = new Set(fold.setAside.map(({ name }) => name));
  return { fold, candidate: isCandidate(facts, fold), landing, taken: judged.filter(({ name }) => !aside.has(name)) };
}

async function judge(
  git: Git,
  fixed: (rawPath: string) => boolean,
  proposals: readonly Proposal[],
  known: Parameters<typeof judgeProposal>[2],
) {
  const judged: (Proposal & Judgement)[] = [];
  for (const { name, branch, sha } of proposals) {
    const proposal = { name, branch, sha };
    judged.push({ ...proposal, ...(await judgeProposal(git, proposal, known, fixed)) });
  }
  return judged;
}

function leftMarkers({ name, branch, sha, markers }: Proposal & Judgement): SetAside {
  const files = markers.map((path) => ({ path, kind: "conflict markers", side: "proposal" as const }));
  return { name, branch, sha, why: "markers", files };
}
