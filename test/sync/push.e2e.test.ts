import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { withDeployKey } from "../../sync/deploy-key.ts";
import { connect } from "../../sync/github.ts";
import { pushTo } from "../../sync/push.ts";
import { createRepository, fetchFork, type Repository } from "../../sync/repository.ts";
import type { Credential } from "../../sync/settings.ts";
import { someSettings } from "./support/settings.ts";
import { type World, world } from "./support/workflow-run.ts";

let w: World;
let repository: Repository;
let settings: ReturnType<typeof someSettings> & { credential: Credential };
let first: string;
let second: string;

beforeEach(async () => {
  w = await world();
  first = w.fork.commit({ branch: "dev", files: { a: "1\n" } });
  second = w.fork.commit({ branch: "dev", files: { a: "2\n" } });
  w.fork.git("branch", "sync/upstream", first);
  settings = {
    ...someSettings({
      repository: "acme/fork",
      apiUrl: w.github.url,
      serverUrl: w.github.url,
      files: { output: "/dev/null", summary: "/dev/null", temporary: w.temporary },
    }),
    credential: { kind: "deploy-key", secret: w.github.deployKey },
  };
  repository = await createRepository(settings, { environment: process.env, sleep: async () => undefined });
  await fetchFork(repository.git, settings);
});
afterEach(async () => {
  await repository.remove();
  await w.close();
});

function push(updates: { ref: string; from: string | undefined; to: string | undefined }[]): Promise<void> {
  return withDeployKey(connect(settings), settings, (remote) =>
    pushTo(repository.git, async () => undefined, remote)("the push was refused", updates),
  );
}

describe("a push", () => {
  test("moves, creates and deletes refs together", async () => {
    w.fork.git("update-ref", "refs/upstream-sync/candidate/1", second);
    await push([
      { ref: "refs/heads/sync/upstream", from: first, to: second },
      { ref: "refs/upstream-sync/main/tested", from: undefined, to: second },
      { ref: "refs/upstream-sync/candidate/1", from: second, to: undefined },
    ]);
    expect(w.fork.refs()).toEqual(["refs/heads/dev", "refs/heads/sync/upstream", "refs/upstream-sync/main/tested"]);
    expect(w.fork.ref("refs/heads/sync/upstream")).toBe(second);
  });

  test.each([
    ["another ref is not where it was read", "refs/heads/sync/upstream"],
    ["another ref was created meanwhile", undefined],
  ])("moves nothing at all when %s", async (_, moved) => {
    const other = "refs/upstream-sync/main/synced";
    if (moved === undefined) w.fork.git("update-ref", other, first);
    const updates = [
      { ref: "refs/heads/sync/upstream", from: first, to: second },
      { ref: other, from: moved === undefined ? undefined : second, to: second },
    ];
    await expect(push(updates)).rejects.toThrow(/the push was refused: a ref moved while this run was under way/);
    expect(w.fork.ref("refs/heads/sync/upstream")).toBe(first);
  });

  test("to another repository than the fork is refused, whatever the server says its address is", async () => {
    w.github.faults.set("GET /repos/acme/fork", {
      status: 200,
      body: { ssh_url: `ssh://git@127.0.0.1:22/up/stream.git` },
    });
    const update = { ref: "refs/heads/sync/upstream", from: first, to: second };
    await expect(push([update])).rejects.toThrow(/write to another repository was refused: up\/stream/);
    expect(w.left().filter((name) => name.includes("key"))).toEqual([]);
  });

  test("has its key on disk for no one else to read, and only meanwhile", async () => {
    const modes = await withDeployKey(connect(settings), settings, async () => {
      const [folder = ""] = w.left().filter((name) => name.startsWith("upstream-sync-key-"));
      const paths = [folder, ...readdirSync(join(w.temporary, folder)).map((name) => join(folder, name))];
      return paths.map((path) => (statSync(join(w.temporary, path)).mode & 0o777).toString(8));
    });
    expect(modes).toEqual(["700", "600", "600"]);
    expect(w.left().filter((name) => name.includes("key"))).toEqual([]);
  });
});

describe("the clone of a run", () => {
  test("has the fork's commits and trees, and no file contents before a merge asks for them", async () => {
    const missing = await repository.git.text(["rev-list", "--objects", "--missing=print", "--all"]);
    const blobs = ["1\n", "2\n"].map((_, index) => w.fork.git("rev-parse", `${[first, second][index]}:a`));
    expect(
      missing
        .split("\n")
        .filter((line) => line.startsWith("?"))
        .sort(),
    ).toEqual(blobs.map((id) => `?${id}`).sort());
    expect(await repository.git.text(["show", `${second}:a`])).toBe("2");
  });
});
