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
const base64 = (text: string): string => Buffer.from(text).toString("base64");

async function tip(repository: Repository, branch = "main"): Promise<string> {
  return (await readRef(bare(sandbox.state, repository), `refs/heads/${branch}`)) ?? "";
}

describe("refs and branches", () => {
  test("a branch with a slash is found escaped as one segment and plain as many", async () => {
    const repository = await sandbox.repository("slashes", admins);
    const sha = await tip(repository);
    const made = await sandbox.ask("POST", "/repos/acme/slashes/git/refs", ann, {
      ref: "refs/heads/sync/upstream",
      sha,
    });
    expect(made.status).toBe(201);
    for (const path of ["branches/sync%2Fupstream", "branches/sync/upstream"]) {
      const branch = await sandbox.ask("GET", `/api/v3/repos/acme/slashes/${path}`, ann);
      expect([branch.status, branch.body.name, branch.body.commit.sha]).toEqual([200, "sync/upstream", sha]);
    }
    for (const path of ["git/ref/heads/sync/upstream", "git/ref/heads%2Fsync%2Fupstream"]) {
      const ref = await sandbox.ask("GET", `/repos/acme/slashes/${path}`, ann);
      expect([ref.body.ref, ref.body.object.sha]).toEqual(["refs/heads/sync/upstream", sha]);
    }
    const matching = await sandbox.ask("GET", "/repos/acme/slashes/git/matching-refs/heads/sync", ann);
    expect(matching.body.map((one: { ref: string }) => one.ref)).toEqual(["refs/heads/sync/upstream"]);
    expect((await sandbox.ask("GET", "/repos/acme/slashes/git/ref/heads/sync", ann)).status).toBe(404);
  });

  test("creating, moving and deleting a ref answers as GitHub does", async () => {
    const repository = await sandbox.repository("refs", admins);
    const sha = await tip(repository);
    const refs = "/repos/acme/refs/git/refs";
    const ask = async (method: string, path: string, body?: unknown) => {
      const answer = await sandbox.ask(method, path, ann, body);
      return [answer.status, answer.body.message ?? answer.body.object?.sha ?? ""];
    };
    expect(await ask("POST", refs, { ref: "refs/heads/main", sha })).toEqual([422, "Reference already exists"]);
    expect(await ask("POST", refs, { ref: "refs/heads/x", sha: "1".repeat(40) })).toEqual([
      422,
      "Object does not exist",
    ]);
    expect(await ask("POST", refs, { ref: "refs/heads/x", sha })).toEqual([201, sha]);
    expect(await ask("POST", refs, { ref: "refs/heads/x/y", sha })).toEqual([422, "Reference update failed"]);
    const file = { message: "m", content: base64("x"), branch: "x" };
    const next = (await sandbox.ask("PUT", "/repos/acme/refs/contents/x.txt", ann, file)).body.commit.sha;
    expect(await ask("PATCH", `${refs}/heads/main`, { sha: next })).toEqual([200, next]);
    expect(await ask("PATCH", `${refs}/heads/x`, { sha })).toEqual([422, "Update is not a fast forward"]);
    expect(await ask("PATCH", `${refs}/heads/x`, { sha, force: true })).toEqual([200, sha]);
    expect(await ask("DELETE", `${refs}/heads/x`)).toEqual([204, ""]);
    expect(await ask("DELETE", `${refs}/heads/x`)).toEqual([422, "Reference does not exist"]);
  });

  test("a ref write that breaks a rule is 422, a job token's workflow file a bare 404", async () => {
    const rules = ruleset([{ type: "update" }]);
    const repository = await sandbox.repository("ruled-refs", { ...admins, rulesets: [rules] });
    const work = sandbox.clone(repository, ann);
    const sha = await commit(work, { ".github/workflows/a.yml": "on: push\n" });
    await sandbox.git(work, ["push", "origin", "HEAD:refs/heads/x"]);
    const moved = await sandbox.ask("PATCH", "/repos/acme/ruled-refs/git/refs/heads/main", ann, { sha });
    expect([moved.status, moved.body.message]).toEqual([
      422,
      "Repository rule violations found\n\nCannot update this protected ref.\n\n",
    ]);
    await sandbox.git(work, ["push", "origin", "HEAD:refs/custom/x", ":refs/heads/x"]);
    const token = sandbox.jobToken(repository, { contents: "write" });
    const made = await sandbox.ask("POST", "/repos/acme/ruled-refs/git/refs", token, { ref: "refs/heads/y", sha });
    expect([made.status, made.body.message]).toEqual([404, "Not Found"]);
  });
});

describe("contents", () => {
  test("reads a file as JSON with ?ref= in its url, raw, and a folder", async () => {
    await sandbox.repository("read", admins);
    const path = "/repos/acme/read/contents";
    const file = await sandbox.ask("GET", `${path}/docs/a%20b.md?ref=main`);
    expect(file.body).toMatchObject({
      type: "file",
      encoding: "base64",
      path: "docs/a b.md",
      size: 5,
      url: `${sandbox.url}/api/v3/repos/acme/read/contents/docs/a%20b.md?ref=main`,
    });
    expect(Buffer.from(file.body.content, "base64").toString()).toBe("text\n");
    const raw = await sandbox.ask("GET", `${path}/README.md`, undefined, undefined, {
      accept: "application/vnd.github.raw+json",
    });
    expect(raw.body).toBe("one\ntwo\nthree\n");
    for (const root of [path, `${path}/`]) {
      const names = (await sandbox.ask("GET", root)).body.map((one: { name: string; type: string }) => [
        one.name,
        one.type,
      ]);
      expect(names).toEqual([
        ["README.md", "file"],
        ["docs", "dir"],
      ]);
    }
    expect((await sandbox.ask("GET", `${path}/docs`)).body[0].path).toBe("docs/a b.md");
    expect((await sandbox.ask("GET", `${path}/none`)).status).toBe(404);
    expect((await sandbox.ask("GET", `${path}/README.md?ref=none`)).status).toBe(404);
  });

  test("writes need the blob's sha exactly when the file is there", async () => {
    const repository = await sandbox.repository("write", admins);
    const path = "/repos/acme/write/contents/notes/new.md";
    const put = async (more: object) => {
      const answer = await sandbox.ask("PUT", path, ann, { message: "m", content: base64("one\n"), ...more });
      return { ...answer, said: [answer.status, answer.body.message] };
    };
    const first = await put({ sha: "1".repeat(40) });
    expect(first.status).toBe(201);
    expect(first.body.content.url).toContain("?ref=main");
    expect(await tip(repository)).toBe(first.body.commit.sha);
    expect((await put({})).said).toEqual([422, `Invalid request.\n\n"sha" wasn't supplied.`]);
    const stale = "1".repeat(40);
    expect((await put({ sha: stale })).said).toEqual([409, `notes/new.md does not match ${stale}`]);
    expect((await put({ branch: "none" })).said).toEqual([404, "Branch none not found"]);
    const author = { name: "Bot", email: "bot@example.com" };
    const second = await put({ sha: first.body.content.sha, content: base64("two\n"), author, committer: author });
    expect(second.status).toBe(200);
    expect(second.body.commit).toMatchObject({ author, committer: author, message: "m" });
    const removed = await sandbox.ask("DELETE", path, ann, { message: "gone", sha: second.body.content.sha });
    expect([removed.status, removed.body.content]).toEqual([200, null]);
    expect((await sandbox.ask("GET", path)).status).toBe(404);
    expect((await put({})).status).toBe(201);
    expect(
      (await sandbox.ask("PUT", "/repos/acme/write/contents/.git/x", ann, { message: "m", content: "" })).status,
    ).toBe(422);
  });

  test("a write that breaks rules is refused with 409 and moves nothing", async () => {
    const repository = await sandbox.repository("ruled", {
      ...admins,
      rulesets: [ruleset([{ type: "pull_request" }])],
    });
    const before = await tip(repository);
    const refused = await sandbox.ask("PUT", "/repos/acme/ruled/contents/x", ann, { message: "m", content: "" });
    expect([refused.status, refused.body.message, refused.body.status]).toEqual([
      409,
      "Repository rule violations found\n\nChanges must be made through a pull request.\n\n",
      "409",
    ]);
    expect(await tip(repository)).toBe(before);
  });

  test("a job token writes files with contents: write, but no workflow files", async () => {
    const repository = await sandbox.repository("jobs", admins);
    const put = async (permission: "read" | "write", path: string) => {
      const token = sandbox.jobToken(repository, { contents: permission });
      const answer = await sandbox.ask("PUT", `/repos/acme/jobs/contents/${path}`, token, {
        message: "m",
        content: "",
      });
      return [answer.status, answer.body.message];
    };
    const refused = [403, "Resource not accessible by integration"];
    expect(await put("read", "a")).toEqual(refused);
    expect(await put("write", "a")).toEqual([201, undefined]);
    expect(await put("write", ".github/workflows/a.yml")).toEqual(refused);
  });

  test("the first file of an empty repository starts its history", async () => {
    const repository = await sandbox.repository("empty", { ...admins, defaultBranch: "trunk" });
    await sandbox.git(sandbox.state.gitFolder(repository), ["update-ref", "-d", "refs/heads/main"]);
    const made = await sandbox.ask("PUT", "/repos/acme/empty/contents/a", ann, { message: "m", content: "" });
    expect([made.status, made.body.commit.parents]).toEqual([201, []]);
    expect(await tip(repository, "trunk")).toBe(made.body.commit.sha);
  });
});

describe("commits", () => {
  test("one commit tells its files, renames included, and both people", async () => {
    const repository = await sandbox.repository("commits", admins);
    const work = sandbox.clone(repository, ann);
    await sandbox.git(work, ["mv", "docs/a b.md", "docs/c.md"]);
    const sha = await commit(work, { "README.md": "one\nTWO\nthree\n", "new.txt": "new\n" }, "second\n\nbody");
    await sandbox.git(work, ["push", "origin", "HEAD:refs/heads/a/b"]);
    const one = await sandbox.ask("GET", "/repos/acme/commits/commits/a%2Fb");
    expect(one.body.sha).toBe(sha);
    expect(one.body.commit).toMatchObject({
      message: "second\n\nbody",
      committer: { name: "Ann", email: "ann@example.com", date: "2026-01-02T03:04:05Z" },
    });
    const files = one.body.files.map((file: Record<string, unknown>) => [
      file.status,
      file.filename,
      file.previous_filename,
      file.additions,
      file.deletions,
    ]);
    expect(files).toEqual([
      ["modified", "README.md", undefined, 1, 1],
      ["renamed", "docs/c.md", "docs/a b.md", 0, 0],
      ["added", "new.txt", undefined, 1, 0],
    ]);
    const history = await sandbox.ask("GET", "/repos/acme/commits/commits?sha=a/b&path=new.txt");
    expect(history.body.map((entry: { sha: string }) => entry.sha)).toEqual([sha]);
    const tree = await sandbox.ask("GET", "/repos/acme/commits/git/trees/a%2Fb?recursive=1");
    expect(tree.body.tree.map((entry: { path: string }) => entry.path)).toEqual([
      "README.md",
      "docs",
      "docs/c.md",
      "new.txt",
    ]);
  });

  test("a comparison is three-dot and reaches across the fork network", async () => {
    const parent = await sandbox.repository("network", admins);
    const fork = await sandbox.fork(parent, "ann");
    const ours = sandbox.clone(fork, ann);
    await commit(ours, { "ours.txt": "ours\n" });
    await sandbox.git(ours, ["push", "origin", "main"]);
    const theirs = sandbox.clone(parent, ann);
    await commit(theirs, { "theirs.txt": "1\n" });
    const sha = await commit(theirs, { "theirs.txt": "2\n" });
    await sandbox.git(theirs, ["push", "origin", "main"]);
    for (const head of ["acme:main", "acme:network:main", sha]) {
      const { body } = await sandbox.ask("GET", `/repos/ann/network/compare/main...${head}`);
      expect([body.status, body.ahead_by, body.behind_by, body.total_commits]).toEqual(["diverged", 2, 1, 2]);
      expect(body.files.map((file: { filename: string }) => file.filename)).toEqual(["theirs.txt"]);
      expect(body.commits.at(-1).sha).toBe(sha);
    }
  });

  test("merging answers 201, then 204, and 409 on a conflict", async () => {
    const repository = await sandbox.repository("merges", admins);
    const put = (branch: string, path: string, text: string, sha?: string) =>
      sandbox.ask("PUT", `/repos/acme/merges/contents/${path}`, ann, {
        message: "m",
        content: base64(text),
        branch,
        sha,
      });
    for (const name of ["side", "clash"]) {
      const ref = { ref: `refs/heads/${name}`, sha: await tip(repository) };
      await sandbox.ask("POST", "/repos/acme/merges/git/refs", ann, ref);
    }
    await put("side", "side.txt", "side\n");
    await put("clash", "main.txt", "one\n");
    await put("main", "main.txt", "two\n");
    const merge = (head: string) => sandbox.ask("POST", "/repos/acme/merges/merges", ann, { base: "main", head });
    const before = await tip(repository);
    const merged = await merge("side");
    expect(merged.status).toBe(201);
    expect(merged.body.parents.map(({ sha }: { sha: string }) => sha)).toEqual([before, await tip(repository, "side")]);
    expect(await tip(repository)).toBe(merged.body.sha);
    expect((await merge("side")).status).toBe(204);
    const clash = await merge("clash");
    expect([clash.status, clash.body.message]).toEqual([409, "Merge conflict"]);
    expect((await merge("none")).body.message).toBe("Head does not exist");
  });
});
