/** Runs a generated workflow by `act`, an implementation of GitHub Actions that shares no code with the sandbox's runner. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";
import { parseDocument, stringify } from "yaml";
import type { World } from "../../demo/world.ts";
import { workflowTool } from "../../tools/workflow-tools.ts";

/** The key of GitHub's that act 0.2.87 refuses as unknown, by the path at which a workflow may have it. */
const refused = /^jobs\.[\w-]+\.environment\.deployment$/;

/** The workflow without what act refuses, and where that was. */
export function stripKeysActRefuses(workflow: string): { text: string; stripped: string[] } {
  const document = parseDocument(workflow);
  const stripped = pathsOf(document.toJS()).filter((path) => refused.test(path.join(".")));
  for (const path of stripped) document.deleteIn(path);
  return { text: document.toString({ lineWidth: 0 }), stripped: stripped.map((path) => path.join(".")) };
}

function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, one]) => pathsOf(one, [...path, key]));
}

/** What act says of a workflow file that it does not run; empty when it would. */
export async function actRefusal(file: string): Promise<string> {
  const { exitCode, all } = await execa(workflowTool("act"), ["schedule", "--dryrun", "-W", file, ...platform], {
    reject: false,
    all: true,
  });
  return exitCode === 0 ? "" : all;
}

const platform = ["-P", "ubuntu-latest=-self-hosted"];

interface JobLog {
  readonly name: string;
  conclusion: string | null;
  readonly steps: { name: string; conclusion: string; started_at: string; completed_at: string }[];
}

export interface ActRun {
  /** Job -> how it ended. */
  readonly jobs: Readonly<Record<string, string>>;
  /** Everything the run printed. */
  readonly log: string;
}

/**
 * One scheduled run of `workflow`, on this machine itself, with the job token's and the environment's secrets that GitHub would
 * give. GitHub's record of the run's jobs, which act has no part in, is answered from act's own log.
 */
export async function runByAct(world: World, folder: string, workflow: string): Promise<ActRun> {
  const repository = `${world.fork.owner}/${world.fork.name}`;
  const runId = 4242;
  const { token } = (
    await world.github.control("POST", "/job-tokens", {
      repository,
      runId,
      permissions: {
        ...{ actions: "read", contents: "read" },
        ...{ issues: "write", "pull-requests": "write", statuses: "write" },
      },
    })
  ).data;
  const file = join(folder, "upstream-sync.yml");
  writeFileSync(file, workflow);
  const secrets = join(folder, "secrets.yml");
  const deployKey = environmentSecret(world);
  writeFileSync(secrets, stringify({ GITHUB_TOKEN: token, UPSTREAM_SYNC_DEPLOY_KEY: deployKey }), { mode: 0o600 });

  const jobs = new Map<string, JobLog>();
  const front = await recordOfJobs(world.github.url, jobs);
  const head = await world.refs();
  const variables = {
    GITHUB_SERVER_URL: world.github.url,
    GITHUB_API_URL: `${front.url}/api/v3`,
    GITHUB_GRAPHQL_URL: `${world.github.url}/api/graphql`,
    GITHUB_REPOSITORY: repository,
    GITHUB_RUN_ID: String(runId),
    GITHUB_RUN_ATTEMPT: "1",
    GITHUB_WORKFLOW_SHA: head[`refs/heads/${world.fork.branches.from}`] ?? "",
  };
  try {
    const child = execa(
      workflowTool("act"),
      [
        ...["schedule", "--json", "--no-cache-server", "--container-daemon-socket", "-", ...platform],
        ...["--github-instance", new URL(world.github.url).host, "--secret-file", secrets, "-W", file, "-C", folder],
        ...Object.entries(variables).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
      ],
      {
        // Jobs on the machine itself inherit all of act's environment (nektos/act#6159).
        extendEnv: false,
        env: { PATH: process.env.PATH ?? "", HOME: folder, ACT_DISABLE_VERSION_CHECK: "1" },
        reject: false,
        all: true,
        stdin: "ignore",
      },
    );
    for await (const line of createInterface({ input: child.all })) note(jobs, line);
    const { all } = await child;
    return { jobs: Object.fromEntries([...jobs].map(([id, job]) => [id, job.conclusion ?? "none"])), log: all };
  } finally {
    await front.close();
  }
}

/** The stand-in holds the opened secret, as GitHub does to hand it to a job. */
function environmentSecret(world: World): string {
  const state = JSON.parse(readFileSync(join(world.github.folder, "state.json"), "utf8"));
  const fork = state.repositories.find((one: { name: string; owner: string }) => one.owner === world.fork.owner);
  const [environment] = fork.environments;
  return environment.secrets.UPSTREAM_SYNC_DEPLOY_KEY.value;
}

/** Takes what a line of act's log says of a step or a job into the record. */
function note(jobs: Map<string, JobLog>, line: string): void {
  if (!line.startsWith("{")) return;
  const event = JSON.parse(line);
  if (!event.jobID) return;
  const job: JobLog = jobs.get(event.jobID) ?? { name: event.jobID, conclusion: null, steps: [] };
  jobs.set(event.jobID, job);
  if (event.jobResult) job.conclusion = event.jobResult;
  if (event.stepResult && event.stage === "Main") {
    const completed = Date.parse(event.time);
    job.steps.push({
      name: event.step,
      conclusion: event.stepResult,
      started_at: new Date(completed - (event.executionTime ?? 0) / 1e6).toISOString(),
      completed_at: new Date(completed).toISOString(),
    });
  }
}

/** Hands every request on to `github`, but answers itself which jobs the run has. */
async function recordOfJobs(github: string, jobs: Map<string, JobLog>) {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (/\/actions\/runs\/\d+\/jobs/.test(request.url ?? "")) {
      // act's log may lag behind the job that asks.
      for (let wait = 0; wait < 200 && jobs.get("test")?.conclusion === null; wait += 1) await setTimeout(25);
      const listed = [...jobs.values()].filter(({ conclusion }) => conclusion !== null);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ total_count: listed.length, jobs: listed }));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = new Headers();
    for (const name of ["authorization", "accept", "content-type", "user-agent"]) {
      const value = request.headers[name];
      if (typeof value === "string") headers.set(name, value);
    }
    const body = chunks.length > 0 ? Buffer.concat(chunks) : null;
    const answered = await fetch(`${github}${request.url}`, { method: request.method ?? "GET", headers, body });
    response.writeHead(answered.status, { "content-type": answered.headers.get("content-type") ?? "text/plain" });
    response.end(Buffer.from(await answered.arrayBuffer()));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => response.writeHead(502).end(error.message));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(done);
      }),
  };
}
