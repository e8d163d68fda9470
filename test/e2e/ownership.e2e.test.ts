/** What was on the fork before, and what people do to it while we are there: with real Terraform, the real provider and the sandbox. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { differences, type ForkSnapshot, snapshotFork } from "../../demo/fork-snapshot.ts";
import { git } from "../../demo/git.ts";
import { GitHubStandIn } from "../../demo/github-stand-in.ts";
import { pocketBoard } from "../../demo/pocket-board.ts";
import { standUp } from "../../demo/stand-up.ts";
import type { World } from "../../demo/world.ts";

const selected = { github_owned_allowed: true, verified_allowed: false, patterns_allowed: ["acme/*"] };

let folder: string;
let github: GitHubStandIn;
let world: World;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-ownership-"));
  github = await GitHubStandIn.start(join(folder, "github"));
  world = await standUp(github, folder, await pocketBoard(folder));
}, 60_000);

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

describe("a fork that has all of it already", () => {
  test("is used as it is, is planned empty, and is the same after a destroy", async () => {
    await team("POST", "/labels", { name: "Upstream-Sync", color: "ff0000", description: "ours since 2019" });
    for (let n = 1; n <= 100; n += 1) await team("POST", "/labels", { name: `a${n}`, color: "ededed" });
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
    expect(await planned()).toEqual([]);

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
  }, 120_000);

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
