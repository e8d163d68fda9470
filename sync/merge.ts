/** `merge`: fold what there is into a candidate and push it under a ref that starts no workflow. */
import { withAccess } from "./access.ts";
import { refusalOfHistory, takenBefore } from "./decide-history.ts";
import { derive } from "./derive.ts";
import type { Git } from "./git.ts";
import { givingOutputs } from "./giving-outputs.ts";
import { mergeBases, type Sha, treeOf } from "./graph.ts";
import { WORKFLOWS, withWorkflowsOf } from "./hold.ts";
import type { Landing } from "./landing.ts";
import { type Context, existingBranches } from "./look.ts";
import { lookUpTag } from "./look-up.ts";
import { count } from "./markdown.ts";
import { offerCandidate } from "./offer-candidate.ts";
import { missingFrom, survivorWords } from "./policies.ts";
import { candidateRef, type RemoteRefs } from "./refs.ts";
import { fetchFork, fetchUpstream, isKnownAncestor, type Repository, UPSTREAM_TIP } from "./repository.ts";
import type { MergeSettings } from "./settings.ts";
import { Stop } from "./stop.ts";
import { requireTests } from "./trusted-tests.ts";

/** Step outputs: SHAs, `conflict`, and on a stop the `reason` that `finish` records. @returns the exit code. */
export async function merge(settings: MergeSettings, context: Context): Promise<number> {
  return await givingOutputs(settings, context, (repository) => makeCandidate(settings, context, repository));
}

async function makeCandidate(settings: MergeSettings, context: Context, { git }: Repository) {
  const refs = await fetchFork(git, settings);
  const { sync, target } = existingBranches(settings, refs);
  const upstream = settings.upstreamSha;
  await fetchUpstream(git, settings, upstream, refs.recorded.synced);
  await refuseRewritten(settings, context, git, refs);
  const { proposals } = refs;
  const commits = {
    sync,
    target,
    upstream,
    tested: refs.recorded.tested,
    held: refs.recorded.held,
    landed: refs.recorded.landed,
    proposals,
  };
  for (const survivor of await missingFrom(git, settings.policies, target)) {
    const words = survivorWords(survivor);
    context.report.warning(
      `${settings.branches.target} has no ${words}: policies.mustSurvive has nothing to watch there`,
    );
  }
  await requireTests(git, settings.tests.trusted, target, settings.branches.target);
  const { fold, candidate, landing } = await derive(git, settings, commits);
  if (landing !== undefined) warnOfLanding(settings, context, landing);
  const conflict = fold !== undefined && fold.conflicts.length + fold.setAside.length > 0;
  const outputs = {
    sync,
    target,
    upstream,
    conflict: String(conflict),
    // `finish` judges what was folded here, not what people push meanwhile.
    proposals: JSON.stringify(Object.fromEntries(proposals)),
  };
  if (fold === undefined || !candidate) return outputs;
  await refuseOtherWorkflows(settings, git, sync, fold.tree);
  await withAccess(git, context, settings, PUSHING, ({ push }) =>
    offerCandidate(push, settings, refs, fold.tip, settings.policies.regenerate.length === 0),
  );
  context.report.log(`Candidate ${fold.tip} is at ${candidateRef(settings)}.`);
  return { ...outputs, candidate: fold.tip, tree: fold.tree };
}

function warnOfLanding({ branches, landing: expected }: MergeSettings, { report }: Context, landing: Landing): void {
  const { commit, lost } = landing;
  if (expected === "squash" && lost.length === 0) return;
  const lack = lost.length === 0 ? "all of it arrived" : `${count(lost.length, "file")} did not arrive and come again`;
  report.warning(`${branches.target} has the last sync since ${commit} without a merge commit: ${lack}`);
}

/**
 * On the branches of a verification, whose commits anybody chose who may push branches: the workflow's key may push workflow files, and not
 * everybody may. So no merge there gives one that its sync branch has not.
 * @throws Stop
 */
async function refuseOtherWorkflows({ route }: MergeSettings, git: Git, sync: Sha, tree: Sha): Promise<void> {
  if (route === "main" || (await withWorkflowsOf(git, await treeOf(git, sync), tree)) === tree) return;
  throw new Stop({
    what: "a verification changes no workflow file",
    got: `the merge has other files in ${WORKFLOWS} than ${sync.slice(0, 12)}`,
    remedy: "Start verifications with upstream-sync verify, which makes its branches so that this cannot be",
  });
}

/** A fork's own changes to workflow files come along with the target. */
export const PUSHING = { contents: "write", workflows: "write" } as const;

/** @throws Stop when upstream took back what the fork has of it. */
async function refuseRewritten(settings: MergeSettings, context: Context, git: Git, refs: RemoteRefs): Promise<void> {
  const before = takenBefore(settings.upstream.follow, refs.recorded);
  if (before === undefined) return;
  const { taken, tag } = before;
  const contained = await isKnownAncestor(git, taken, UPSTREAM_TIP);
  const refusal = refusalOfHistory(settings, {
    ...before,
    contained,
    related: contained || (await mergeBases(git, taken, UPSTREAM_TIP)).length > 0,
    tagNow: contained || tag === undefined ? undefined : await lookUpTag(settings, context, tag.name),
  });
  if (refusal !== undefined) throw refusal;
}
