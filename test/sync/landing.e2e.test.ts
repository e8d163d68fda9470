import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Git, gitIn } from "../../sync/git.ts";
import { findLanding, findRevert, refusalOfRevert } from "../../sync/landing.ts";
import { type BareRepository, bareRepository, lines } from "./support/repository.ts";
import { sha } from "./support/settings.ts";

let folder: string;
let repository: BareRepository;
let git: Git;
let base: string;
let sync: string;

const BROUGHT = { a: lines({ 1: "u" }), "caf\xe9": "u\n", c: lines({ 1: "u" }) };

/** A sync tip that brings three files; the target is where it was folded. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "landing-"));
  repository = bareRepository(join(folder, "r.git"));
  git = gitIn(repository.folder, { environment: process.env, sleep: async () => undefined });
  base = repository.commit({ branch: "dev", files: { a: lines(), b: lines(), c: lines() } });
  sync = repository.commit({ parents: [base], files: BROUGHT, message: "x\n\nUpstream-Sync-Side: upstream\n" });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const dev = (files: Record<string, string | null>) => repository.commit({ branch: "dev", files });
const find = (target: string, recorded?: string) =>
  findLanding(git, { sync, target, recorded: { tested: sync, landed: recorded } });

describe("a landing without a merge commit", () => {
  test("is the newest commit that has all of it, whatever came before and after", async () => {
    dev({ a: lines({ 9: "fork" }) });
    const landed = dev({ ...BROUGHT, a: lines({ 1: "u", 9: "fork" }) });
    expect(await find(landed)).toEqual({ commit: landed, lost: [] });
    const later = dev({ b: "fork\n", a: lines({ 1: "fork", 9: "fork" }), "caf\xe9": null });
    expect(await find(later)).toEqual({ commit: landed, lost: [] });
  });

  test("in pieces ends with the last of them", async () => {
    for (const [path, text] of Object.entries(BROUGHT)) dev({ [path]: text });
    const last = repository.ref("refs/heads/dev") as string;
    expect(await find(dev({ c: "fork\n" }))).toEqual({ commit: last, lost: [] });
  });

  test("names what did not arrive, byte for byte, as long as the larger part did", async () => {
    const landed = dev({ a: BROUGHT.a, c: BROUGHT.c });
    expect(await find(dev({ a: "fork\n" }))).toEqual({ commit: landed, lost: ["caf\xe9"] });
  });

  test.each<[string, () => string]>([
    ["the target stands still", () => base],
    ["it landed by a merge commit", () => repository.commit({ branch: "dev", parents: [base, sync], files: BROUGHT })],
    ["the target went on in the same files", () => dev({ a: lines({ 9: "fork" }), c: "fork\n" })],
    ["the smaller part is there", () => dev({ a: BROUGHT.a })],
  ])("is none when %s", async (_, target) => {
    expect(await find(target())).toBeUndefined();
  });

  test("is none before a sync was promoted: two branches of the fork may have the same files", async () => {
    const recorded = { tested: undefined, landed: undefined };
    expect(await findLanding(git, { sync, target: dev(BROUGHT), recorded })).toBeUndefined();
  });

  test("is found by its record behind more commits than are tried", async () => {
    const landed = dev(BROUGHT);
    for (let n = 0; n < 20; n += 1) dev({ a: `fork ${n}\n` });
    const target = repository.ref("refs/heads/dev") as string;
    expect(await find(target)).toBeUndefined();
    expect(await find(target, landed)).toEqual({ commit: landed, lost: [] });
    // A record of a history that the target no longer has is none.
    expect(await find(target, sha("1"))).toBeUndefined();
  });
});

describe("a revert", () => {
  const of = (target: string, known: string[] = []) => findRevert(git, { sync, target, landing: undefined, known });
  const before = { a: lines(), "caf\xe9": null, c: lines() };

  test("is a target that has most of a landed sync's files as before it", async () => {
    const landing = repository.commit({ branch: "dev", parents: [base, sync], files: BROUGHT });
    expect(await of(landing)).toBeUndefined();
    expect(await of(dev({ a: lines() }))).toBeUndefined();
    const by = dev({ c: lines() });
    expect(await of(dev({ b: "fork\n" }))).toEqual({ landing, by, isMerge: false, files: 2, of: 3 });
    expect(await of(by, [by])).toBeUndefined();
    expect(await of(by, [`${by}^`])).toMatchObject({ by });
    expect(await of(dev({ a: BROUGHT.a, c: BROUGHT.c }))).toBeUndefined();
  });

  test("by a merged branch names the merge; people who go on with it have settled it", async () => {
    const landing = repository.commit({ branch: "dev", parents: [base, sync], files: BROUGHT });
    const side = repository.commit({ parents: [landing], files: before });
    const by = repository.commit({ branch: "dev", parents: [landing, side], files: before });
    expect(await of(by)).toEqual({ landing, by, isMerge: true, files: 3, of: 3 });
    expect(await of(dev({ b: "fork\n" }), [by])).toBeUndefined();
  });

  test("is said with both ways on, within what a record holds", () => {
    const branches = { sync: "sync/upstream", target: "dev" };
    const { message } = refusalOfRevert(
      { branches },
      { landing: sha("1"), by: sha("2"), isMerge: true, files: 12, of: 14 },
    );
    expect(message).toContain(`git revert --no-edit --mainline 1 ${sha("2")} && git push origin sync-again`);
    expect(message).toContain(`git push origin origin/dev:refs/heads/sync/upstream-manual`);
    expect(message.length).toBeLessThan(1000);
  });
});
