/** What GitHub does once refs have moved: pull requests follow their branches. Called after pushes and after REST writes. */
import { closeByWords } from "./closing-words.ts";
import { bare, fetchFrom, git, type RefUpdate, readRef } from "./git.ts";
import { hasCommit, isAncestor } from "./git-objects.ts";
import { fullName } from "./identity.ts";
import type { Issue, Repository, State } from "./state.ts";

type Pull = NonNullable<Issue["pull"]>;

/**
 * The repository and branch of a pull request's head. `pull.head` is "branch" for the same repository and "owner:branch" for
 * another one of the network.
 */
export function headOf(
  state: State,
  repository: Repository,
  pull: Pull,
): { repository: Repository | undefined; branch: string } {
  const colon = pull.head.indexOf(":");
  if (colon < 0) return { repository, branch: pull.head };
  const owner = pull.head.slice(0, colon);
  return { repository: networkMember(state, repository, owner), branch: pull.head.slice(colon + 1) };
}

function rootName(state: State, repository: Repository): string {
  const [owner = "", name = ""] = repository.parent?.split("/") ?? [];
  const parent = repository.parent ? state.repository(owner, name) : undefined;
  return parent ? rootName(state, parent) : (repository.parent ?? fullName(repository)).toLowerCase();
}

/** The repository of this owner in the same fork network. */
export function networkMember(state: State, repository: Repository, owner: string): Repository | undefined {
  const root = rootName(state, repository);
  const same = (other: Repository): boolean => other.owner.toLowerCase() === owner.toLowerCase();
  return state.data.repositories.find((other) => same(other) && rootName(state, other) === root);
}

/** Makes a commit of another repository of the network readable here, by writing the pull request's own ref. */
export async function setPullRef(state: State, repository: Repository, issue: Issue, from: Repository): Promise<void> {
  const sha = issue.pull?.headSha ?? "";
  const at = bare(state, repository);
  const ref = `refs/pull/${issue.number}/head`;
  if (await hasCommit(at, sha)) await git(at, ["update-ref", ref, sha]);
  else await fetchFrom(at, state.gitFolder(from), [`+${sha}:${ref}`]);
}

function close(state: State, issue: Issue): void {
  issue.state = "closed";
  issue.closed_at = state.timestamp();
  issue.updated_at = issue.closed_at;
}

export function markMerged(state: State, issue: Issue, by: string, commit: string): void {
  if (!issue.pull) return;
  close(state, issue);
  issue.pull.merged_at = issue.closed_at;
  issue.pull.merged_by = by;
  issue.pull.merge_commit_sha = commit;
}

async function headMoved(
  state: State,
  repository: Repository,
  issue: Issue,
  pull: Pull,
  from: Repository,
  after: string | null,
) {
  if (after === null) return close(state, issue);
  pull.headSha = after;
  issue.updated_at = state.timestamp();
  await setPullRef(state, repository, issue, from);
  const base = await readRef(bare(state, repository), `refs/heads/${pull.base}`);
  if (base) pull.baseSha = base;
}

/** GitHub marks a pull request merged once its head is reachable from its base, however that came about. */
async function baseMoved(
  state: State,
  repository: Repository,
  issue: Issue,
  pull: Pull,
  after: string | null,
  by: string,
) {
  if (after === null) return close(state, issue);
  const at = bare(state, repository);
  if (await isAncestor(at, pull.headSha, after)) markMerged(state, issue, by, after);
}

/**
 * `updates` are those that took place; `by` is the login (or "github-actions[bot]") a merge by push is credited to. Saves
 * the state when a pull request changed.
 */
export async function afterRefUpdate(
  state: State,
  repository: Repository,
  updates: readonly RefUpdate[],
  by: string,
): Promise<void> {
  const branches = new Map(
    updates
      .filter(({ ref }) => ref.startsWith("refs/heads/"))
      .map(({ ref, after }) => [ref.slice("refs/heads/".length), after]),
  );
  let changed = await closeByWords(state, repository, updates, by);
  for (const target of state.data.repositories) {
    for (const issue of target.issues) {
      const { pull } = issue;
      if (!pull || issue.state !== "open") continue;
      const head = headOf(state, target, pull);
      const headTip = head.repository === repository ? branches.get(head.branch) : undefined;
      if (headTip !== undefined) {
        await headMoved(state, target, issue, pull, repository, headTip);
        changed = true;
      }
      const baseTip = target === repository ? branches.get(pull.base) : undefined;
      if (baseTip !== undefined && issue.state === "open") {
        await baseMoved(state, target, issue, pull, baseTip, by);
        changed = true;
      }
    }
  }
  if (changed) state.save();
  await state.pushed(repository, branches, by);
}

/** Pull requests follow branches that were moved by git in a bare repository, past all of the sandbox's doors. */
export async function followMovedBranches(state: State): Promise<void> {
  for (const target of state.data.repositories) {
    for (const { pull, state: stands, user } of target.issues) {
      if (!pull || stands !== "open") continue;
      const head = headOf(state, target, pull);
      const seen = [
        { repository: head.repository, branch: head.branch, before: pull.headSha },
        { repository: target, branch: pull.base, before: pull.baseSha },
      ];
      for (const { repository, branch, before } of seen) {
        if (!repository) continue;
        const ref = `refs/heads/${branch}`;
        const after = await readRef(bare(state, repository), ref);
        if (after !== before) await afterRefUpdate(state, repository, [{ ref, before, after }], user);
      }
    }
  }
}
