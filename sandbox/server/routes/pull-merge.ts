/** The merge button: merge commit, squash, or rebase. */
import { Hono } from "hono";
import { refuseArchived } from "../access.ts";
import { headOf, markMerged } from "../after-update.ts";
import { oneOf, optionalString, readBody } from "../body.ts";
import { bare, type GitRepository, readRef } from "../git.ts";
import { type CommitText, mergeCommit, rebaseCommits, squashCommit } from "../git-commits.ts";
import { isAncestor } from "../git-objects.ts";
import { personOf, webFlow } from "../git-shapes.ts";
import { authorize, type Env, GitHubError, notFound, type RouteContext, type Routes } from "../http.ts";
import { actorName } from "../identity.ts";
import { type MergeMethod, methodNames } from "../policy.ts";
import { allowedMethods, type PullIssue, pullOf } from "../pull-shapes.ts";
import { moveRef } from "../ref-writes.ts";
import { repositoryUrl } from "../shapes.ts";
import type { Repository } from "../state.ts";

const path = "/repos/:owner/:repo/pulls/:number{[0-9]+}/merge";

function textOf(
  c: RouteContext,
  repository: Repository,
  issue: PullIssue,
  method: MergeMethod,
  body: object,
): CommitText {
  const { sandbox, identity } = c.var;
  const given = body as { commit_title?: unknown; commit_message?: unknown };
  const head = headOf(sandbox.state, repository, issue.pull);
  const merge = method === "merge";
  const from = `${head.repository?.owner ?? "unknown"}/${head.branch}`;
  const title = merge ? `Merge pull request #${issue.number} from ${from}` : `${issue.title} (#${issue.number})`;
  const message = merge ? issue.title : (issue.body ?? "");
  const parts = [
    typeof given.commit_title === "string" && given.commit_title !== "" ? given.commit_title : title,
    typeof given.commit_message === "string" ? given.commit_message : message,
  ];
  return {
    message: parts.filter(Boolean).join("\n\n"),
    author: personOf(sandbox, identity),
    committer: webFlow(sandbox),
  };
}

async function combine(
  at: GitRepository,
  method: MergeMethod,
  base: string,
  head: string,
  text: CommitText,
): Promise<string> {
  if (method === "rebase") {
    const tip = await rebaseCommits(at, base, head, text.committer);
    if (!tip) throw new GitHubError(405, "This branch can't be rebased");
    return tip;
  }
  const combined = await (method === "merge" ? mergeCommit : squashCommit)(at, base, head, text);
  if (!combined) throw new GitHubError(405, "Pull Request is not mergeable");
  return combined;
}

/** After `delete_branch_on_merge`; a rule that forbids deletion spares the branch (github-facts-2.md). */
async function deleteHead(c: RouteContext, repository: Repository, issue: PullIssue): Promise<void> {
  const ref = `refs/heads/${issue.pull.head}`;
  const own = !issue.pull.head.includes(":") && issue.pull.head !== repository.defaultBranch;
  const before = own ? await readRef(bare(c.var.sandbox.state, repository), ref) : null;
  if (!repository.settings.delete_branch_on_merge || before !== issue.pull.headSha) return;
  await moveRef(c, repository, { ref, before, after: null }, "refs").catch((error: unknown) => {
    if (!(error instanceof GitHubError)) throw error;
  });
}

export function pullMergeRoutes(): Routes {
  const routes = new Hono<Env>();

  routes.get(path, (c) => {
    const repository = authorize(c, { role: "read", job: ["pull-requests", "read"] });
    if (!pullOf(c, repository).pull.merged_at) throw notFound();
    return c.body(null, 204);
  });

  routes.put(path, async (c) => {
    const repository = authorize(c, { role: "write", job: ["contents", "write"] });
    refuseArchived(repository);
    const { sandbox, identity } = c.var;
    const issue = pullOf(c, repository);
    const body = await readBody(c);
    const method = oneOf("PullRequest", "merge_method", optionalString(body, "merge_method") ?? "merge", [
      "merge",
      "squash",
      "rebase",
    ]);
    const { pull } = issue;
    const at = bare(sandbox.state, repository);
    const ref = `refs/heads/${pull.base}`;
    const before = await readRef(at, ref);
    if (issue.state === "closed" || !before) throw new GitHubError(405, "Pull Request is not mergeable");
    if (pull.draft) throw new GitHubError(405, "Pull Request is still a draft");
    const sha = optionalString(body, "sha");
    if (sha !== undefined && sha !== pull.headSha) {
      throw new GitHubError(409, "Head branch was modified. Review and try the merge again.");
    }
    if (!allowedMethods(repository).includes(method)) {
      throw new GitHubError(405, `${methodNames[method]} are not allowed on this repository.`);
    }
    const after = await combine(at, method, before, pull.headSha, textOf(c, repository, issue, method, body));
    const update = { ref, before, after };
    const outcome = await moveRef(c, repository, update, "merge", { pull: { issue, method }, madeHere: after });
    if (outcome === "raced") {
      throw new GitHubError(405, "Base branch was modified. Review and try the merge again.");
    }
    // A squash or a rebase leaves the head unreachable from the base, so the ref's own consequences do not tell.
    markMerged(sandbox.state, issue, actorName(identity), after);
    await deleteHead(c, repository, issue);
    return c.json({ sha: after, merged: true, message: "Pull Request successfully merged" });
  });

  routes.put("/repos/:owner/:repo/pulls/:number{[0-9]+}/update-branch", updateBranch);
  return routes;
}

/**
 * "Update branch" of the web page: base merged into the head, as one commit by the caller. Texts: nevermined-io/payments#449, rorkai/App-Store-Connect-CLI#2198.
 * GitHub does it after the answer; here it is done when the answer comes.
 */
async function updateBranch(c: RouteContext): Promise<Response> {
  const repository = authorize(c, { role: "write", job: ["pull-requests", "write"] });
  refuseArchived(repository);
  const { sandbox, identity } = c.var;
  const issue = pullOf(c, repository);
  const { pull } = issue;
  const expected = optionalString(await readBody(c), "expected_head_sha");
  if (expected !== undefined && expected !== pull.headSha) {
    throw new GitHubError(422, "expected head sha didn't match current head ref.");
  }
  const head = headOf(sandbox.state, repository, pull);
  const at = bare(sandbox.state, repository);
  const base = await readRef(at, `refs/heads/${pull.base}`);
  if (!base || head.repository !== repository || issue.state === "closed") {
    throw new GitHubError(422, "Head ref does not exist");
  }
  if (await isAncestor(at, base, pull.headSha)) {
    throw new GitHubError(422, "There are no new commits on the base branch.");
  }
  const merged = await mergeCommit(at, pull.headSha, base, {
    message: `Merge branch '${pull.base}' into ${head.branch}`,
    author: personOf(sandbox, identity),
    committer: webFlow(sandbox),
  });
  if (!merged) throw new GitHubError(422, "merge conflict between base and head");
  const update = { ref: `refs/heads/${head.branch}`, before: pull.headSha, after: merged };
  if ((await moveRef(c, repository, update, "refs", { madeHere: merged })) === "raced") {
    throw new GitHubError(422, "expected head sha didn't match current head ref.");
  }
  const url = `${repositoryUrl(sandbox, repository)}/pulls/${issue.number}`;
  return c.json({ message: "Updating pull request branch.", url }, 202);
}
