/** Commits, comparing two of them (also across a fork network), and merging one branch into another. */
import { join } from "node:path";
import { Hono } from "hono";
import { refuseArchived } from "../access.ts";
import { networkMember } from "../after-update.ts";
import { optionalString, readBody, requiredString } from "../body.ts";
import { bare, type GitRepository, readRef } from "../git.ts";
import { mergeCommit } from "../git-commits.ts";
import { changedFiles, commitInfo, compare, isAncestor, log, resolveCommit } from "../git-objects.ts";
import { commitShape, fileShape, personOf, statsOf, webFlow } from "../git-shapes.ts";
import { authorize, type Env, GitHubError, notFound, type RouteContext, type Routes } from "../http.ts";
import { canSee, fullName } from "../identity.ts";
import { paginate } from "../paging.ts";
import { moveRef } from "../ref-writes.ts";
import { repositoryUrl } from "../shapes.ts";
import type { Repository } from "../state.ts";

const reading = { role: "read", job: ["contents", "read"] } as const;

/** GitHub lists at most this many files of a commit or a comparison. */
const mostFiles = 300;

function at(c: RouteContext, repository: Repository): GitRepository {
  return bare(c.var.sandbox.state, repository);
}

function reads(routes: Routes): void {
  routes.get("/repos/:owner/:repo/commits", async (c) => {
    const repository = authorize(c, reading);
    const name = c.req.query("sha") ?? repository.defaultBranch;
    const tip = await resolveCommit(at(c, repository), name);
    if (!tip) {
      if (!c.req.query("sha")) throw new GitHubError(409, "Git Repository is empty.");
      throw notFound();
    }
    const { path, since, until } = c.req.query();
    const commits = await log(at(c, repository), [tip], {
      ...(path ? { path } : {}),
      ...(since ? { since } : {}),
      ...(until ? { until } : {}),
    });
    return c.json(paginate(c, commits).map((commit) => commitShape(c.var.sandbox, repository, commit)));
  });

  routes.get("/repos/:owner/:repo/commits/:ref{.+}", async (c, next) => {
    const ref = c.req.param("ref");
    // Resources of a commit have routes of their own; a branch may hold slashes here.
    if (/\/(status|statuses|check-runs|check-suites|comments|pulls|branches-where-head)$/.test(ref)) return next();
    const repository = authorize(c, reading);
    const sha = await resolveCommit(at(c, repository), ref);
    if (!sha) throw new GitHubError(422, `No commit found for SHA: ${ref}`);
    const commit = await commitInfo(at(c, repository), sha);
    const files = await changedFiles(at(c, repository), commit.parents[0], sha);
    return c.json({
      ...commitShape(c.var.sandbox, repository, commit),
      stats: statsOf(files),
      files: files.slice(0, mostFiles).map((file) => fileShape(c.var.sandbox, repository, file, sha)),
    });
  });
}

/** "branch", "owner:branch" or "owner:repo:branch" of the same network, as `compare` and pull requests name a side. */
function sideOf(c: RouteContext, repository: Repository, text: string): { repository: Repository; name: string } {
  const { state } = c.var.sandbox;
  const parts = text.split(":");
  if (parts.length === 1) return { repository, name: text };
  const [owner = "", middle = "", last] = parts;
  const found = last === undefined ? networkMember(state, repository, owner) : state.repository(owner, middle);
  if (!found || !canSee(found, c.var.identity)) throw notFound();
  return { repository: found, name: last ?? middle };
}

/** A repository that also sees another one's objects. */
export function joined(one: GitRepository, other: GitRepository): GitRepository {
  if (one.folder === other.folder) return one;
  const objects = ({ folder }: GitRepository): string => join(folder, "objects");
  return { folder: one.folder, quarantine: { objectDirectory: objects(one), alternates: objects(other) } };
}

function comparing(routes: Routes): void {
  routes.get("/repos/:owner/:repo/compare/:basehead{.+}", async (c) => {
    const repository = authorize(c, reading);
    const { sandbox } = c.var;
    const basehead = c.req.param("basehead");
    const [baseText = "", headText = ""] = basehead.split("...");
    const [base, head] = [sideOf(c, repository, baseText), sideOf(c, repository, headText)];
    const both = joined(at(c, base.repository), at(c, head.repository));
    const baseSha = await resolveCommit(at(c, base.repository), base.name);
    const headSha = (await resolveCommit(at(c, head.repository), head.name)) ?? (await resolveCommit(both, head.name));
    if (!baseSha || !headSha) throw notFound();
    const result = await compare(both, baseSha, headSha);
    if (!result) throw new GitHubError(404, `No common ancestor between ${baseText} and ${headText}.`);
    const { ahead, behind } = result;
    const status = ahead === 0 ? (behind === 0 ? "identical" : "behind") : behind === 0 ? "ahead" : "diverged";
    const html = `${sandbox.url}/${fullName(repository)}/compare`;
    const paged = c.req.query("page") !== undefined || c.req.query("per_page") !== undefined;
    return c.json({
      url: `${repositoryUrl(sandbox, repository)}/compare/${basehead}`,
      html_url: `${html}/${basehead}`,
      permalink_url: `${html}/${base.repository.owner}:${baseSha.slice(0, 7)}...${head.repository.owner}:${headSha.slice(0, 7)}`,
      diff_url: `${html}/${basehead}.diff`,
      patch_url: `${html}/${basehead}.patch`,
      base_commit: commitShape(sandbox, base.repository, await commitInfo(both, baseSha)),
      merge_base_commit: commitShape(sandbox, base.repository, await commitInfo(both, result.mergeBase)),
      status,
      ahead_by: ahead,
      behind_by: behind,
      total_commits: ahead,
      commits: (paged ? paginate(c, result.commits) : result.commits).map((commit) =>
        commitShape(sandbox, head.repository, commit),
      ),
      files: result.files.slice(0, mostFiles).map((file) => fileShape(sandbox, head.repository, file, headSha)),
    });
  });
}

function merging(routes: Routes): void {
  routes.post("/repos/:owner/:repo/merges", async (c) => {
    const repository = authorize(c, { role: "write", job: ["contents", "write"] });
    refuseArchived(repository);
    const { sandbox, identity } = c.var;
    const body = await readBody(c);
    const base = requiredString(body, "base");
    const head = requiredString(body, "head");
    const ref = `refs/heads/${base}`;
    const before = await readRef(at(c, repository), ref);
    if (!before) throw new GitHubError(404, "Base does not exist");
    const theirs = await resolveCommit(at(c, repository), head);
    if (!theirs) throw new GitHubError(404, "Head does not exist");
    if (await isAncestor(at(c, repository), theirs, before)) return c.body(null, 204);
    const merged = await mergeCommit(at(c, repository), before, theirs, {
      message: optionalString(body, "commit_message") ?? `Merge ${head} into ${base}`,
      author: personOf(sandbox, identity),
      committer: webFlow(sandbox),
    });
    if (!merged) throw new GitHubError(409, "Merge conflict");
    const outcome = await moveRef(c, repository, { ref, before, after: merged }, "contents", { madeHere: merged });
    if (outcome === "raced") throw new GitHubError(409, "Base branch was modified. Review and try the merge again.");
    return c.json(commitShape(sandbox, repository, await commitInfo(at(c, repository), merged)), 201);
  });
}

export function commitsRoutes(): Routes {
  const routes = new Hono<Env>();
  reads(routes);
  comparing(routes);
  merging(routes);
  return routes;
}
