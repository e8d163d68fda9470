import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bare, readRef } from "../../server/git.ts";
import type { Repository } from "../../server/state.ts";
import { commit, type GitSandbox, ruleset, startGitSandbox } from "./support.ts";

let sandbox: GitSandbox;
let ann: string;

beforeAll(async () => {
  sandbox = await startGitSandbox();
  ann = sandbox.user("ann");
});
afterAll(() => sandbox.close());

const admins = { collaborators: { ann: "admin" } } satisfies Partial<Repository>;

async function tip(repository: Repository, ref = "refs/heads/main"): Promise<string | null> {
  return readRef(bare(sandbox.state, repository), ref);
}

describe("a push over http", () => {
  test("that is a fast-forward moves the branch", async () => {
    const repository = await sandbox.repository("plain", admins);
    const work = sandbox.clone(repository, ann);
    const sha = await commit(work, { "new.txt": "new\n" });
    const { code } = await sandbox.git(work, ["push", "origin", "main"]);
    expect(code).toBe(0);
    expect(await tip(repository)).toBe(sha);
  });

  test("that breaks rules is refused in GitHub's layout, bullets for each rule, and moves nothing", async () => {
    const checks = [{ context: "upstream-sync/tests" }];
    const rules = ruleset([
      { type: "pull_request", parameters: { required_approving_review_count: 0 } },
      { type: "required_status_checks", parameters: { required_status_checks: checks } },
    ]);
    const repository = await sandbox.repository("ruled", { ...admins, rulesets: [rules] });
    const before = await tip(repository);
    const work = sandbox.clone(repository, ann);
    await commit(work, { "new.txt": "new\n" });
    const { code, stderr } = await sandbox.git(work, ["push", "--quiet", "origin", "main"]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      [
        "remote: error: GH013: Repository rule violations found for refs/heads/main.",
        `remote: Review all repository rules at ${sandbox.url}/acme/ruled/rules?ref=refs%2Fheads%2Fmain`,
        "remote:",
        "remote: - Changes must be made through a pull request.",
        "remote:",
        'remote: - Required status check "upstream-sync/tests" is expected.',
        "remote:",
        `To ${sandbox.url}/acme/ruled.git`,
        " ! [remote rejected] main -> main (push declined due to repository rule violations)",
        `error: failed to push some refs to '${sandbox.url}/acme/ruled.git'`,
      ].join("\n"),
    );
    expect(await tip(repository)).toBe(before);
  });

  test("neither rewinds nor deletes what the history rules protect, also for an administrator", async () => {
    const conditions = { ref_name: { include: ["refs/heads/sync/*"], exclude: [] } };
    const rules = ruleset([{ type: "deletion" }, { type: "non_fast_forward" }], { conditions });
    const repository = await sandbox.repository("history", { ...admins, rulesets: [rules] });
    const work = sandbox.clone(repository, ann);
    await commit(work, { "new.txt": "new\n" });
    expect((await sandbox.git(work, ["push", "origin", "HEAD:refs/heads/sync/upstream"])).code).toBe(0);
    const forced = await sandbox.git(work, ["push", "--force", "origin", "HEAD~1:refs/heads/sync/upstream"]);
    expect(forced.stderr).toContain("remote: - Cannot force-push to this branch\n");
    const deleted = await sandbox.git(work, ["push", "origin", ":refs/heads/sync/upstream"]);
    expect(deleted.stderr).toContain("remote: - Cannot delete this branch\n");
    expect((await sandbox.git(work, ["push", "--force", "origin", "HEAD~1:refs/heads/sync/a/b"])).code).toBe(0);
    expect((await sandbox.git(work, ["push", "origin", ":refs/heads/sync/a/b"])).code).toBe(0);
  });

  test("passes a required check once the status of exactly that commit is green", async () => {
    const checks = [{ context: "tests" }, { context: "lint" }];
    const rules = ruleset([{ type: "required_status_checks", parameters: { required_status_checks: checks } }]);
    const repository = await sandbox.repository("checked", { ...admins, rulesets: [rules] });
    const work = sandbox.clone(repository, ann);
    const sha = await commit(work, { "new.txt": "new\n" });
    const report = (context: string, state: "success" | "failure"): void => {
      const more = { description: null, target_url: null, creator: "ann", created_at: "2026-01-02T03:04:05Z" };
      repository.statuses.push({ id: sandbox.state.id(), sha, context, state, ...more });
    };
    const push = () => sandbox.git(work, ["push", "origin", "main"]);
    expect((await push()).stderr).toContain("- 2 of 2 required status checks are expected.\n");
    report("lint", "success");
    report("tests", "failure");
    expect((await push()).stderr).toContain('- Required status check "tests" is failing.\n');
    report("tests", "success");
    expect((await push()).code).toBe(0);
  });

  test("needs a credential with write access", async () => {
    const repository = await sandbox.repository("guarded", admins);
    const work = sandbox.clone(repository, ann);
    const attempt = async (token?: string) =>
      (await sandbox.git(work, ["push", sandbox.http(repository, token), "HEAD:refs/heads/x"])).stderr;
    expect(await attempt()).toContain("could not read Username");
    expect(await attempt("nobody")).toContain("Authentication failed");
    expect(await attempt(sandbox.user("bob"))).toContain("Permission to acme/guarded.git denied to bob.");
    expect(await attempt(sandbox.jobToken(repository, { contents: "read" }))).toContain(
      "Permission to acme/guarded.git denied to github-actions[bot].",
    );
    repository.archived = true;
    expect(await attempt(ann)).toContain("This repository was archived so it is read-only.");
  });

  test("may use custom refs but not the refs of pull requests", async () => {
    const repository = await sandbox.repository("refs", admins);
    const work = sandbox.clone(repository, ann);
    const candidate = "refs/upstream-sync/candidate/7";
    expect((await sandbox.git(work, ["push", "origin", `HEAD:${candidate}`])).code).toBe(0);
    expect(await tip(repository, candidate)).toBe(await tip(repository));
    const pulls = await sandbox.git(work, ["push", "origin", "HEAD:refs/pull/9/head"]);
    expect(pulls.stderr).toContain("(deny updating a hidden ref)");
  });

  test("that did not come through a door of the sandbox is refused by the hook", async () => {
    const repository = await sandbox.repository("local", admins);
    const work = sandbox.clone(repository, ann);
    await commit(work, { "new.txt": "new\n" });
    const direct = await sandbox.git(work, ["push", sandbox.state.gitFolder(repository), "main"]);
    expect(direct.stderr).toContain("it came through none of the sandbox's doors");
    const made = await sandbox.ask("POST", "/_sandbox/judge/made-up");
    expect([made.status, made.body]).toEqual([403, "push refused: unknown push"]);
  });
});

describe("workflow files", () => {
  const file = ".github/workflows/ci.yml";

  test("cannot be brought in by a job token, not even to a custom ref", async () => {
    const repository = await sandbox.repository("workflows", admins);
    const work = sandbox.clone(repository, ann);
    await commit(work, { [file]: "on: push\n" });
    const token = sandbox.jobToken(repository, { contents: "write" });
    for (const ref of ["refs/heads/x", "refs/upstream-sync/candidate/1"]) {
      const { code, stderr } = await sandbox.git(work, ["push", sandbox.http(repository, token), `HEAD:${ref}`]);
      expect(code).toBe(1);
      expect(stderr).toContain(
        `(refusing to allow a GitHub App to create or update workflow \`${file}\` without \`workflows\` permission)`,
      );
      expect(stderr).not.toContain("GH013");
    }
  });

  test("pass when a branch already holds the same content at the same path", async () => {
    const repository = await sandbox.repository("known-workflows", admins);
    const work = sandbox.clone(repository, ann);
    await commit(work, { [file]: "on: push\n" });
    await sandbox.git(work, ["push", "origin", "HEAD:refs/heads/upstream"]);
    await commit(work, { "new.txt": "new\n" });
    const token = sandbox.jobToken(repository, { contents: "write" });
    const push = () => sandbox.git(work, ["push", sandbox.http(repository, token), "HEAD:refs/heads/x"]);
    expect((await push()).code).toBe(0);
    await commit(work, { [file]: "on: pull_request\n" });
    expect((await push()).code).toBe(1);
  });

  test("need the workflow scope of a person's token", async () => {
    const repository = await sandbox.repository("scoped", admins);
    const work = sandbox.clone(repository, ann);
    await commit(work, { [file]: "on: push\n" });
    const push = (token: string) => sandbox.git(work, ["push", sandbox.http(repository, token), "main"]);
    expect((await push(sandbox.user("ann", ["repo"]))).stderr).toContain(
      `(refusing to allow a Personal Access Token to create or update workflow \`${file}\` without \`workflow\` scope)`,
    );
    expect((await push(ann)).code).toBe(0);
  });
});

describe("a fork", () => {
  test("shares its parent's objects, has all its branches, and keeps its own refs apart", async () => {
    const parent = await sandbox.repository("shared", admins);
    const fork = await sandbox.fork(parent, "ann");
    const grandchild = await sandbox.fork(fork, "bob");
    expect(await tip(grandchild)).toBe(await tip(parent));
    const counted = await sandbox.git(sandbox.state.gitFolder(grandchild), ["count-objects"]);
    expect(counted.stdout).toBe("0 objects, 0 kilobytes");
    const work = sandbox.clone(fork, ann);
    const sha = await commit(work, { "new.txt": "new\n" });
    expect((await sandbox.git(work, ["push", "origin", "main"])).code).toBe(0);
    expect(await tip(fork)).toBe(sha);
    expect(await tip(parent)).not.toBe(sha);
  });
});
