import { expect, test } from "@jest/globals";
import { type GitHub, GitHubError } from "../../sync/github.ts";
import { type Clock, handover } from "../../sync/handover.ts";

const context = { repository: "acme/fork", workflow: "upstream-sync.yml", waitSeconds: 10, apiUrl: "", token: "" };
const url = (id: number) => `https://github.test/acme/fork/actions/runs/7/job/${id}`;

/** A fork with one run; each look at a job takes one status from its list, the last one stays. */
function fork(jobs: readonly (readonly [id: number, name: string, ...statuses: string[]])[]) {
  const asked: string[] = [];
  const left = new Map(jobs.map(([id, , ...statuses]) => [id, statuses]));
  const next = (id: number) => {
    const statuses = left.get(id) as string[];
    return statuses.length > 1 ? statuses.shift() : statuses[0];
  };
  const github: GitHub = {
    async get(path) {
      asked.push(path);
      if (path.endsWith("/runs?per_page=30")) {
        return {
          workflow_runs: [
            { id: 6, status: "completed" },
            ...(jobs.length > 0 ? [{ id: 7, status: "in_progress" }] : []),
          ],
        };
      }
      return { status: next(Number(/jobs\/(\d+)$/.exec(path)?.[1])) };
    },
    async list(path) {
      asked.push(path);
      return jobs.map(([id, name]) => ({ id, name, status: next(id), html_url: url(id) }));
    },
    write: async () => {
      throw new Error("a handover writes nothing");
    },
  };
  return { github, asked };
}

function clock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  return { slept, now: () => slept.reduce((sum, one) => sum + one, 0), sleep: async (ms) => void slept.push(ms) };
}

test("a job that pushes is waited for; one that holds no key, or has not started, is not", async () => {
  const { github, asked } = fork([
    [1, "merge", "in_progress", "in_progress", "in_progress", "completed"],
    [2, "test", "in_progress"],
    [3, "finish", "queued"],
  ]);
  const time = clock();
  await handover(context, github, time);
  expect(time.slept).toEqual([2000, 2000]);
  expect(asked.filter((path) => path.includes("/actions/jobs/"))).toEqual(
    Array(3).fill("/repos/acme/fork/actions/jobs/1"),
  );
});

test("nothing is going, or there is no workflow yet: one request", async () => {
  const { github, asked } = fork([]);
  await handover(context, github, clock());
  expect(asked).toHaveLength(1);
  const missing = { ...github, get: () => Promise.reject(new GitHubError("GET x", 404, "Not Found")) };
  await handover(context, missing, clock());
});

test("a job that does not end leaves both keys, and says so", async () => {
  const { github } = fork([[1, "finish", "in_progress"]]);
  await expect(handover(context, github, clock())).rejects.toThrow(
    `a job that may hold the old key is still running: ${url(1)} after 10 s. Both keys work. Let the run end or cancel it, then apply again`,
  );
});
