import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bare, readRef } from "../../server/git.ts";
import type { Repository } from "../../server/state.ts";
import { commit, type GitSandbox, ruleset, startGitSandbox } from "./support.ts";

let sandbox: GitSandbox;
let ann: string;
let bob: string;

beforeAll(async () => {
  sandbox = await startGitSandbox();
  ann = sandbox.user("ann");
  bob = sandbox.user("bob");
});
afterAll(() => sandbox.close());

const people = { collaborators: { ann: "admin", bob: "write" } } satisfies Partial<Repository>;

async function tip(repository: Repository, ref: string): Promise<string | null> {
  return readRef(bare(sandbox.state, repository), ref);
}

/** A repository with a branch `topic` one commit ahead of `main`, and a work tree of it on that branch. */
async function withTopic(name: string) {
  const repository = await sandbox.repository(name, people);
  const path = `/repos/acme/${name}/pulls`;
  const open = (more: object = {}, token = ann) =>
    sandbox.ask("POST", path, token, { title: "T", head: "topic", base: "main", body: "B", ...more });
  const checkout = async (): Promise<string> => {
    const work = sandbox.clone(repository, ann);
    await sandbox.git(work, ["checkout", "--quiet", "topic"]);
    return work;
  };
  return { repository, checkout, sha: sandbox.topic, path, open };
}

describe("opening a pull request", () => {
  test("gives its number, sides and size, and writes refs/pull/N/head", async () => {
    const { repository, sha, path, open } = await withTopic("open");
    const { status, body } = await open();
    expect(status).toBe(201);
    expect(body).toMatchObject({
      number: 1,
      state: "open",
      title: "T",
      draft: false,
      mergeable: null,
      mergeable_state: "unknown",
      commits: 1,
      additions: 1,
      deletions: 0,
      changed_files: 1,
      user: { login: "ann" },
      head: { ref: "topic", label: "acme:topic", sha },
      base: { ref: "main", label: "acme:main" },
    });
    expect(await tip(repository, "refs/pull/1/head")).toBe(sha);
    const read = (await sandbox.ask("GET", `${path}/1`, ann)).body;
    expect([read.mergeable, read.mergeable_state]).toEqual([true, "clean"]);
  });

  test("is refused in GitHub's words when there is one already or nothing to merge", async () => {
    const { open, path } = await withTopic("refused");
    const said = async (more: object) => {
      const { status, body } = await open(more);
      return [status, body.message, body.errors?.[0].message ?? `${body.errors?.[0].field} ${body.errors?.[0].code}`];
    };
    const failed = (text: string) => [422, "Validation Failed", text];
    expect(await said({ head: "main" })).toEqual(failed("No commits between main and main"));
    expect(await said({ base: "topic", head: "main" })).toEqual(failed("No commits between topic and main"));
    expect(await said({ head: "none" })).toEqual(failed("head invalid"));
    expect(await said({ base: "none" })).toEqual(failed("base invalid"));
    expect(await said({ body: "x".repeat(65_537) })).toEqual(failed("body is too long (maximum is 65536 characters)"));
    expect((await open()).status).toBe(201);
    expect(await said({})).toEqual(failed("A pull request already exists for acme:topic."));
    const found = await sandbox.ask("GET", `${path}?head=acme:topic&base=main&state=open`, ann);
    expect(found.body.map((pull: { number: number }) => pull.number)).toEqual([1]);
    expect((await sandbox.ask("GET", `${path}?head=acme:other`, ann)).body).toEqual([]);
  });

  test("by a job token needs the permission and the repository's setting", async () => {
    const { repository, open } = await withTopic("jobs");
    const said = async (permission: "read" | "write") => {
      const { status, body } = await open({}, sandbox.jobToken(repository, { "pull-requests": permission }));
      return [status, body.message ?? body.user.login];
    };
    expect(await said("read")).toEqual([403, "Resource not accessible by integration"]);
    expect(await said("write")).toEqual([403, "GitHub Actions is not permitted to create or approve pull requests."]);
    repository.actions.can_approve_pull_request_reviews = true;
    expect(await said("write")).toEqual([201, "github-actions[bot]"]);
  });

  test("from a fork brings the fork's commits", async () => {
    const parent = await sandbox.repository("upstream", people);
    const fork = await sandbox.fork(parent, "bob");
    const work = sandbox.clone(fork, bob);
    const sha = await commit(work, { "fork.txt": "fork\n" });
    await sandbox.git(work, ["push", "--quiet", "origin", "main"]);
    const request = { title: "T", head: "bob:main", base: "main" };
    const opened = await sandbox.ask("POST", "/repos/acme/upstream/pulls", bob, request);
    expect([opened.status, opened.body.head.repo.full_name]).toEqual([201, "bob/upstream"]);
    expect(await tip(parent, "refs/pull/1/head")).toBe(sha);
    const merged = await sandbox.ask("PUT", "/repos/acme/upstream/pulls/1/merge", ann, {});
    expect(merged.status).toBe(200);
  });
});

describe("a pull request", () => {
  test("that conflicts says so and is not merged", async () => {
    const { repository, checkout, open, path } = await withTopic("conflict");
    const work = await checkout();
    await open();
    await sandbox.git(work, ["checkout", "--quiet", "-b", "other", "HEAD~1"]);
    await commit(work, { "topic.txt": "other\n" });
    await sandbox.git(work, ["push", "--quiet", "origin", "HEAD:main"]);
    const { body } = await sandbox.ask("GET", `${path}/1`, ann);
    expect([body.mergeable, body.mergeable_state]).toEqual([false, "dirty"]);
    const before = await tip(repository, "refs/heads/main");
    const merged = await sandbox.ask("PUT", `${path}/1/merge`, ann, {});
    expect([merged.status, merged.body.message]).toEqual([405, "Pull Request is not mergeable"]);
    expect(await tip(repository, "refs/heads/main")).toBe(before);
  });

  test("follows its branch, closes with it, and shows commits and files", async () => {
    const { repository, checkout, open, path } = await withTopic("follow");
    const work = await checkout();
    await open();
    const sha = await commit(work, { "more.txt": "more\n" }, "more");
    await sandbox.git(work, ["push", "--quiet", "origin", "HEAD:topic"]);
    expect((await sandbox.ask("GET", `${path}/1`, ann)).body.head.sha).toBe(sha);
    expect(await tip(repository, "refs/pull/1/head")).toBe(sha);
    const commits = (await sandbox.ask("GET", `${path}/1/commits`, ann)).body;
    expect(commits.map((one: { commit: { message: string } }) => one.commit.message)).toEqual(["topic", "more"]);
    const files = (await sandbox.ask("GET", `${path}/1/files`, ann)).body;
    expect(files.map((file: { filename: string }) => file.filename)).toEqual(["more.txt", "topic.txt"]);
    await sandbox.git(work, ["push", "--quiet", "origin", ":topic"]);
    const closed = (await sandbox.ask("GET", `${path}/1`, ann)).body;
    expect([closed.state, closed.merged]).toEqual(["closed", false]);
  });

  test("is marked merged when its commits reach the base by a push", async () => {
    const { sha, checkout, open, path } = await withTopic("pushed");
    const work = await checkout();
    await open();
    await sandbox.git(work, ["push", "--quiet", "origin", "HEAD:main"]);
    const { body } = await sandbox.ask("GET", `${path}/1`, bob);
    expect([body.state, body.merged, body.merged_by.login, body.merge_commit_sha]).toEqual([
      "closed",
      true,
      "ann",
      sha,
    ]);
    expect(body.changed_files).toBe(1);
  });

  test("is edited, closed and opened again; readers may not", async () => {
    const { open, path } = await withTopic("edit");
    await open();
    const patch = (body: object, token = ann) => sandbox.ask("PATCH", `${path}/1`, token, body);
    expect((await patch({ title: "New", body: "Text", state: "closed" })).body).toMatchObject({
      title: "New",
      body: "Text",
      state: "closed",
    });
    expect((await patch({ state: "open" })).body.state).toBe("open");
    expect((await patch({ title: "x" }, sandbox.user("eve"))).status).toBe(403);
  });
});

describe("merging", () => {
  test("by merge commit has the base as first parent and the head as second", async () => {
    const { repository, sha, open, path } = await withTopic("merge");
    await open();
    const before = await tip(repository, "refs/heads/main");
    const stale = await sandbox.ask("PUT", `${path}/1/merge`, ann, { sha: "1".repeat(40) });
    expect([stale.status, stale.body.message]).toEqual([
      409,
      "Head branch was modified. Review and try the merge again.",
    ]);
    const merged = await sandbox.ask("PUT", `${path}/1/merge`, ann, { sha });
    expect(merged.body).toMatchObject({ merged: true, message: "Pull Request successfully merged" });
    const { body } = await sandbox.ask("GET", `/repos/acme/merge/commits/${merged.body.sha}`, ann);
    expect(body.parents.map((parent: { sha: string }) => parent.sha)).toEqual([before, sha]);
    expect(body.commit.message).toBe("Merge pull request #1 from acme/topic\n\nT");
    expect(await tip(repository, "refs/heads/main")).toBe(merged.body.sha);
    expect((await sandbox.ask("GET", `${path}/1`, ann)).body).toMatchObject({
      merged: true,
      merged_by: { login: "ann" },
    });
  });

  test("by squash makes one commit, by rebase replays each", async () => {
    for (const method of ["squash", "rebase"] as const) {
      const { repository, checkout, open, path } = await withTopic(method);
      const work = await checkout();
      await open();
      await sandbox.git(work, ["checkout", "--quiet", "-b", "other", "HEAD~1"]);
      const base = await commit(work, { "other.txt": "other\n" }, "other");
      await sandbox.git(work, ["push", "--quiet", "origin", "HEAD:main"]);
      const merged = await sandbox.ask("PUT", `${path}/1/merge`, ann, { merge_method: method });
      const { body } = await sandbox.ask("GET", `/repos/acme/${method}/commits/main`, ann);
      expect(body.sha).toBe(merged.body.sha);
      expect(body.parents.map((parent: { sha: string }) => parent.sha)).toEqual([base]);
      expect(body.commit.message).toBe(method === "squash" ? "T (#1)\n\nB" : "topic");
      expect(body.files.map((file: { filename: string }) => file.filename)).toEqual(["topic.txt"]);
      expect((await sandbox.ask("GET", `${path}/1`, ann)).body.merged).toBe(true);
      expect(repository.issues[0]?.state).toBe("closed");
    }
  });

  test("waits for the approvals and statuses the base asks for, and for an allowed method", async () => {
    const rules = ruleset([
      {
        type: "pull_request",
        parameters: { required_approving_review_count: 1, allowed_merge_methods: ["merge"] },
      },
      { type: "required_status_checks", parameters: { required_status_checks: [{ context: "tests" }] } },
    ]);
    const { repository, sha, open, path } = await withTopic("gated");
    repository.rulesets.push(rules);
    await open();
    const merge = async (merge_method = "merge") => {
      const { status, body } = await sandbox.ask("PUT", `${path}/1/merge`, ann, { merge_method });
      return [status, body.message];
    };
    const approval = "At least 1 approving review is required by reviewers with write access.\n\n";
    const check = 'Required status check "tests" is expected.\n\n';
    expect(await merge()).toEqual([405, `Repository rule violations found\n\n${approval}${check}`]);
    expect((await sandbox.ask("GET", `${path}/1`, ann)).body.mergeable_state).toBe("blocked");
    const review = (token: string) => sandbox.ask("POST", `${path}/1/reviews`, token, { event: "APPROVE" });
    expect((await review(ann)).body.errors).toEqual(["Can not approve your own pull request"]);
    await review(sandbox.user("eve"));
    expect(await merge()).toEqual([405, `Repository rule violations found\n\n${approval}${check}`]);
    expect((await review(bob)).body.state).toBe("APPROVED");
    expect(await merge()).toEqual([405, `Repository rule violations found\n\n${check}`]);
    const more = { description: null, target_url: null, creator: "ann", created_at: "2026-01-02T03:04:05Z" };
    repository.statuses.push({ id: 1, sha, context: "tests", state: "success", ...more });
    expect((await merge("squash"))[0]).toBe(405);
    expect(await merge()).toEqual([200, "Pull Request successfully merged"]);
  });

  test("is not for drafts, nor for a method the repository switched off", async () => {
    const { repository, open, path } = await withTopic("draft");
    repository.settings.allow_squash_merge = false;
    await open({ draft: true });
    expect((await sandbox.ask("GET", `${path}/1`, ann)).body.mergeable_state).toBe("draft");
    const merge = async (merge_method: string) =>
      (await sandbox.ask("PUT", `${path}/1/merge`, ann, { merge_method })).body.message;
    expect(await merge("merge")).toBe("Pull Request is still a draft");
    const [issue] = repository.issues;
    if (issue?.pull) issue.pull.draft = false;
    expect(await merge("squash")).toBe("Squash merges are not allowed on this repository.");
  });

  test("deletes the head branch when the repository says so, but not against a rule", async () => {
    for (const [name, kept] of [
      ["deletes", false],
      ["keeps", true],
    ] as const) {
      const { repository, sha, open, path } = await withTopic(name);
      repository.settings.delete_branch_on_merge = true;
      const conditions = { ref_name: { include: ["refs/heads/topic"], exclude: [] } };
      if (kept) repository.rulesets.push(ruleset([{ type: "deletion" }], { conditions }));
      await open();
      await sandbox.ask("PUT", `${path}/1/merge`, ann, {});
      expect(await tip(repository, "refs/heads/topic")).toBe(kept ? sha : null);
    }
  });
});

describe("reviewers", () => {
  test("are asked and released; one wrong name fails the whole request", async () => {
    const { repository, open, path } = await withTopic("reviewers");
    await open();
    const ask = async (method: string, body: object, token = ann) => {
      const answer = await sandbox.ask(method, `${path}/1/requested_reviewers`, token, body);
      const logins = answer.body.requested_reviewers?.map((one: { login: string }) => one.login);
      return [answer.status, logins ?? answer.body.message];
    };
    expect(await ask("POST", { reviewers: ["bob"] })).toEqual([201, ["bob"]]);
    expect(await ask("DELETE", { reviewers: ["bob"] })).toEqual([200, []]);
    expect(await ask("POST", { reviewers: ["bob", "ann"] })).toEqual([
      422,
      "Review cannot be requested from pull request author.",
    ]);
    const [status, message] = await ask("POST", { reviewers: ["bob", "stranger"] });
    expect(status).toBe(422);
    expect(message).toMatch(/^Reviews may only be requested from collaborators\..* acme\/reviewers repository\.$/);
    const token = sandbox.jobToken(repository, { "pull-requests": "write" });
    expect((await ask("POST", { team_reviewers: ["devops"] }, token))[1]).toMatch(
      /^Could not resolve to a node with the global id of /,
    );
    expect((await sandbox.ask("GET", `${path}/1/requested_reviewers`, ann)).body).toEqual({ users: [], teams: [] });
  });
});
