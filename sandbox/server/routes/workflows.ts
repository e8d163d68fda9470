/** Workflows: which there are, on or off, and starting one by hand. */
import { Hono } from "hono";
import { dispatchInputsOf, workflowName } from "../../runner/index.ts";
import { readBody, requiredString } from "../body.ts";
import { dispatchInputs } from "../dispatch.ts";
import { bare } from "../git.ts";
import { readFile, resolveCommit } from "../git-objects.ts";
import { authorize, type Env, GitHubError, notFound, type RouteContext, type Routes } from "../http.ts";
import { actorName, fullName } from "../identity.ts";
import { paginate } from "../paging.ts";
import type { Runs } from "../runs.ts";
import { nodeId, repositoryUrl } from "../shapes.ts";
import type { Repository } from "../state.ts";
import { type Workflow, workflows } from "../workflow-files.ts";

function workflowShape(c: RouteContext, repository: Repository, { path, text, known }: Workflow) {
  const { sandbox } = c.var;
  const page = `${sandbox.url}/${fullName(repository)}`;
  const file = path.split("/").at(-1);
  return {
    id: known.id,
    node_id: nodeId("Workflow", known.id),
    name: workflowName(text, path),
    path,
    state: known.state,
    created_at: repository.created_at,
    updated_at: repository.created_at,
    url: `${repositoryUrl(sandbox, repository)}/actions/workflows/${known.id}`,
    html_url: `${page}/blob/${repository.defaultBranch}/${path}`,
    badge_url: `${page}/actions/workflows/${file}/badge.svg`,
  };
}

/** A workflow by number or by file name. */
export async function workflowNamed(c: RouteContext, repository: Repository): Promise<Workflow> {
  const wanted = c.req.param("workflow") ?? "";
  const all = await workflows(c.var.sandbox.state, repository);
  const found = all.find(({ known, path }) => String(known.id) === wanted || path === `.github/workflows/${wanted}`);
  if (!found) throw notFound();
  return found;
}

export function workflowsRoutes(runs: Runs): Routes {
  const routes = new Hono<Env>();
  const all = "/repos/:owner/:repo/actions/workflows";
  const read = { role: "read", job: ["actions", "read"] } as const;
  const write = { role: "write", job: ["actions", "write"] } as const;

  routes.get(all, async (c) => {
    const repository = authorize(c, read);
    const found = await workflows(c.var.sandbox.state, repository);
    const page = paginate(c, found).map((workflow) => workflowShape(c, repository, workflow));
    return c.json({ total_count: found.length, workflows: page });
  });
  routes.get(`${all}/:workflow`, async (c) => {
    const repository = authorize(c, read);
    return c.json(workflowShape(c, repository, await workflowNamed(c, repository)));
  });
  routes.put(`${all}/:workflow/enable`, async (c) => {
    const { known } = await workflowNamed(c, authorize(c, write));
    known.state = "active";
    return c.body(null, 204);
  });
  routes.put(`${all}/:workflow/disable`, async (c) => {
    const { known } = await workflowNamed(c, authorize(c, write));
    if (known.state !== "active") throw new GitHubError(403, "Unable to disable this workflow.");
    known.state = "disabled_manually";
    return c.body(null, 204);
  });
  routes.post(`${all}/:workflow/dispatches`, async (c) => {
    const repository = authorize(c, write);
    const { sandbox, identity } = c.var;
    const workflow = await workflowNamed(c, repository);
    const body = await readBody(c);
    const ref = requiredString(body, "ref");
    const given = body.inputs ?? {};
    if (typeof given !== "object" || Array.isArray(given)) {
      throw new GitHubError(422, "Invalid request.\n\nFor 'properties/inputs', it is not an object.");
    }
    if (!repository.actions.enabled) throw new GitHubError(422, "Actions has been disabled for this repository.");
    if (workflow.known.state !== "active") {
      throw new GitHubError(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow");
    }
    const at = bare(sandbox.state, repository);
    const branch = ref.replace(/^refs\/(heads|tags)\//, "");
    // A commit id is no ref: only branches and tags can be dispatched on.
    const sha = (await resolveCommit(at, `refs/heads/${branch}`)) ?? (await resolveCommit(at, `refs/tags/${branch}`));
    if (!sha) throw new GitHubError(422, `No ref found for: ${ref}`);
    const text = (await readFile(at, sha, workflow.path))?.toString();
    const declared = text === undefined ? undefined : dispatchInputsOf(text);
    if (text === undefined || !declared)
      throw new GitHubError(422, "Workflow does not have 'workflow_dispatch' trigger");
    const checked = dispatchInputs(declared, given as Record<string, unknown>);
    if ("refusal" in checked) throw new GitHubError(422, checked.refusal);
    const actor = actorName(identity);
    const { inputs } = checked;
    const run = runs.start(repository, {
      event: "workflow_dispatch",
      path: workflow.path,
      text,
      branch,
      sha,
      actor,
      inputs,
    });
    if (body.return_run_details !== true) return c.body(null, 204);
    return c.json({
      workflow_run_id: run.id,
      run_url: `${repositoryUrl(sandbox, repository)}/actions/runs/${run.id}`,
      html_url: `${sandbox.url}/${fullName(repository)}/actions/runs/${run.id}`,
    });
  });
  return routes;
}
