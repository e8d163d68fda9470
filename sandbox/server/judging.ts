/** Brings a ref update before the judge: gathers what the judge may ask from the state and from git. */
import { bare, type GitRepository, git, listBranches, type Quarantine, type RefUpdate } from "./git.ts";
import { isAncestor, listTree, mergeCommits, unsignedCommits } from "./git-objects.ts";
import type { Sandbox } from "./http.ts";
import type { Identity } from "./identity.ts";
import { type Context, judge, type Questions, type Verdict } from "./policy.ts";
import type { Repository } from "./state.ts";

const workflows = ".github/workflows/";

/**
 * The exemption of GitHub's scope page ("workflow"): a file passes if a branch already holds that path with that content.
 * Only the new tip is looked at (reference: github-semantics §3.1, reports differ on the commits between).
 */
async function newWorkflowFile(at: GitRepository, after: string): Promise<string | undefined> {
  const entries = await listTree(at, after, { recursive: true, path: workflows });
  const branches = [...(await listBranches(at)).values()];
  if (entries.length === 0) return undefined;
  const places = entries.flatMap((entry) => branches.map((branch) => `${branch}:${entry.path}`));
  // A path with a newline cannot be asked for in this way; it gets no answer of its own and so counts as new.
  const odd = entries.find(({ path }) => path.includes("\n"));
  if (odd) return odd.path;
  const text = await git(at, ["cat-file", "--batch-check=%(objectname)"], { input: `${places.join("\n")}\n` });
  const held = text.split("\n");
  return entries.find(({ sha }, n) => !held.slice(n * branches.length, (n + 1) * branches.length).includes(sha))?.path;
}

function questionsOf(at: GitRepository): Questions {
  return {
    isAncestor: (older, newer) => isAncestor(at, older, newer),
    mergeCommits: (before, after) => mergeCommits(at, before, after),
    unsignedCommits: (before, after) => unsignedCommits(at, before, after),
    newWorkflowFile: (after) => newWorkflowFile(at, after),
  };
}

export interface Case {
  repository: Repository;
  identity: Identity;
  /** Objects of a push that is not accepted yet. */
  quarantine?: Quarantine;
  pull?: Context["pull"];
  madeHere?: string;
}

export async function judgeUpdate(sandbox: Sandbox, update: RefUpdate, theCase: Case): Promise<Verdict> {
  const { repository, identity, quarantine, pull, madeHere } = theCase;
  const at = { ...bare(sandbox.state, repository), ...(quarantine ? { quarantine } : {}) };
  return judge(update, {
    repository,
    owner: sandbox.state.owner(repository.owner),
    identity,
    userId: identity.kind === "user" ? sandbox.state.owner(identity.login)?.id : undefined,
    questions: questionsOf(at),
    ...(pull ? { pull } : {}),
    ...(madeHere ? { madeHere } : {}),
  });
}
