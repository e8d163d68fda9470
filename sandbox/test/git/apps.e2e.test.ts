/** Pushes by an App's installation token, the web editor's merge, and commits made object by object. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { bare, readRef } from "../../server/git.ts";
import { commitInfo } from "../../server/git-objects.ts";
import type { Repository, TokenPermissions } from "../../server/state.ts";
import { commit, type GitSandbox, ruleset, startGitSandbox } from "./support.ts";

let sandbox: GitSandbox;
let ann: string;

beforeAll(async () => {
  sandbox = await startGitSandbox();
  ann = sandbox.user("ann");
});
afterAll(() => sandbox.close());

const admins = { collaborators: { ann: "admin" } } satisfies Partial<Repository>;

function installed(repository: Repository, permissions: TokenPermissions): string {
  const text = `installation-${sandbox.state.id()}`;
  sandbox.state.installationTokens.set(text, {
    app: { id: 77, slug: "sync" },
    installation: 1,
    account: repository.owner,
    repositories: [repository.name],
    permissions,
    expires: Date.now() + 60_000,
  });
  return text;
}

test("an installation token pushes with contents: write, workflow files only with workflows: write", async () => {
  const repository = await sandbox.repository("app-push", admins);
  const reader = sandbox.clone(repository, installed(repository, { contents: "read" }));
  await commit(reader, { "a.txt": "a\n" });
  const denied = await sandbox.git(reader, ["push", "origin", "main"]);
  expect(denied.stderr).toContain("remote: Permission to acme/app-push.git denied to sync[bot].");

  const writer = sandbox.clone(repository, installed(repository, { contents: "write" }));
  await commit(writer, { "a.txt": "a\n" });
  expect((await sandbox.git(writer, ["push", "origin", "main"])).code).toBe(0);
  await commit(writer, { ".github/workflows/x.yml": "on: push\n" });
  const refused = await sandbox.git(writer, ["push", "origin", "main"]);
  expect(refused.stderr).toContain(
    "(refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` without `workflows` permission)",
  );
  const allowed = sandbox.http(repository, installed(repository, { contents: "write", workflows: "write" }));
  expect((await sandbox.git(writer, ["push", allowed, "main"])).code).toBe(0);
});

test("an App in the bypass list of a rule passes it, its neighbour does not", async () => {
  const actor = { actor_id: 77, actor_type: "Integration", bypass_mode: "always" } as const;
  const gate = ruleset([{ type: "pull_request", parameters: {} }], { bypass_actors: [actor] });
  const repository = await sandbox.repository("app-bypass", { ...admins, rulesets: [gate] });
  const work = sandbox.clone(repository, installed(repository, { contents: "write" }));
  await commit(work, { "a.txt": "a\n" });
  const person = await sandbox.git(work, ["push", sandbox.http(repository, ann), "main"]);
  expect(person.code).toBe(1);
  expect((await sandbox.git(work, ["push", "origin", "main"])).code).toBe(0);
});

test("update-branch merges the base into the head, says when there is nothing to merge, and when it cannot", async () => {
  const repository = await sandbox.repository("update", admins);
  const path = "/repos/acme/update";
  const { body: pull } = await sandbox.ask("POST", `${path}/pulls`, ann, {
    title: "topic",
    head: "topic",
    base: "main",
  });
  const update = (body: object = {}) => sandbox.ask("PUT", `${path}/pulls/${pull.number}/update-branch`, ann, body);
  const none = await update();
  expect([none.status, none.body.message]).toEqual([422, "There are no new commits on the base branch."]);
  const content = Buffer.from("new\n").toString("base64");
  await sandbox.ask("PUT", `${path}/contents/new.txt`, ann, { message: "new", content });
  const stale = await update({ expected_head_sha: "1".repeat(40) });
  expect([stale.status, stale.body.message]).toEqual([422, "expected head sha didn't match current head ref."]);
  const done = await update({ expected_head_sha: sandbox.topic });
  expect([done.status, done.body.message]).toEqual([202, "Updating pull request branch."]);
  const at = bare(sandbox.state, repository);
  const tip = (await readRef(at, "refs/heads/topic")) ?? "";
  const made = await commitInfo(at, tip);
  expect([made.message, made.parents[0]]).toEqual(["Merge branch 'main' into topic", sandbox.topic]);
  await sandbox.ask("PUT", `${path}/contents/topic.txt`, ann, { message: "clash", content });
  const clash = await update();
  expect([clash.status, clash.body.message]).toEqual([422, "merge conflict between base and head"]);
});

test("a resolved merge is made from a blob, a tree and a commit, and lands by moving the branch", async () => {
  const repository = await sandbox.repository("objects", admins);
  const path = "/repos/acme/objects/git";
  const at = bare(sandbox.state, repository);
  const main = (await readRef(at, "refs/heads/main")) ?? "";
  const blob = await sandbox.ask("POST", `${path}/blobs`, ann, { content: "resolved\n" });
  const tree = await sandbox.ask("POST", `${path}/trees`, ann, {
    base_tree: main,
    tree: [
      { path: "topic.txt", mode: "100644", type: "blob", sha: blob.body.sha },
      { path: "dir/inline.txt", mode: "100755", type: "blob", content: "inline\n" },
      { path: "README.md", mode: "100644", type: "blob", sha: null },
    ],
  });
  expect(tree.body.tree.map((one: { path: string }) => one.path)).toEqual(["dir", "docs", "topic.txt"]);
  const parents = [sandbox.topic, main];
  const made = await sandbox.ask("POST", `${path}/commits`, ann, { message: "resolve", tree: tree.body.sha, parents });
  expect([made.status, made.body.parents.map((one: { sha: string }) => one.sha)]).toEqual([201, parents]);
  const moved = await sandbox.ask("PATCH", `${path}/refs/heads/topic`, ann, { sha: made.body.sha });
  expect(moved.status).toBe(200);
  const file = await sandbox.git(sandbox.folder, ["--git-dir", at.folder, "show", "topic:topic.txt"]);
  expect(file.stdout).toBe("resolved");
});
