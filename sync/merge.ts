/** `merge`: fold what there is into a candidate and push it under a ref that starts no workflow. */
import { withAccess } from "./access.ts";
import { derive } from "./derive.ts";
import { GitError } from "./git.ts";
import { type Context, existingBranches } from "./look.ts";
import { plain } from "./outputs.ts";
import { missingFrom, survivorWords } from "./policies.ts";
import { candidateRef, type RemoteRefs } from "./refs.ts";
import {
  createRepository,
  fetchFork,
  fetchUpstream,
  isKnownAncestor,
  type Repository,
  UPSTREAM_TIP,
} from "./repository.ts";
import type { MergeSettings } from "./settings.ts";
import { Stop, wordsFor } from "./stop.ts";

/** Step outputs: SHAs, `conflict`, and on a stop the `reason` that `finish` records. @returns the exit code. */
export async function merge(settings: MergeSettings, context: Context): Promise<number> {
  const repository = await createRepository(settings, context);
  try {
    await context.report.outputs(await makeCandidate(settings, context, repository));
    return 0;
  } catch (error) {
    if (error instanceof GitError) context.report.log(plain(error.result.stderr));
    context.report.error(wordsFor(error));
    await context.report.outputs({ reason: wordsFor(error) });
    return 1;
  } finally {
    await repository.remove();
  }
}

async function makeCandidate(settings: MergeSettings, context: Context, { git }: Repository) {
  const refs = await fetchFork(git, settings);
  const { sync, target } = existingBranches(settings, refs);
  const upstream = settings.upstreamSha;
  await fetchUpstream(git, settings, upstream);
  await refuseRewritten(settings, refs, (synced) => isKnownAncestor(git, synced, UPSTREAM_TIP));
  const { proposals } = refs;
  const commits = { sync, target, upstream, tested: refs.recorded.tested, held: refs.recorded.held, proposals };
  for (const survivor of await missingFrom(git, settings.policies, target)) {
    const words = survivorWords(survivor);
    context.report.warning(
      `${settings.branches.target} has no ${words}: policies.mustSurvive has nothing to watch there`,
    );
  }
  const { fold, candidate } = await derive(git, settings, commits);
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
  const ref = candidateRef(settings);
  await withAccess(git, context, settings, PUSHING, ({ push }) =>
    push(
      "the push of the candidate was refused",
      [{ ref, from: refs.candidates.get(ref), to: fold.tip }].filter(isMove),
    ),
  );
  context.report.log(`Candidate ${fold.tip} is at ${ref}.`);
  return { ...outputs, candidate: fold.tip, tree: fold.tree };
}

/** A fork's own changes to workflow files come along with the target. */
const PUSHING = { contents: "write", workflows: "write" } as const;

/** A started-again run makes the same commit, and finds it where it put it. */
function isMove(update: { readonly from: string | undefined; readonly to: string }): boolean {
  return update.from !== update.to;
}

/** Merging a rewritten branch would bring back what upstream took out. */
async function refuseRewritten(
  settings: MergeSettings,
  refs: RemoteRefs,
  isInUpstream: (commit: string) => Promise<boolean>,
): Promise<void> {
  const { synced } = refs.recorded;
  if (synced === undefined || (await isInUpstream(synced))) return;
  throw new Stop({
    what: `upstream's ${settings.upstream.branch} was rewritten, or another branch is followed now`,
    got: `${synced}, taken over earlier, is no longer in it`,
    remedy: `Ask upstream what happened. To go on from the new history, delete the ref refs/upstream-sync/${settings.route}/synced and run the workflow again`,
  });
}
