import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { commit, startRecords, type TestSandbox } from "./support.ts";

let sandbox: TestSandbox;
let ada: string;
let bob: string;
const fork = "/repos/ada/fork";

beforeAll(async () => {
  sandbox = await startRecords();
  [ada, bob] = [await sandbox.person("ada"), await sandbox.person("bob")];
  await sandbox.control("POST", "/owners", { login: "acme", type: "Organization" });
  await sandbox.control("POST", "/repositories", { owner: "acme", name: "upstream" });
  await sandbox.control("POST", "/repositories", { owner: "ada", name: "fork", parent: "acme/upstream" });
  await sandbox.control("PUT", "/repositories/ada/fork/collaborators/bob", { permission: "write" });
  await sandbox.ask("PATCH", fork, ada, { has_issues: true });
});
afterAll(() => sandbox.close());

describe("rulesets", () => {
  const gate = {
    name: "gate",
    target: "branch",
    enforcement: "active",
    conditions: { ref_name: { include: ["refs/heads/sync/*"], exclude: [] } },
    rules: [
      { type: "deletion" },
      {
        type: "pull_request",
        parameters: {
          dismiss_stale_reviews_on_push: false,
          require_code_owner_review: false,
          require_last_push_approval: false,
          required_approving_review_count: 1,
          required_review_thread_resolution: false,
        },
      },
    ],
    bypass_actors: [{ actor_type: "DeployKey", actor_id: 0, bypass_mode: "always" }],
  };

  test("a ruleset is kept with GitHub's defaults, and shows who may bypass it only to those who may change it", async () => {
    const made = await sandbox.ask("POST", `${fork}/rulesets`, ada, gate);
    expect([made.status, made.body.source, made.body.current_user_can_bypass]).toEqual([201, "ada/fork", "never"]);
    expect(made.body.rules[1].parameters.allowed_merge_methods).toEqual(["merge", "squash", "rebase"]);
    const one = `${fork}/rulesets/${made.body.id}`;
    expect((await sandbox.ask("GET", one, ada)).body.bypass_actors).toEqual([
      { actor_id: null, actor_type: "DeployKey", bypass_mode: "always" },
    ]);
    expect((await sandbox.ask("GET", one, bob)).body).not.toHaveProperty("bypass_actors");
    expect((await sandbox.ask("GET", one, bob)).body.rules).toHaveLength(2);
    expect((await sandbox.ask("PUT", one, bob, gate)).status).toBe(403);
    expect((await sandbox.ask("PUT", one, ada, { ...gate, bypass_actors: [] })).body.bypass_actors).toEqual([]);
    expect((await sandbox.ask("GET", `${fork}/rulesets`, ada)).body[0]).not.toHaveProperty("rules");
  });

  test("the rules of a branch are those whose conditions name it; a star stops at a slash", async () => {
    const rules = async (branch: string) =>
      (await sandbox.ask("GET", `${fork}/rules/branches/${branch}`, bob)).body.map((one: { type: string }) => one.type);
    expect(await rules("sync/upstream")).toEqual(["deletion", "pull_request"]);
    expect(await rules("sync%2Fupstream")).toEqual(["deletion", "pull_request"]);
    expect(await rules("sync/a/b")).toEqual([]);
  });

  test("names are unique, rules are checked, and GitHub Actions cannot bypass", async () => {
    const refused = async (change: object) => {
      const answer = await sandbox.ask("POST", `${fork}/rulesets`, ada, { ...gate, name: "other", ...change });
      expect(answer.status).toBe(422);
      return answer.body.errors;
    };
    expect(await refused({ name: "Gate" })).toEqual(["Name must be unique"]);
    expect(await refused({ rules: [{ type: "pull_request", parameters: {} }] })).toEqual([
      "Invalid rule 'pull_request': ",
    ]);
    expect(await refused({ rules: [{ type: "made_up" }] })).toEqual(["Invalid rule 'made_up': "]);
    expect(
      await refused({ bypass_actors: [{ actor_type: "Integration", actor_id: 15368, bypass_mode: "always" }] }),
    ).toEqual(["Actor GitHub Actions integration must be part of the ruleset source or owner organization"]);
    expect(await refused({ bypass_actors: [{ actor_type: "OrganizationAdmin", bypass_mode: "always" }] })).toHaveLength(
      1,
    );
    expect(await refused({ bypass_actors: [{ actor_type: "DeployKey", bypass_mode: "pull_request" }] })).toHaveLength(
      1,
    );
  });

  test("on a private repository of a free account there are none", async () => {
    await sandbox.control("POST", "/repositories", { owner: "ada", name: "hidden", visibility: "private" });
    const answer = await sandbox.ask("POST", "/repos/ada/hidden/rulesets", ada, gate);
    const words = "Upgrade to GitHub Pro or make this repository public to enable this feature.";
    expect([answer.status, answer.body.message]).toEqual([403, words]);
    expect((await sandbox.ask("PUT", "/repos/ada/hidden/environments/e", ada, {})).status).toBe(404);
  });
});

describe("deploy keys", () => {
  const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbV0mCyZyB5nBxBzNOnVUQXmpwvLzWs2QvXFV8vQFzk";

  test("a key is kept without its comment and used once in the whole of GitHub", async () => {
    const made = await sandbox.ask("POST", `${fork}/keys`, ada, {
      title: "sync",
      key: `${key} me@here`,
      read_only: false,
    });
    expect([made.status, made.body.key, made.body.read_only]).toEqual([201, key, false]);
    const second = await sandbox.ask("POST", "/repos/ada/hidden/keys", ada, { title: "mine", key });
    expect([second.status, second.body.errors[0].message]).toEqual([422, "key is already in use"]);
    expect((await sandbox.ask("GET", `${fork}/keys`, bob)).status).toBe(403);
    expect((await sandbox.ask("DELETE", `${fork}/keys/${made.body.id}`, ada)).status).toBe(204);
    expect((await sandbox.ask("GET", `${fork}/keys/${made.body.id}`, ada)).status).toBe(404);
  });

  test("what is no public key is refused, and so is every key where they are switched off", async () => {
    const wrong = await sandbox.ask("POST", `${fork}/keys`, ada, { title: "x", key: "ssh-ed25519 AAAA" });
    expect(wrong.body.errors[0].message).toContain("key is invalid");
    const repository = sandbox.state.repository("ada", "fork");
    if (repository) repository.actions.deployKeysAllowed = false;
    const off = await sandbox.ask("POST", `${fork}/keys`, ada, { title: "x", key });
    expect([off.status, off.body.errors]).toEqual([
      422,
      [{ resource: "PublicKey", code: "custom", message: "Deploy keys are disabled for this repository" }],
    ]);
  });
});

describe("commit statuses", () => {
  test("the newest status of each context counts, and one failure fails all", async () => {
    const sha = await commit(sandbox.state, "ada/fork", "sync/upstream", "s.txt", "s");
    const job = sandbox.jobToken("ada/fork", { statuses: "write" });
    const post = (state: string, context: string, who = job) =>
      sandbox.ask("POST", `${fork}/statuses/${sha}`, who, { state, context, description: "d" });
    expect((await post("failure", "upstream-sync/tests")).body.creator.login).toBe("github-actions[bot]");
    const state = async () => (await sandbox.ask("GET", `${fork}/commits/sync/upstream/status`, ada)).body;
    expect(await state()).toMatchObject({ state: "failure", sha, total_count: 1 });
    await post("success", "upstream-sync/tests");
    expect((await state()).state).toBe("success");
    await post("pending", "other");
    expect((await state()).state).toBe("pending");
    expect((await sandbox.ask("GET", `${fork}/commits/${sha}/statuses`, ada)).body).toHaveLength(3);
    expect((await post("success", "x", sandbox.jobToken("ada/fork", { statuses: "read" }))).status).toBe(403);
  });

  test("a status needs a commit that is there, a known state and a short description", async () => {
    const post = (sha: string, body: object) => sandbox.ask("POST", `${fork}/statuses/${sha}`, ada, body);
    const missing = "0".repeat(39).concat("1");
    expect((await post(missing, { state: "success" })).body.message).toBe(`No commit found for SHA: ${missing}`);
    const sha = await commit(sandbox.state, "ada/fork", "x", "x.txt", "x");
    expect((await post(sha, { state: "green" })).status).toBe(422);
    expect((await post(sha, { state: "success", description: "d".repeat(141) })).status).toBe(422);
  });
});
