/** What was on the fork before: used as it is, or named before anything is written. Real Terraform, the real provider, the sandbox. */

import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { git } from "../../demo/git.ts";
import { loadConfig } from "../../lib/config/load.ts";
import type { ForkConfig } from "../../lib/config/schema.ts";
import { renderFiles } from "../../lib/render/files.ts";
import { actionAndAddress, TeamFork } from "./support/team-fork.ts";

const selected = { github_owned_allowed: true, verified_allowed: false, patterns_allowed: ["acme/*"] };

let fork: TeamFork;

beforeEach(async () => {
  fork = await TeamFork.standUp();
}, 120_000);

afterEach(async () => {
  await fork.takeDown();
});

async function refused(): Promise<string> {
  const before = await fork.snapshot();
  const result = await fork.world.upstreamSync("apply", "--yes");
  expect(result.exitCode).toBe(1);
  expect(fork.changed(before, await fork.snapshot())).toEqual([]);
  return result.stderr;
}

/** A rule of the team's. */
async function signedOnly(branch: string, bypass: object[] = []): Promise<void> {
  await fork.team("POST", "/rulesets", {
    name: `team: ${branch}`,
    target: "branch",
    enforcement: "active",
    bypass_actors: bypass,
    conditions: { ref_name: { include: [`refs/heads/${branch}`], exclude: [] } },
    rules: [{ type: "required_signatures" }],
  });
}

describe("a fork that has all of it already", () => {
  test("is used as it is, is planned empty, and is the same after a destroy", async () => {
    // GitHub makes nine labels with a repository; the one that matters comes on the second page.
    for (let n = 1; n <= 91; n += 1) await fork.team("POST", "/labels", { name: `a${n}`, color: "ededed" });
    await fork.team("POST", "/labels", { name: "Upstream-Sync", color: "ff0000", description: "ours since 2019" });
    await fork.team("PUT", "/actions/permissions", { enabled: true, allowed_actions: "selected" });
    await fork.team("PUT", "/actions/permissions/selected-actions", selected);
    await fork.team("PUT", "/actions/permissions/workflow", {
      default_workflow_permissions: "write",
      can_approve_pull_request_reviews: false,
    });
    const refs = await fork.world.refs();
    await fork.team("POST", "/git/refs", { ref: "refs/heads/sync/upstream", sha: refs["refs/heads/main"] });
    // Its owners stand below our lines, which they pasted at its top: the whole is theirs.
    const section = renderFiles(
      loadConfig(join(fork.world.project, "upstream-sync.yaml")).forks[0] as ForkConfig,
    ).codeowners;
    const theirs = "* @dana-dev\n";
    await fork.team("PUT", `/contents/${section?.path}`, {
      message: "Who owns what",
      content: Buffer.from(`${section?.content}${theirs}`).toString("base64"),
      branch: "dev",
    });
    await signedOnly("dev", [{ actor_type: "RepositoryRole", actor_id: 5, bypass_mode: "always" }]);
    const before = await fork.snapshot();
    await fork.credentials();

    const { found, changes } = await fork.apply();
    expect(found).toEqual({
      imported: ["github_repository_environment.sync"],
      adopted: ["branch:sync/upstream"],
      leftAlone: ["file:CODEOWNERS", "label:upstream-sync", "setting:Actions"],
      waiting: [],
      warnings: [
        expect.stringMatching(
          /^dev takes signed commits only, which upstream's and ours are not \(rule required_signatures of ruleset "team: dev"/,
        ),
      ],
    });
    expect(
      changes.map(actionAndAddress).filter((one: string) => /label|branch\.sync|repository_permissions/.test(one)),
    ).toEqual([
      'create github_issue_label.label["accept-upstream-workflows"]',
      'create github_issue_label.label["pause-upstream-sync"]',
      "create github_workflow_repository_permissions.workflow[0]",
      ...["accept-upstream-workflows", "pause-upstream-sync", "upstream-sync"].map(
        (name) => `create terraform_data.before["label:${name}"]`,
      ),
      ...["accept-upstream-workflows", "pause-upstream-sync", "upstream-sync"].map(
        (name) => `create terraform_data.seen["label:${name}"]`,
      ),
    ]);
    await fork.planEmpty();
    expect(await fork.team("GET", "/pulls?state=all")).toEqual([]);

    const { removal } = await fork.destroy();
    expect(removal).toEqual({
      removed: [],
      closed: [],
      restored: [
        {
          thing: "workflow permissions",
          to: { default_workflow_permissions: "write", can_approve_pull_request_reviews: false },
        },
      ],
      kept: [
        { thing: "branch sync/upstream", why: "it was there before, or the config keeps it" },
        { thing: ".github/CODEOWNERS on dev", why: expect.stringContaining("takes it away once it is merged") },
      ],
    });
    expect(fork.changed(before, await fork.snapshot())).toEqual(["refs/heads/upstream-sync-files-dev"]);
    const [pull] = await fork.team("GET", "/pulls");
    expect(
      (await fork.team("GET", `/pulls/${pull.number}/files`)).map(({ filename }: { filename: string }) => filename),
    ).toEqual([section?.path]);
    const { content } = await fork.team("GET", `/contents/${section?.path}?ref=upstream-sync-files-dev`);
    expect(Buffer.from(content, "base64").toString()).toBe(theirs);
    expect(await fork.team("GET", "/actions/permissions/selected-actions")).toEqual(selected);
  }, 300_000);

  test("what is of our name and not ours stops it before anything is written, all of it at once", async () => {
    const policy = { protected_branches: false, custom_branch_policies: true };
    await fork.team("PUT", "/environments/upstream-sync", { deployment_branch_policy: policy });
    await fork.team("POST", "/environments/upstream-sync/deployment-branch-policies", { name: "release/*" });
    const taken = await fork.world.upstreamSync("credentials", "create");
    expect([taken.exitCode, taken.stderr]).toEqual([
      2,
      expect.stringContaining(
        "the environment upstream-sync of acme/pocket-board is there already: got one with deployments from release/*, expected none",
      ),
    ]);
    await fork.team("DELETE", "/environments/upstream-sync");
    await fork.credentials();
    const ruleset = { target: "branch", enforcement: "active", rules: [{ type: "deletion" }] };
    await fork.team("POST", "/rulesets", {
      ...ruleset,
      name: "upstream-sync: gate",
      conditions: { ref_name: { include: ["refs/heads/main"], exclude: [] } },
    });
    await fork.team("POST", "/keys", {
      title: "upstream-sync",
      key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJhcnlvbiBpcyBub3QgYSBrZXkgYnV0IGZpdHM5",
    });
    const unrelated = await git(fork.world.fork.git, ["commit-tree", "-m", "Something else", "main^{tree}"]);
    await git(fork.world.fork.git, ["push", "--quiet", fork.gitUrl, `${unrelated.stdout}:refs/heads/sync/upstream`], {
      token: fork.world.people.administrator,
    });
    await fork.team("DELETE", "/environments/upstream-sync");
    await signedOnly("sync/upstream", [{ actor_type: "RepositoryRole", actor_id: 5, bypass_mode: "always" }]);
    await signedOnly("main");
    await fork.world.github.control("PATCH", "/owners/acme", { deployKeysEnabled: false });

    const words = await refused();
    expect(words).toContain('the ruleset "upstream-sync: gate" of acme/pocket-board: got one that was there before');
    expect(words).toContain('the deploy key "upstream-sync" of acme/pocket-board');
    expect(words).toContain(
      "the branch sync/upstream of acme/pocket-board: got one that was there before and cannot be compared with dev (No common ancestor between dev and sync/upstream.)",
    );
    expect(words).toContain("the environment upstream-sync of acme/pocket-board: got none");
    expect(words).toContain("credentials create acme/pocket-board --replace");
    expect(words).toContain(
      "the deploy key of acme/pocket-board: got an organization or enterprise that forbids deploy keys",
    );
    expect(words).toContain(
      'pushes of the workflow to sync/upstream: got rule required_signatures of ruleset "team: sync/upstream" (acme/pocket-board), expected none that holds for deploy keys',
    );
    expect(words).toContain(
      'main takes no commit of .github/upstream-sync/upstream-sync.mjs: rule required_signatures of ruleset "team: main" (acme/pocket-board)',
    );
    expect(words).toContain("let yourself bypass that rule: our commits carry no signature");

    const create = await fork.world.upstreamSync("credentials", "create", "--replace");
    expect([create.exitCode, create.stderr]).toEqual([
      2,
      expect.stringContaining("the organization acme forbids deploy keys: nothing was made for acme/pocket-board"),
    ]);
  }, 60_000);
});
