/** What people and accidents do to a set-up, and how it ends. Real Terraform, the real provider, the sandbox. */
import { renameSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { differences } from "../../demo/fork-snapshot.ts";
import { commitOnto, git } from "../../demo/git.ts";
import { moveUpstream, strike } from "../../demo/workflow-run.ts";
import { actionAndAddress, TeamFork } from "./support/team-fork.ts";

let fork: TeamFork;

beforeEach(async () => {
  fork = await TeamFork.standUp();
}, 120_000);

afterEach(async () => {
  await fork.takeDown();
});

describe("a set-up that people and accidents happen to", () => {
  test("is mended by the next apply, and given back with what has not landed", async () => {
    await fork.team("PUT", "/actions/permissions", { enabled: false });
    const before = await fork.snapshot();
    await fork.credentials();
    const { changes } = await fork.apply();
    expect(changes.map(actionAndAddress)).toContain("create github_actions_repository_permissions.actions[0]");

    // Removed by hand, one of each kind; and while the gate is away, work gets onto the sync branch.
    const rulesets = await fork.team("GET", "/rulesets");
    for (const { id } of rulesets) await fork.team("DELETE", `/rulesets/${id}`);
    await fork.team("DELETE", "/labels/upstream-sync");
    for (const { id } of await fork.team("GET", "/keys")) await fork.team("DELETE", `/keys/${id}`);
    await fork.team("DELETE", "/git/refs/heads/sync/upstream");
    expect((await fork.planned()).sort()).toEqual([
      "create github_branch.sync[0]",
      'create github_issue_label.label["upstream-sync"]',
      "create github_repository_deploy_key.sync",
      "create github_repository_ruleset.gate",
      "create github_repository_ruleset.history",
    ]);
    await fork.apply();
    const gate = (await fork.team("GET", "/rulesets")).find(({ name }: { name: string }) => name.endsWith("gate"));
    await fork.team("DELETE", `/rulesets/${gate.id}`);
    const { sha } = (await fork.team("GET", "/git/ref/heads/sync/upstream")).object;
    await git(fork.world.fork.git, ["fetch", "--quiet", fork.gitUrl, sha]);
    const work = await commitOnto(fork.world.fork.git, sha, { "work.md": "Not landed.\n" }, "Work", 1_790_000_900);
    await git(fork.world.fork.git, ["push", "--quiet", fork.gitUrl, `${work}:refs/heads/sync/upstream`], {
      token: fork.world.people.administrator,
    });

    // The records tainted and replaced, the steps of the removal run in mid-life.
    const record = 'terraform_data.before["setting:Actions"]';
    await fork.terraform("taint", record);
    await fork.terraform("taint", 'terraform_data.seen["setting:workflow permissions"]');
    const replace = ["terraform_data.restore[0]", "terraform_data.guard"].map((one) => `-replace=${one}`);
    const said = await fork.terraform("apply", "-auto-approve", "-no-color", ...replace);
    // The key is exchanged without a gap, so what it depends on is replaced the same way round: Terraform runs no step of the old record.
    expect(said).not.toContain("restored: ");
    expect(said).toContain("upstream-sync.yml is switched on again");
    expect((await fork.team("GET", "/actions/permissions")).enabled).toBe(true);
    await fork.planEmpty();

    // People change their mind about a setting, and a destroy that may not stop the workflow removes nothing.
    await fork.team("PUT", "/actions/permissions/workflow", {
      default_workflow_permissions: "write",
      can_approve_pull_request_reviews: true,
    });
    const route = "PUT /repos/acme/pocket-board/actions/workflows/upstream-sync.yml/disable";
    await fork.world.github.control("POST", "/faults", {
      route,
      status: 403,
      times: 9,
      body: { message: "Must have admin rights" },
    });
    const whole = await fork.snapshot();
    const failed = await fork.world.upstreamSync("destroy", "--yes");
    await fork.world.github.control("DELETE", "/faults");
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain("Must have admin rights");
    expect(differences(whole, await fork.snapshot())).toEqual([]);

    // The branch was made again from main, where two of our files are, and one commit of the team came on top.
    const { removal } = await fork.destroy();
    const backup = expect.stringMatching(/^sync\/upstream-backup-\d{8}$/);
    expect(removal).toEqual({
      removed: [],
      closed: [],
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
    const after = await fork.snapshot();
    expect(fork.changed(before, after)).toEqual([
      "workflow permissions",
      expect.stringMatching(/^refs\/heads\/sync\/upstream-backup-\d{8}$/),
    ]);
    expect(Object.values(after)).toContain(work);
  }, 300_000);

  test("is found again by its marks when the state is lost", async () => {
    await fork.credentials();
    await fork.apply();
    const state = join(fork.world.project, "state", "acme--pocket-board.tfstate");
    renameSync(state, `${state}.away`);
    const standing = await fork.snapshot();
    const { found } = await fork.apply();
    expect([...found.imported].sort()).toEqual([
      'github_issue_label.label["accept-upstream-workflows"]',
      'github_issue_label.label["pause-upstream-sync"]',
      'github_issue_label.label["upstream-sync"]',
      "github_repository_deploy_key.sync",
      "github_repository_environment.sync",
      "github_repository_environment_deployment_policy.default_branch",
      ...["codeowners", "document", "program", "workflow"].map((file) => `github_repository_file.${file}[0]`),
      "github_repository_ruleset.gate",
      "github_repository_ruleset.history",
    ]);
    expect(differences(standing, await fork.snapshot())).toEqual([]);
    await fork.planEmpty();

    // A conflict that waits: what nobody has touched goes with the set-up, what people have pushed stays.
    await moveUpstream(fork.world, "edited");
    const { record } = await strike(fork.world);
    expect([record.outcome, record.issue]).toEqual(["conflict", expect.any(Number)]);
    const [untouched, touched] = ["sync/upstream-conflict-1", "sync/upstream-conflict-2"];
    const { sha } = (await fork.team("GET", `/git/ref/heads/${untouched}`)).object;
    const { tree } = await fork.team("GET", `/git/commits/${sha}`);
    const commit = { message: "Half of it", tree: tree.sha, parents: [sha] };
    const work = (await fork.team("POST", "/git/commits", commit)).sha;
    await fork.team("POST", "/git/refs", { ref: `refs/heads/${touched}`, sha: work });
    const [pull] = await fork.team("GET", "/pulls?state=open&base=sync/upstream");

    const { removal } = await fork.destroy();
    const ours = [`pull request #${pull.number}`, `issue #${record.issue}`];
    expect(removal.closed).toEqual(ours);
    expect(removal.kept).toEqual([
      { thing: "branch sync/upstream", why: "it was there before, or the config keeps it" },
      { thing: `branch ${touched}`, why: "people may have worked on it" },
    ]);
    expect(removal.removed[0]).toBe(`branch ${untouched}`);
    const refs = await fork.world.refs();
    expect([refs[`refs/heads/${untouched}`], refs[`refs/heads/${touched}`]]).toEqual([undefined, work]);
    for (const number of [pull.number, record.issue]) {
      const { state, body } = await fork.team("GET", `/issues/${number}`);
      expect([state, body]).toEqual(["closed", expect.stringContaining("upstream-sync was taken away from this fork")]);
    }
    expect(await fork.team("GET", "/issues?state=open")).toEqual([]);
  }, 300_000);
});
