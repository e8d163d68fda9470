/** Branches, refs, and git's own objects. Commits in their REST form, comparing and merging are in commits.ts. */
import { Hono } from "hono";
import { refuseArchived } from "../access.ts";
import { optionalBoolean, readBody, requiredString } from "../body.ts";
import {
  bare,
  GitError,
  type GitRepository,
  listBranches,
  listRefs,
  type RefUpdate,
  readRef,
  validRef,
} from "../git.ts";
import { commitInfo, hasCommit, isAncestor, isSha, listTree, readBlob, resolveCommit } from "../git-objects.ts";
import { branchShape, gitCommitShape, refShape, shortBranch, treeShape } from "../git-shapes.ts";
import { authorize, type Env, GitHubError, notFound, type RouteContext, type Routes } from "../http.ts";
import { paginate } from "../paging.ts";
import { moveRef } from "../ref-writes.ts";
import { nodeId, repositoryUrl } from "../shapes.ts";
import type { Repository } from "../state.ts";
import { commitsRoutes } from "./commits.ts";
import { gitWritesRoutes } from "./git-writes.ts";

const reading = { role: "read", job: ["contents", "read"] } as const;
const writing = { role: "write", job: ["contents", "write"] } as const;

function at(c: RouteContext, repository: Repository): GitRepository {
  return bare(c.var.sandbox.state, repository);
}

function branches(routes: Routes): void {
  routes.get("/repos/:owner/:repo/branches", async (c) => {
    const repository = authorize(c, reading);
    const found = [...(await listBranches(at(c, repository)))].map(([name, sha]) =>
      shortBranch(c.var.sandbox, repository, name, sha),
    );
    const wanted = c.req.query("protected");
    return c.json(paginate(c, wanted ? found.filter((branch) => String(branch.protected) === wanted) : found));
  });

  // go-github escapes the slash in a branch name, octokit as well: one segment. Plain slashes work on GitHub too.
  routes.get("/repos/:owner/:repo/branches/:branch{.+}", async (c) => {
    const repository = authorize(c, reading);
    const name = c.req.param("branch");
    const sha = await readRef(at(c, repository), `refs/heads/${name}`);
    if (!sha) throw new GitHubError(404, "Branch not found");
    return c.json(branchShape(c.var.sandbox, repository, name, await commitInfo(at(c, repository), sha)));
  });
}

function readRefs(routes: Routes): void {
  routes.get("/repos/:owner/:repo/git/ref/:ref{.+}", async (c) => {
    const repository = authorize(c, reading);
    const ref = `refs/${c.req.param("ref")}`;
    const found = (await listRefs(at(c, repository), ref)).find((one) => one.ref === ref);
    if (!found) throw notFound();
    return c.json(refShape(c.var.sandbox, repository, found));
  });

  routes.get("/repos/:owner/:repo/git/matching-refs/:ref{.+}", async (c) => {
    const repository = authorize(c, reading);
    const found = await listRefs(at(c, repository), `refs/${c.req.param("ref")}`);
    return c.json(paginate(c, found).map((one) => refShape(c.var.sandbox, repository, one)));
  });
}

/** Moves the ref through the judge; git's own objections (a name below another ref's name) become GitHub's 422. */
async function write(c: RouteContext, repository: Repository, update: RefUpdate): Promise<void> {
  if (update.ref.startsWith("refs/pull/")) throw new GitHubError(422, "Reference update failed");
  try {
    const outcome = await moveRef(c, repository, update, "refs");
    if (outcome === "raced") throw new GitHubError(422, "Reference cannot be updated");
  } catch (error) {
    if (error instanceof GitError) throw new GitHubError(422, "Reference update failed");
    throw error;
  }
}

async function requireObject(c: RouteContext, repository: Repository, sha: string): Promise<void> {
  if (!isSha(sha)) {
    throw new GitHubError(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].");
  }
  if (!(await hasCommit(at(c, repository), sha))) throw new GitHubError(422, "Object does not exist");
}

function writeRefs(routes: Routes): void {
  routes.post("/repos/:owner/:repo/git/refs", async (c) => {
    const repository = authorize(c, writing);
    refuseArchived(repository);
    const body = await readBody(c);
    const ref = requiredString(body, "ref");
    const sha = requiredString(body, "sha");
    if (!/^refs\/[^/]+\/./.test(ref) || !(await validRef(at(c, repository), ref))) {
      throw new GitHubError(422, `${ref} is not a valid ref name.`);
    }
    await requireObject(c, repository, sha);
    // Terraform's provider recognises exactly this text without `errors` (reference: provider.md §1.5).
    if (await readRef(at(c, repository), ref)) throw new GitHubError(422, "Reference already exists");
    await write(c, repository, { ref, before: null, after: sha });
    return c.json(refShape(c.var.sandbox, repository, { ref, sha, type: "commit" }), 201);
  });

  routes.patch("/repos/:owner/:repo/git/refs/:ref{.+}", async (c) => {
    const repository = authorize(c, writing);
    refuseArchived(repository);
    const ref = `refs/${c.req.param("ref")}`;
    const body = await readBody(c);
    const after = requiredString(body, "sha");
    const before = await readRef(at(c, repository), ref);
    if (!before) throw new GitHubError(422, "Reference does not exist");
    await requireObject(c, repository, after);
    const forced = optionalBoolean(body, "force") ?? false;
    if (!forced && !(await isAncestor(at(c, repository), before, after))) {
      throw new GitHubError(422, "Update is not a fast forward");
    }
    await write(c, repository, { ref, before, after });
    return c.json(refShape(c.var.sandbox, repository, { ref, sha: after, type: "commit" }));
  });

  routes.delete("/repos/:owner/:repo/git/refs/:ref{.+}", async (c) => {
    const repository = authorize(c, writing);
    refuseArchived(repository);
    const ref = `refs/${c.req.param("ref")}`;
    const before = await readRef(at(c, repository), ref);
    if (!before) throw new GitHubError(422, "Reference does not exist");
    if (ref === `refs/heads/${repository.defaultBranch}`) {
      throw new GitHubError(422, "Cannot delete the default branch");
    }
    await write(c, repository, { ref, before, after: null });
    return c.body(null, 204);
  });
}

function objects(routes: Routes): void {
  routes.get("/repos/:owner/:repo/git/commits/:sha", async (c) => {
    const repository = authorize(c, reading);
    const sha = c.req.param("sha");
    if (!(await hasCommit(at(c, repository), sha))) throw notFound();
    return c.json(gitCommitShape(c.var.sandbox, repository, await commitInfo(at(c, repository), sha)));
  });

  routes.get("/repos/:owner/:repo/git/trees/:tree{.+}", async (c) => {
    const repository = authorize(c, reading);
    const name = c.req.param("tree");
    const commit = await resolveCommit(at(c, repository), name);
    const tree = commit ? (await commitInfo(at(c, repository), commit)).tree : name;
    if (!isSha(tree)) throw notFound();
    const recursive = c.req.query("recursive") !== undefined;
    const entries = await listTree(at(c, repository), tree, { recursive, withTrees: recursive }).catch(gone);
    return c.json(treeShape(c.var.sandbox, repository, tree, entries));
  });

  routes.get("/repos/:owner/:repo/git/blobs/:sha", async (c) => {
    const repository = authorize(c, reading);
    const sha = c.req.param("sha");
    if (!isSha(sha)) throw notFound();
    const bytes = await readBlob(at(c, repository), sha).catch(gone);
    return c.json({
      sha,
      node_id: nodeId(`Blob:${repository.id}:${sha}`, 0),
      size: bytes.length,
      url: `${repositoryUrl(c.var.sandbox, repository)}/git/blobs/${sha}`,
      content: bytes.toString("base64"),
      encoding: "base64",
    });
  });
}

function gone(error: unknown): never {
  throw error instanceof GitError ? notFound() : error;
}

export function gitDataRoutes(): Routes {
  const routes = new Hono<Env>();
  branches(routes);
  readRefs(routes);
  writeRefs(routes);
  objects(routes);
  routes.route("/", gitWritesRoutes());
  routes.route("/", commitsRoutes());
  return routes;
}
