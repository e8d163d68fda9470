import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Git, gitIn } from "../../sync/git.ts";
import { judgeProposal } from "../../sync/judge-proposal.ts";
import { isFixed } from "../../sync/merge-step.ts";
import { makePlaceholder, readPlaceholder } from "../../sync/placeholder.ts";
import { NO_POLICIES } from "../../sync/policies.ts";
import { type BareRepository, bareRepository, lines } from "./support/repository.ts";

let folder: string;
let repository: BareRepository;
let git: Git;
let base: string;
let sync: string;
let upstream: string;
let placeholder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "judge-"));
  repository = bareRepository(join(folder, "r.git"));
  git = gitIn(repository.folder, { environment: process.env, sleep: async () => undefined });
  base = repository.commit({ branch: "main", files: { a: lines(), b: lines(), c: "c\n" } });
  sync = repository.commit({ parents: [base], files: { a: lines({ 5: "fork" }), b: lines({ 1: "fork" }), c: null } });
  upstream = repository.commit({
    parents: [base],
    files: { a: lines({ 5: "upstream" }), b: lines({ 9: "upstream" }), c: "changed\n" },
  });
  placeholder = await makePlaceholder(git, {
    side: "upstream",
    commit: upstream,
    base: sync,
    sync: "sync/upstream",
    run: 1,
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const AUTO = { b: lines({ 1: "fork", 9: "upstream" }) };
const MARKERS = `<<<<<<< HEAD\nupstream\n=======\nfork\n>>>>>>> origin/sync/upstream\n`;

/** A merge of the sync branch into the conflict branch, as git or the web editor makes it. */
function merged(files: Record<string, string | null>): string {
  return repository.commit({ parents: [placeholder, sync], files: { ...AUTO, ...files } });
}

function judge(sha: string) {
  const proposal = { name: "conflict-1", branch: "sync/upstream-conflict-1", sha };
  const known = [
    { name: "sync/upstream", sha: sync },
    { name: "upstream", sha: upstream },
  ];
  return judgeProposal(git, proposal, known, isFixed({ upstreamWorkflows: "hold", policies: NO_POLICIES }));
}

test("our commit is known by itself, and no commit of people is taken for it", async () => {
  expect(await readPlaceholder(git, placeholder)).toEqual({ side: "upstream", commit: upstream });
  const message = repository.git("show", "--no-patch", "--format=%B", placeholder);
  for (const parents of [[placeholder], [upstream], [placeholder, sync]]) {
    const theirs = repository.commit({ parents, files: { x: "x\n" }, message });
    expect(await readPlaceholder(git, theirs)).toBeUndefined();
  }
  expect(await readPlaceholder(git, upstream)).toBeUndefined();
});

describe("a proposal", () => {
  test("names the files that conflicted, and nothing else when they are settled", async () => {
    const judgement = await judge(merged({ a: lines({ 5: "both" }), c: "settled\n" }));
    expect(judgement).toEqual({ conflicted: ["a", "c"], markers: [], oneSided: undefined });
  });

  test.each([
    ["git's", MARKERS],
    ["git's with the base", `<<<<<<< HEAD\nx\n||||||| base\ny\n=======\nz\n>>>>>>> o\n`],
    ["a Windows editor's", MARKERS.replaceAll("\n", "\r\n")],
    ["a half of them", "text\n>>>>>>> origin/sync/upstream\n"],
  ])("is told by markers that are left: %s", async (_, a) => {
    expect((await judge(merged({ a, c: "settled\n" }))).markers).toEqual(["a"]);
  });

  test("is judged by its tip: a later commit mends it", async () => {
    const first = merged({ a: MARKERS, c: "settled\n" });
    const second = repository.commit({ parents: [first], files: { a: lines({ 5: "both" }) } });
    expect((await judge(second)).markers).toEqual([]);
  });

  test("may have such lines where a side has them too, and headings", async () => {
    const legal = "Title\n=======\n<<<<<<< HEAD\n";
    sync = repository.commit({ parents: [sync], files: { a: `${legal}fork\n` } });
    const { markers } = await judge(merged({ a: `${legal}both\n`, c: "settled\n" }));
    expect(markers).toEqual([]);
  });

  test("is called out when every conflicting file has one side's version, a removal included", async () => {
    expect((await judge(merged({ a: lines({ 5: "fork" }), c: null }))).oneSided).toBe("sync/upstream");
    expect((await judge(merged({ a: lines({ 5: "upstream" }), c: "changed\n" }))).oneSided).toBe("upstream");
    expect((await judge(merged({ a: lines({ 5: "upstream" }), c: null }))).oneSided).toBeUndefined();
  });

  test("without a merge has nothing to judge", async () => {
    const plain = repository.commit({ parents: [sync], files: { x: MARKERS } });
    expect(await judge(plain)).toEqual({ conflicted: [], markers: [], oneSided: undefined });
  });

  test("that joins another history is stopped in words", async () => {
    const stranger = repository.commit({ parents: [], branch: "stranger", files: { z: "z\n" } });
    const joined = repository.commit({ parents: [sync, stranger], files: { z: "z\n" } });
    await expect(judge(joined)).rejects.toThrow(/sync\/upstream-conflict-1 joins unrelated histories/);
  });
});
