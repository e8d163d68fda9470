/** What was on the fork before, and what people do to it while we are there: with real Terraform, the real provider and the sandbox. */
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { differences, type ForkSnapshot, snapshotFork } from "../../demo/fork-snapshot.ts";
import { commitOnto, git } from "../../demo/git.ts";
import { GitHubStandIn } from "../../demo/github-stand-in.ts";
import { pocketBoard } from "../../demo/pocket-board.ts";
import { standUp } from "../../demo/stand-up.ts";
import type { World } from "../../demo/world.ts";
import { cacheFolder } from "../../lib/terraform/provider.ts";

const selected = { github_owned_allowed: true, verified_allowed: false, patterns_allowed: ["acme/*"] };

let folder: string;
let github: GitHubStandIn;
let world: World;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-ownership-"));
  github = await GitHubStandIn.start(join(folder, "github"));
  world = await standUp(github, folder, await pocketBoard(folder));
}, 120_000);

afterEach(async () => {
  await github.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** As the team, by the API; fails unless GitHub takes it. */
async function team(method: string, path: string, body?: unknown) {
  const answer = await world.rest("administrator", method, `${world.forkPath}${path}`, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.data)}`);
  return answer.data;
}

async function snapshot(): Promise<ForkSnapshot> {
  const labels = (await team("GET", "/labels?per_page=100")).map((one: Record<string, unknown>) => [
    one.name,
    one.color,
    one.description,
  ]);
  return {
    ...(await snapshotFork(github, world.fork, world.people.administrator)),
    labels: JSON.stringify(labels),
  };
}

const credentials = () => world.upstreamSyncJson("credentials", "create");
const apply = async () => (await world.upstreamSyncJson("apply", "--yes")).forks[0];
const destroy = async () => (await world.upstreamSyncJson("destroy", "--yes")).forks[0];
const planned = async () => (await world.upstreamSyncJson("plan")).forks[0].changes.map(address);
const address = (change: { action: string; address: string }) => `${change.action} ${change.address}`;
/** Files are committed and removed again, so only the branches' tips may differ from before. */
const unlike = (before: ForkSnapshot, after: ForkSnapshot) =>
  differences(before, after)
    .map(({ thing }) => thing)
    .filter(
      (thing) =>
        ![`refs/heads/${world.fork.branches.from}`, `refs/heads/${world.fork.branches.target}`].includes(thing),
    );

async function refused(): Promise<string> {
  const before = await snapshot();
  const result = await world.upstreamSync("apply", "--yes");
  expect(result.exitCode).toBe(1);
  expect(unlike(before, await snapshot())).toEqual([]);
  return result.stderr;
}

/** Terraform itself in the stack's folder, as `cdktf deploy` and people run it. */
async function terraform(...args: string[]): Promise<string> {
  const result = await execa(process.env.TERRAFORM_BINARY_NAME ?? "terraform", args, {
    cwd: join(world.project, "cdktf.out", "stacks", "acme--pocket-board"),
    env: {
      GITHUB_TOKEN: world.people.administrator,
      GITHUB_BASE_URL: `${github.url}/`,
      TF_CLI_CONFIG_FILE: join(cacheFolder(), "terraform.tfrc"),
      CHECKPOINT_DISABLE: "1",
    },
    all: true,
    reject: false,
  });
  if (result.exitCode !== 0) throw new Error(`terraform ${args.join(" ")}:\n${result.all}`);
  return result.all;
}

/** https://developer.hashicorp.com/terraform/cli/commands/plan#detailed-exitcode: 2, and so a failure, when there is something to do. */
async function expectEmptyPlan(): Promise<void> {
  expect(await terraform("plan", "-detailed-exitcode", "-no-color", "-lock=false")).toContain("No changes.");
}

describe("a fork that has all of it already", () => {
  test("is used as it is, is planned empty, and is the same after a destroy", async () => {
    // GitHub makes nine labels with a repository; the one that matters comes on the second page.
    for (let n = 1; n <= 91; n += 1) await team("POST", "/labels", { name: `a${n}`, color: "ededed" });
    await team("POST", "/labels", { name: "Upstream-Sync", color: "ff0000", description: "ours since 2019" });
    await team("PUT", "/actions/permissions", { enabled: true, allowed_actions: "selected" });
    await team("PUT", "/actions/permissions/selected-actions", selected);
    await team("PUT", "/actions/permissions/workflow", {
      default_workflow_permissions: "write",
      can_approve_pull_request_reviews: false,
    });
    const refs = await world.refs();
    await team("POST", "/git/refs", { ref: "refs/heads/sync/upstream", sha: refs["refs/heads/main"] });
    const before = await snapshot();
    await credentials();

    const { found, changes } = await apply();
    expect(found).toEqual({
      imported: ["github_repository_environment.sync"],
      adopted: ["branch:sync/upstream"],
      leftAlone: ["label:upstream-sync", "setting:Actions"],
      waiting: [],
    });
    expect(changes.map(address).filter((one: string) => /label|branch\.sync|repository_permissions/.test(one))).toEqual(
      [
        'create github_issue_label.label["accept-upstream-workflows"]',
        "create github_workflow_repository_permissions.workflow[0]",
        ...["accept-upstream-workflows", "upstream-sync"].map(
          (name) => `create terraform_data.before["label:${name}"]`,
        ),
        ...["accept-upstream-workflows", "upstream-sync"].map((name) => `create terraform_data.seen["label:${name}"]`),
      ],
    );
    await expectEmptyPlan();

    const { removal } = await destroy();
    expect(removal).toEqual({
      removed: [],
      restored: [
        {
          thing: "workflow permissions",
          to: { default_workflow_permissions: "write", can_approve_pull_request_reviews: false },
        },
      ],
      kept: [{ thing: "branch sync/upstream", why: "it was there before, or the config keeps it" }],
    });
    expect(unlike(before, await snapshot())).toEqual([]);
    expect(await team("GET", "/actions/permissions/selected-actions")).toEqual(selected);
  }, 300_000);

  test("what is of our name and not ours stops it before anything is written, all of it at once", async () => {
    await credentials();
    const ruleset = { target: "branch", enforcement: "active", rules: [{ type: "deletion" }] };
    await team("POST", "/rulesets", {
      ...ruleset,
      name: "upstream-sync: gate",
      conditions: { ref_name: { include: ["refs/heads/main"], exclude: [] } },
    });
    await team("POST", "/keys", {
      title: "upstream-sync",
      key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJhcnlvbiBpcyBub3QgYSBrZXkgYnV0IGZpdHM5",
    });
    const unrelated = await git(world.fork.git, ["commit-tree", "-m", "Something else", "main^{tree}"]);
    await git(
      world.fork.git,
      ["push", "--quiet", github.gitUrl(world.fork), `${unrelated.stdout}:refs/heads/sync/upstream`],
      {
        token: world.people.administrator,
      },
    );
    await team("DELETE", "/environments/upstream-sync");

    const words = await refused();
    expect(words).toContain('the ruleset "upstream-sync: gate" of acme/pocket-board: got one that was there before');
    expect(words).toContain('the deploy key "upstream-sync" of acme/pocket-board');
    expect(words).toContain(
      "the branch sync/upstream of acme/pocket-board: got one that was there before and cannot be compared with dev (No common ancestor between dev and sync/upstream.)",
    );
    expect(words).toContain("the environment upstream-sync of acme/pocket-board: got none");
    expect(words).toContain("credentials create acme/pocket-board --replace");
  }, 60_000);
});

describe("a set-up that people and accidents happen to", () => {
  test("is mended by the next apply, and given back with what has not landed", async () => {
    await team("PUT", "/actions/permissions", { enabled: false });
    const before = await snapshot();
    await credentials();
    const { changes } = await apply();
    expect(changes.map(address)).toContain("create github_actions_repository_permissions.actions[0]");

    // Removed by hand, one of each kind; and while the gate is away, work gets onto the sync branch.
    const rulesets = await team("GET", "/rulesets");
    for (const { id } of rulesets) await team("DELETE", `/rulesets/${id}`);
    await team("DELETE", "/labels/upstream-sync");
    for (const { id } of await team("GET", "/keys")) await team("DELETE", `/keys/${id}`);
    await team("DELETE", "/git/refs/heads/sync/upstream");
    expect((await planned()).sort()).toEqual([
      "create github_branch.sync[0]",
      'create github_issue_label.label["upstream-sync"]',
      "create github_repository_deploy_key.sync",
      "create github_repository_ruleset.gate",
      "create github_repository_ruleset.history",
    ]);
    await apply();
    const gate = (await team("GET", "/rulesets")).find(({ name }: { name: string }) => name.endsWith("gate"));
    await team("DELETE", `/rulesets/${gate.id}`);
    const { sha } = (await team("GET", "/git/ref/heads/sync/upstream")).object;
    await git(world.fork.git, ["fetch", "--quiet", github.gitUrl(world.fork), sha]);
    const work = await commitOnto(world.fork.git, sha, { "work.md": "Not landed.\n" }, "Work", 1_790_000_900);
    await git(world.fork.git, ["push", "--quiet", github.gitUrl(world.fork), `${work}:refs/heads/sync/upstream`], {
      token: world.people.administrator,
    });

    // The records tainted and replaced, the steps of the removal run in mid-life.
    const record = 'terraform_data.before["setting:Actions"]';
    await terraform("taint", record);
    await terraform("taint", 'terraform_data.seen["setting:workflow permissions"]');
    const replace = ["terraform_data.restore[0]", "terraform_data.guard"].map((one) => `-replace=${one}`);
    const said = await terraform("apply", "-auto-approve", "-no-color", ...replace);
    expect(said).toContain("the set-up still stands, so the Actions settings stay as they are");
    expect(said).toContain("upstream-sync.yml is switched on again");
    expect((await team("GET", "/actions/permissions")).enabled).toBe(true);
    await expectEmptyPlan();

    // People change their mind about a setting, and a destroy that may not stop the workflow removes nothing.
    await team("PUT", "/actions/permissions/workflow", {
      default_workflow_permissions: "write",
      can_approve_pull_request_reviews: true,
    });
    const route = "PUT /repos/acme/pocket-board/actions/workflows/upstream-sync.yml/disable";
    await github.control("POST", "/faults", {
      route,
      status: 403,
      times: 9,
      body: { message: "Must have admin rights" },
    });
    const whole = await snapshot();
    const failed = await world.upstreamSync("destroy", "--yes");
    await github.control("DELETE", "/faults");
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain("Must have admin rights");
    expect(differences(whole, await snapshot())).toEqual([]);

    // The branch was made again from main, where two of our files are, and one commit of the team came on top.
    const { removal } = await destroy();
    const backup = expect.stringMatching(/^sync\/upstream-backup-\d{8}$/);
    expect(removal).toEqual({
      removed: [],
      restored: [
        { thing: "Actions permissions", to: { enabled: false } },
        {
          thing: "workflow permissions",
          to: { default_workflow_permissions: "write", can_approve_pull_request_reviews: false },
        },
      ],
      kept: [
        { thing: "branch sync/upstream", as: backup, why: "3 commits have not landed on dev" },
        { thing: "workflow permissions: default_workflow_permissions", why: "changed by people since" },
      ],
    });
    const after = await snapshot();
    expect(unlike(before, after)).toEqual([
      "workflow permissions",
      expect.stringMatching(/^refs\/heads\/sync\/upstream-backup-\d{8}$/),
    ]);
    expect(Object.values(after)).toContain(work);
  }, 300_000);

  test("is found again by its marks when the state is lost", async () => {
    await credentials();
    await apply();
    const state = join(world.project, "state", "acme--pocket-board.tfstate");
    renameSync(state, `${state}.away`);
    const standing = await snapshot();
    const { found } = await apply();
    expect([...found.imported].sort()).toEqual([
      'github_issue_label.label["accept-upstream-workflows"]',
      'github_issue_label.label["upstream-sync"]',
      "github_repository_deploy_key.sync",
      "github_repository_environment.sync",
      "github_repository_environment_deployment_policy.default_branch",
      ...["codeowners", "document", "program", "workflow"].map((file) => `github_repository_file.${file}`),
      "github_repository_ruleset.gate",
      "github_repository_ruleset.history",
    ]);
    expect(differences(standing, await snapshot())).toEqual([]);
    await expectEmptyPlan();
  }, 300_000);
});
