/** Workflow runs, their jobs and logs, and the check runs GitHub makes of the jobs. */
import { Hono } from "hono";
import { bare } from "../git.ts";
import { commitInfo, resolveCommit } from "../git-objects.ts";
import { authorize, type Env, GitHubError, notFound, type RouteContext, type Routes } from "../http.ts";
import { fullName } from "../identity.ts";
import { paginate } from "../paging.ts";
import type { Runs } from "../runs.ts";
import { actionsApp, minimalRepository, nodeId, repositoryUrl, simpleUser } from "../shapes.ts";
import type { Annotation, JobRecord, Repository, RunRecord } from "../state.ts";
import { workflowNamed } from "./workflows.ts";

async function runShape(c: RouteContext, repository: Repository, run: RunRecord) {
  const { sandbox } = c.var;
  const base = repositoryUrl(sandbox, repository);
  const url = `${base}/actions/runs/${run.id}`;
  const at = bare(sandbox.state, repository);
  const commit = (await resolveCommit(at, run.head_sha)) ? await commitInfo(at, run.head_sha) : undefined;
  const workflow = repository.workflows.find((one) => one.path === run.path);
  const actor = simpleUser(sandbox, run.actor);
  const shown = minimalRepository(sandbox, repository);
  return {
    id: run.id,
    node_id: nodeId("WorkflowRun", run.id),
    name: run.name,
    display_title: run.title || run.name,
    head_branch: run.head_branch,
    head_sha: run.head_sha,
    path: run.path,
    run_number: run.run_number,
    run_attempt: run.run_attempt,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: workflow?.id ?? 0,
    check_suite_id: run.id,
    check_suite_node_id: nodeId("CheckSuite", run.id),
    url,
    html_url: `${sandbox.url}/${fullName(repository)}/actions/runs/${run.id}`,
    pull_requests: [],
    referenced_workflows: [],
    created_at: run.created_at,
    updated_at: run.updated_at,
    run_started_at: run.created_at,
    actor,
    triggering_actor: actor,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${base}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${base}/actions/workflows/${workflow?.id ?? 0}`,
    head_commit: commit
      ? {
          id: commit.sha,
          tree_id: commit.tree,
          message: commit.message,
          timestamp: commit.committer.date,
          author: { name: commit.author.name, email: commit.author.email },
          committer: { name: commit.committer.name, email: commit.committer.email },
        }
      : null,
    repository: shown,
    head_repository: shown,
  };
}

function jobShape(c: RouteContext, repository: Repository, run: RunRecord, job: JobRecord) {
  const { sandbox } = c.var;
  const base = repositoryUrl(sandbox, repository);
  return {
    id: job.id,
    run_id: run.id,
    run_url: `${base}/actions/runs/${run.id}`,
    run_attempt: run.run_attempt,
    node_id: nodeId("CheckRun", job.id),
    head_sha: run.head_sha,
    head_branch: run.head_branch,
    workflow_name: run.name,
    url: `${base}/actions/jobs/${job.id}`,
    html_url: `${sandbox.url}/${fullName(repository)}/actions/runs/${run.id}/job/${job.id}`,
    status: job.status,
    conclusion: job.conclusion,
    created_at: run.created_at,
    started_at: job.started_at ?? run.created_at,
    completed_at: job.completed_at,
    name: job.name,
    steps: job.steps,
    check_run_url: `${base}/check-runs/${job.id}`,
    labels: ["ubuntu-latest"],
    runner_id: job.status === "queued" ? null : 1,
    runner_name: job.status === "queued" ? null : "sandbox",
    runner_group_id: null,
    runner_group_name: null,
  };
}

function checkRunShape(c: RouteContext, repository: Repository, run: RunRecord, job: JobRecord) {
  const { sandbox } = c.var;
  const shown = jobShape(c, repository, run, job);
  return {
    id: job.id,
    node_id: shown.node_id,
    head_sha: run.head_sha,
    external_id: String(job.id),
    url: shown.check_run_url,
    html_url: shown.html_url,
    details_url: shown.html_url,
    status: job.status,
    conclusion: job.conclusion,
    started_at: job.started_at,
    completed_at: job.completed_at,
    output: {
      title: null,
      summary: null,
      text: null,
      annotations_count: job.annotations.length,
      annotations_url: `${shown.check_run_url}/annotations`,
    },
    name: job.name,
    check_suite: { id: run.id },
    app: {
      id: actionsApp.id,
      slug: actionsApp.slug,
      node_id: nodeId("Integration", actionsApp.id),
      owner: simpleUser(sandbox, "github"),
      name: "GitHub Actions",
      description: null,
      external_url: `${sandbox.url}/features/actions`,
      html_url: `${sandbox.url}/apps/${actionsApp.slug}`,
      created_at: "2018-07-30T09:30:17Z",
      updated_at: "2018-07-30T09:30:17Z",
      permissions: {},
      events: [],
    },
    pull_requests: [],
  };
}

function annotationShape(c: RouteContext, repository: Repository, run: RunRecord, annotation: Annotation) {
  return {
    path: annotation.path,
    blob_href: `${c.var.sandbox.url}/${fullName(repository)}/blob/${run.head_sha}/${annotation.path}`,
    start_line: annotation.start_line,
    start_column: null,
    end_line: annotation.end_line,
    end_column: null,
    annotation_level: annotation.annotation_level,
    title: annotation.title ?? "",
    message: annotation.message,
    raw_details: "",
  };
}

function findRun(c: RouteContext, repository: Repository): RunRecord {
  const run = repository.runs.find((one) => one.id === Number(c.req.param("run")));
  if (!run) throw notFound();
  return run;
}

function findJob(c: RouteContext, repository: Repository): { run: RunRecord; job: JobRecord } {
  const id = Number(c.req.param("job"));
  for (const run of repository.runs) {
    const job = run.jobs.find((one) => one.id === id);
    if (job) return { run, job };
  }
  throw notFound();
}

/** `created` of the list: ">=2026-11-01", "2026-11-01..2026-11-30", "2026-11-23" (REST reference, search syntax for dates). */
function createdFits(filter: string | undefined, created: string): boolean {
  if (!filter) return true;
  const [from, to] = filter.includes("..") ? filter.split("..") : [undefined, undefined];
  if (from !== undefined) return (from === "*" || created >= from) && (to === "*" || created <= `${to}~`);
  const [, sign = "", date = ""] = /^(>=|<=|>|<)?(.*)$/.exec(filter) ?? [];
  if (sign === ">=") return created >= date;
  if (sign === "<=") return created <= `${date}~`;
  if (sign === ">") return created > `${date}~`;
  return sign === "<" ? created < date : created.startsWith(date);
}

async function listRuns(c: RouteContext, repository: Repository, runs: readonly RunRecord[]) {
  const { event, branch, status, actor, head_sha, created } = c.req.query();
  const found = runs
    .filter((run) => event === undefined || run.event === event)
    .filter((run) => branch === undefined || run.head_branch === branch)
    .filter((run) => status === undefined || run.status === status || run.conclusion === status)
    .filter((run) => actor === undefined || run.actor.toLowerCase() === actor.toLowerCase())
    .filter((run) => head_sha === undefined || run.head_sha === head_sha)
    .filter((run) => createdFits(created, run.created_at))
    .sort((a, b) => b.id - a.id);
  const page = paginate(c, found);
  return {
    total_count: found.length,
    workflow_runs: await Promise.all(page.map((run) => runShape(c, repository, run))),
  };
}

function checkRunRoutes(routes: Routes): void {
  const read = { role: "read", job: ["checks", "read"] } as const;
  routes.get("/repos/:owner/:repo/check-runs/:job{[0-9]+}", (c) => {
    const repository = authorize(c, read);
    const { run, job } = findJob(c, repository);
    return c.json(checkRunShape(c, repository, run, job));
  });
  routes.get("/repos/:owner/:repo/check-runs/:job{[0-9]+}/annotations", (c) => {
    const repository = authorize(c, read);
    const { run, job } = findJob(c, repository);
    return c.json(paginate(c, job.annotations).map((annotation) => annotationShape(c, repository, run, annotation)));
  });
  routes.get("/repos/:owner/:repo/commits/:ref{.+}/check-runs", async (c) => {
    const repository = authorize(c, read);
    const ref = c.req.param("ref");
    const sha = await resolveCommit(bare(c.var.sandbox.state, repository), ref);
    if (!sha) throw new GitHubError(422, `No commit found for SHA: ${ref}`);
    const { check_name: name, status } = c.req.query();
    const found = repository.runs
      .filter((run) => run.head_sha === sha)
      .flatMap((run) => run.jobs.map((job) => ({ run, job })))
      .filter(
        ({ job }) => (name === undefined || job.name === name) && (status === undefined || job.status === status),
      );
    const page = paginate(c, found).map(({ run, job }) => checkRunShape(c, repository, run, job));
    return c.json({ total_count: found.length, check_runs: page });
  });
}

export function runsRoutes(runs: Runs): Routes {
  const routes = new Hono<Env>();
  const base = "/repos/:owner/:repo/actions";
  const read = { role: "read", job: ["actions", "read"] } as const;
  const write = { role: "write", job: ["actions", "write"] } as const;

  routes.get(`${base}/runs`, async (c) => {
    const repository = authorize(c, read);
    return c.json(await listRuns(c, repository, repository.runs));
  });
  routes.get(`${base}/workflows/:workflow/runs`, async (c) => {
    const repository = authorize(c, read);
    const { path } = await workflowNamed(c, repository);
    return c.json(
      await listRuns(
        c,
        repository,
        repository.runs.filter((run) => run.path === path),
      ),
    );
  });
  routes.get(`${base}/runs/:run`, async (c) => {
    const repository = authorize(c, read);
    return c.json(await runShape(c, repository, findRun(c, repository)));
  });
  routes.post(`${base}/runs/:run/cancel`, (c) => {
    const run = findRun(c, authorize(c, write));
    if (!runs.cancel(run)) throw new GitHubError(409, "Cannot cancel a workflow run that is completed.");
    return c.json({}, 202);
  });
  routes.get(`${base}/runs/:run/jobs`, (c) => {
    const repository = authorize(c, read);
    const run = findRun(c, repository);
    const jobs = paginate(c, run.jobs).map((job) => jobShape(c, repository, run, job));
    return c.json({ total_count: run.jobs.length, jobs });
  });
  routes.get(`${base}/jobs/:job`, (c) => {
    const repository = authorize(c, read);
    const { run, job } = findJob(c, repository);
    return c.json(jobShape(c, repository, run, job));
  });
  routes.get(`${base}/jobs/:job/logs`, (c) => {
    const repository = authorize(c, read);
    // Logs of public repositories are shown to those with an account only.
    if (c.var.identity.kind === "anonymous") throw new GitHubError(403, "Must have admin rights to Repository.");
    const { run, job } = findJob(c, repository);
    const text = runs.log(run, job.id);
    if (text === undefined) throw notFound();
    return c.text(text);
  });
  checkRunRoutes(routes);
  return routes;
}
