import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../demo/world.ts";
import { TeamFork } from "./support/team-fork.ts";

let fork: TeamFork;
let world: World;

beforeAll(async () => {
  fork = await TeamFork.standUp();
  ({ world } = fork);
  await world.upstreamSyncJson("credentials", "create");
}, 60_000);

afterAll(() => fork.takeDown());

/** Edits the user's config as text. */
function edit(from: string, to: string): void {
  const file = join(world.project, "upstream-sync.yaml");
  const text = readFileSync(file, "utf8");
  if (!text.includes(from)) throw new Error(`no ${JSON.stringify(from)} in the config:\n${text}`);
  writeFileSync(file, text.replace(from, to));
}

const writes = async (since: number) =>
  (await world.github.log(since)).entries.filter(
    ({ method, git }) => !["GET", "HEAD"].includes(method) && git === null,
  );

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
  const next = await world.github.logEnd();
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
  const removal = await world.upstreamSync("destroy", "--yes");
  const takesNone =
    'main takes no commit that removes .github/upstream-sync/upstream-sync.mjs, .github/workflows/upstream-sync.yml: rule pull_request of ruleset "team: main" (acme/pocket-board). Nothing was removed. Let yourself bypass that while you destroy; or write delivery: pull-request';
  expect([removal.exitCode, removal.stderr]).toEqual([1, expect.stringContaining(takesNone)]);
  expect((await world.upstreamSync("plan", "--exit-code")).exitCode).toBe(0);
  const state = `${world.forkPath}/actions/workflows/upstream-sync.yml`;
  expect((await world.rest("administrator", "GET", state)).data.state).toBe("active");
  edit("timeoutMinutes: 10", "timeoutMinutes: 11");
  const changed = await world.upstreamSync("plan");
  expect([changed.exitCode, changed.stderr]).toEqual([
    1,
    expect.stringContaining("main takes no commit of .github/workflows/upstream-sync.yml: rule pull_request"),
  ]);
}, 240_000);

interface Pull {
  readonly number: number;
  readonly title: string;
  readonly head: { readonly ref: string; readonly sha: string };
  readonly base: { readonly ref: string };
}

/** The open pull requests into main and into dev; which of the two is opened first is not told. */
async function proposed(): Promise<{ main: Pull | undefined; dev: Pull | undefined }> {
  const { data } = await world.rest("developer", "GET", `${world.forkPath}/pulls?state=open`);
  const into = (branch: string) => (data as Pull[]).find(({ base }) => base.ref === branch);
  return { main: into("main"), dev: into("dev") };
}

async function merge(pull: Pull | undefined): Promise<void> {
  const number = pull?.number;
  await world.rest("reviewer", "POST", `${world.forkPath}/pulls/${number}/reviews`, { event: "APPROVE" });
  const merged = await world.rest("reviewer", "PUT", `${world.forkPath}/pulls/${number}/merge`, {
    merge_method: "merge",
    sha: pull?.head.sha,
  });
  expect([merged.status, merged.data.merged]).toEqual([200, true]);
}

const read = async (path: string, ref: string): Promise<string | undefined> => {
  const { status, data } = await world.rest("developer", "GET", `${world.forkPath}/contents/${path}?ref=${ref}`);
  return status === 200 ? Buffer.from(data.content, "base64").toString() : undefined;
};

const said = async (): Promise<string[]> => {
  const { forks } = await world.upstreamSyncJson("plan");
  expect(forks[0].changes).toEqual([]);
  return forks[0].found.waiting;
};

test("pull-request: one for each branch; merged, refused, changed again and taken away by people's own decision", async () => {
  const [workflow, document] = [".github/workflows/upstream-sync.yml", "docs/upstream-sync.md"];
  const committed = await read(workflow, "main");
  edit("pullRequest:", "delivery: pull-request\n    pullRequest:");
  const planned = await world.upstreamSync("plan");
  expect(planned.stdout).toContain("1 to change, 0 to remove");
  expect(planned.stdout).toContain("  . github_repository_file.workflow[0]\n");
  const applied = await world.upstreamSync("apply", "--yes");
  expect([applied.exitCode, applied.stderr]).toEqual([
    0,
    expect.stringMatching(
      /pull request #\d brings \.github\/workflows\/upstream-sync\.yml to main; it takes effect once it is merged: http/,
    ),
  ]);
  const first = await proposed();
  expect([first.main, first.dev]).toMatchObject([
    {
      title: "chore: manage .github/workflows/upstream-sync.yml with upstream-sync",
      head: { ref: "upstream-sync-files" },
    },
    {
      title: expect.stringMatching(/^docs: update upstream-sync\.md - settings [0-9a-f]{12}$/),
      head: { ref: "upstream-sync-files-dev" },
    },
  ]);
  expect(await read(workflow, "main")).toBe(committed);

  expect(await said()).toEqual([
    expect.stringMatching(
      /^not in force yet: \.github\/workflows\/upstream-sync\.yml, docs\/upstream-sync\.md; pull request #\d waits for people: http\S+; pull request #\d waits/,
    ),
  ]);
  await merge(first.main);
  await world.rest("administrator", "DELETE", `${world.forkPath}/git/refs/heads/upstream-sync-files`);
  expect(await read(workflow, "main")).toContain("timeout-minutes: 11\n");
  await world.rest("developer", "PATCH", `${world.forkPath}/pulls/${first.dev?.number}`, { state: "closed" });
  expect(await said()).toEqual([
    expect.stringContaining(`pull request #${first.dev?.number} was closed without a merge`),
  ]);

  edit("timeoutMinutes: 11", "timeoutMinutes: 12");
  expect((await world.upstreamSync("plan")).stdout.split("\n").slice(0, -1)).toEqual([
    "acme/pocket-board: 0 to create, 2 to change, 0 to remove",
    '  ~ terraform_data.proposal["default"]',
    "      input.files..github/workflows/upstream-sync.yml:",
    "        -     timeout-minutes: 11",
    "        +     timeout-minutes: 12",
    "        and the digest of it",
    '  ~ terraform_data.proposal["target"]',
    "      input.files.docs/upstream-sync.md:",
    "        - | tests | `node test/all.js`; at most 11 minutes |",
    "        + | tests | `node test/all.js`; at most 12 minutes |",
    "        and the digest of it",
    expect.stringMatching(/^ {6}input\.messages\.docs\/upstream-sync\.md: "docs: update .*" -> "docs: update .*"$/),
  ]);
  await world.upstreamSyncJson("apply", "--yes");
  const second = await proposed();
  expect([second.main, second.dev]).toMatchObject([
    { head: { ref: "upstream-sync-files" } },
    { head: { ref: "upstream-sync-files-dev" } },
  ]);
  await merge(second.main);
  await merge(second.dev);
  const commits = (await world.rest("developer", "GET", `${world.forkPath}/commits?sha=dev&path=${document}`)).data;
  expect(commits.map(({ commit }: { commit: { message: string } }) => commit.message)).toContainEqual(
    expect.stringMatching(/^docs: update upstream-sync\.md - settings [0-9a-f]{12}\n/),
  );
  expect(await said()).toEqual([]);
  expect([await read(workflow, "main"), await read(document, "dev")]).toEqual([
    expect.stringContaining("timeout-minutes: 12\n"),
    expect.stringContaining("at most 12 minutes"),
  ]);

  const { forks } = await world.upstreamSyncJson("destroy", "--yes");
  expect(forks[0].removal.kept.map((kept: { thing: string }) => kept.thing)).toEqual(
    expect.arrayContaining([`${workflow} on main`, `${document} on dev`]),
  );
  const removals = await proposed();
  expect([removals.main?.title, removals.dev?.title]).toEqual([
    "chore: take upstream-sync's files away from main",
    "chore: take upstream-sync's files away from dev",
  ]);
  await merge(removals.main);
  await merge(removals.dev);
  expect([await read(workflow, "main"), await read(document, "dev"), await read(".github/CODEOWNERS", "dev")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
}, 400_000);
