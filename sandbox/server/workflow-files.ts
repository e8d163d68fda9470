/** The workflow files of a repository, and what GitHub remembers about each (an id, whether it is switched on). */
import { schedulesOf } from "../runner/index.ts";
import { bare } from "./git.ts";
import { listTree, readBlob, resolveCommit } from "./git-objects.ts";
import type { Repository, State, WorkflowState } from "./state.ts";

const folder = ".github/workflows";

export interface WorkflowFile {
  path: string;
  text: string;
}

/** The files at a branch, tag or commit; none when that does not exist. Only the folder itself counts, not what is below. */
export async function workflowFiles(state: State, repository: Repository, ref: string): Promise<WorkflowFile[]> {
  const at = bare(state, repository);
  const commit = await resolveCommit(at, ref);
  if (!commit) return [];
  const entries = await listTree(at, commit, { path: `${folder}/` });
  const files = entries.filter((entry) => entry.type === "blob" && /\.ya?ml$/.test(entry.path));
  return Promise.all(files.map(async ({ path, sha }) => ({ path, text: (await readBlob(at, sha)).toString() })));
}

export interface Workflow extends WorkflowFile {
  known: WorkflowState;
}

/** The workflows of the default branch: GitHub knows a workflow from the moment its file is there. */
export async function workflows(state: State, repository: Repository): Promise<Workflow[]> {
  const files = await workflowFiles(state, repository, repository.defaultBranch);
  return files.map((file) => {
    const found = repository.workflows.find((one) => one.path === file.path);
    if (found) return { ...file, known: found };
    const made: WorkflowState = { id: state.id(), path: file.path, state: "active" };
    repository.workflows.push(made);
    return { ...file, known: made };
  });
}

/** In a new fork the scheduled workflows that came with it are off, one by one, until somebody enables them. */
export async function disableForkSchedules(state: State, fork: Repository): Promise<void> {
  for (const { known, text } of await workflows(state, fork)) {
    if (schedulesOf(text).length > 0) known.state = "disabled_fork";
  }
}
