/**
 * `commit`: puts what the job `regenerate` made into a commit on the candidate. That job ran upstream's code, so nothing of its output is
 * believed: of the tree that it names only plain files count that are declared, and that were plain files before.
 */
import { withAccess } from "./access.ts";
import { mayBeMade, PLAIN, paths } from "./collect.ts";
import { editTree } from "./edit-tree.ts";
import { type Git, GitError } from "./git.ts";
import { givingOutputs } from "./giving-outputs.ts";
import { changesBetween, type FileChange } from "./graph.ts";
import type { Context } from "./look.ts";
import { count } from "./markdown.ts";
import { PUSHING } from "./merge.ts";
import { commitMerge } from "./merge-step.ts";
import { offerCandidate } from "./offer-candidate.ts";
import { REGENERATED } from "./policies.ts";
import { candidateRef } from "./refs.ts";
import { fetchFork, type Repository } from "./repository.ts";
import type { CommitSettings } from "./settings.ts";
import { Stop } from "./stop.ts";

/** Bytes of one file, unpacked. */
const LARGEST = 20_000_000;

/** Step outputs: `candidate` and `tree` that are tested and land; on a stop the `reason`. @returns the exit code. */
export async function commit(settings: CommitSettings, context: Context): Promise<number> {
  return await givingOutputs(settings, context, (repository) => commitMade(settings, context, repository));
}

async function commitMade(settings: CommitSettings, context: Context, { git }: Repository) {
  const { candidate } = settings;
  const refs = await fetchFork(git, settings);
  const edits = await readMade(settings, context, git);
  const tree = await editTree(git, settings.tree, new Map(edits.map((edit) => [edit.path, fileOf(edit)])));
  const tip = edits.length === 0 ? candidate : await commitMerge(git, tree, [candidate], messageOf(edits.length));
  // A started-again job makes the same commit, and finds it where it put it.
  if (![candidate, tip].includes(refs.candidates.get(candidateRef(settings)) ?? "")) throw gone(settings);
  // Also when nothing changed: the fork's own CI waits for this.
  await withAccess(git, context, settings, PUSHING, ({ push }) => offerCandidate(push, settings, refs, tip, true));
  context.report.log(edits.length === 0 ? "Nothing came out otherwise." : `Made anew: ${paths(edits)}`);
  return { candidate: tip, tree };
}

/** What of it is taken. */
async function readMade(settings: CommitSettings, { report }: Context, git: Git): Promise<FileChange[]> {
  if (settings.pack !== "") await unpack(git, settings.pack);
  const changes = await changesBetween(git, settings.tree, settings.made);
  const may = mayBeMade(settings);
  const taken = changes.filter(({ path, before, after }) => before === PLAIN && after === PLAIN && may(path));
  const left = changes.filter((change) => !taken.includes(change));
  if (left.length > 0) report.warning(`not taken, since it is no change of a declared file's text: ${paths(left)}`);
  for (const { path, afterId } of taken) {
    const size = Number(await git.text(["cat-file", "-s", afterId]));
    if (size > LARGEST) throw tooLarge(paths([{ path }]), size);
  }
  return taken;
}

/** As a server takes a push: git looks at every object, and deltas may build on files of the candidate. */
async function unpack(git: Git, pack: string): Promise<void> {
  const args = ["index-pack", "--stdin", "--fix-thin", "--fsck-objects"];
  const result = await git.attempt(args, { input: Buffer.from(pack, "base64") });
  if (result.code !== 0) throw new GitError(args, result);
}

function fileOf({ after, afterId }: FileChange) {
  return { mode: after, type: "blob", sha: afterId };
}

function messageOf(files: number): string {
  return [
    `chore: make ${count(files, "generated file")} anew`,
    "",
    "By the commands of policies.regenerate, from the files of this commit's parent.",
    "",
    `Upstream-Sync-Side: ${REGENERATED}`,
    "",
  ].join("\n");
}

function gone({ candidate }: CommitSettings): Stop {
  return new Stop({
    what: "the candidate is no longer where the merge job put it",
    got: `another commit than ${candidate}, or none`,
    remedy: "Run the workflow again",
  });
}

function tooLarge(path: string, size: number): Stop {
  return new Stop({
    what: `${path} was made anew and is too large to be taken (policies.regenerate)`,
    got: `${size} bytes, more than ${LARGEST}`,
    remedy: "Make it anew by hand, on sync/upstream-manual, or take it out of policies.regenerate and deploy",
  });
}
