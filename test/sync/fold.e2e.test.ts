import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type FoldInput, foldCandidate } from "../../sync/fold.ts";
import { type Git, gitIn } from "../../sync/git.ts";
import { committerDate, datesBetween } from "../../sync/graph.ts";
import { heldWorkflows } from "../../sync/hold.ts";
import { NO_POLICIES } from "../../sync/policies.ts";
import { type BareRepository, bareRepository, lines } from "./support/repository.ts";

let folder: string;
let repository: BareRepository;
let git: Git;
let base: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fold-"));
  repository = bareRepository(join(folder, "r.git"));
  git = gitIn(repository.folder, { environment: process.env, sleep: async () => undefined });
  base = repository.commit({ branch: "main", files: { a: lines(), b: lines() } });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function on(parent: string, files: Record<string, string | null>, message?: string): string {
  return repository.commit({ parents: [parent], files, ...(message === undefined ? {} : { message }) });
}

type Tips = Pick<FoldInput, "sync" | "target" | "upstream"> & { readonly proposal?: string };

function fold({ proposal, ...tips }: Tips, upstreamWorkflows: "hold" | "accept" = "hold", policies = NO_POLICIES) {
  const names = { sync: "sync/upstream", target: "dev", upstream: "main" };
  const branch = "sync/upstream-conflict-1";
  const proposals = proposal === undefined ? [] : [{ name: "conflict-1", branch, sha: proposal }];
  return foldCandidate(git, { ...tips, names, upstreamWorkflows, policies, proposals });
}

function parents(commit: string): string[] {
  return repository.git("show", "--no-patch", "--format=%P", commit).split(" ");
}

describe("a fold without a conflict", () => {
  test("merges the target and then upstream, each by one merge commit with the sync branch as first parent", async () => {
    const sync = on(base, { s: "sync\n" });
    const target = on(base, { a: lines({ 1: "target" }) });
    const upstream = on(base, { a: lines({ 9: "upstream" }) });
    const { tip, tree, conflicts } = await fold({ sync, target, upstream });
    const [first = "", second] = parents(tip);
    expect(second).toBe(upstream);
    expect(parents(first)).toEqual([sync, target]);
    expect(conflicts).toEqual([]);
    expect(tree).toBe(repository.git("rev-parse", `${tip}^{tree}`));
    expect(repository.show(tip, "a")).toBe(lines({ 1: "target", 9: "upstream" }));
    expect(repository.show(tip, "s")).toBe("sync\n");
  });

  test("leaves a step out when the sync branch has that commit already", async () => {
    const sync = on(base, { s: "sync\n" });
    const upstream = on(base, { u: "upstream\n" });
    const { tip } = await fold({ sync, target: base, upstream });
    expect(parents(tip)).toEqual([sync, upstream]);
  });

  test("is the sync tip itself when everything is in it", async () => {
    const sync = on(base, { s: "sync\n" });
    expect((await fold({ sync, target: base, upstream: base })).tip).toBe(sync);
  });

  test("makes a merge commit where git would fast-forward", async () => {
    const upstream = on(base, { u: "upstream\n" });
    const { tip } = await fold({ sync: base, target: base, upstream });
    expect(tip).not.toBe(upstream);
    expect(parents(tip)).toEqual([base, upstream]);
  });

  test.each(["99999999999 +0000", `${2n ** 64n - 2n} +0000`, "-5 +0000", "yesterday"])(
    "takes in a commit of any date: %s",
    async (date) => {
      const tree = repository.git("rev-parse", `${on(base, { u: "upstream\n" })}^{tree}`);
      const somebody = `Somebody <somebody@example.com> ${date}`;
      const text = `tree ${tree}\nparent ${base}\nauthor ${somebody}\ncommitter ${somebody}\n\nmsg\n`;
      const file = join(folder, "commit");
      writeFileSync(file, text);
      const upstream = repository.git("hash-object", "-t", "commit", "-w", "--literally", file);
      const { tip } = await fold({ sync: base, target: base, upstream });
      expect(parents(tip)).toEqual([base, upstream]);
      expect(await datesBetween(git, [base], upstream)).toEqual([await committerDate(git, upstream)]);
      expect(await committerDate(git, tip)).toBeLessThanOrEqual(Date.UTC(2100, 0) / 1000);
    },
  );

  test("gives the same commits every time, dated by the newest parent", async () => {
    const tips = { sync: base, target: on(base, { t: "t\n" }), upstream: on(base, { u: "u\n" }) };
    const first = await fold(tips);
    const second = await fold(tips);
    expect(second).toEqual(first);
    const date = (commit: string) => repository.git("show", "--no-patch", "--format=%ct", commit);
    expect(date(first.tip)).toBe(date(tips.upstream));
  });

  test("carries paths that are not UTF-8, look like options or hold line ends", async () => {
    const odd = { "bad\xff name": "1", "--force": "2", "new\nline": "3", '"quoted"\t': "4" };
    const upstream = on(base, odd);
    const { tip } = await fold({ sync: base, target: on(base, { t: "t\n" }), upstream });
    const trees = (commit: string) =>
      repository.git("ls-tree", "-r", "-z", commit, "--", ...["b", "--force", "new\nline"]);
    expect(trees(tip)).toBe(trees(upstream));
    expect(repository.git("diff-tree", "-r", "--name-status", upstream, tip)).toBe("A\tt");
  });

  test("writes messages of its own words, without upstream's", async () => {
    const upstream = on(base, { u: "u\n" }, "Fixes #12 [skip ci] thanks @somebody");
    const { tip } = await fold({ sync: base, target: base, upstream });
    expect(repository.git("show", "--no-patch", "--format=%B", tip)).toBe(
      [
        `chore: merge upstream main ${upstream.slice(0, 12)} into sync/upstream`,
        "",
        "1 commit of upstream main, merged by upstream-sync.",
        "",
        "Upstream-Sync-Side: upstream",
        `Upstream-Sync-Range: ${base}..${upstream}`,
        "",
      ].join("\n"),
    );
  });
});

describe("a fold with a conflict", () => {
  test("names the target when the target conflicts, and takes nothing", async () => {
    const sync = on(base, { a: lines({ 5: "sync" }) });
    const target = on(base, { a: lines({ 5: "target" }) });
    const { tip, conflicts } = await fold({ sync, target, upstream: on(base, { u: "u\n" }) });
    expect(tip).toBe(sync);
    expect(conflicts).toEqual([{ path: "a", kind: "contents", side: "target" }]);
  });

  test("names upstream when upstream conflicts, and keeps the target that went in before", async () => {
    const target = on(base, { a: lines({ 5: "target" }), b: null });
    const upstream = on(base, { a: lines({ 5: "upstream" }), b: lines({ 1: "upstream" }), c: "c\n" });
    const { tip, conflicts } = await fold({ sync: base, target, upstream });
    expect(parents(tip)).toEqual([base, target]);
    expect(conflicts).toEqual([
      { path: "a", kind: "contents", side: "upstream" },
      { path: "b", kind: "modify/delete", side: "upstream" },
    ]);
    expect(repository.show(tip, "a")).not.toContain("<<<<<<<");
  });

  test("stops for unrelated histories", async () => {
    const stranger = repository.commit({ parents: [], branch: "stranger", files: { z: "z\n" } });
    await expect(fold({ sync: base, target: base, upstream: stranger })).rejects.toThrow(
      /upstream's main and sync\/upstream have unrelated histories/,
    );
  });

  test("does not take a commit it cannot find for a conflict", async () => {
    await expect(fold({ sync: base, target: base, upstream: "0".repeat(39).concat("1") })).rejects.toThrow(
      /git merge-base/,
    );
  });
});

describe("upstream's workflow files", () => {
  const ours = ".github/workflows/ours.yml";
  const theirs = ".github/workflows/theirs.yml";

  test("stay out when held, while the rest of .github goes in", async () => {
    const target = on(base, { [ours]: "ours\n", [theirs]: "changed by us\n" });
    const upstream = on(base, { [theirs]: "upstream\n", ".github/labels.yml": "l\n", u: "u\n" });
    const { tip, conflicts } = await fold({ sync: base, target, upstream });
    expect(conflicts).toEqual([]);
    expect(repository.paths(tip)).toEqual([".github/labels.yml", ours, theirs, "a", "b", "u"]);
    expect(repository.show(tip, theirs)).toBe("changed by us\n");
    expect(await heldWorkflows(git, tip, upstream)).toEqual([theirs]);
  });

  test("leave no empty folder behind when the fork has none", async () => {
    const upstream = on(base, { [theirs]: "upstream\n", u: "u\n" });
    const { tip } = await fold({ sync: base, target: base, upstream });
    expect(repository.git("ls-tree", "--name-only", tip).split("\n")).toEqual(["a", "b", "u"]);
    expect(await heldWorkflows(git, tip, upstream)).toEqual([theirs]);
  });

  test("come back when upstream removed the whole folder", async () => {
    const shared = on(base, { [ours]: "ours\n" });
    const upstream = on(shared, { [ours]: null, u: "u\n" });
    const { tip } = await fold({ sync: shared, target: shared, upstream });
    expect(repository.paths(tip)).toEqual([ours, "a", "b", "u"]);
  });

  test("stay on the list at the next sync", async () => {
    const held = on(base, { [theirs]: "upstream\n" });
    const { tip } = await fold({ sync: base, target: base, upstream: held });
    const upstream = on(held, { u: "u\n" });
    const next = await fold({ sync: tip, target: base, upstream });
    expect(await heldWorkflows(git, next.tip, upstream)).toEqual([theirs]);
  });

  test("raise no conflict when held, also not together with one elsewhere", async () => {
    const target = on(base, { [theirs]: "ours\n", a: lines({ 5: "target" }) });
    const upstream = on(base, { [theirs]: "upstream\n", a: lines({ 5: "upstream" }) });
    const { conflicts } = await fold({ sync: base, target, upstream });
    expect(conflicts).toEqual([{ path: "a", kind: "contents", side: "upstream" }]);
  });

  test("go in, and may conflict, when accepted", async () => {
    const upstream = on(base, { [theirs]: "upstream\n" });
    const { tip } = await fold({ sync: base, target: base, upstream }, "accept");
    expect(repository.show(tip, theirs)).toBe("upstream\n");
    const target = on(base, { [theirs]: "ours\n" });
    const { conflicts } = await fold({ sync: base, target, upstream }, "accept");
    expect(conflicts).toEqual([{ path: theirs, kind: "contents", side: "upstream" }]);
  });
});

describe("a proposal of people", () => {
  /** upstream and the fork changed line 5 of a; the proposal is a merge of both with the conflict settled. */
  function settled() {
    const sync = on(base, { a: lines({ 5: "fork" }) });
    const upstream = on(base, { a: lines({ 5: "upstream" }), u: "u\n" });
    const proposal = repository.commit({ parents: [upstream, sync], files: { a: lines({ 5: "both" }) } });
    return { sync, target: base, upstream, proposal };
  }

  test("goes in between target and upstream, and brings upstream's commit along", async () => {
    const tips = settled();
    const target = on(base, { t: "t\n" });
    const { tip, conflicts, setAside } = await fold({ ...tips, target });
    const [first = "", second] = parents(tip);
    expect([conflicts, setAside, second]).toEqual([[], [], tips.proposal]);
    expect(parents(first)).toEqual([tips.sync, target]);
    expect(repository.show(tip, "a")).toBe(lines({ 5: "both" }));
    expect(repository.git("show", "--no-patch", "--format=%s%n%(trailers:key=Upstream-Sync-Side)", tip)).toBe(
      `chore: merge sync/upstream-conflict-1 ${tips.proposal.slice(0, 12)} into sync/upstream\nUpstream-Sync-Side: proposal\n`,
    );
  });

  test("lets a newer upstream commit conflict by itself, after it went in", async () => {
    const tips = settled();
    const upstream = on(tips.upstream, { a: lines({ 5: "upstream again" }) });
    const { tip, conflicts } = await fold({ ...tips, upstream });
    expect(parents(tip)).toEqual([tips.sync, tips.proposal]);
    expect(conflicts).toEqual([{ path: "a", kind: "contents", side: "upstream" }]);
  });

  test("that conflicts with a newer target is set aside, and the fold goes on without it", async () => {
    const tips = settled();
    const target = on(tips.sync, { a: lines({ 5: "target again" }) });
    const { tip, conflicts, setAside } = await fold({ ...tips, target });
    expect(parents(tip)).toEqual([tips.sync, target]);
    expect(conflicts).toEqual([{ path: "a", kind: "contents", side: "upstream" }]);
    expect(setAside).toMatchObject([
      { name: "conflict-1", why: "conflict", files: [{ path: "a", kind: "contents", side: "proposal" }] },
    ]);
  });

  test("that settles a conflict with the target goes in before it", async () => {
    const sync = on(base, { a: lines({ 5: "sync" }) });
    const target = on(base, { a: lines({ 5: "target" }) });
    const proposal = repository.commit({ parents: [target, sync], files: { a: lines({ 5: "both" }) } });
    const newer = on(target, { t: "t\n" });
    const { tip, conflicts } = await fold({ sync, target: newer, upstream: base, proposal });
    const [first = "", second] = parents(tip);
    expect([conflicts, second]).toEqual([[], newer]);
    expect(parents(first)).toEqual([sync, proposal]);
    expect(repository.show(tip, "a")).toBe(lines({ 5: "both" }));
  });

  test("brings none of upstream's workflow files while they are held, and keeps the fork's own changes", async () => {
    const [ours, theirs] = [".github/workflows/ours.yml", ".github/workflows/theirs.yml"];
    const sync = on(base, { a: lines({ 5: "fork" }), [ours]: "1\n" });
    const upstream = on(base, { a: lines({ 5: "upstream" }), [theirs]: "on: push\n" });
    const proposal = repository.commit({
      parents: [upstream, sync],
      files: { a: lines({ 5: "both" }), [ours]: "1\n" },
    });
    const target = on(sync, { [ours]: "2\n" });
    const held = await fold({ sync, target, upstream, proposal });
    expect(repository.paths(held.tip)).toEqual([ours, "a", "b"]);
    expect(repository.show(held.tip, ours)).toBe("2\n");
    const accepted = await fold({ sync, target, upstream, proposal }, "accept");
    expect(repository.paths(accepted.tip)).toEqual([ours, theirs, "a", "b"]);
  });

  test("that settles a conflict with the target keeps the target's workflow files, and people's where those conflict", async () => {
    const [mine, both] = [".github/workflows/mine.yml", ".github/workflows/both.yml"];
    const sync = on(base, { a: lines({ 5: "sync" }), [both]: "sync\n" });
    const target = on(base, { a: lines({ 5: "target" }), [both]: "target\n", [mine]: "target's\n" });
    const proposal = repository.commit({
      parents: [target, sync],
      files: { a: lines({ 5: "both" }), [both]: "settled\n", ".github/workflows/evil.yml": "on: push\n" },
    });
    const { tip } = await fold({ sync, target, upstream: base, proposal });
    expect(repository.paths(tip)).toEqual([both, mine, "a", "b"]);
    expect([repository.show(tip, both), repository.show(tip, mine)]).toEqual(["settled\n", "target's\n"]);
  });

  test("of another history stops the fold in words", async () => {
    const proposal = repository.commit({ parents: [], branch: "stranger", files: { z: "z\n" } });
    await expect(fold({ sync: base, target: base, upstream: base, proposal })).rejects.toThrow(
      /sync\/upstream-conflict-1 and sync\/upstream have unrelated histories/,
    );
  });
});
