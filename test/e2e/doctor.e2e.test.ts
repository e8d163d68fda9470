/** Each trap is set on a healthy, deployed fork in the sandbox; `doctor` finds that one and nothing else. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { editConfig } from "../../demo/config-file.ts";
import { git } from "../../demo/git.ts";
import { loadConfig } from "../../lib/config/load.ts";
import type { ForkConfig } from "../../lib/config/schema.ts";
import { seal } from "../../lib/credentials/seal.ts";
import type { Context } from "../../lib/operations/context.ts";
import { type Doctor, type DoctorOptions, doctor } from "../../lib/operations/doctor.ts";
import { TeamFork } from "./support/team-fork.ts";

let fork: TeamFork;
let context: Context;
let config: ForkConfig;

beforeAll(async () => {
  fork = await TeamFork.standUp();
  const { world } = fork;
  editConfig(world.project, (forks) => {
    forks[world.forkName].tests = { run: ["node --test test/board.test.js"] };
  });
  await fork.credentials();
  await fork.apply();
  await world.upstreamSyncJson("sync");
  await snapshot("POST", "/snapshots", { name: "healthy" });
  const loaded = loadConfig(join(world.project, "upstream-sync.yaml"));
  config = loaded.forks[0] as ForkConfig;
  context = {
    config: loaded,
    projectFolder: world.project,
    env: { ...process.env, GITHUB_TOKEN: world.people.administrator, GITHUB_API_URL: world.github.api },
  };
}, 120_000);
afterAll(() => fork.takeDown());
afterEach(() => snapshot("POST", "/snapshots/healthy/restore"));

const snapshot = (method: string, path: string, body?: unknown) => fork.world.github.control(method, path, body);

async function look(options: Partial<DoctorOptions> & { readonly token?: string } = {}): Promise<Doctor> {
  const { token, ...rest } = options;
  const as = token === undefined ? context : { ...context, env: { ...context.env, GITHUB_TOKEN: token } };
  const operation = doctor(as, { fork: config, folder: fork.world.project, ...rest });
  let step = await operation.next();
  while (!step.done) step = await operation.next();
  return step.value;
}

const found = ({ checks }: Doctor, state: string) =>
  checks.filter((check) => check.state === state).map(({ id }) => id);

const control = (method: string, path: string, body: unknown) => fork.world.github.control(method, path, body);
const place = () => `/repositories/${fork.world.forkName}`;

/** As a person who edits a file on a branch in the browser. */
async function edit(path: string, branch: string, change: (text: string) => string | undefined): Promise<void> {
  const file = await fork.team("GET", `/contents/${path}?ref=${branch}`);
  const text = change(Buffer.from(file.content, "base64").toString());
  const common = { message: "edit", branch, sha: file.sha };
  if (text === undefined) await fork.team("DELETE", `/contents/${path}`, common);
  else await fork.team("PUT", `/contents/${path}`, { ...common, content: Buffer.from(text).toString("base64") });
}

const reviewed = {
  type: "pull_request",
  parameters: {
    dismiss_stale_reviews_on_push: false,
    require_code_owner_review: false,
    require_last_push_approval: false,
    required_approving_review_count: 1,
    required_review_thread_resolution: false,
  },
};
const ruleset = (branch: string, rule: object) =>
  fork.team("POST", "/rulesets", {
    name: `team: ${branch}`,
    target: "branch",
    enforcement: "active",
    conditions: { ref_name: { include: [`refs/heads/${branch}`], exclude: [] } },
    rules: [rule],
  });
const token = async (login: string, scopes: string[]) =>
  (await control("POST", "/tokens", { login, scopes })).data.token as string;
const days = (count: number) => Date.now() + count * 86_400_000;

/** What is done, and the ids of what is then not ok. */
const traps: readonly (readonly [string, () => Promise<unknown>, readonly string[]])[] = [
  ["the fork is archived", () => fork.team("PATCH", "", { archived: true }), ["fork"]],
  [
    "upstream went private",
    () => fork.world.rest("upstream", "PATCH", "/repos/pocket/pocket-board", { visibility: "private" }),
    ["upstream"],
  ],
  ["Actions are off", () => fork.team("PUT", "/actions/permissions", { enabled: false }), ["actions"]],
  [
    "60 days without activity",
    () =>
      control("PATCH", place(), { workflowStates: { ".github/workflows/upstream-sync.yml": "disabled_inactivity" } }),
    ["workflow"],
  ],
  [
    "workflows may not open pull requests",
    () =>
      fork.team("PUT", "/actions/permissions/workflow", {
        default_workflow_permissions: "read",
        can_approve_pull_request_reviews: false,
      }),
    ["actions-pull-requests"],
  ],
  [
    "upstream's workflow has a schedule",
    () =>
      edit(".github/workflows/ci.yml", "main", (text) =>
        text.replace("on: [push, pull_request]", "on: { schedule: [{ cron: '0 3 * * *' }] }"),
      ),
    ["upstream-schedules"],
  ],
  ["issues are off", () => fork.team("PATCH", "", { has_issues: false }), ["issues"]],
  ["only squash is left", () => fork.team("PATCH", "", { allow_merge_commit: false }), ["merge-method"]],
  [
    "private, on a plan without drafts",
    async () => {
      await control("PATCH", "/owners/acme", { plan: "pro" });
      await fork.team("PATCH", "", { visibility: "private" });
    },
    ["drafts"],
  ],
  [
    "private, on the free plan: neither rules nor drafts",
    () => fork.team("PATCH", "", { visibility: "private" }),
    ["plan", "drafts"],
  ],
  ["the tests' file left the target", () => edit("test/board.test.js", "dev", () => undefined), ["tests"]],
  [
    "the document is of another set-up",
    () => edit("docs/upstream-sync.md", "dev", (text) => text.replace(/`[0-9a-f]{64}`/, `\`${"0".repeat(64)}\``)),
    ["document"],
  ],
  [
    "somebody edited the workflow",
    () => edit(".github/workflows/upstream-sync.yml", "main", (text) => `${text}#\n`),
    ["drift"],
  ],
  ["a ruleset asks for pull requests on the sync branch", () => ruleset("sync/upstream", reviewed), ["sync-pushes"]],
  [
    "classic protection asks for reviews on the sync branch",
    () =>
      fork.team("PUT", "/branches/sync/upstream/protection", {
        required_status_checks: null,
        enforce_admins: true,
        required_pull_request_reviews: { required_approving_review_count: 1 },
        restrictions: null,
      }),
    ["sync-pushes"],
  ],
  ["linear history on the target", () => ruleset("dev", { type: "required_linear_history" }), ["landing"]],
  [
    "squash alone on the target, by a rule that nobody bypasses",
    () => ruleset("dev", { ...reviewed, parameters: { ...reviewed.parameters, allowed_merge_methods: ["squash"] } }),
    ["landing", "delivery"],
  ],
  ["pull requests alone on the default branch", () => ruleset("main", reviewed), ["delivery"]],
  [
    "administrators on the gate's list",
    async () => {
      const [gate] = (await fork.team("GET", "/rulesets")).filter(({ name }: { name: string }) =>
        name.endsWith("gate"),
      );
      const { bypass_actors } = await fork.team("GET", `/rulesets/${gate.id}`);
      const administrators = { actor_id: 5, actor_type: "RepositoryRole", bypass_mode: "always" };
      await fork.team("PUT", `/rulesets/${gate.id}`, { bypass_actors: [...bypass_actors, administrators] });
    },
    ["bypass"],
  ],
  [
    "another deploy key that may write",
    () =>
      fork.team("POST", "/keys", {
        title: "deploys",
        key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
        read_only: false,
      }),
    ["bypass"],
  ],
  [
    "the organization forbids deploy keys",
    () => control("PATCH", place(), { deployKeysAllowed: false }),
    ["deploy-key"],
  ],
  [
    "the deploy key was deleted",
    async () => {
      const [key] = await fork.team("GET", "/keys");
      await fork.team("DELETE", `/keys/${key.id}`);
    },
    ["deploy-key"],
  ],
  [
    "the secret was deleted",
    () => fork.team("DELETE", "/environments/upstream-sync/secrets/UPSTREAM_SYNC_DEPLOY_KEY"),
    ["secret"],
  ],
  [
    "the repository has a secret, and a workflow of upstream's",
    async () => {
      const { key, key_id } = await fork.team("GET", "/actions/secrets/public-key");
      await fork.team("PUT", "/actions/secrets/NPM_TOKEN", { encrypted_value: await seal("npm_x", key), key_id });
    },
    ["repository-secrets"],
  ],
  [
    "a line of CODEOWNERS is broken",
    () => edit(".github/CODEOWNERS", "dev", (text) => `${text}[a-z] @tech-lead\n`),
    ["codeowners"],
  ],
  [
    "an owner has no access",
    () => edit(".github/CODEOWNERS", "dev", (text) => `${text}/src/ @dana-who\n`),
    ["code-owners"],
  ],
  [
    "a reviewer, who owns our files too, may only read",
    () => control("PUT", `${place()}/collaborators/tech-lead`, { permission: "read" }),
    ["code-owners", "reviewers"],
  ],
];

describe("on a healthy fork", () => {
  test("everything is ok, by at most 15 requests", async () => {
    const { checks, requests } = await look();
    expect(checks.filter(({ state }) => state !== "ok")).toEqual([]);
    expect(checks.length).toBeGreaterThan(25);
    expect(requests).toBeLessThanOrEqual(15);
  });

  test.each(traps)("%s", async (_, set, ids) => {
    await set();
    const result = await look();
    expect(found(result, "not ok")).toEqual(ids);
    expect(result.requests).toBeLessThanOrEqual(15);
    for (const { state, remedy } of result.checks) expect(remedy === undefined).toBe(state === "ok");
  });

  test("who may only write is told so, and what GitHub keeps back is never ok", async () => {
    const result = await look({ token: fork.world.people.developer });
    expect(found(result, "not ok")).toEqual(["token"]);
    expect(found(result, "cannot tell")).toEqual(expect.arrayContaining(["actions", "deploy-key", "secret", "bypass"]));
  });

  test("a token without the right to change workflows", async () => {
    const result = await look({ token: await token("ada-admin", ["repo"]) });
    expect(found(result, "not ok")).toEqual(["token"]);
  });

  test("two missed times of the schedule, and a key of more than a year", async () => {
    expect(found(await look({ now: days(3) }), "not ok")).toEqual(["last-run"]);
    expect(found(await look({ now: days(400) }), "not ok")).toEqual(["last-run", "deploy-key"]);
  });
});

describe("inside a clone of the fork", () => {
  test("pending work and a remote that pushes to upstream", async () => {
    const folder = join(fork.world.project, "clone");
    mkdirSync(folder);
    await git(folder, ["clone", "--quiet", "--branch", "dev", fork.gitUrl, "."]);
    await git(folder, ["remote", "add", "upstream", config.upstream.url]);
    const remotes = await look({ folder });
    expect(found(remotes, "not ok")).toEqual(["clone-remotes"]);
    for (const fix of remotes.checks.flatMap(({ fixes }) => fixes ?? [])) {
      if (fix.kind === "git") await git(folder, [...fix.args]);
    }
    expect(found(await look({ folder }), "not ok")).toEqual([]);
    writeFileSync(join(folder, "notes.txt"), "mine\n");
    expect(found(await look({ folder }), "not ok")).toEqual(["clone-changes"]);
  });
});
