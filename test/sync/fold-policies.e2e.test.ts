import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { editTree } from "../../sync/edit-tree.ts";
import { foldCandidate } from "../../sync/fold.ts";
import { type Git, gitIn } from "../../sync/git.ts";
import { conflictsWith } from "../../sync/merge-step.ts";
import { NO_POLICIES, type Policies, readKept } from "../../sync/policies.ts";
import { type BareRepository, bareRepository, type Commit, lines } from "./support/repository.ts";

let folder: string;
let repository: BareRepository;
let git: Git;
let merges: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "policies-"));
  repository = bareRepository(join(folder, "r.git"));
  const real = gitIn(repository.folder, { environment: process.env, sleep: async () => undefined });
  merges = 0;
  git = {
    ...real,
    once(args, options) {
      if (args[0] === "merge-tree") merges += 1;
      return real.once(args, options);
    },
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Files = Commit["files"];

const NAMES = { sync: "sync/upstream", target: "dev", upstream: "main" };

function commit(files: Files, ...parents: string[]): string {
  return repository.commit({ parents, files });
}

interface Tips {
  readonly sync: string;
  readonly target?: string;
  readonly upstream: string;
  readonly proposal?: string;
  readonly earlier?: string;
}

function fold({ sync, target = sync, upstream, proposal, earlier }: Tips, policies: Partial<Policies>) {
  const proposals = proposal === undefined ? [] : [{ name: "manual", branch: "sync/upstream-manual", sha: proposal }];
  const rules = { upstreamWorkflows: "hold" as const, policies: { ...NO_POLICIES, ...policies } };
  return foldCandidate(git, { sync, target, upstream, earlier, proposals, names: NAMES, ...rules });
}

function parents(sha: string): string[] {
  return repository.git("show", "--no-patch", "--format=%P", sha).split(" ");
}

describe("keepOurs", () => {
  test("settles conflicts, and keeps out what upstream changes, adds and removes there", async () => {
    const base = commit({ "brand/a": lines(), "brand/b": "b\n", "brand/c": "c\n", code: "1\n" });
    const sync = commit({ "brand/a": lines({ 5: "fork" }), "brand/gone": null, "brand/mine": "m\n" }, base);
    const upstream = commit(
      { "brand/a": lines({ 5: "upstream" }), "brand/b": "changed\n", "brand/c": null, "brand/new": "n\n", code: "2\n" },
      base,
    );
    const policies = { keepOurs: ["/brand/"] };
    const { tip, conflicts } = await fold({ sync, upstream }, policies);
    expect(conflicts).toEqual([]);
    expect(repository.git("rev-parse", `${tip}:brand`)).toBe(repository.git("rev-parse", `${sync}:brand`));
    expect(repository.show(tip, "code")).toBe("2\n");
    const kept = await readKept(git, { ...NO_POLICIES, ...policies }, { tip, from: base, to: upstream }, () => false);
    expect(kept).toEqual(["a", "b", "c", "new"].map((name) => ({ path: `brand/${name}`, policy: "keepOurs" })));
  });

  test("leaves other conflicts for people, and names only those", async () => {
    const base = commit({ a: lines(), "brand/a": lines() });
    const sync = commit({ a: lines({ 5: "fork" }), "brand/a": lines({ 5: "fork" }) }, base);
    const upstream = commit({ a: lines({ 5: "upstream" }), "brand/a": lines({ 5: "upstream" }) }, base);
    const { tip, conflicts } = await fold({ sync, upstream }, { keepOurs: ["brand/"] });
    expect([tip, conflicts]).toEqual([sync, [{ path: "a", kind: "contents", side: "upstream" }]]);
    const rules = { upstreamWorkflows: "hold" as const, policies: { ...NO_POLICIES, keepOurs: ["brand/"] } };
    expect(await conflictsWith(git, rules, sync, { side: "upstream", commit: upstream })).toEqual(conflicts);
  });

  test("does not hold against the fork's own target, nor against a folder that upstream put in a file's place", async () => {
    const base = commit({ a: lines(), x: "x\n" });
    const sync = commit({ a: lines({ 5: "sync" }) }, base);
    const target = commit({ a: lines({ 5: "target" }) }, base);
    const { conflicts } = await fold({ sync, target, upstream: base }, { keepOurs: ["a"] });
    expect(conflicts).toEqual([{ path: "a", kind: "contents", side: "target" }]);
    const upstream = commit({ x: null, "x/deep": "d\n", "other/y": "y\n" }, base);
    const { tip } = await fold({ sync: base, upstream }, { keepOurs: ["x"] });
    expect(repository.paths(tip)).toEqual(["a", "other/y", "x"]);
  });

  test("stands also where people merged upstream by hand", async () => {
    const base = commit({ a: lines(), "brand/a": "1\n" });
    const sync = commit({ a: lines({ 5: "fork" }) }, base);
    const upstream = commit({ a: lines({ 5: "upstream" }), "brand/a": "2\n" }, base);
    const proposal = commit({ a: lines({ 5: "both" }), "brand/a": "2\n" }, sync, upstream);
    const { tip, conflicts } = await fold({ sync, upstream, proposal }, { keepOurs: ["brand/"] });
    expect(conflicts).toEqual([]);
    expect([repository.show(tip, "a"), repository.show(tip, "brand/a")]).toEqual([lines({ 5: "both" }), "1\n"]);
  });

  test("where people settled a conflict with the target, has the target's version, and theirs where that conflicts", async () => {
    const base = commit({ a: lines(), "brand/a": lines(), "brand/b": "1\n" });
    const sync = commit({ a: lines({ 5: "sync" }), "brand/a": lines({ 5: "sync" }) }, base);
    const target = commit(
      { a: lines({ 5: "target" }), "brand/a": lines({ 5: "target" }), "brand/b": "target's\n" },
      base,
    );
    const proposal = commit(
      { a: lines({ 5: "both" }), "brand/a": lines({ 5: "both" }), "brand/b": "target's\n" },
      ...[target, sync],
    );
    const { tip, conflicts } = await fold({ sync, target, upstream: base, proposal }, { keepOurs: ["brand/"] });
    expect(conflicts).toEqual([]);
    expect(["a", "brand/a", "brand/b"].map((path) => repository.show(tip, path))).toEqual([
      ...[lines({ 5: "both" }), lines({ 5: "both" })],
      "target's\n",
    ]);
  });

  test("takes names of any bytes", async () => {
    const names = ["brand/bad\xff", "brand/new\nline", 'brand/"q"\t'];
    const all = (text: string): Files => Object.fromEntries(names.map((name) => [name, text]));
    const base = commit({ ...all("1\n"), k: "1\n" });
    const upstream = commit({ ...all("2\n"), k: "2\n" }, base);
    const { tip } = await fold({ sync: base, upstream }, { keepOurs: ["brand/"] });
    expect(repository.git("diff-tree", "-r", "--name-only", base, tip)).toBe("k");
  });
});

describe("keepDeleted", () => {
  const policies = { keepDeleted: ["/cloud/", "telemetry.*"] };

  test("keeps deleted what upstream goes on changing, and new files out of a folder that is gone", async () => {
    const base = commit({ "cloud/a": lines(), "src/telemetry.ts": lines(), "src/b": "b\n" });
    const sync = commit({ "cloud/a": null, "src/telemetry.ts": null }, base);
    const upstream = commit(
      {
        ...{ "cloud/a": lines({ 1: "u" }), "src/telemetry.ts": lines({ 1: "u" }), "cloud/deep/new": "n\n" },
        ...{ "src/telemetry.py": "new\n", "src/b": "2\n" },
      },
      base,
    );
    const { tip, conflicts } = await fold({ sync, upstream }, policies);
    expect(conflicts).toEqual([]);
    // A new file in a folder that is still there comes: nobody deleted it.
    expect(repository.paths(tip)).toEqual(["src/b", "src/telemetry.py"]);
    const kept = await readKept(git, { ...NO_POLICIES, ...policies }, { tip, from: base, to: upstream }, () => false);
    expect(kept).toEqual(
      ["cloud/a", "cloud/deep/new", "src/telemetry.ts"].map((path) => ({ path, policy: "keepDeleted" })),
    );
    const later = commit({ "cloud/a": lines({ 2: "again" }), "cloud/deep/new": "again\n" }, upstream);
    const next = await fold({ sync: tip, upstream: later }, policies);
    expect([next.conflicts, repository.paths(next.tip)]).toEqual([[], ["src/b", "src/telemetry.py"]]);
  });

  test("stands also where people merged by hand and left in what git had left to them", async () => {
    const base = commit({ a: lines(), "cloud/a": lines(), "src/telemetry.ts": lines(), "src/b": "b\n" });
    const sync = commit({ a: lines({ 5: "fork" }), "cloud/a": null, "src/telemetry.ts": null }, base);
    const changed = { "cloud/a": lines({ 1: "u" }), "src/telemetry.ts": lines({ 1: "u" }), "cloud/new": "n\n" };
    const upstream = commit({ a: lines({ 5: "upstream" }), ...changed }, base);
    const proposal = commit({ a: lines({ 5: "both" }), ...changed, mine: "m\n" }, sync, upstream);
    const { tip, conflicts } = await fold({ sync, upstream, proposal }, policies);
    expect([conflicts, repository.paths(tip)]).toEqual([[], ["a", "mine", "src/b"]]);
  });

  test("leaves it to people when upstream is who deleted, and when the pattern does not take the file in", async () => {
    const base = commit({ "cloud/a": lines(), "src/b": lines(), k: "k\n" });
    const sync = commit({ "cloud/a": lines({ 1: "fork" }), "src/b": null }, base);
    const upstream = commit({ "cloud/a": null, "src/b": lines({ 1: "u" }) }, base);
    const { conflicts } = await fold({ sync, upstream }, policies);
    expect(conflicts).toEqual([
      { path: "cloud/a", kind: "modify/delete", side: "upstream" },
      { path: "src/b", kind: "modify/delete", side: "upstream" },
    ]);
  });
});

describe("mustSurvive", () => {
  const mark = { path: "app.html", contains: "acme-analytics" };

  test("stops a clean merge that would take a file or a text away, and names upstream's commit", async () => {
    const html = `${lines()}<script src="acme-analytics"></script>\n`;
    const base = commit({ "app.html": html, LICENSE: "MIT\n", k: "1\n" });
    const before = commit({ k: "2\n" }, base);
    const culprit = commit({ "app.html": lines() }, before);
    const upstream = commit({ k: "3\n" }, culprit);
    await expect(fold({ sync: base, upstream }, { mustSurvive: [mark] })).rejects.toThrow(
      `upstream's main would take away what has to stay (policies.mustSurvive): "acme-analytics" in app.html, removed by upstream's commit ${culprit}. Merge upstream by hand on sync/upstream-manual`,
    );
    const without = commit({ LICENSE: null, "COPYING.md": "MIT\n" }, before);
    await expect(
      fold({ sync: base, upstream: commit({ k: "4\n" }, without) }, { mustSurvive: [{ path: "LICENSE" }] }),
    ).rejects.toThrow(`LICENSE, removed by upstream's commit ${without}.`);
    expect((await fold({ sync: base, upstream: before }, { mustSurvive: [mark] })).conflicts).toEqual([]);
  });

  test("is satisfied when people merged by hand and kept it, and sets their branch aside when it is lost there", async () => {
    const base = commit({ "app.html": "acme-analytics\n", k: "1\n" });
    const sync = commit({ f: "fork\n" }, base);
    const upstream = commit({ "app.html": "nothing\n", k: "2\n" }, base);
    const kept = commit({ "app.html": "nothing but acme-analytics\n", k: "2\n" }, sync, upstream);
    const { tip, setAside } = await fold({ sync, upstream, proposal: kept }, { mustSurvive: [mark] });
    expect([parents(tip), setAside]).toEqual([[sync, kept], []]);
    const lost = commit({ "app.html": "nothing\n", g: "g\n" }, sync);
    const aside = await fold({ sync, upstream: base, proposal: lost }, { mustSurvive: [mark] });
    expect(aside.setAside).toMatchObject([
      { why: "lost", files: [{ path: "app.html", kind: "must survive, and does not", side: "proposal" }] },
    ]);
  });

  test("does not bind the fork itself, nor what is a folder", async () => {
    const base = commit({ "app.html": "acme-analytics\n", "docs/a": "a\n", "docs/b": "b\n" });
    const target = commit({ "app.html": "moved\n" }, base);
    const upstream = commit({ "docs/a": null }, base);
    const mustSurvive = [mark, { path: "docs" }, { path: "docs", contains: "x" }];
    expect((await fold({ sync: base, target, upstream }, { mustSurvive })).conflicts).toEqual([]);
    const none = commit({ "docs/b": null }, upstream);
    await expect(fold({ sync: base, upstream: none }, { mustSurvive })).rejects.toThrow(
      /: docs, removed by upstream's/,
    );
  });

  test("takes its words literally, whatever a path and a text look like to git", async () => {
    const odd = { path: ":(top)*", contains: "-S.*" };
    const base = commit({ ":(top)*": "-S.*\n", other: "-S.*\n" });
    const culprit = commit({ ":(top)*": "-S..\n" }, base);
    const upstream = commit({ other: "x\n" }, culprit);
    await expect(fold({ sync: base, upstream }, { mustSurvive: [odd] })).rejects.toThrow(culprit);
  });
});

describe("partial", () => {
  /** A line of `length` commits of upstream; the one at `conflicts` (from 1) changes what the fork changed. */
  function line(length: number, conflicts: number) {
    const base = commit({ a: lines(), n: "0\n" });
    const sync = commit({ a: lines({ 5: "fork" }) }, base);
    // In one go: a process for each commit takes longer than the test.
    const text = Array.from({ length }, (_, index) => {
      const [name, content] = index + 1 === conflicts ? ["a", lines({ 5: "upstream" })] : ["n", `${index + 1}\n`];
      const on = index === 0 ? `from ${base}\n` : "";
      const head = `commit refs/heads/line\ncommitter U <u@example.com> ${1_700_100_000 + index} +0000\ndata 0\n${on}`;
      return `${head}M 100644 inline ${name}\ndata ${content.length}\n${content}\n`;
    });
    const args = ["-C", repository.folder, "fast-import", "--quiet", "--force"];
    spawnSync("git", args, { input: text.join("") });
    const commits = repository.git("rev-list", "--reverse", "refs/heads/line", `^${base}`).split("\n");
    return { sync, commits, upstream: commits.at(-1) ?? base };
  }

  test.each([
    [1, 1],
    [2, 1],
    [2, 2],
    [9, 7],
    [40, 23],
    [40, 40],
  ])("of %d commits of which number %d conflicts, takes what comes before it", async (length, conflicts) => {
    const { sync, commits, upstream } = line(length, conflicts);
    const { tip, conflicts: found, part } = await fold({ sync, upstream }, { partial: true });
    expect(merges).toBeLessThanOrEqual(2 * Math.log2(length) + 4);
    const taken = commits[conflicts - 2];
    const files = [{ path: "a", kind: "contents", side: "upstream" }];
    expect([found, part]).toEqual([files, { taken, first: { commit: commits[conflicts - 1], files } }]);
    if (taken === undefined) expect(tip).toBe(sync);
    else expect(parents(tip)).toEqual([sync, taken]);
  });

  test("goes along upstream's own line: a merge goes in as a whole or not at all", async () => {
    const { sync, commits } = line(2, 9);
    const branch = [{ x: "x\n" }, { a: lines({ 5: "upstream" }) }].reduce(
      (on, files) => commit(files, on),
      commits[0] as string,
    );
    const upstream = commit({ x: "x\n", a: lines({ 5: "upstream" }) }, commits[1] as string, branch);
    const { tip, part } = await fold({ sync, upstream }, { partial: true });
    expect(parents(tip)).toEqual([sync, commits[1]]);
    expect(part?.first.commit).toBe(upstream);
  });

  test("goes on from there the next time, and takes nothing twice", async () => {
    const { sync, upstream } = line(6, 4);
    const first = await fold({ sync, upstream }, { partial: true });
    const next = await fold({ sync: first.tip, upstream: commit({ z: "z\n" }, upstream) }, { partial: true });
    expect(next.tip).toBe(first.tip);
    expect(next.part).toEqual({ taken: undefined, first: first.part?.first });
  });

  test("begins where an earlier fold stopped, and nothing else comes out of it", async () => {
    const { sync, commits, upstream } = line(40, 23);
    const first = await fold({ sync, upstream }, { partial: true });
    const less = commit({ u0: "u\n" }, sync, commits[3] as string);
    const other = commit({ z: "z\n" }, upstream, commits[3] as string);
    for (const earlier of [first.tip, sync, upstream, less, other, "0".repeat(40)])
      expect(await fold({ sync, upstream, earlier }, { partial: true })).toEqual(first);
    merges = 0;
    await fold({ sync, upstream, earlier: first.tip }, { partial: true });
    expect(merges).toBe(2);
  });

  test("is not asked for: nothing of upstream goes in", async () => {
    const { sync, upstream } = line(6, 4);
    const { tip, part } = await fold({ sync, upstream }, {});
    expect([tip, part, merges]).toEqual([sync, undefined, 1]);
  });
});

describe("a tree with files replaced", () => {
  test("loses folders that become empty, and gains those that are missing", async () => {
    const start = commit({ "a/b/c": "1\n", "a/d": "2\n", e: "3\n" });
    const blob = repository.git("rev-parse", `${start}:e`);
    const file = { mode: "100644", type: "blob", sha: blob };
    const edited = async (...edits: [string, typeof file | undefined][]) =>
      repository.paths(await editTree(git, `${start}^{tree}`, new Map(edits)));
    expect(await edited(["a/b/c", undefined])).toEqual(["a/d", "e"]);
    expect(await edited(["x/y/z", file], ["a/d", undefined])).toEqual(["a/b/c", "e", "x/y/z"]);
    expect(await edited(["a", file], ["a/d", undefined], ["a/b/c", undefined])).toEqual(["a", "e"]);
    expect(await edited(["e", undefined], ["e/f", file])).toEqual(["a/b/c", "a/d", "e/f"]);
    expect(await edited(["e/f", undefined])).toEqual(["a/b/c", "a/d", "e"]);
    const none = await editTree(
      git,
      `${start}^{tree}`,
      new Map([
        ["a/b/c", undefined],
        ["a/d", undefined],
        ["e", undefined],
      ]),
    );
    expect(repository.git("ls-tree", none)).toBe("");
  });
});
