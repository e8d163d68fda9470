/**
 * Upstream's workflow files are held: a candidate keeps the fork's `.github/workflows`, because a file there runs with
 * the fork's secrets as soon as it is on a branch.
 */
import type { Git } from "./git.ts";
import { listTree, makeTree, readable, type Sha, type TreeEntry } from "./graph.ts";

export const WORKFLOWS = ".github/workflows";

export function isWorkflowPath(path: string): boolean {
  return path.startsWith(`${WORKFLOWS}/`);
}

/** `merged` with the `.github/workflows` of `ours`: the same tree when they agree already. */
export async function withWorkflowsOf(git: Git, ours: Sha, merged: Sha): Promise<Sha> {
  const root = await listTree(git, merged);
  const github = await childTree(git, root, ".github");
  const mine = entryOf(await childTree(git, await listTree(git, ours), ".github"), "workflows");
  if (entryOf(github, "workflows")?.sha === mine?.sha) return merged;
  const entries = replaceEntry(github, "workflows", mine);
  const folder: TreeEntry | undefined =
    entries.length === 0
      ? undefined
      : { mode: "040000", type: "tree", sha: await makeTree(git, entries), path: ".github" };
  return makeTree(git, replaceEntry(root, ".github", folder));
}

/** `merged` with what `from` has at these paths (raw, in `.github/workflows`); of a folder below it, all of the folder. */
export async function withWorkflowPathsOf(git: Git, from: Sha, merged: Sha, paths: readonly string[]): Promise<Sha> {
  const read = async (tree: Sha) => {
    const workflows = entryOf(await childTree(git, await listTree(git, `${tree}^{tree}`), ".github"), "workflows");
    return workflows?.type === "tree" ? listTree(git, workflows.sha) : [];
  };
  const [theirs, ours] = [await read(from), await read(merged)];
  const names = new Set(paths.map((path) => path.slice(WORKFLOWS.length + 1).split("/")[0] ?? ""));
  const files = [...names].reduce<TreeEntry[]>((all, name) => replaceEntry(all, name, entryOf(theirs, name)), ours);
  const root = await listTree(git, `${merged}^{tree}`);
  const workflows: TreeEntry = {
    mode: "040000",
    type: "tree",
    sha: await makeTree(git, files),
    path: "workflows",
  };
  const github = replaceEntry(
    await childTree(git, root, ".github"),
    "workflows",
    files.length === 0 ? undefined : workflows,
  );
  const folder: TreeEntry = { mode: "040000", type: "tree", sha: await makeTree(git, github), path: ".github" };
  return makeTree(git, replaceEntry(root, ".github", github.length === 0 ? undefined : folder));
}

/**
 * Workflow files that upstream has and `ours` has not, or has otherwise; readable paths, sorted. Compared with upstream's
 * tip and not with the last sync, so that a file held once stays on the list until someone takes it.
 */
export async function heldWorkflows(git: Git, ours: Sha, upstream: Sha): Promise<string[]> {
  const mine = new Map((await workflowFiles(git, ours)).map((file) => [file.path, file]));
  return (await workflowFiles(git, upstream))
    .filter((file) => mine.get(file.path)?.sha !== file.sha || mine.get(file.path)?.mode !== file.mode)
    .map((file) => readable(file.path))
    .sort();
}

async function workflowFiles(git: Git, commit: Sha): Promise<TreeEntry[]> {
  const github = await childTree(git, await listTree(git, `${commit}^{tree}`), ".github");
  const workflows = entryOf(github, "workflows");
  return workflows?.type === "tree" ? listTree(git, workflows.sha, ["-r"]).then((files) => files.map(inWorkflows)) : [];
}

function inWorkflows(file: TreeEntry): TreeEntry {
  return { ...file, path: `${WORKFLOWS}/${file.path}` };
}

async function childTree(git: Git, entries: readonly TreeEntry[], name: string): Promise<TreeEntry[]> {
  const child = entryOf(entries, name);
  return child?.type === "tree" ? listTree(git, child.sha) : [];
}

function entryOf(entries: readonly TreeEntry[], name: string): TreeEntry | undefined {
  return entries.find((entry) => entry.path === name);
}

function replaceEntry(entries: readonly TreeEntry[], name: string, by: TreeEntry | undefined): TreeEntry[] {
  const others = entries.filter((entry) => entry.path !== name);
  return by === undefined ? others : [...others, by];
}
