/**
 * `propose`: brings files to a branch that takes changes by pull request only, or takes them away there. It derives everything from
 * what is on GitHub, so a run that was cut short is simply run again. Only the fork's own branch `upstream-sync-files…` moves.
 */
import { decideProposal, type ProposalFacts } from "./decide-proposal.ts";
import { orMissing, readTip, refPath, repo as repoOf } from "./fork-refs.ts";
import type { GitHub } from "./github.ts";
import { code } from "./markdown.ts";
import type { Proposal, ProposeContext } from "./propose-settings.ts";
import { type Change, changeOf, placesOf } from "./proposed-file.ts";
import { say, tell } from "./removal-report.ts";
import { Stop } from "./stop.ts";

/** By it a pull request of ours is known. */
const MARK = "<!-- upstream-sync:files -->";
/** By it a commit of ours is known. */
const COMMIT_MARK = "Made by upstream-sync.";

export interface Proposed {
  readonly pull: { readonly number: number; readonly url: string } | undefined;
  readonly changes: readonly Change[];
}

interface PullRequest {
  readonly number: number;
  readonly state: string;
  readonly html_url: string;
  readonly body: string | null;
  readonly title: string;
  readonly head: { readonly sha: string };
}

/** For Terraform, at the end of an apply: people have the last word, so they are told what waits for them. */
export async function proposeFiles({ proposal }: ProposeContext, github: GitHub): Promise<void> {
  const { pull, changes } = await propose(proposal, github);
  const paths = changes.map(({ path }) => path).join(", ");
  if (pull)
    say(
      `pull request #${pull.number} brings ${paths} to ${proposal.base}; it takes effect once it is merged: ${pull.url}`,
    );
  else say(`${proposal.base} has everything already: nothing to propose`);
}

/** For Terraform, while a set-up is taken away. */
export async function proposeRemoval({ proposal }: ProposeContext, github: GitHub): Promise<void> {
  const { pull, changes } = await propose(proposal, github);
  if (!pull) return say(`nothing of ours is left on ${proposal.base}`);
  const why = `${proposal.base} takes changes by pull request: #${pull.number} takes it away once it is merged, ${pull.url}`;
  tell({ kept: changes.map(({ path }) => ({ thing: `${path} on ${proposal.base}`, why })) });
}

/** @throws Stop when the branch is somebody else's; GitHubError when GitHub refuses. */
export async function propose(proposal: Proposal, github: GitHub): Promise<Proposed> {
  const repo = repoOf(proposal);
  const baseTip = await readTip(proposal, github, proposal.base);
  if (baseTip === undefined) {
    throw new Stop({
      what: `the files cannot be proposed to ${proposal.base}`,
      got: "no such branch",
      remedy: "Make the branch, or name another one under `branches`",
    });
  }
  const changes = await changesAgainst(github, repo, proposal, baseTip);
  const pulls = await pullsOf(github, repo, proposal);
  const branch = await branchFacts(github, repo, proposal);
  const decision = decideProposal({
    changes: changes.length,
    baseTip,
    branch,
    pulls: pulls.map(({ number, state, head }) => ({ number, open: state === "open", head: head.sha })),
  });
  switch (decision.act) {
    case "stop":
      throw new Stop({
        what: `branch ${proposal.head} is not ours`,
        got: decision.got,
        remedy: "Rename or remove that branch, then apply again",
      });
    case "nothing":
      if (decision.close !== undefined)
        await github.write("PATCH", `${repo}/pulls/${decision.close}`, { state: "closed" });
      if (decision.deleteBranch) await github.write("DELETE", `${repo}/git/refs/heads/${refPath(proposal.head)}`, {});
      return { pull: undefined, changes };
    case "propose": {
      const open = pulls.find(({ number }) => number === decision.open);
      const onto = decision.on === baseTip ? changes : await changesAgainst(github, repo, proposal, decision.on);
      if (onto.length > 0) await commit(github, repo, proposal, branch, { ...decision, changes: onto });
      return { pull: await openOrUpdate(github, repo, proposal, changes, open), changes };
    }
  }
}

async function changesAgainst(github: GitHub, repo: string, { files }: Proposal, at: string): Promise<Change[]> {
  const changes: Change[] = [];
  for (const file of files) {
    const change = changeOf(file, await firstThere(github, repo, placesOf(file), at));
    if (change) changes.push(change);
  }
  return changes;
}

async function firstThere(github: GitHub, repo: string, paths: readonly string[], at: string) {
  for (const path of paths) {
    const found = await orMissing(github.get(`${repo}/contents/${refPath(path)}?ref=${at}`));
    const { content } = (found ?? {}) as { content?: string };
    if (content !== undefined) return { path, text: Buffer.from(content, "base64").toString("utf8") };
  }
  return undefined;
}

async function pullsOf(github: GitHub, repo: string, { repository, base, head }: Proposal): Promise<PullRequest[]> {
  const query = new URLSearchParams({
    state: "all",
    head: `${repository.split("/")[0]}:${head}`,
    base,
    sort: "created",
    direction: "desc",
    per_page: "100",
  });
  const found = (await github.get(`${repo}/pulls?${query}`)) as PullRequest[];
  return found.filter(({ body }) => body?.includes(MARK));
}

async function branchFacts(github: GitHub, repo: string, proposal: Proposal): Promise<ProposalFacts["branch"]> {
  const { base, head } = proposal;
  const tip = await readTip(proposal, github, head);
  if (tip === undefined) return undefined;
  const compared = (await github.get(`${repo}/compare/${refPath(base)}...${tip}?per_page=100`)) as {
    ahead_by: number;
    behind_by: number;
    commits: readonly { commit: { message: string } }[];
  };
  const allOurs =
    compared.commits.length === compared.ahead_by &&
    compared.commits.every(({ commit }) => commit.message.includes(COMMIT_MARK));
  return { tip, ahead: compared.ahead_by, behind: compared.behind_by, allOurs };
}

interface ProposedCommit {
  readonly on: string;
  readonly parents: readonly string[];
  readonly changes: readonly Change[];
}

async function commit(
  github: GitHub,
  repo: string,
  proposal: Proposal,
  branch: ProposalFacts["branch"],
  { on, parents, changes }: ProposedCommit,
): Promise<void> {
  const { head } = proposal;
  const write = async (kind: string, body: object) =>
    ((await github.write("POST", `${repo}/git/${kind}`, body, nothingMade)) as { sha: string }).sha;
  const treeOf = async (sha: string) =>
    ((await github.get(`${repo}/git/commits/${sha}`)) as { tree: { sha: string } }).tree.sha;
  const blob = { mode: "100644", type: "blob" };
  const steps: { readonly tree: string; readonly words: string }[] = [];
  let tree = await treeOf(on);
  for (const [words, together] of byWords(proposal, changes)) {
    const entries = together.map(({ path, content }) => ({
      path,
      ...blob,
      ...(content === null ? { sha: null } : { content }),
    }));
    tree = await write("trees", { base_tree: tree, tree: entries });
    steps.push({ tree, words });
  }
  // A run that was cut after its push to the branch has left the very commits.
  if (branch?.behind === 0 && (await treeOf(branch.tip)) === tree) return;
  let last = parents;
  for (const { tree, words } of steps) {
    const message = `${words}\n\n${COMMIT_MARK}`;
    last = [await write("commits", { message, tree, parents: last })];
  }
  const [sha] = last;
  const ref = `${repo}/git/refs/heads/${refPath(head)}`;
  if (branch !== undefined) await github.write("PATCH", ref, { sha, force: false });
  else await github.write("POST", `${repo}/git/refs`, { ref: `refs/heads/${head}`, sha });
}

/** A commit for each: a file keeps its history's words whichever way it comes. */
function byWords({ title, messages }: Proposal, changes: readonly Change[]): ReadonlyMap<string, readonly Change[]> {
  const grouped = new Map<string, Change[]>();
  for (const change of changes) {
    const words = messages[change.path] ?? title;
    grouped.set(words, [...(grouped.get(words) ?? []), change]);
  }
  return grouped;
}

/** Of a single commit its words, as GitHub does: a squash makes them the commit's. */
function titleOf(proposal: Proposal, changes: readonly Change[]): string {
  const [only = proposal.title, ...others] = byWords(proposal, changes).keys();
  return others.length === 0 ? only : proposal.title;
}

/** git's objects have the id of their content: making one twice makes one. */
async function nothingMade(): Promise<undefined> {}

async function openOrUpdate(
  github: GitHub,
  repo: string,
  proposal: Proposal,
  changes: readonly Change[],
  open: PullRequest | undefined,
): Promise<{ number: number; url: string }> {
  const { base, head } = proposal;
  const title = titleOf(proposal, changes);
  const body = bodyOf(proposal, changes);
  if (open === undefined) {
    const made = async () => (await pullsOf(github, repo, proposal)).find(({ state }) => state === "open");
    const pull = (await github.write("POST", `${repo}/pulls`, { title, head, base, body }, made)) as PullRequest;
    return { number: pull.number, url: pull.html_url };
  }
  if (open.title !== title || open.body !== body)
    await github.write("PATCH", `${repo}/pulls/${open.number}`, { title, body });
  return { number: open.number, url: open.html_url };
}

function bodyOf({ base, repository }: Proposal, changes: readonly Change[]): string {
  const lines = changes.map(({ path, content }) => `- ${code(path)}${content === null ? ": taken away" : ""}`);
  return [
    MARK,
    `Changes to ${code(base)} that upstream-sync needs in ${code(repository)}, from upstream-sync.yaml:`,
    "",
    ...lines,
    "",
    "Review and merge it like any other. The branch of this pull request is made by upstream-sync and may be deleted after the merge.",
    "Closing it unmerged is an answer too: it is not opened again until the configuration changes.",
  ].join("\n");
}
