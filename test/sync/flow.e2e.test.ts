import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { looksAt, twoFiles } from "./support/forked.ts";
import { lines } from "./support/repository.ts";
import type { World } from "./support/workflow-run.ts";

let w: World;
let base: string;

beforeEach(async () => {
  ({ w, base } = await twoFiles());
});
afterEach(() => w.close());

const { tip, recorded, candidates } = looksAt(() => w);

/** Merges the sync branch into dev with a merge commit, as people do on GitHub. */
function land(): void {
  const [dev, sync] = [tip("dev"), tip("sync/upstream")];
  const tree = w.fork.git("merge-tree", "--write-tree", dev, sync);
  const merge = ["-c", "user.name=p", "-c", "user.email=p@example.com", "commit-tree", tree, "-p", dev, "-p", sync];
  w.fork.git("update-ref", "refs/heads/dev", w.fork.git(...merge, "-m", "land"));
  for (const pull of w.github.pulls) Object.assign(pull, { state: "closed", merged_at: "2026-01-02T00:00:00Z" });
}

describe("a new commit upstream", () => {
  test("is merged, tested, promoted and proposed, all in the fork", async () => {
    const [dev, sync] = [tip("dev"), tip("sync/upstream")];
    const upstream = w.upstream.commit({ branch: "main", files: { a: lines({ 9: "up" }) }, message: "Fixes #1 @all" });
    const { codes, records, outputs, summary } = await w.run();
    expect(codes).toEqual({ look: 0, merge: 0, finish: 0 });
    const promoted = tip("sync/upstream");
    expect(promoted).toBe(outputs.candidate);
    expect(w.fork.show(promoted, "a")).toBe(lines({ 1: "dev", 9: "up" }));
    expect([recorded("synced"), recorded("tested"), recorded("target")]).toEqual([upstream, promoted, dev]);
    expect(tip("dev")).toBe(dev);
    expect(candidates()).toEqual([]);
    expect(w.github.statuses).toEqual([
      {
        sha: promoted,
        state: "success",
        context: "upstream-sync/tests",
        description: "tests passed on this commit",
        target_url: `${w.github.url}/acme/fork/actions/runs/1001`,
      },
    ]);
    expect(records).toEqual([
      {
        v: 1,
        outcome: "promoted",
        reason: "tests passed",
        run: 1001,
        upstream: { ref: "refs/heads/main", sha: upstream, why: "branch main" },
        sync: { before: sync, after: promoted },
        target: dev,
        candidate: promoted,
        tests: [{ name: "npm test", ok: true, seconds: 7 }],
        conflicts: [],
        held: [],
        kept: [],
        trusted: [],
        firstConflict: null,
        pr: 100,
        issue: null,
        behind: { commits: 1, days: expect.any(Number) },
      },
    ]);
    expect(summary).toContain("## Promoted");
    expect(summary).toContain("the review of stranger was not requested");
    const [pull] = w.github.pulls;
    expect(pull).toMatchObject({
      title: "chore: sync with upstream",
      labels: [{ name: "upstream-sync" }],
      requested_reviewers: [{ login: "devops-lead" }],
    });
    expect(pull?.body).toContain("### Changed on both sides (1)");
    expect(pull?.body).not.toMatch(/Fixes|@all/);
  });

  test("is followed by an idle look of two look-ups, and by one more question after it landed", async () => {
    w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    await w.run();
    w.github.rest.length = 0;
    w.github.git.length = 0;
    const idle = await w.run();
    expect(idle.codes).toEqual({ look: 0 });
    expect(idle.records).toMatchObject([{ outcome: "up-to-date", reason: "nothing moved", behind: { commits: 1 } }]);
    expect(w.github.rest).toEqual([]);
    expect(w.github.git.map(({ path }) => path).sort()).toEqual(
      ["/acme/fork.git/git-upload-pack", "/acme/fork.git/info/refs"].concat([
        "/up/stream.git/git-upload-pack",
        "/up/stream.git/info/refs",
      ]),
    );
    land();
    w.github.compare = (range) => (range === `${recorded("tested")}...${tip("dev")}` ? "ahead" : "diverged");
    const landed = await w.run();
    expect(landed.records).toMatchObject([{ outcome: "up-to-date", behind: { commits: 0, days: 0 } }]);
    expect(w.github.rest.map(({ method }) => method)).toEqual(["GET"]);
  });

  test("goes into the open pull request, whose title and surrounding text people may change", async () => {
    w.upstream.commit({ branch: "main", files: { u: "1\n" } });
    await w.run();
    const [pull] = w.github.pulls;
    if (pull === undefined) throw new Error("no pull request");
    Object.assign(pull, { title: "Ours", body: `Read this first.\n\n${pull.body}` });
    w.upstream.commit({ branch: "main", files: { u: "2\n" } });
    await w.run();
    expect(w.github.pulls).toHaveLength(1);
    expect(pull.title).toBe("Ours");
    expect(pull.body).toMatch(/^Read this first\.\n\n<!-- upstream-sync:begin -->\nBrings 2 commits/);
    expect(pull.body).toContain(tip("sync/upstream"));
    expect(pull.requested_reviewers).toEqual([{ login: "devops-lead" }]);
  });

  test("leaves the sync branch alone when its tests fail, and says so on the commit", async () => {
    const sync = tip("sync/upstream");
    w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    const { codes, records, outputs, lines: printed } = await w.run({ tests: "failure" });
    expect(codes).toEqual({ look: 0, merge: 0, finish: 1 });
    expect(printed).toContain("::error title=upstream-sync::failed: npm test");
    expect(records).toMatchObject([
      { outcome: "tests-failed", reason: "failed: npm test", sync: { after: sync }, pr: null },
    ]);
    expect(tip("sync/upstream")).toBe(sync);
    expect(w.fork.refs()).toEqual([
      ...["refs/heads/dev", "refs/heads/main", "refs/heads/sync/upstream"],
      expect.stringMatching(/^refs\/upstream-sync\/main\/behind\/\d+-1-\d+-[0-9a-f]{40}$/),
    ]);
    expect(w.github.statuses).toMatchObject([{ sha: outputs.candidate, state: "failure" }]);
    expect(w.github.pulls).toEqual([]);
  });

  test("with workflow files keeps the fork's own and lists upstream's", async () => {
    w.upstream.commit({ branch: "main", files: { ".github/workflows/evil.yml": "on: push\n", u: "u\n" } });
    const { records } = await w.run();
    expect(w.fork.paths(tip("sync/upstream"))).toEqual(["a", "b", "u"]);
    expect(records).toMatchObject([{ outcome: "promoted", held: [".github/workflows/evil.yml"] }]);
    expect(w.github.pulls[0]?.body).toContain("- `.github/workflows/evil.yml`");
  });
});

describe("nothing new", () => {
  test("is recorded by the first run, so that the next is idle", async () => {
    const { codes, records } = await w.run();
    expect(codes).toEqual({ look: 0, merge: 0, finish: 0 });
    expect(records).toMatchObject([{ outcome: "up-to-date", candidate: null, behind: { commits: 0, days: 0 } }]);
    expect([recorded("synced"), recorded("tested"), recorded("target")]).toEqual([base, base, tip("dev")]);
    expect((await w.run()).codes).toEqual({ look: 0 });
    expect(w.github.pulls).toEqual([]);
  });

  test("raises no conflict between two branches of the fork", async () => {
    const main = w.fork.commit({ branch: "main", files: { a: lines({ 1: "main" }) } });
    w.fork.git("update-ref", "refs/heads/sync/upstream", main);
    expect((await w.run()).records).toMatchObject([{ outcome: "up-to-date" }]);
  });
});

describe("a run that was cut off", () => {
  test("before the tests is done again by the next, with the same candidate", async () => {
    w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    const { outputs } = await w.run({ until: "merge" });
    expect(candidates()).toEqual(["refs/upstream-sync/candidate/1001"]);
    const next = await w.run();
    expect(next.outputs.candidate).toBe(outputs.candidate);
    expect(next.codes.finish).toBe(0);
    expect(candidates()).toEqual([]);
  });

  test("before the pull request was opened is red, and the next run opens it with the recorded test result", async () => {
    w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    w.github.faults.set("POST /repos/acme/fork/pulls", {
      status: 403,
      body: { message: "GitHub Actions is not permitted to create or approve pull requests." },
    });
    const red = await w.run();
    expect(red.codes.finish).toBe(1);
    expect(red.records).toMatchObject([{ outcome: "promoted", pr: null }]);
    expect(red.records[0]?.reason).toMatch(
      /not permitted to create or approve pull requests.*Settings, Actions, General/,
    );
    w.github.faults.clear();
    const healed = await w.run();
    expect(healed.codes).toEqual({ look: 0, merge: 0, finish: 0 });
    expect(healed.records).toMatchObject([{ outcome: "up-to-date", pr: 100 }]);
    expect(w.github.pulls[0]?.body).toContain(`Status of \`${tip("sync/upstream")}\`: \`success\``);
    expect(candidates()).toEqual([]);
  });
});
