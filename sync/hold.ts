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

const OUR_WORKFLOW = `${WORKFLOWS}/upstream-sync.yml`;
const OUR_FOLDER = "upstream-sync";

/** The workflow and the program of this fork: an upstream that uses the same tool has files of these names. */
export function isOurs(path: string): boolean {
  return path === OUR_WORKFLOW || path.startsWith(`.github/${OUR_FOLDER}/`);
}

/** `merged` with our workflow and program as `own` has them, also when it has none. */
export async function withOurs(git: Git, own: Sha, merged: Sha): Promise<Sha> {
  const read = async (tree: Sha) => {
    const github = await childTree(git, await listTree(git, `${tree}^{tree}`), ".github");
    const workflows = await childTree(git, github, "workflows");
    return { github, folder: entryOf(github, OUR_FOLDER), workflow: entryOf(workflows, "upstream-sync.yml") };
  };
  const [mine, theirs] = [await read(own), await read(merged)];
  const workflow = mine.workflow?.sha === theirs.workflow?.sha;
  const tree = workflow ? merged : await withWorkflowPathsOf(git, own, merged, [OUR_WORKFLOW]);
  if (mine.folder?.sha === theirs.folder?.sha) return tree;
  const root = await listTree(git, `${tree}^{tree}`);
  const entries = replaceEntry(await childTree(git, root, ".github"), OUR_FOLDER, mine.folder);
  return makeTree(git, replaceEntry(root, ".github", await folderOf(git, ".github", entries)));
}

/** Undefined for a folder without entries: git keeps none. */
async function folderOf(git: Git, path: string, entries: readonly TreeEntry[]): Promise<TreeEntry | undefined> {
  if (entries.length === 0) return undefined;
  return { mode: "040000", type: "tree", sha: await makeTree(git, entries), path };
}

/** `merged` with the `.github/workflows` of `ours`: the same tree when they agree already. */
export async function withWorkflowsOf(git: Git, ours: Sha, merged: Sha): Promise<Sha> {
  const root = await listTree(git, merged);
  const github = await childTree(git, root, ".github");
  const mine = entryOf(await childTree(git, await listTree(git, ours), ".github"), "workflows");
  if (entryOf(github, "workflows")?.sha === mine?.sha) return merged;
  const entries = replaceEntry(github, "workflows", mine);
  return makeTree(git, replaceEntry(root, ".github", await folderOf(git, ".github", entries)));
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
  const workflows = await folderOf(git, "workflows", files);
  const github = replaceEntry(await childTree(git, root, ".github"), "workflows", workflows);
  return makeTree(git, replaceEntry(root, ".github", await folderOf(git, ".github", github)));
}

/**
 * Workflow files that upstream has and `ours` has not, or has otherwise; readable paths, sorted. Compared with upstream's
 * tip and not with the last sync, so that a file held once stays on the list until someone takes it.
 */
export async function heldWorkflows(git: Git, ours: Sha, upstream: Sha): Promise<string[]> {
  const mine = new Map((await workflowFiles(git, ours)).map((file) => [file.path, file]));
  return (await workflowFiles(git, upstream))
    .filter((file) => !isOurs(file.path))
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
