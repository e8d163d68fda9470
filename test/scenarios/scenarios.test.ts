import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { packageRoot } from "../../lib/package-root.ts";
import { documentOf } from "./document.ts";
import { scenarios, topics } from "./index.ts";
import { isWrite, mentions, strayWrites } from "./requests.ts";
import { sample } from "./sample.ts";

describe("the list", () => {
  test("is what docs/scenarios.md tells: made by `node dist/test/scenarios/main.js --write-docs`", () => {
    expect(readFileSync(join(packageRoot(), "docs", "scenarios.md"), "utf8")).toBe(documentOf(topics));
  });

  test("names each once", () => {
    const names = scenarios.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });
});

describe("a request", () => {
  const git = (repository: string, operation: "look-up" | "fetch" | "push") => ({
    method: "POST",
    path: `/${repository}.git/git-upload-pack`,
    git: { repository, operation, transport: "http" as const },
  });
  const rest = (method: string, path: string) => ({ method, path, git: null });

  test("is about a repository by REST and by git, and not about one whose name only begins so", () => {
    expect(mentions(rest("GET", "/api/v3/repos/up/app-1/pulls?x=/up/app-2/"), "up/app-1")).toBe(true);
    expect(mentions(rest("GET", "/up/app-1.git/info/refs?service=git-upload-pack"), "up/app-1")).toBe(true);
    expect(mentions(git("up/app-1", "push"), "up/app-1")).toBe(true);
    expect(mentions(rest("GET", "/api/v3/repos/up/app-12"), "up/app-1")).toBe(false);
    expect(mentions(rest("GET", "/api/v3/repos/acme/fork?x=/up/app-1/"), "up/app-1")).toBe(false);
  });

  test("writes when it changes something or tries to", () => {
    expect(["GET", "HEAD"].map((method) => isWrite(rest(method, "/repos/up/app-1")))).toEqual([false, false]);
    expect(["POST", "PATCH", "PUT", "DELETE"].every((method) => isWrite(rest(method, "/repos/up/app-1/x")))).toBe(true);
    expect([isWrite(git("up/app-1", "fetch")), isWrite(git("up/app-1", "push"))]).toEqual([false, true]);
    expect(isWrite(rest("POST", "/up/app-1.git/git-upload-pack"))).toBe(false);
    expect(isWrite(rest("POST", "/up/app-1.git/git-receive-pack"))).toBe(true);
    expect(isWrite(rest("GET", "/up/app-1.git/info/refs?service=git-receive-pack"))).toBe(true);
  });

  test("that writes elsewhere than to a fork is found", () => {
    const stray = { ...rest("POST", "/api/v3/repos/up/app-1/pulls"), n: 1, time: "", actor: "bot", status: 201 };
    const others = [{ path: "/api/v3/repos/acme/fork-1/pulls" }, { path: "/graphql", actor: "ada" }];
    const entries = [stray, ...others.map((other) => ({ ...stray, ...other }))].map((entry) => ({
      ...entry,
      requestBytes: 0,
      responseBytes: 0,
    }));
    expect(strayWrites(entries, ["acme/fork-1"], ["ada"]).map(({ path }) => path)).toEqual([stray.path]);
  });
});

test("a sample is of the size asked for, of one seed always the same, without those that want the stage alone", () => {
  const list = ["a", "b", "c", "d", "e"].map((name) => ({ name, alone: name === "c" }));
  const names = (seed: number) => sample(list, 3, seed).map(({ name }) => name);
  expect(names(1)).toHaveLength(3);
  expect(names(1)).toEqual(names(1));
  expect(new Set([1, 2, 3, 4, 5].map((seed) => names(seed).join())).size).toBeGreaterThan(1);
  expect([1, 2, 3, 4, 5].flatMap(names)).not.toContain("c");
});
