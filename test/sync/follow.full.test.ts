import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { followText } from "../../lib/render/follow.ts";
import { forkConfig } from "../support/fork-config.ts";
import { bareRepository, lines } from "./support/repository.ts";
import { type World, world } from "./support/workflow-run.ts";

let w: World;
let base: string;

/** Upstream has released 1.0.0; the fork was made from it and has a change of its own. */
beforeEach(async () => {
  w = await world();
  base = w.upstream.commit({ branch: "main", files: { a: lines(), b: lines() } });
  w.upstream.git("tag", "v1.0.0", base);
  w.fork.git("fetch", "--quiet", "--no-tags", w.upstream.folder, "main:main");
  w.fork.git("branch", "sync/upstream", base);
  w.fork.commit({ branch: "dev", parents: [base], files: { a: lines({ 1: "dev" }) } });
});
afterEach(() => w.close());

/** What the workflow of such a configuration sets. */
const following = (follow: object) => ({ UPSTREAM_FOLLOW: followText(forkConfig({ follow }).follow) });
const RELEASES = following({ releases: "^1.0.0" });
const run = (environment: Record<string, string> = RELEASES, options = {}) => w.run({ environment, ...options });

const tip = (branch: string) => w.fork.ref(`refs/heads/${branch}`) ?? "";
const has = (commit: string) => w.github.merged(commit, "sync/upstream");
const tagRecords = () => w.fork.refs().filter((ref) => ref.startsWith("refs/upstream-sync/main/tag/"));

function release(
  name: string,
  options: Parameters<typeof w.upstream.commit>[0] = { branch: "main", files: { r: name } },
) {
  const commit = w.upstream.commit(options);
  w.upstream.git(
    "-c",
    "user.name=u",
    "-c",
    "user.email=u@example.com",
    "tag",
    "--annotate",
    "-m",
    "Fixes #1",
    name,
    commit,
  );
  return commit;
}

describe("releases", () => {
  test("the newest in the range is merged and said to be it; what comes after it on the branch waits", async () => {
    release("v1.1.0");
    const newest = release("v1.2.0");
    release("v2.0.0-rc.1");
    const unreleased = w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    const { codes, records, summary } = await run();
    expect(codes).toEqual({ look: 0, merge: 0, finish: 0 });
    const why = "release v1.2.0, the newest in ^1.0.0";
    expect(records).toMatchObject([{ outcome: "promoted", upstream: { ref: "refs/tags/v1.2.0", sha: newest, why } }]);
    expect(summary).toContain(`- upstream: \`${why}\` at \`${newest}\``);
    expect(w.github.pulls[0]?.body).toContain(`\`, \`${why}\`\n`);
    expect(w.github.pulls[0]?.body).not.toContain("Fixes");
    expect([has(newest), has(unreleased)]).toEqual([true, false]);
    expect(w.fork.git("log", "-1", "--format=%s", tip("sync/upstream"))).toBe(
      `chore: merge upstream v1.2.0 ${newest.slice(0, 12)} into sync/upstream`,
    );
    expect(tagRecords()).toEqual(["refs/upstream-sync/main/tag/v1.2.0"]);

    w.github.rest.length = 0;
    w.github.git.length = 0;
    const idle = await run();
    expect(idle.records).toMatchObject([{ outcome: "up-to-date", reason: "nothing moved", upstream: { why } }]);
    expect(w.github.rest).toEqual([]);
    expect(w.github.git.map(({ path }) => path).sort()).toEqual(
      ["/acme/fork.git/git-upload-pack", "/acme/fork.git/info/refs"].concat([
        "/up/stream.git/git-upload-pack",
        "/up/stream.git/info/refs",
      ]),
    );
  });

  test("one on a line of its own is merged too, and the pull request says what it does not contain", async () => {
    const patch = release("v1.0.1", { branch: "line-1.0", parents: [base], files: { a: lines({ 5: "fix" }) } });
    await run();
    const minor = release("v1.1.0");
    const { records } = await run();
    expect(records).toMatchObject([
      { outcome: "promoted", reason: expect.stringMatching(/does not contain v1\.0\.1, which was taken before/) },
    ]);
    expect([has(patch), has(minor)]).toEqual([true, true]);
    expect(w.github.pulls[0]?.body).toContain("- it does not contain `v1.0.1`, which was taken before");
    expect(tagRecords()).toEqual(["refs/upstream-sync/main/tag/v1.1.0"]);
  });

  test("one that upstream withdraws after it was taken stops the runs until a newer one has it in it", async () => {
    const taken = release("v1.1.0");
    await run();
    w.upstream.git("tag", "--delete", "v1.1.0");
    const withdrawn = await run();
    expect(withdrawn.codes).toEqual({ look: 1 });
    expect(withdrawn.records).toMatchObject([
      {
        outcome: "stopped",
        reason: expect.stringMatching(/withdrew its tag v1\.1\.0.*newest in \^1\.0\.0 is v1\.0\.0/),
      },
    ]);
    expect(has(taken)).toBe(true);
    const next = release("v1.1.1");
    expect((await run()).records).toMatchObject([{ outcome: "promoted", upstream: { sha: next } }]);
  });

  test("one that upstream moves stops the runs; forgetting it as the words say takes it as it is", async () => {
    release("v1.1.0");
    await run();
    const other = w.upstream.commit({ branch: "redo", parents: [base], files: { redone: "x\n" } });
    w.upstream.git("tag", "--force", "v1.1.0", other);
    const moved = await run();
    expect(moved.codes).toEqual({ look: 1 });
    expect(moved.records[0]?.reason).toMatch(/moved its tag v1\.1\.0 after this fork had taken it/);
    // A newer one that goes on without what was taken is a rewritten history.
    const newer = release("v1.2.0", { branch: "redo", files: { more: "x\n" } });
    const rewritten = await run();
    expect(rewritten.codes).toEqual({ look: 0, merge: 1, finish: 1 });
    expect(rewritten.records[0]?.reason).toMatch(/moved its tag v1\.1\.0.*v1\.2\.0 goes on without it/);
    const [, ref = ""] = /push origin --delete (\S+)"/.exec(rewritten.records[0]?.reason ?? "") ?? [];
    expect(ref).toBe("refs/upstream-sync/main/tag/v1.1.0");
    w.fork.git("update-ref", "-d", ref);
    expect((await run()).records).toMatchObject([{ outcome: "promoted", upstream: { sha: newer } }]);
  });

  test("one that moves during its own tests is not promoted", async () => {
    release("v1.1.0");
    const before = tip("sync/upstream");
    const { records } = await run(RELEASES, {
      duringTests: () => w.upstream.git("tag", "--force", "v1.1.0", base),
    });
    expect(records).toMatchObject([{ outcome: "stopped", reason: expect.stringMatching(/rewrote its tag/) }]);
    expect(tip("sync/upstream")).toBe(before);
  });

  test("none in the range is red, and says which are there", async () => {
    const { codes, records } = await run(following({ releases: "^2.0.0" }));
    expect(codes).toEqual({ look: 1 });
    expect(records).toMatchObject([
      {
        outcome: "stopped",
        reason: expect.stringMatching(/has no release in \^2\.0\.0: the newest version among its tags is v1\.0\.0\./),
        upstream: { ref: "refs/tags/v*", sha: null },
      },
    ]);
  });

  test("a commit by hand: an older release, a commit of the branch, never the memory of the newest", async () => {
    const older = release("v1.1.0");
    release("v1.2.0");
    const byHand = await run({ ...RELEASES, UPSTREAM_COMMIT: older });
    expect(byHand.records).toMatchObject([
      { outcome: "promoted", upstream: { ref: "refs/tags/v1.1.0", why: "tag v1.1.0, its commit given by hand" } },
    ]);
    await run();
    const between = w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    const commit = await run({ ...RELEASES, UPSTREAM_COMMIT: between });
    expect(commit.records).toMatchObject([
      { outcome: "promoted", upstream: { ref: "refs/heads/main", why: "a commit given by hand, of branch main" } },
    ]);
    expect(has(between)).toBe(true);
    expect(tagRecords()).toEqual(["refs/upstream-sync/main/tag/v1.2.0"]);
    expect((await run()).records).toMatchObject([{ outcome: "up-to-date" }]);
    const strangers = w.upstream.commit({ parents: [base], files: { s: "s\n" } });
    expect((await run({ ...RELEASES, UPSTREAM_COMMIT: strangers })).codes).toMatchObject({ merge: 1 });
  });

  test("a conflict names the release and merges its commit by hand", async () => {
    release("v1.1.0", { branch: "main", files: { a: lines({ 1: "theirs" }) } });
    const { records } = await run();
    expect(records).toMatchObject([{ outcome: "conflict", upstream: { ref: "refs/tags/v1.1.0" } }]);
    const text = w.github.issues[0]?.body ?? "";
    expect(text).toContain("Upstream's `v1.1.0` at ");
    expect(text).toContain(`/up/stream.git refs/tags/v1.1.0\ngit merge 'FETCH_HEAD^0'`);
  });

  test("following the branch again is no rewritten history, and forgets the tag", async () => {
    release("v1.0.1", { branch: "line-1.0", parents: [base], files: { a: lines({ 5: "fix" }) } });
    await run();
    const main = w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    const { records } = await run({});
    expect(records).toMatchObject([{ outcome: "promoted", upstream: { ref: "refs/heads/main", sha: main } }]);
    expect(tagRecords()).toEqual([]);
  });
});

describe("tags by pattern", () => {
  test("the greatest numbers win; a tag that names no commit is told", async () => {
    const NIGHTLY = following({ tags: "nightly-*" });
    release("nightly-9");
    const newest = release("nightly-10");
    expect((await run(NIGHTLY)).records).toMatchObject([{ outcome: "promoted", upstream: { sha: newest } }]);
    w.upstream.git("tag", "nightly-11", w.upstream.git("rev-parse", "main^{tree}"));
    const tree = await run(NIGHTLY);
    expect(tree.codes).toEqual({ look: 0, merge: 1, finish: 1 });
    expect(tree.records[0]?.reason).toMatch(/tag nightly-11 cannot be merged: it names no commit/);
  });

  test("one tag without a * is followed as it moves forward, and not when it is rewritten", async () => {
    const STABLE = following({ tags: "channels/stable" });
    w.upstream.git("tag", "channels/stable", w.upstream.commit({ branch: "main", files: { u: "1\n" } }));
    await run(STABLE);
    const forward = w.upstream.commit({ branch: "main", files: { u: "2\n" } });
    w.upstream.git("tag", "--force", "channels/stable", forward);
    expect((await run(STABLE)).records).toMatchObject([{ outcome: "promoted", upstream: { sha: forward } }]);
    expect(tagRecords()).toEqual(["refs/upstream-sync/main/tag/channels,stable"]);
    const elsewhere = w.upstream.commit({ parents: [base], files: { u: "3\n" } });
    w.upstream.git("tag", "--force", "channels/stable", elsewhere);
    expect((await run(STABLE)).records[0]?.reason).toMatch(/tag channels\/stable was rewritten.*--delete/);
  });
});

describe("what may become of upstream", () => {
  const stopped = async (environment: Record<string, string> = {}) => {
    const { records, codes } = await run(environment);
    expect(records).toMatchObject([{ outcome: "stopped" }]);
    expect(Object.values(codes).at(-1)).toBe(1);
    const { reason } = records[0] as { reason: string };
    // Only a rewritten history has a recipe: anything else would be merged by mistake.
    expect(reason.includes("--delete")).toBe(/rewritten/.test(reason));
    return reason;
  };

  test("its branch is renamed", async () => {
    w.upstream.git("branch", "--move", "main", "trunk");
    expect(await stopped()).toMatch(/has no branch main: its default branch is trunk.*`upstream\.branch: trunk`/);
  });

  test("its branch is deleted while others go on", async () => {
    expect(await stopped({ UPSTREAM_BRANCH: "next" })).toMatch(/has no branch next: its default branch is main/);
    w.upstream.git("branch", "--move", "main", "we;ird$(x)");
    expect(await stopped()).toMatch(/has no branch main: the server answered, without that branch\. Was it renamed/);
  });

  test.each([["branch"], ["releases"]])("it is empty, following %s", async (what) => {
    for (const ref of w.upstream.refs()) w.upstream.git("update-ref", "-d", ref);
    expect(await stopped(what === "branch" ? {} : RELEASES)).toMatch(/is empty: .*without a single branch/);
  });

  test.each([["branch"], ["releases"]])("it is a shallow copy, following %s", async (what) => {
    w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    w.upstream.git("tag", "v1.1.0", "main");
    const folder = join(w.upstream.folder, "../shallow.git");
    w.upstream.git("clone", "--quiet", "--bare", "--depth=1", "--branch=v1.1.0", `file://${w.upstream.folder}`, folder);
    bareRepository(folder).git("branch", "--force", "main", "v1.1.0");
    const environment = { UPSTREAM_URL: `${w.github.url}/up/shallow.git` };
    expect(await stopped(what === "branch" ? environment : { ...RELEASES, ...environment })).toMatch(
      /cannot be merged.*that repository is shallow.*--unshallow/,
    );
  });

  test("it is rewritten, and the recipe goes on from the new history", async () => {
    w.upstream.commit({ branch: "main", files: { u: "1\n" } });
    await run({});
    const anew = w.upstream.commit({ branch: "main", parents: [base], files: { u: "2\n", n: "n\n" } });
    const reason = await stopped();
    expect(reason).toMatch(/main was rewritten, or another branch is followed now/);
    const [, ref = ""] = /push origin --delete (\S+)"/.exec(reason) ?? [];
    w.fork.git("update-ref", "-d", ref);
    const { records } = await run({});
    // Both histories changed the same file: people settle what became of it.
    expect(records).toMatchObject([{ outcome: "conflict", upstream: { sha: anew } }]);
  });

  test("it begins anew, or is another project", async () => {
    w.upstream.commit({ branch: "main", files: { u: "1\n" } });
    await run({});
    w.upstream.git("update-ref", "-d", "refs/heads/main");
    w.upstream.commit({ branch: "main", parents: [], files: { other: "x\n" } });
    expect(await stopped()).toMatch(/have unrelated histories: it has no commit in common.*never merges/);
  });

  test("it cannot be reached: no such name, nobody there, gone, closed, blocked, in trouble", async () => {
    const answers: Record<string, number> = { "/closed": 401, "/blocked": 403, "/trouble": 503 };
    const server = createServer((request, response) => {
      const status = answers[/^\/[a-z]+/.exec(request.url ?? "")?.[0] ?? ""] ?? 404;
      response.writeHead(status, status === 401 ? { "www-authenticate": 'Basic realm="git"' } : {}).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      for (const [url, words] of [
        ["http://upstream.invalid/up/app.git", /its name is not known to the network/],
        ["http://127.0.0.1:1/up/app.git", /no connection came about/],
        [`${at}/gone/app.git`, /there is no repository at that address \(404\)/],
        [`${at}/closed/app.git`, /asks who we are \(401\).*private: true/],
        [`${at}/blocked/app.git`, /refuses access \(403\)/],
        [`${at}/trouble/app.git`, /the server is in trouble itself/],
      ] as const) {
        expect(await stopped({ UPSTREAM_URL: url })).toMatch(words);
        expect(await stopped({ ...RELEASES, UPSTREAM_URL: url })).toMatch(words);
      }
      expect(await stopped({ UPSTREAM_URL: `${at}/closed/app.git`, UPSTREAM_TOKEN: "old" })).toMatch(
        /did not accept the token.*credentials create --upstream-token/,
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
