/** Commit statuses: kept per commit and context, the newest counts. */
import { Hono } from "hono";
import { optionalString, readBody, requiredString } from "../body.ts";
import { bare } from "../git.ts";
import { hasCommit, resolveCommit } from "../git-objects.ts";
import { authorize, type Env, GitHubError, type RouteContext, type Routes, validationFailed } from "../http.ts";
import { actorName } from "../identity.ts";
import { paginate } from "../paging.ts";
import { minimalRepository, nodeId, repositoryUrl, simpleUser } from "../shapes.ts";
import type { CommitStatus, Repository } from "../state.ts";

const states = ["error", "failure", "pending", "success"] as const;
/** REST reference, "Create a commit status". */
const maxPerContext = 1000;
const maxDescription = 140;

function statusShape(c: RouteContext, repository: Repository, status: CommitStatus) {
  const creator = simpleUser(c.var.sandbox, status.creator);
  return {
    url: `${repositoryUrl(c.var.sandbox, repository)}/statuses/${status.sha}`,
    avatar_url: creator.avatar_url,
    id: status.id,
    node_id: nodeId("StatusContext", status.id),
    state: status.state,
    description: status.description,
    target_url: status.target_url,
    context: status.context,
    created_at: status.created_at,
    updated_at: status.created_at,
    creator,
  };
}

async function commitNamed(c: RouteContext, repository: Repository): Promise<string> {
  const ref = c.req.param("ref") ?? "";
  const sha = await resolveCommit(bare(c.var.sandbox.state, repository), ref);
  if (!sha) throw new GitHubError(422, `No commit found for SHA: ${ref}`);
  return sha;
}

function newestFirst(repository: Repository, sha: string): CommitStatus[] {
  return repository.statuses.filter((status) => status.sha === sha).sort((a, b) => b.id - a.id);
}

/** One state for all contexts, as GitHub combines them; "pending" when there is none. */
function combined(latest: readonly CommitStatus[]): "failure" | "pending" | "success" {
  if (latest.some(({ state }) => state === "error" || state === "failure")) return "failure";
  return latest.length === 0 || latest.some(({ state }) => state === "pending") ? "pending" : "success";
}

export function statusesRoutes(): Routes {
  const routes = new Hono<Env>();
  const read = { role: "read", job: ["statuses", "read"] } as const;

  routes.post("/repos/:owner/:repo/statuses/:sha", async (c) => {
    const repository = authorize(c, { role: "write", job: ["statuses", "write"] });
    const { state } = c.var.sandbox;
    const sha = c.req.param("sha");
    const body = await readBody(c);
    const wanted = requiredString(body, "state");
    const found = states.find((one) => one === wanted);
    if (!found) throw validationFailed("Status", "state", "custom", "state is not included in the list");
    if (!(await hasCommit(bare(state, repository), sha))) throw new GitHubError(422, `No commit found for SHA: ${sha}`);
    const context = optionalString(body, "context") ?? "default";
    const description = optionalString(body, "description") ?? null;
    if (description !== null && description.length > maxDescription) {
      throw validationFailed(
        "Status",
        "description",
        "custom",
        `description is too long (maximum is ${maxDescription} characters)`,
      );
    }
    const target = optionalString(body, "target_url") ?? null;
    if (target !== null && target !== "" && !/^https?:\/\//.test(target)) {
      throw validationFailed("Status", "target_url", "custom", "target_url must use http(s) scheme");
    }
    if (newestFirst(repository, sha).filter((one) => one.context === context).length >= maxPerContext) {
      throw new GitHubError(422, "This SHA and context has reached the maximum number of statuses.");
    }
    const made: CommitStatus = {
      id: state.id(),
      sha,
      context,
      state: found,
      description,
      target_url: target,
      creator: actorName(c.var.identity),
      created_at: state.timestamp(),
    };
    repository.statuses.push(made);
    return c.json(statusShape(c, repository, made), 201);
  });
  routes.get("/repos/:owner/:repo/commits/:ref{.+}/status", async (c) => {
    const repository = authorize(c, read);
    const sha = await commitNamed(c, repository);
    const all = newestFirst(repository, sha);
    const latest = all.filter((one, index) => all.findIndex(({ context }) => context === one.context) === index);
    const base = repositoryUrl(c.var.sandbox, repository);
    return c.json({
      state: combined(latest),
      statuses: paginate(c, latest).map((status) => {
        const { creator: _notHere, ...simple } = statusShape(c, repository, status);
        return simple;
      }),
      sha,
      total_count: latest.length,
      repository: minimalRepository(c.var.sandbox, repository),
      commit_url: `${base}/commits/${sha}`,
      url: `${base}/commits/${sha}/status`,
    });
  });
  const list = async (c: RouteContext) => {
    const repository = authorize(c, read);
    const all = newestFirst(repository, await commitNamed(c, repository));
    return c.json(paginate(c, all).map((status) => statusShape(c, repository, status)));
  };
  routes.get("/repos/:owner/:repo/commits/:ref{.+}/statuses", list);
  routes.get("/repos/:owner/:repo/statuses/:ref{.+}", list);
  return routes;
}
