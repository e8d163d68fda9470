import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { GitHubStandIn } from "../../demo/github-stand-in.ts";
import { pocketBoard } from "../../demo/pocket-board.ts";
import { standUp } from "../../demo/stand-up.ts";
import type { World } from "../../demo/world.ts";

let folder: string;
let github: GitHubStandIn;
let world: World;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-delivery-"));
  github = await GitHubStandIn.start(join(folder, "github"));
  world = await standUp(github, folder, await pocketBoard(folder));
  await world.upstreamSyncJson("credentials", "create");
}, 60_000);

afterAll(async () => {
  await github.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Edits the user's config as text. */
function edit(from: string, to: string): void {
  const file = join(world.project, "upstream-sync.yaml");
  const text = readFileSync(file, "utf8");
  if (!text.includes(from)) throw new Error(`no ${JSON.stringify(from)} in the config:\n${text}`);
  writeFileSync(file, text.replace(from, to));
}

const writes = async (since: number) =>
  (await github.log(since)).entries.filter(({ method, git }) => !["GET", "HEAD"].includes(method) && git === null);

/** A rule that the team, not we, put on a branch. */
async function protect(branch: string, bypass: object[] = []): Promise<number> {
  const answer = await world.rest("administrator", "POST", `${world.forkPath}/rulesets`, {
    name: `team: ${branch}`,
    target: "branch",
    enforcement: "active",
    bypass_actors: bypass,
    conditions: { ref_name: { include: [`refs/heads/${branch}`], exclude: [] } },
    rules: [
      {
        type: "pull_request",
        parameters: {
          dismiss_stale_reviews_on_push: false,
          require_code_owner_review: false,
          require_last_push_approval: false,
          required_approving_review_count: 1,
          required_review_thread_resolution: false,
        },
      },
    ],
  });
  expect(answer.status).toBe(201);
  return answer.data.id;
}

test("a rule of the team that refuses our commits is told before the first write; an empty plan stays empty", async () => {
  const ruleset = await protect("main");
  const { next } = await github.log(0);
  const refused = await world.upstreamSync("apply", "--yes");
  expect([refused.exitCode, refused.stderr.split("\n").slice(-2)]).toEqual([
    1,
    [
      'error: main takes no commit of .github/upstream-sync/upstream-sync.mjs: rule pull_request of ruleset "team: main" (acme/pocket-board)',
      'fix: write "delivery: pull-request" under this fork, or let yourself bypass that rule',
    ],
  ]);
  expect(await writes(next)).toEqual([]);

  const path = `${world.forkPath}/rulesets/${ruleset}`;
  const administrators = [{ actor_type: "RepositoryRole", actor_id: 5, bypass_mode: "always" }];
  await world.rest("administrator", "PUT", path, { bypass_actors: administrators });
  expect((await world.upstreamSync("apply", "--yes")).exitCode).toBe(0);

  await world.rest("administrator", "PUT", path, { bypass_actors: [] });
  expect((await world.upstreamSync("plan", "--exit-code")).exitCode).toBe(0);
  edit("timeoutMinutes: 10", "timeoutMinutes: 11");
  const changed = await world.upstreamSync("plan");
  expect([changed.exitCode, changed.stderr]).toEqual([
    1,
    expect.stringContaining("main takes no commit of .github/workflows/upstream-sync.yml: rule pull_request"),
  ]);
}, 240_000);

const pulls = async (state: "open" | "all" = "open") =>
  (await world.rest("developer", "GET", `${world.forkPath}/pulls?state=${state}&sort=created&direction=asc`)).data;

async function merge(number: number): Promise<void> {
  const { data: pull } = await world.rest("reviewer", "GET", `${world.forkPath}/pulls/${number}`);
  await world.rest("reviewer", "POST", `${world.forkPath}/pulls/${number}/reviews`, { event: "APPROVE" });
  const merged = await world.rest("reviewer", "PUT", `${world.forkPath}/pulls/${number}/merge`, {
    merge_method: "merge",
    sha: pull.head.sha,
  });
  expect([merged.status, merged.data.merged]).toEqual([200, true]);
}

const read = async (path: string, ref: string): Promise<string | undefined> => {
  const { status, data } = await world.rest("developer", "GET", `${world.forkPath}/contents/${path}?ref=${ref}`);
  return status === 200 ? Buffer.from(data.content, "base64").toString() : undefined;
};

const empty = async () => {
  const { forks } = await world.upstreamSyncJson("plan");
  expect(forks[0].changes).toEqual([]);
};

test("pull-request: one for each branch; merged, changed, refused and taken away by people's own decision", async () => {
  // The files that were committed above stay when only their way changes.
  edit("timeoutMinutes: 11", "timeoutMinutes: 10");
  edit("pullRequest:", "delivery: pull-request\n    pullRequest:");
  await world.upstreamSyncJson("apply", "--yes");
  await empty();
  expect(await pulls("all")).toEqual([]);

  edit("timeoutMinutes: 10", "timeoutMinutes: 12");
  const planned = await world.upstreamSync("plan");
  expect(planned.stdout).toEqual("");
  const applied = await world.upstreamSync("apply", "--yes");
  expect([applied.exitCode, applied.stderr]).toEqual([0, ""]);
}, 240_000);
