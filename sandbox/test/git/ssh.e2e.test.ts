import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bare, readRef } from "../../server/git.ts";
import type { BypassActor, Repository } from "../../server/state.ts";
import { commit, type GitSandbox, ruleset, startGitSandbox } from "./support.ts";

let sandbox: GitSandbox;
let ann: string;

beforeAll(async () => {
  sandbox = await startGitSandbox();
  ann = sandbox.user("ann");
});
afterAll(() => sandbox.close());

const admins = { collaborators: { ann: "admin" } } satisfies Partial<Repository>;
const deployKeys = (bypass_mode: BypassActor["bypass_mode"]): BypassActor => ({
  actor_id: null,
  actor_type: "DeployKey",
  bypass_mode,
});
const gate = (bypass_mode: BypassActor["bypass_mode"]) =>
  ruleset([{ type: "pull_request" }], { bypass_actors: [deployKeys(bypass_mode)] });

async function tip(repository: Repository): Promise<string | null> {
  return readRef(bare(sandbox.state, repository), "refs/heads/main");
}

describe("a deploy key", () => {
  test("on the bypass list pushes where people are refused, and is told what it passed", async () => {
    const repository = await sandbox.repository("gate", { ...admins, rulesets: [gate("always")] });
    const key = sandbox.deployKey(repository);
    const work = sandbox.clone(repository, ann);
    const sha = await commit(work, { "new.txt": "new\n" });
    expect((await sandbox.git(work, ["push", "origin", "main"])).stderr).toContain("GH013");
    const { code, stderr } = await sandbox.git(work, ["push", "--quiet", sandbox.ssh(repository), "main"], key);
    expect(stderr).toBe(
      [
        "remote: Bypassed rule violations for refs/heads/main:",
        "remote:",
        "remote: - Changes must be made through a pull request.",
        "remote:",
      ].join("\n"),
    );
    expect(code).toBe(0);
    expect(await tip(repository)).toBe(sha);
  });

  test("that is exempt passes without a word", async () => {
    const repository = await sandbox.repository("exempt", { ...admins, rulesets: [gate("exempt")] });
    const key = sandbox.deployKey(repository);
    const work = sandbox.clone(repository, ann);
    await commit(work, { "new.txt": "new\n" });
    const { code, stderr } = await sandbox.git(work, ["push", "--quiet", sandbox.ssh(repository), "main"], key);
    expect([code, stderr]).toEqual([0, ""]);
  });

  test("bypasses one ruleset and stays bound by another", async () => {
    const history = ruleset([{ type: "non_fast_forward" }], { id: 2, name: "history" });
    const repository = await sandbox.repository("two", { ...admins, rulesets: [gate("always"), history] });
    const key = sandbox.deployKey(repository);
    const work = sandbox.clone(repository, ann);
    await sandbox.git(work, ["commit", "--amend", "--message", "other"]);
    const { code, stderr } = await sandbox.git(work, ["push", "--force", sandbox.ssh(repository), "main"], key);
    expect(code).toBe(1);
    expect(stderr).toContain("remote: - Cannot force-push to this branch\n");
    expect(stderr).toContain("! [remote rejected] main -> main (push declined due to repository rule violations)");
  });

  test("brings workflow files in", async () => {
    const repository = await sandbox.repository("free", admins);
    const key = sandbox.deployKey(repository);
    const work = sandbox.clone(repository, ann);
    await commit(work, { ".github/workflows/ci.yml": "on: push\n" });
    expect((await sandbox.git(work, ["push", sandbox.ssh(repository), "main"], key)).code).toBe(0);
  });

  test("marked as read only fetches and does not push", async () => {
    const repository = await sandbox.repository("read", admins);
    const key = sandbox.deployKey(repository, true);
    const work = sandbox.clone(repository, ann);
    expect((await sandbox.git(work, ["fetch", sandbox.ssh(repository), "main"], key)).code).toBe(0);
    const { stderr } = await sandbox.git(work, ["push", sandbox.ssh(repository), "main:x"], key);
    expect(stderr).toContain("ERROR: The key you are authenticating with has been marked as read only.");
  });

  test("opens its own repository only, and an unknown key opens none", async () => {
    const repository = await sandbox.repository("mine", admins);
    const other = await sandbox.repository("yours", admins);
    const key = sandbox.deployKey(repository);
    const look = (at: Repository, with_: Record<string, string>) =>
      sandbox.git(sandbox.folder, ["ls-remote", sandbox.ssh(at)], with_);
    expect((await look(repository, key)).code).toBe(0);
    expect((await look(other, key)).stderr).toContain("ERROR: Repository not found.");
    expect((await look(repository, sandbox.unknownKey())).stderr).toContain("Permission denied (publickey)");
  });
});
