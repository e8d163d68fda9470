/**
 * The sandbox clock: it goes as fast as the machine's, and jumps forward when told. Schedules fire only in jumps, so that a
 * cron minute of the real day never starts a run that nobody asked for.
 */
import { Hono } from "hono";
import { schedulesOf } from "../runner/index.ts";
import { type Body, optionalString, readBody } from "../server/body.ts";
import { bare, readRef } from "../server/git.ts";
import { type Env, GitHubError, type Routes, type Sandbox } from "../server/http.ts";
import { fullName } from "../server/identity.ts";
import type { Runs } from "../server/runs.ts";
import { byName } from "../server/shapes.ts";
import type { Repository, RunRecord } from "../server/state.ts";
import { type Workflow, workflows } from "../server/workflow-files.ts";
import { type Firing, firingsBetween, nextFiring, type Scheduled } from "./schedules.ts";

interface Target {
  repository: Repository;
  workflow: Workflow;
}

/** On GitHub hours lie between two firings: the runs of one are over before the next. */
const patience = 15 * 60_000;

/** The schedules GitHub would obey: of the default branch, of active workflows, where Actions is on. */
async function schedules(sandbox: Sandbox, repositories: readonly Repository[]): Promise<Scheduled<Target>[]> {
  const live = repositories.filter((repository) => repository.actions.enabled && !repository.archived);
  const found = await Promise.all(
    live.map(async (repository) =>
      (await workflows(sandbox.state, repository))
        .filter(({ known }) => known.state === "active")
        .flatMap((workflow) => schedulesOf(workflow.text).map((one) => ({ ...one, what: { repository, workflow } }))),
    ),
  );
  return found.flat();
}

/** A schedule runs the file that is on the default branch at that moment, if it is still there and still says so. */
async function fire(sandbox: Sandbox, runs: Runs, { cron, what }: Firing<Target>): Promise<RunRecord | undefined> {
  const { repository } = what;
  const [current] = (await schedules(sandbox, [repository])).filter(
    (one) => one.cron === cron && one.what.workflow.path === what.workflow.path,
  );
  const branch = repository.defaultBranch;
  const sha = await readRef(bare(sandbox.state, repository), `refs/heads/${branch}`);
  if (!current || !sha) return undefined;
  const { path, text } = current.what.workflow;
  // GitHub names who last changed the cron line; the sandbox names the owner.
  return runs.start(repository, {
    event: "schedule",
    path,
    text,
    branch,
    sha,
    actor: repository.owner,
    inputs: {},
    cron,
  });
}

function setClock(sandbox: Sandbox, to: Date): void {
  sandbox.state.data.clockOffset += to.getTime() - sandbox.state.now().getTime();
}

async function move(sandbox: Sandbox, runs: Runs, to: Date): Promise<{ id: number; repository: string }[]> {
  const from = sandbox.state.now();
  const due = firingsBetween(await schedules(sandbox, sandbox.state.data.repositories), from, to);
  const started: { id: number; repository: string }[] = [];
  let last: Date | undefined;
  for (const firing of due) {
    if (last && firing.at > last) await runs.settled(patience);
    last = firing.at;
    if (firing.at > sandbox.state.now()) setClock(sandbox, firing.at);
    const run = await fire(sandbox, runs, firing);
    if (run) started.push({ id: run.id, repository: fullName(firing.what.repository) });
  }
  if (to > sandbox.state.now()) setClock(sandbox, to);
  sandbox.state.save();
  return started;
}

function problem(message: string): GitHubError {
  return new GitHubError(422, `sandbox: ${message}`);
}

async function destination(sandbox: Sandbox, body: Body): Promise<Date> {
  const now = sandbox.state.now();
  const to = optionalString(body, "to");
  if (to !== undefined) {
    const date = new Date(to);
    if (Number.isNaN(date.getTime())) throw problem(`"to" must be an ISO time, got ${JSON.stringify(to)}`);
    if (date < now) throw problem(`the clock only goes forward: it is ${now.toISOString()}, got "to" ${to}`);
    return date;
  }
  const seconds = body.advanceSeconds;
  if (seconds !== undefined) {
    if (typeof seconds !== "number" || !(seconds >= 0))
      throw problem(`"advanceSeconds" must be a number from 0, got ${JSON.stringify(seconds)}`);
    return new Date(now.getTime() + seconds * 1000);
  }
  const name = optionalString(body, "toNextSchedule");
  if (name === undefined) throw problem('give one of "to", "advanceSeconds", "toNextSchedule"');
  const repository = byName(sandbox, name);
  if (!repository) throw problem(`no repository ${name}`);
  const next = nextFiring(await schedules(sandbox, [repository]), now);
  if (!next)
    throw problem(
      `${name} has no schedule that would fire: is there a workflow on ${repository.defaultBranch}, is it active, is Actions on?`,
    );
  return next.at;
}

export function clockRoutes(runs: Runs): Routes {
  const routes = new Hono<Env>();
  routes.get("/_sandbox/clock", (c) => c.json({ now: c.var.sandbox.state.now().toISOString() }));
  routes.post("/_sandbox/clock", async (c) => {
    const { sandbox } = c.var;
    const to = await destination(sandbox, await readBody(c));
    const started = await move(sandbox, runs, to);
    return c.json({ now: sandbox.state.now().toISOString(), runs: started });
  });
  routes.post("/_sandbox/settle", async (c) => {
    const body = await readBody(c);
    const seconds = typeof body.timeoutSeconds === "number" ? body.timeoutSeconds : 60;
    return c.json({ settled: await runs.settled(seconds * 1000) });
  });
  return routes;
}
