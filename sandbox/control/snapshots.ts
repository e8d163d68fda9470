/** Snapshots: everything the sandbox remembers, kept under a name and put back. Logs of runs and tokens of jobs are not in. */
import { cp, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Hono } from "hono";
import { readBody, requiredString } from "../server/body.ts";
import { forgetAnswers } from "../server/git-memory.ts";
import { type Env, GitHubError, type RouteContext, type Routes } from "../server/http.ts";
import type { Runs } from "../server/runs.ts";
import type { State } from "../server/state.ts";

function folderOf(state: State, name: string): string {
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(name)) throw new GitHubError(422, `sandbox: not a snapshot name: ${name}`);
  return join(state.folder, "snapshots", name);
}

/** Records and repositories must be of one moment. */
function refuseWhileRunning(runs: Runs): void {
  if (runs.active() > 0) throw new GitHubError(409, `sandbox: ${runs.active()} workflow runs are active; settle first`);
}

async function copy(part: "state.json" | "repositories", from: string, to: string): Promise<void> {
  await cp(join(from, part), join(to, part), { recursive: true, preserveTimestamps: true });
}

async function take(state: State, name: string): Promise<void> {
  const folder = folderOf(state, name);
  const aside = `${folder}.new`;
  state.save();
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true, mode: 0o700 });
  await copy("state.json", state.folder, aside);
  await copy("repositories", state.folder, aside);
  await rm(folder, { recursive: true, force: true });
  await rename(aside, folder);
}

async function putBack(state: State, name: string): Promise<void> {
  const folder = folderOf(state, name);
  const there = await stat(folder).catch(() => undefined);
  if (!there) throw new GitHubError(404, `sandbox: no snapshot ${name}`);
  await rm(join(state.folder, "repositories"), { recursive: true, force: true });
  await copy("repositories", folder, state.folder);
  forgetAnswers();
  state.replaceBy(join(folder, "state.json"));
  state.jobTokens.clear();
  state.installationTokens.clear();
  await forgetRunsOf(state);
}

/** Ids are given anew after a restore: what a run of the same number left behind must not become part of the next one's log. */
async function forgetRunsOf(state: State): Promise<void> {
  const known = new Set(state.data.repositories.flatMap(({ runs }) => runs.map(({ id }) => String(id))));
  for (const folder of ["logs", "work"]) {
    const names = await readdir(join(state.folder, folder)).catch(() => []);
    const gone = names.filter((name) => !known.has(name));
    await Promise.all(gone.map((name) => rm(join(state.folder, folder, name), { recursive: true, force: true })));
  }
}

export function snapshotsRoutes(runs: Runs): Routes {
  const routes = new Hono<Env>();
  routes.post("/_sandbox/snapshots", async (c: RouteContext) => {
    refuseWhileRunning(runs);
    await take(c.var.sandbox.state, requiredString(await readBody(c), "name"));
    return c.body(null, 204);
  });
  routes.post("/_sandbox/snapshots/:name/restore", async (c) => {
    refuseWhileRunning(runs);
    await putBack(c.var.sandbox.state, c.req.param("name"));
    return c.body(null, 204);
  });
  return routes;
}
