import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { commit, startRecords, type TestSandbox } from "./support.ts";

let sandbox: TestSandbox;
let ada: string;
let eve: string;
let bob: string;
const fork = "/repos/ada/fork";

beforeAll(async () => {
  sandbox = await startRecords();
  [ada, eve, bob] = [await sandbox.person("ada"), await sandbox.person("eve"), await sandbox.person("bob")];
  await sandbox.control("POST", "/owners", { login: "acme", type: "Organization" });
  await sandbox.control("POST", "/repositories", { owner: "acme", name: "upstream" });
  await sandbox.control("POST", "/repositories", { owner: "ada", name: "fork", parent: "acme/upstream" });
  await sandbox.control("PUT", "/repositories/ada/fork/collaborators/bob", { permission: "write" });
  await sandbox.ask("PATCH", fork, ada, { has_issues: true });
});
afterAll(() => sandbox.close());

describe("accounts", () => {
  test("an organization is found as one, a person is not", async () => {
    expect((await sandbox.ask("GET", "/orgs/acme", ada)).body).toMatchObject({ login: "acme", type: "Organization" });
    expect((await sandbox.ask("GET", "/orgs/ada", ada)).status).toBe(404);
    expect((await sandbox.ask("GET", "/users/acme", ada)).body.type).toBe("Organization");
    expect((await sandbox.ask("GET", "/users/nobody", ada)).status).toBe(404);
  });

  test("a job token is nobody's account", async () => {
    const job = sandbox.jobToken("ada/fork", {});
    expect((await sandbox.ask("GET", "/user", job)).body.message).toBe("Resource not accessible by integration");
  });
});

describe("repositories", () => {
  test("a fork names its parent and source, and what the caller may do", async () => {
    const { body } = await sandbox.ask("GET", fork, bob);
    expect(body).toMatchObject({ fork: true, network_count: 1, clone_url: `${sandbox.url}/ada/fork.git` });
    expect([body.parent.full_name, body.source.full_name]).toEqual(["acme/upstream", "acme/upstream"]);
    expect(body.permissions).toEqual({ admin: false, maintain: false, push: true, triage: true, pull: true });
    expect(body.ssh_url).toBe("ssh://git@127.0.0.1:22/ada/fork.git");
  });

  test("merge settings are shown to those who may push, and to nobody else", async () => {
    expect((await sandbox.ask("GET", fork, bob)).body.delete_branch_on_merge).toBe(false);
    expect((await sandbox.ask("GET", fork, eve)).body).not.toHaveProperty("delete_branch_on_merge");
    const reads = sandbox.jobToken("ada/fork", { metadata: "read", contents: "read" });
    expect((await sandbox.ask("GET", fork, reads)).body).not.toHaveProperty("allow_merge_commit");
  });

  test("only administrators change settings, and what is not kept is not accepted", async () => {
    expect((await sandbox.ask("PATCH", fork, eve, { has_issues: true })).status).toBe(404);
    expect((await sandbox.ask("PATCH", fork, bob, { has_issues: true })).status).toBe(403);
    expect((await sandbox.ask("PATCH", fork, ada, { description: "x" })).status).toBe(501);
    const all = { allow_merge_commit: false, allow_squash_merge: false, allow_rebase_merge: false };
    expect((await sandbox.ask("PATCH", fork, ada, all)).status).toBe(422);
  });

  test("the default branch can only become one that is there", async () => {
    await commit(sandbox.state, "ada/fork", "dev", "a.txt", "a");
    expect((await sandbox.ask("PATCH", fork, ada, { default_branch: "nowhere" })).status).toBe(422);
    expect((await sandbox.ask("PATCH", fork, ada, { default_branch: "dev" })).body.default_branch).toBe("dev");
  });

  test("collaborators are the owner and those with a right of their own", async () => {
    const { body } = await sandbox.ask("GET", `${fork}/collaborators`, ada);
    expect(body.map((one: { login: string; role_name: string }) => [one.login, one.role_name])).toEqual([
      ["ada", "admin"],
      ["bob", "write"],
    ]);
    expect((await sandbox.ask("GET", `${fork}/collaborators/bob`, ada)).status).toBe(204);
    expect((await sandbox.ask("GET", `${fork}/collaborators/eve`, ada)).status).toBe(404);
    expect((await sandbox.ask("GET", `${fork}/collaborators/eve/permission`, ada)).body.permission).toBe("read");
  });

  test("CODEOWNERS errors name owners who may not write, and patterns that mean nothing", async () => {
    await commit(
      sandbox.state,
      "ada/fork",
      "dev",
      ".github/CODEOWNERS",
      "# ours\n* @bob @eve\n!x @bob\n/docs/ @acme/team bob\n",
    );
    const { body } = await sandbox.ask("GET", `${fork}/codeowners/errors?ref=dev`, ada);
    expect(body.errors.map((one: Record<string, unknown>) => [one.line, one.column, one.kind])).toEqual([
      [2, 8, "Unknown owner"],
      [3, 1, "Invalid pattern"],
      [4, 8, "Unknown owner"],
      [4, 19, "Invalid owner"],
    ]);
    expect(body.errors[0].message).toBe(
      "Unknown owner on line 2: make sure @eve exists and has write access to the repository\n\n  * @bob @eve\n         ^",
    );
  });
});

describe("labels", () => {
  test("names are compared without case, and a second label of a name is refused", async () => {
    const made = await sandbox.ask("POST", `${fork}/labels`, ada, { name: "upstream-sync", color: "0e8a16" });
    expect(made.body).toMatchObject({ name: "upstream-sync", color: "0e8a16", default: false, description: null });
    const second = await sandbox.ask("POST", `${fork}/labels`, ada, { name: "Upstream-Sync" });
    expect([second.status, second.body.message]).toEqual([422, "Validation Failed"]);
    expect(second.body.errors).toEqual([{ resource: "Label", field: "name", code: "already_exists" }]);
    expect((await sandbox.ask("GET", `${fork}/labels/UPSTREAM-SYNC`, ada)).body.name).toBe("upstream-sync");
  });

  test("a name with a slash works plain and encoded", async () => {
    await sandbox.ask("POST", `${fork}/labels`, ada, { name: "area/ci" });
    expect((await sandbox.ask("GET", `${fork}/labels/area/ci`, ada)).body.name).toBe("area/ci");
    expect((await sandbox.ask("GET", `${fork}/labels/area%2Fci`, ada)).body.name).toBe("area/ci");
  });

  test("a wrong colour is refused", async () => {
    const answer = await sandbox.ask("POST", `${fork}/labels`, ada, { name: "odd", color: "#fff" });
    expect(answer.body.errors).toEqual([{ resource: "Label", field: "color", code: "invalid" }]);
  });

  test("labels put on an issue are made grey when missing, follow a new name, and go with the label", async () => {
    const { number } = (await sandbox.ask("POST", `${fork}/issues`, ada, { title: "one" })).body;
    const on = await sandbox.ask("POST", `${fork}/issues/${number}/labels`, ada, { labels: ["fresh", "bug"] });
    expect(on.body.map((one: { name: string; color: string }) => [one.name, one.color])).toEqual([
      ["fresh", "ededed"],
      ["bug", "d73a4a"],
    ]);
    await sandbox.ask("PATCH", `${fork}/labels/fresh`, ada, { new_name: "stale" });
    const names = async () =>
      (await sandbox.ask("GET", `${fork}/issues/${number}/labels`, ada)).body.map((one: { name: string }) => one.name);
    expect(await names()).toEqual(["stale", "bug"]);
    await sandbox.ask("DELETE", `${fork}/labels/stale`, ada);
    expect(await names()).toEqual(["bug"]);
    expect((await sandbox.ask("DELETE", `${fork}/issues/${number}/labels/stale`, ada)).body.message).toBe(
      "Label does not exist",
    );
    await sandbox.ask("PUT", `${fork}/issues/${number}/labels`, ada, { labels: ["wontfix"] });
    expect(await names()).toEqual(["wontfix"]);
  });

  test("a job token needs issues or pull-requests, to write; a reader may not", async () => {
    const asking = (permissions: Record<string, "read" | "write">) =>
      sandbox.ask("POST", `${fork}/labels`, sandbox.jobToken("ada/fork", permissions), {
        name: `by ${Object.keys(permissions)}`,
      });
    expect((await asking({ "pull-requests": "write" })).status).toBe(201);
    expect((await asking({ issues: "write" })).status).toBe(201);
    const refused = await asking({ issues: "read", contents: "write" });
    expect([refused.status, refused.body.message]).toEqual([403, "Resource not accessible by integration"]);
    expect((await sandbox.ask("POST", `${fork}/labels`, eve, { name: "mine" })).status).toBe(404);
    const elsewhere = sandbox.jobToken("acme/upstream", { issues: "write" });
    expect((await sandbox.ask("POST", `${fork}/labels`, elsewhere, { name: "far" })).status).toBe(403);
  });
});

describe("issues", () => {
  test("an issue is opened, commented, edited and closed", async () => {
    const opened = await sandbox.ask("POST", `${fork}/issues`, bob, {
      title: "t",
      body: "b",
      labels: ["bug"],
      assignees: ["bob"],
    });
    expect([opened.status, opened.body.user.login, opened.body.author_association]).toEqual([
      201,
      "bob",
      "COLLABORATOR",
    ]);
    const { number } = opened.body;
    const said = await sandbox.ask("POST", `${fork}/issues/${number}/comments`, eve, { body: "hm" });
    expect([said.status, said.body.user.login]).toEqual([201, "eve"]);
    expect((await sandbox.ask("PATCH", `${fork}/issues/comments/${said.body.id}`, eve, { body: "ah" })).body.body).toBe(
      "ah",
    );
    const closed = await sandbox.ask("PATCH", `${fork}/issues/${number}`, ada, { state: "closed" });
    expect(closed.body).toMatchObject({ state: "closed", comments: 1, title: "t" });
    expect(closed.body.closed_at).not.toBeNull();
    const listed = async (query: string) =>
      (await sandbox.ask("GET", `${fork}/issues?${query}`, ada)).body.map((one: { number: number }) => one.number);
    expect(await listed("labels=BUG")).not.toContain(number);
    expect(await listed("labels=BUG&state=closed")).toEqual([number]);
  });

  test("labels of somebody who may not triage are dropped, assignees who may not be assigned are refused", async () => {
    const opened = await sandbox.ask("POST", `${fork}/issues`, eve, { title: "t", labels: ["bug"] });
    expect(opened.body.labels).toEqual([]);
    expect((await sandbox.ask("POST", `${fork}/issues`, ada, { title: "t", assignees: ["eve"] })).status).toBe(422);
  });

  test("nobody writes without an account, and nobody at all where issues are off", async () => {
    expect((await sandbox.ask("POST", `${fork}/issues`, undefined, { title: "t" })).status).toBe(401);
    await sandbox.ask("PATCH", fork, ada, { has_issues: false });
    const answer = await sandbox.ask("POST", `${fork}/issues`, ada, { title: "t" });
    expect([answer.status, answer.body.message]).toEqual([410, "Issues are disabled for this repo"]);
    await sandbox.ask("PATCH", fork, ada, { has_issues: true });
  });

  test("a new fork has its issues off", async () => {
    await sandbox.control("POST", "/repositories", { owner: "eve", name: "fork", parent: "acme/upstream" });
    expect((await sandbox.ask("GET", "/repos/eve/fork", eve)).body.has_issues).toBe(false);
  });
});
