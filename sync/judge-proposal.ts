/**
 * Reads from git what people did with the conflicts of a proposal: each of their merges is made once more, and the files
 * that conflicted are compared with what the proposal has there now.
 */
import { fetchBlobs, readBlob } from "./blobs.ts";
import type { Git } from "./git.ts";
import { isAncestor, listTree, mergeBases, readable, type Sha, type TreeEntry } from "./graph.ts";
import { mergeTrees, type Proposal } from "./merge-step.ts";
import { readPlaceholder } from "./placeholder.ts";
import { Stop } from "./stop.ts";

export interface Settled {
  /** Files that conflicted in a merge of the proposal; readable paths. */
  readonly conflicted: readonly string[];
  /** The side whose version every conflicting file of one merge has, byte for byte. */
  readonly oneSided: string | undefined;
}

export interface Judgement extends Settled {
  /** Those of the files in which conflict markers are left. */
  readonly markers: readonly string[];
}

/** Commits on what is there without the proposal, by the names people know them by. */
export type Known = readonly { readonly name: string; readonly sha: Sha }[];

type Fixed = (rawPath: string) => boolean;

const MOST_MERGES = 200;

/**
 * @param known first the sync branch: a parent that is in one of them is called by its name.
 * @param fixed whether a path is the fork's own, so that what is in the proposal's does not matter.
 * @throws Stop when the proposal joins unrelated histories, or holds more merges than people make.
 */
export async function judgeProposal(git: Git, proposal: Proposal, known: Known, fixed: Fixed): Promise<Judgement> {
  const { suspects, ...settled } = await readSettled(git, proposal, known, fixed);
  return { ...settled, markers: (await withMarkers(git, suspects)).map(readable).sort() };
}

/** `judgeProposal` without looking into the files. */
export async function readSettled(
  git: Git,
  proposal: Pick<Proposal, "branch" | "sha">,
  known: Known,
  fixed: Fixed,
): Promise<Settled & { readonly suspects: readonly Suspect[] }> {
  const now = await filesOf(git, proposal.sha);
  const conflicted = new Set<string>();
  const suspects: Suspect[] = [];
  let oneSided: string | undefined;
  for (const parents of await mergesOf(git, proposal, known)) {
    const paths = await conflictsBetween(git, proposal, parents, fixed);
    if (paths.length === 0) continue;
    const sides = await Promise.all(parents.map((parent) => filesOf(git, parent)));
    for (const path of paths) conflicted.add(path);
    suspects.push(...paths.flatMap((path) => suspectAt(path, now, sides)));
    const taken = sides.findIndex((side) => paths.every((path) => side.get(path)?.sha === now.get(path)?.sha));
    if (taken >= 0) oneSided = await nameOf(git, parents[taken] as Sha, known);
  }
  return { conflicted: [...conflicted].map(readable).sort(), oneSided, suspects };
}

async function conflictsBetween(
  git: Git,
  proposal: Pick<Proposal, "branch">,
  [first, second]: readonly [Sha, Sha],
  fixed: Fixed,
): Promise<string[]> {
  if ((await mergeBases(git, first, second)).length === 0) throw joinsUnrelated(proposal, second);
  const { conflicts } = await mergeTrees(git, first, second);
  return conflicts.map(({ path }) => path).filter((path) => !fixed(path));
}

/** A file that is as one of the sides had it needs no look. */
function suspectAt(path: string, now: Files, sides: readonly Files[]): Suspect[] {
  const [file, others] = [now.get(path), sides.map((side) => side.get(path))];
  if (file?.type !== "blob" || others.some((other) => other?.sha === file.sha)) return [];
  return [{ path, blob: file.sha, others: others.flatMap((one) => (one?.type === "blob" ? [one.sha] : [])) }];
}

type Files = ReadonlyMap<string, TreeEntry>;

interface Suspect {
  readonly path: string;
  readonly blob: Sha;
  /** The same file in the two commits that were merged, where they have it. */
  readonly others: readonly Sha[];
}

async function mergesOf(
  git: Git,
  { branch, sha }: Pick<Proposal, "branch" | "sha">,
  known: Known,
): Promise<[Sha, Sha][]> {
  const without = known.map((one) => `^${one.sha}`);
  const range = ["rev-list", "--merges", "--parents", `--max-count=${MOST_MERGES + 1}`, sha, ...without];
  const merges = (await git.text(range)).split("\n").filter((line) => line !== "");
  if (merges.length > MOST_MERGES) {
    throw new Stop({
      what: `${branch} is no proposal that this program can judge`,
      got: `more than ${MOST_MERGES} merge commits that neither the fork nor upstream has`,
      remedy: `Make the branch again from the sync branch with one merge, or delete it`,
    });
  }
  return merges.map((line) => line.split(" ").slice(1, 3) as [Sha, Sha]);
}

function joinsUnrelated({ branch }: Pick<Proposal, "branch">, commit: Sha): Stop {
  return new Stop({
    what: `${branch} joins unrelated histories`,
    got: `a merge of ${commit.slice(0, 12)}, which shares no commit with what it was merged into`,
    remedy: "Make the branch again from the sync branch, or delete it; the program never takes in unrelated histories",
  });
}

/** By raw path. */
async function filesOf(git: Git, commit: Sha): Promise<Files> {
  return new Map((await listTree(git, `${commit}^{tree}`, ["-r"])).map((entry) => [entry.path, entry]));
}

async function nameOf(git: Git, parent: Sha, known: Known): Promise<string> {
  // On a conflict branch people merge into our commit, which is the one it stands on.
  const commit = (await readPlaceholder(git, parent))?.commit ?? parent;
  for (const { name, sha } of known) if (await isAncestor(git, commit, sha)) return name;
  return "the other side";
}

async function withMarkers(git: Git, suspects: readonly Suspect[]): Promise<string[]> {
  if (suspects.length === 0) return [];
  await fetchBlobs(
    git,
    suspects.map(({ blob }) => blob),
  );
  const found = new Set<string>();
  for (const { path, blob, others } of suspects) {
    // A file may hold such lines by right, as a test of a merge tool does; then a side has them too.
    const known = new Set((await Promise.all(others.map((other) => markersIn(git, other)))).flat());
    if ((await markersIn(git, blob)).some((line) => !known.has(line))) found.add(path);
  }
  return [...found];
}

/** Lines that git writes around the sides of a conflict; `=======` alone is also a heading in many formats. */
async function markersIn(git: Git, blob: Sha): Promise<string[]> {
  const text = (await readBlob(git, blob)).toString("latin1");
  return text.match(/^(?:<{7}|>{7}|\|{7})(?: [^\r\n]*)?\r?$/gm) ?? [];
}
