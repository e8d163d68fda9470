import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readKept } from "../../lib/rehearsal/data-folder.ts";
import { madeConfig, parseListing, resolveMade } from "../../lib/rehearsal/made-config.ts";
import { newestByPath } from "../../lib/rehearsal/run.ts";
import { rulesetsOf } from "../../lib/rehearsal/stage.ts";
import { forkConfig } from "../support/fork-config.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-rehearsal-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sha = (digit: string) => digit.repeat(40);

describe("a config made from two repositories", () => {
  const sources = { fork: "/home/ada/src/My App", upstream: "https://example.org/group/app.git" };
  const listing = (head: string | undefined, ...branches: string[]) => ({ head, branches });

  test("a listing tells HEAD and the branches", () => {
    const text = `ref: refs/heads/trunk\tHEAD\n${sha("1")}\tHEAD\n${sha("1")}\trefs/heads/trunk\n${sha("2")}\trefs/heads/a/b\n`;
    expect(parseListing(text)).toEqual({ head: "trunk", branches: ["trunk", "a/b"] });
    expect(parseListing(`${sha("1")}\tHEAD\n`)).toEqual({ head: undefined, branches: [] });
  });

  test("the target is dev where there is one", () => {
    const made = madeConfig(sources, listing("main", "main", "dev"), listing("trunk", "trunk"));
    const { repository, branches, upstream, document } = resolveMade(made);
    expect({ repository, branches, document: document.branches }).toEqual({
      repository: "my-team/My-App",
      branches: { sync: "sync/upstream", from: "main", target: "dev" },
      document: ["dev"],
    });
    expect(upstream).toMatchObject({ repository: "group/app", branch: "trunk" });
  });

  test("else it is the fork's own branch", () => {
    const made = madeConfig(sources, listing("work", "main", "work"), listing(undefined, "next"));
    const { branches, upstream } = resolveMade(made);
    expect([branches.from, branches.target, upstream.branch]).toEqual(["work", "work", "next"]);
  });

  test.each([
    ["git@github.com:acme/app.git", "acme/app"],
    ["https://github.com/acme/app/", "acme/app"],
    ["https://example.org/a/b/c.git", "b/c"],
    ["/srv/git/app.git", "my-team/app"],
    ["/home/ada/app/.git", "my-team/app"],
    ["..", "my-team/project"],
  ])("%s is called %s", (fork, name) => {
    const made = madeConfig({ ...sources, fork }, listing("main", "main"), listing("main", "main"));
    expect(resolveMade(made).repository).toBe(name);
  });
});

describe("a folder given with --data", () => {
  test("a new or empty one is free", () => {
    expect(readKept(join(folder, "absent"))).toBeUndefined();
    mkdirSync(join(folder, "empty"));
    expect(readKept(join(folder, "empty"))).toBeUndefined();
  });

  test("one with something else in it is refused, and left alone", () => {
    const other = join(folder, "other");
    mkdirSync(other);
    writeFileSync(join(other, "thesis.tex"), "years of work");
    expect(() => readKept(other)).toThrow(/holds something else: got thesis.tex/);
    writeFileSync(join(other, "rehearsal.json"), '{"version":2}');
    expect(() => readKept(other)).toThrow(/holds something else/);
    expect(() => readKept(join(other, "thesis.tex"))).toThrow(/ENOTDIR/);
  });

  test("one where copying was cut short is begun again", () => {
    const begun = join(folder, "begun");
    mkdirSync(begun);
    writeFileSync(join(begun, "rehearsal.json"), '{"begun":true}');
    expect(readKept(begun)).toBeUndefined();
  });

  test("one that a living process works on is refused", () => {
    const busy = join(folder, "busy");
    mkdirSync(busy);
    writeFileSync(join(busy, "github.json"), JSON.stringify({ pid: process.pid }));
    expect(() => readKept(busy)).toThrow(`is in use: process ${process.pid}`);
  });
});

describe("the rulesets of the stand-in", () => {
  const named = (overrides: Record<string, unknown>) => rulesetsOf(forkConfig(overrides)).map(({ name }) => name);

  test("strict has a gate that the deploy key alone passes", () => {
    const [history, gate] = rulesetsOf(forkConfig());
    expect(history).toMatchObject({ name: "upstream-sync: history", bypass_actors: [] });
    expect(gate).toMatchObject({
      name: "upstream-sync: gate",
      bypass_actors: [{ actor_type: "DeployKey", bypass_mode: "always" }],
      conditions: { ref_name: { include: ["refs/heads/sync/upstream"] } },
    });
  });

  test("minimal has none, and a protected target has its own", () => {
    expect(named({ protection: { sync: { mode: "minimal" } } })).toEqual(["upstream-sync: history"]);
    expect(named({ protection: { target: { approvals: 1 } }, delivery: "pull-request" })).toEqual([
      "upstream-sync: history",
      "upstream-sync: gate",
      "upstream-sync: target",
    ]);
  });
});

test("each path has the newest commit that touches it", () => {
  const entry = (commit: string, author: string, ...paths: string[]) =>
    `\x01${sha(commit)}\0${author}\0what they did\0\0\n${paths.map((path) => `${path}\0`).join("")}`;
  const newest = newestByPath(entry("2", "Uma", "a b.txt") + entry("1", "Ben", "a b.txt", "src/c.ts"));
  expect([...newest].map(([path, { commit, author }]) => [path, commit, author])).toEqual([
    ["a b.txt", sha("2"), "Uma"],
    ["src/c.ts", sha("1"), "Ben"],
  ]);
});
