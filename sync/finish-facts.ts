/** What `finish` decides by: what GitHub told, the refs as they are now, and what git says about the candidate. */
import type { FinishFacts, RefUpdate } from "./decide.ts";
import { type Derived, derive } from "./derive.ts";
import { type Distance, distanceOf } from "./distance.ts";
import type { Told } from "./finish-told.ts";
import { rememberedTag, shortName, type Tag } from "./follow.ts";
import type { Git } from "./git.ts";
import { changesBetween, datesBetween, mergeBases, readable, type Sha, treeOf } from "./graph.ts";
import { heldWorkflows } from "./hold.ts";
import { readSettled } from "./judge-proposal.ts";
import { findLanding, type Landed, readLanded } from "./landing.ts";
import type { Context } from "./look.ts";
import { chooseFollowed, lookUpUpstream } from "./look-up.ts";
import { type Conflict, isFixed } from "./merge-step.ts";
import { type Kept, NO_POLICIES, REGENERATED, readKept } from "./policies.ts";
import type { SettledByPeople } from "./pull-request.ts";
import { candidateBranch, candidateRef, type RemoteRefs, recordRef, tagRecordUpdates } from "./refs.ts";
import { fetchUpstream, isKnownAncestor } from "./repository.ts";
import type { FinishSettings } from "./settings.ts";
import { Stop } from "./stop.ts";

export async function readFinishFacts(
  settings: FinishSettings,
  context: Context,
  git: Git,
  { now, derived, told }: { readonly now: RemoteRefs; readonly derived: Derived; readonly told: Told },
): Promise<FinishFacts> {
  const { candidate } = settings.merge;
  const { fold, taken } = derived;
  const { regenerateFailed: failed, ...asked } = told;
  const brings = await readBrings(git, settings, derived);
  const whole = brings === settings.upstreamSha;
  // A part of it is not what the tag names; without a candidate all of it is in already.
  const isIn = whole || candidate === undefined;
  const promotable = candidate !== undefined && settings.testResult === "success";
  return {
    ...asked,
    wishes: {
      whenApproved: settings.pullRequest.whenApproved,
      retest: settings.retest,
      dryRun: settings.dryRun,
    },
    merge: settings.merge,
    fold: {
      side: fold?.conflicts[0]?.side,
      first: fold?.part?.first.commit,
      setAside: fold?.setAside ?? [],
      taken,
    },
    brings,
    upstream: settings.upstreamSha,
    upstreamNow: promotable ? await readUpstreamNow(git, settings, context, now) : "unknown",
    follows: settings.upstream.ref.startsWith("refs/tags/") ? "tag" : "branch",
    left: whole ? await readLeft(git, settings, now) : undefined,
    regenerate: settings.regenerate && { ...settings.regenerate, failed },
    now,
    candidateRef: now.candidates.get(candidateRef(settings)),
    candidateHolds: candidate !== undefined && (await holds(git, settings, candidate, now)),
    refs: {
      sync: `refs/heads/${settings.branches.sync}`,
      synced: recordRef(settings, "synced"),
      tested: recordRef(settings, "tested"),
      target: recordRef(settings, "target"),
      held: recordRef(settings, "held"),
      landed: recordRef(settings, "landed"),
    },
    candidateBranch: candidateBranch(settings),
    held: await readHeldSince(git, settings, now, brings),
    landing: settings.landing,
    ...(await readLandingFacts(git, settings, now)),
    tagUpdates: isIn ? tagUpdatesOf(settings, now.recorded.tag) : [],
  };
}

async function readLandingFacts(
  git: Git,
  { merge, landing }: FinishSettings,
  now: RemoteRefs,
): Promise<Pick<FinishFacts, "landed" | "landedAt" | "landedMeanwhile">> {
  const { recorded } = now;
  const { sync, target, candidate } = merge;
  if (sync === undefined || target === undefined) return NOT_LANDED;
  const landed = await readLanded(git, { sync, target, recorded });
  // Another sync tip has not landed yet.
  const same = candidate === undefined || candidate === sync;
  const expected = landing === "squash" && same && landed?.joined === false && landed.lost.length === 0;
  const landedAt = expected ? landed.commit : undefined;
  if (now.target === undefined || now.target === target) return { landed, landedAt, landedMeanwhile: undefined };
  const since = await findLanding(git, { sync, target: now.target, recorded });
  const isNew = since !== undefined && !(await isKnownAncestor(git, since.commit, target));
  return { landed, landedAt, landedMeanwhile: isNew ? since.commit : undefined };
}

const NOT_LANDED = { landed: undefined, landedAt: undefined, landedMeanwhile: undefined };

function tagUpdatesOf(settings: FinishSettings, before: Tag | undefined): RefUpdate[] {
  const { follow, ref } = settings.upstream;
  return tagRecordUpdates(settings, before, rememberedTag(follow, before, { ref, sha: settings.upstreamSha }));
}

/** The tag that was taken before, when what comes now does not contain it. */
async function readLeft(git: Git, settings: FinishSettings, { recorded }: RemoteRefs): Promise<string | undefined> {
  const { tag } = recorded;
  if (tag === undefined || tag.name === shortName(settings.upstream.ref)) return undefined;
  return (await isKnownAncestor(git, tag.sha, settings.upstreamSha)) ? undefined : tag.name;
}

async function readUpstreamNow(
  git: Git,
  settings: FinishSettings,
  context: Context,
  now: RemoteRefs,
): Promise<FinishFacts["upstreamNow"]> {
  const { ref } = settings.upstream;
  try {
    const followed = chooseFollowed(settings, await lookUpUpstream(settings, context), now.recorded.tag);
    if (followed.sha === settings.upstreamSha && followed.ref === ref) return "same";
  } catch (error) {
    // The tested commit stays right when upstream cannot be asked again.
    if (error instanceof Stop) return "unknown";
    throw error;
  }
  try {
    await fetchUpstream(git, settings, settings.upstreamSha, now.recorded.synced);
    return "moved";
  } catch (error) {
    if (error instanceof Stop) return "rewritten";
    throw error;
  }
}

async function holds(git: Git, settings: FinishSettings, candidate: Sha, now: RemoteRefs): Promise<boolean> {
  if (now.sync === undefined || !(await isKnownAncestor(git, now.sync, candidate))) return false;
  return (await treeOf(git, candidate)) === settings.merge.tree;
}

/** Files that a run made anew, in commits of `tip` that the target lacks. */
export async function readRegenerated(git: Git, tip: Sha, target: Sha): Promise<string[]> {
  const format = "--format=%H%x09%(trailers:key=Upstream-Sync-Side,valueonly,separator=)";
  const range = ["rev-list", "--no-merges", "--first-parent", "--no-commit-header", format, tip, `^${target}`];
  const commits = (await git.text(range)).split("\n").map((line) => line.split("\t"));
  const paths = new Set<string>();
  for (const [sha = "", side] of commits) {
    if (side !== REGENERATED) continue;
    for (const { path } of await changesBetween(git, `${sha}^`, sha)) paths.add(readable(path));
  }
  return [...paths].sort();
}

const NOTHING: Derived = { fold: undefined, candidate: false, landing: undefined, taken: [] };

/**
 * What `merge` folded, folded once more where it met a conflict or people's branches: it hands over SHAs and no paths.
 * @throws Stop when the fold does not come out as in `merge`.
 */
export async function readDerived(git: Git, settings: FinishSettings, now: RemoteRefs): Promise<Derived> {
  const { result, sync, target, conflict, proposals } = settings.merge;
  const candidate = settings.merge.folded ?? settings.merge.candidate;
  if (result !== "success" || sync === undefined || target === undefined) return NOTHING;
  if (!conflict && proposals.size === 0) return NOTHING;
  const upstream = settings.upstreamSha;
  await fetchUpstream(git, settings, upstream, now.recorded.synced);
  const derived = await derive(git, settings, {
    sync,
    target,
    upstream,
    proposals,
    tested: now.recorded.tested,
    held: now.recorded.held,
    landed: now.recorded.landed,
    earlier: candidate,
  });
  const { fold } = derived;
  const found = (fold?.conflicts.length ?? 0) + (fold?.setAside.length ?? 0);
  if (found > 0 === conflict && (candidate === undefined || fold?.tip === candidate)) return derived;
  throw new Stop({
    what: "the fold of the merge job could not be repeated",
    got: `${fold?.tip ?? "nothing to fold"} with ${found} conflicts, where merge had ${candidate ?? "no candidate"}`,
    remedy: "Run the workflow again; if it stops again, report it with both commits",
  });
}

/** Every conflict of a fold: of the side that ended it first. */
export function conflictsOf({ fold }: Derived): Conflict[] {
  return fold === undefined ? [] : [...fold.conflicts, ...fold.setAside.flatMap(({ files }) => files)];
}

/**
 * Upstream's workflow files that `tip` does not have as upstream has them. Where they always came in by merges, such a
 * difference is the fork's own doing and no news.
 */
export async function readHeld(
  git: Git,
  settings: FinishSettings,
  tip: Sha,
  now: RemoteRefs,
  upstream = settings.upstreamSha,
): Promise<string[]> {
  if (settings.upstreamWorkflows === "accept" && now.recorded.held === undefined) return [];
  return heldWorkflows(git, tip, upstream);
}

async function readBrings(git: Git, { merge, upstreamSha }: FinishSettings, { fold }: Derived) {
  if (merge.candidate === undefined) return undefined;
  return (await isKnownAncestor(git, upstreamSha, merge.candidate)) ? upstreamSha : fold?.part?.taken;
}

/** Undefined when nothing is held, or nothing can be said. */
async function readHeldSince(
  git: Git,
  settings: FinishSettings,
  now: RemoteRefs,
  brings: Sha | undefined,
): Promise<Sha | undefined> {
  const { merge } = settings;
  const upstream = brings ?? settings.upstreamSha;
  const tip = merge.candidate ?? merge.sync;
  if (tip === undefined || merge.sync === undefined || !(await isKnownAncestor(git, upstream, tip))) return undefined;
  if ((await readHeld(git, settings, tip, now, upstream)).length === 0) return undefined;
  if (settings.upstreamWorkflows === "accept") return upstream;
  return now.recorded.held ?? (await mergeBases(git, merge.sync, upstream))[0];
}

/** What the policies keep out of `tip`, of all that upstream changed since the target had it last. */
export async function readKeptOut(
  git: Git,
  settings: FinishSettings,
  tip: Sha,
  there: readonly Sha[],
): Promise<Kept[]> {
  const { policies, upstreamWorkflows, upstreamSha } = settings;
  const { from, to } = await rangeOf(git, tip, there, upstreamSha);
  // Held and our own files have lists, or none, of their own.
  const skip = isFixed({ upstreamWorkflows, policies: NO_POLICIES });
  return readKept(git, policies, { tip, from, to }, skip);
}

/**
 * What the target has: its own history, and the sync tip that landed there without it.
 * The last is the one that has most of upstream.
 */
export function thereIn(target: Sha, landed: Landed | undefined): Sha[] {
  return landed === undefined ? [target] : [target, landed.tip];
}

async function rangeOf(git: Git, tip: Sha, there: readonly Sha[], upstream: Sha): Promise<{ from: Sha; to: Sha }> {
  const [to = upstream] = await mergeBases(git, tip, upstream);
  const [from = to] = await mergeBases(git, there.at(-1) ?? to, to);
  return { from, to };
}

/** Undefined where the clone does not have upstream's commit. @param now milliseconds since the epoch. */
export async function countDistance(
  git: Git,
  { landed, upstream, now: { target } }: FinishFacts,
  now: number,
): Promise<Distance | undefined> {
  if (target === undefined || !(await isKnownAncestor(git, upstream, upstream))) return undefined;
  return distanceOf(await datesBetween(git, thereIn(target, landed), upstream), upstream, target, now);
}

/** What of upstream `tip` brings to the target. With a conflict that ends before upstream's own tip. */
export async function readRange(
  git: Git,
  tip: Sha,
  { target, there }: { readonly target: Sha; readonly there: readonly Sha[] },
  upstream: Sha,
) {
  const { from, to } = await rangeOf(git, tip, there, upstream);
  const [ours, theirs] = [await changesBetween(git, from, target), await changesBetween(git, from, to)];
  const upstreams = new Set(theirs.map(({ path }) => path));
  return {
    changes: theirs.map((change) => ({ ...change, path: readable(change.path) })),
    range: { from, to, commits: (await datesBetween(git, there, to)).length },
    bothChanged: ours.flatMap(({ path }) => (upstreams.has(path) ? [readable(path)] : [])),
  };
}

/** Proposals of people that are in `tip` and none of `there` has, as the merge commits of the fold name them. */
export async function readSettledByPeople(
  git: Git,
  settings: FinishSettings,
  tip: Sha,
  { target, there }: { readonly target: Sha; readonly there: readonly Sha[] },
): Promise<SettledByPeople[]> {
  const format = "--format=%P%x09%s%x09%(trailers:key=Upstream-Sync-Side,valueonly,separator=)";
  const range = ["rev-list", "--merges", "--first-parent", "--no-commit-header", format, tip].concat(
    there.map((one) => `^${one}`),
  );
  const folds = (await git.text(range)).split("\n").map((line) => line.split("\t"));
  const settled: SettledByPeople[] = [];
  for (const [parents = "", subject = "", side] of folds) {
    const branch = /^chore: merge (\S+) /.exec(subject)?.[1];
    const [sync = "", sha = ""] = parents.split(" ");
    if (side !== "proposal" || branch === undefined) continue;
    const upstream = { name: "upstream", sha: settings.upstreamSha };
    const known = [
      { name: settings.branches.sync, sha: sync },
      { name: settings.branches.target, sha: target },
    ];
    const there = (await isKnownAncestor(git, upstream.sha, upstream.sha)) ? [...known, upstream] : known;
    const { conflicted, oneSided } = await readSettled(git, { branch, sha }, there, isFixed(settings));
    settled.push({ branch, sha, files: conflicted.length, oneSided });
  }
  return settled;
}
