/** Each trap is set on a healthy, deployed fork in the sandbox; `doctor` finds that one and nothing else. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { editConfig } from "../../demo/config-file.ts";
import { git } from "../../demo/git.ts";
import { atTerminal } from "../../demo/terminal.ts";
import { loadConfig } from "../../lib/config/load.ts";
import type { ForkConfig } from "../../lib/config/schema.ts";
import { seal } from "../../lib/credentials/seal.ts";
import type { Context } from "../../lib/operations/context.ts";
import { type Doctor, type DoctorOptions, doctor } from "../../lib/operations/doctor.ts";
import { packageRoot } from "../../lib/package-root.ts";
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

describe("on the command line", () => {
  const run = (args: string[], env: Record<string, string> = {}, cwd = fork.world.project) =>
    execa("node", [join(packageRoot(), "dist", "cli", "main.js"), ...args], {
      cwd,
      reject: false,
      stdin: "ignore",
      env: { ...context.env, NO_COLOR: "1", ...env },
    });

  test("--fix shows what it will do, does it, and looks again; 3 before, 0 after", async () => {
    await fork.team("PATCH", "", { has_issues: false, allow_merge_commit: false });
    const before = await run(["doctor", "--json"]);
    expect(before.exitCode).toBe(3);
    const wrong = JSON.parse(before.stdout).checks.filter(({ state }: { state: string }) => state !== "ok");
    expect(wrong.map(({ id, remedy }: Record<string, string>) => [id, remedy?.split(",")[0]])).toEqual([
      ["issues", "upstream-sync doctor acme/pocket-board --fix"],
      ["merge-method", "upstream-sync doctor acme/pocket-board --fix"],
    ]);
    expect(await run(["doctor", "--fix"])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--yes") });
    const after = await run(["doctor", "--fix", "--yes", "--json"]);
    expect(after.stderr).toContain('PATCH /repos/acme/pocket-board {"has_issues":true}');
    expect(after.exitCode).toBe(0);
    expect(JSON.parse(after.stdout)).toMatchObject({ ok: true, requests: expect.any(Number) });
    expect(await fork.team("GET", "")).toMatchObject({ has_issues: true, allow_merge_commit: true });
  });

  test("a bad token, no right to see it, a limit that is reached: one message each, and what to do", async () => {
    const told = async (env: Record<string, string>) => {
      const { exitCode, stderr } = await run(["doctor"], env);
      return { exitCode, lines: stderr.split("\n").slice(1) };
    };
    expect(await told({ GITHUB_TOKEN: "ghp_gone" })).toEqual({
      exitCode: 1,
      lines: [
        expect.stringMatching(/^error: could not read acme\/pocket-board: GitHub answered 401 Bad credentials/),
        "fix: the token is not accepted: make a new one and export it as GITHUB_TOKEN",
      ],
    });
    await fork.team("PATCH", "", { visibility: "private" });
    expect(await told({ GITHUB_TOKEN: fork.world.people.upstream })).toEqual({
      exitCode: 1,
      lines: [
        expect.stringMatching(/GitHub answered 404 Not Found/),
        "fix: the name is wrong, or the token may not see or administer it",
      ],
    });
    await control("PUT", "/rate-limits", { user: 3 });
    expect(await told({})).toEqual({
      exitCode: 1,
      lines: [
        expect.stringMatching(/GitHub answered 403 API rate limit exceeded/),
        expect.stringMatching(/^fix: GitHub's rate limit is used up: run the same command again after 20/),
      ],
    });
    await control("PUT", "/rate-limits", {});
  });

  test("init writes a config and a project into an empty folder, and nothing over them", async () => {
    const folder = join(fork.world.project, "new");
    mkdirSync(folder);
    const asked = await run(["init", "acme/pocket-board"], {}, folder);
    expect(asked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("got no terminal to ask at") });
    const dry = await run(["init", "acme/pocket-board", "--yes", "--dry-run", "--json"], {}, folder);
    expect(JSON.parse(dry.stdout)).toMatchObject({ written: false, requests: 14 });
    expect(readdirSync(folder)).toEqual([]);

    const done = await run(["init", "acme/pocket-board", "--yes", "--reviewers", "devops-lead,@tech-lead"], {}, folder);
    expect({ exitCode: done.exitCode, stderr: done.stderr }).toMatchObject({ exitCode: 0 });
    expect(readdirSync(folder).sort()).toEqual(
      [".gitignore", "cdktf.json", "main.ts", "package.json", "tsconfig.json", "upstream-sync.yaml"].sort(),
    );
    const [made] = loadConfig(join(folder, "upstream-sync.yaml")).forks;
    expect(made).toMatchObject({
      repository: "acme/pocket-board",
      upstream: { url: config.upstream.url, branch: "main" },
      branches: { sync: "sync/upstream", from: "main", target: "dev" },
      tests: { run: ["npm install && npm test"] },
      pullRequest: { reviewers: ["devops-lead", "tech-lead"] },
      document: { branches: ["dev", "test", "main"] },
    });
    const text = readFileSync(join(folder, "upstream-sync.yaml"), "utf8");
    expect(await run(["init", "acme/pocket-board", "--yes"], {}, folder)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("upstream-sync.yaml is there already, and is not written over"),
    });
    expect(readFileSync(join(folder, "upstream-sync.yaml"), "utf8")).toBe(text);
  });

  test("at a terminal init asks five questions, and takes what is typed", async () => {
    const folder = join(fork.world.project, "asked");
    mkdirSync(folder);
    const command = `node ${join(packageRoot(), "dist", "cli", "main.js")} init acme/pocket-board`;
    // Return for what is suggested.
    const { exitCode, shown } = await atTerminal(command, ["", "main", "make test", "tech-lead", ""], {
      cwd: folder,
      env: { ...context.env, NO_COLOR: "1" },
    });
    expect({ exitCode, shown }).toEqual({ exitCode: 0, shown: expect.stringContaining("wrote upstream-sync.yaml") });
    expect(loadConfig(join(folder, "upstream-sync.yaml")).forks[0]).toMatchObject({
      branches: { target: "main" },
      tests: { run: ["make test"] },
      pullRequest: { reviewers: ["tech-lead"] },
      credentials: "deploy-key",
    });
  });
});
