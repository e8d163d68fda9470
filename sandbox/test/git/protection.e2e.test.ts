/** What classic protection refuses, at each door. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type BranchProtection, unprotected } from "../../server/classic-protection.ts";
import type { Repository } from "../../server/state.ts";
import { commit, type GitSandbox, startGitSandbox } from "./support.ts";

let sandbox: GitSandbox;
let ann: string;
let bob: string;

beforeAll(async () => {
  sandbox = await startGitSandbox();
  ann = sandbox.user("ann");
  bob = sandbox.user("bob");
});
afterAll(() => sandbox.close());

const reviews = {
  count: 1,
  dismissStale: false,
  codeOwners: false,
  lastPush: false,
  restrictDismissals: false,
  dismissalActors: [],
  bypassActors: [],
};

async function protectedRepository(name: string, protection: Partial<BranchProtection>): Promise<Repository> {
  return sandbox.repository(name, {
    collaborators: { ann: "admin", bob: "write" },
    branchProtections: [{ ...unprotected, id: 1, pattern: "main", ...protection }],
  });
}

test("a push is refused with GH006 in GitHub's layout, also for administrators when they are included", async () => {
  const checks = { strict: false, contexts: [{ context: "ci", app_id: null }] };
  const repository = await protectedRepository("classic", { enforceAdmins: true, reviews, checks });
  const work = sandbox.clone(repository, ann);
  await commit(work, { "new.txt": "new\n" });
  const { code, stderr } = await sandbox.git(work, ["push", "--quiet", "origin", "main"]);
  expect(code).toBe(1);
  expect(stderr).toBe(
    [
      "remote: error: GH006: Protected branch update failed for refs/heads/main.",
      "remote:",
      "remote: - Changes must be made through a pull request.",
      "remote:",
      'remote: - Required status check "ci" is expected.',
      "remote:",
      `To ${sandbox.url}/acme/classic.git`,
      " ! [remote rejected] main -> main (protected branch hook declined)",
      `error: failed to push some refs to '${sandbox.url}/acme/classic.git'`,
    ].join("\n"),
  );
});

test("administrators pass unless they are included, but rewind and delete nothing", async () => {
  const repository = await protectedRepository("admins", { reviews });
  const work = sandbox.clone(repository, ann);
  await commit(work, { "new.txt": "new\n" });
  const writer = await sandbox.git(work, ["push", sandbox.http(repository, bob), "main"]);
  expect(writer.stderr).toContain("GH006");
  expect((await sandbox.git(work, ["push", "origin", "main"])).code).toBe(0);
  const rewound = await sandbox.git(work, ["push", "--force", "origin", "HEAD^:main"]);
  expect(rewound.stderr).toContain("remote: - Cannot force-push to this branch");
  const { status, body } = await sandbox.ask("DELETE", "/repos/acme/admins/git/refs/heads/main", ann);
  expect([status, body.message]).toEqual([422, "Cannot delete the default branch"]);
});

test("a commit whose check is green may be pushed when nothing else is asked", async () => {
  const checks = { strict: false, contexts: [{ context: "ci", app_id: null }] };
  const repository = await protectedRepository("green", { enforceAdmins: true, checks });
  const work = sandbox.clone(repository, ann);
  const sha = await commit(work, { "new.txt": "new\n" });
  await sandbox.git(work, ["push", "origin", "main:staging"]);
  repository.statuses.push({
    id: 1,
    sha,
    context: "ci",
    state: "success",
    description: null,
    target_url: null,
    creator: "ann",
    created_at: "2026-01-01T00:00:00Z",
  });
  expect((await sandbox.git(work, ["push", "origin", "main"])).code).toBe(0);
});

test("contents, refs and the merge button say the same in their own way", async () => {
  const repository = await protectedRepository("doors", { enforceAdmins: true, reviews });
  const path = "/repos/acme/doors";
  const content = Buffer.from("x\n").toString("base64");
  const file = await sandbox.ask("PUT", `${path}/contents/x.txt`, bob, { message: "x", content });
  expect([file.status, file.body.message]).toEqual([
    409,
    "Could not update file: Changes must be made through a pull request.",
  ]);
  const ref = await sandbox.ask("PATCH", `${path}/git/refs/heads/main`, bob, { sha: sandbox.topic });
  expect([ref.status, ref.body.message]).toEqual([422, "Changes must be made through a pull request."]);
  await sandbox.ask("POST", `${path}/pulls`, bob, { title: "t", head: "topic", base: "main" });
  const early = await sandbox.ask("PUT", `${path}/pulls/1/merge`, bob, {});
  expect([early.status, early.body.message]).toEqual([
    405,
    "At least 1 approving review is required by reviewers with write access.",
  ]);
  expect((await sandbox.ask("GET", `${path}/pulls/1`, bob)).body.mergeable_state).toBe("blocked");
  await sandbox.ask("POST", `${path}/pulls/1/reviews`, ann, { event: "APPROVE" });
  expect((await sandbox.ask("PUT", `${path}/pulls/1/merge`, bob, {})).status).toBe(200);
  const branch = await sandbox.ask("GET", `${path}/branches/main`, bob);
  expect([branch.body.protected, branch.body.protection.enabled]).toEqual([true, true]);
  expect(repository.issues).toHaveLength(1);
});

test("a restricted branch takes pushes of those who are named, a pattern holds for branches to come", async () => {
  const restrictions = { actors: [], blocksCreations: true };
  const repository = await protectedRepository("restricted", {
    pattern: "release/*",
    enforceAdmins: true,
    restrictions,
  });
  const work = sandbox.clone(repository, bob);
  const { stderr } = await sandbox.git(work, ["push", "origin", "main:release/1"]);
  expect(stderr).toContain("remote: - You're not authorized to push to this branch.");
  expect((await sandbox.git(work, ["push", "origin", "main:other"])).code).toBe(0);
});
