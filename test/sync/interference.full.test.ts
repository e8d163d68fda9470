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

const { tip, recorded } = looksAt(() => w);

describe("what others do meanwhile", () => {
  test("to the sync branch stops the run, and their work stays and is tested by the next", async () => {
    w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    let theirs = "";
    const { codes, records } = await w.run({
      duringTests: () => {
        theirs = w.fork.commit({ branch: "sync/upstream", files: { mine: "x\n" } });
      },
    });
    expect(codes.finish).toBe(1);
    expect(records).toMatchObject([{ outcome: "stopped" }]);
    expect(tip("sync/upstream")).toBe(theirs);
    const next = await w.run();
    expect(next.records).toMatchObject([{ outcome: "promoted" }]);
    expect(w.fork.paths(tip("sync/upstream"))).toEqual(["a", "b", "mine", "u"]);
  });

  test("to the target is told, and noticed by the next look", async () => {
    w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    const { records } = await w.run({
      duringTests: () => {
        w.fork.commit({ branch: "dev", files: { d: "d\n" } });
      },
    });
    expect(records).toMatchObject([
      { outcome: "promoted", reason: expect.stringMatching(/target moved during the tests/) },
    ]);
    const next = await w.run();
    expect(next.records).toMatchObject([{ outcome: "promoted" }]);
    expect(w.fork.paths(tip("sync/upstream"))).toEqual(["a", "b", "d", "u"]);
  });

  test("upstream, going on, is left to the next run; rewriting, stops this one", async () => {
    w.upstream.commit({ branch: "main", files: { u: "1\n" } });
    const moved = await w.run({
      duringTests: () => {
        w.upstream.commit({ branch: "main", files: { u: "2\n" } });
      },
    });
    expect(moved.records).toMatchObject([
      { outcome: "promoted", reason: expect.stringMatching(/upstream has more than was tested/) },
    ]);
    const before = tip("sync/upstream");
    const rewritten = await w.run({
      duringTests: () => {
        w.upstream.git("update-ref", "refs/heads/main", base);
      },
    });
    expect(rewritten.records).toMatchObject([{ outcome: "stopped", reason: expect.stringMatching(/rewrote/) }]);
    expect(tip("sync/upstream")).toBe(before);
    const next = await w.run();
    expect(next.codes).toEqual({ look: 0, merge: 1, finish: 1 });
    expect(next.records).toMatchObject([
      { outcome: "stopped", reason: expect.stringMatching(/was rewritten, or another/) },
    ]);
  });
});

describe("a run that cannot tell is red", () => {
  test.each([
    [
      "upstream cannot be reached",
      { UPSTREAM_URL: "http://127.0.0.1:1/up/stream.git" },
      /could not be read.*Run the workflow again/,
    ],
    ["upstream has no such branch", { UPSTREAM_BRANCH: "mian" }, /has no branch mian/],
    ["the sync branch is missing", { SYNC_BRANCH: "sync/other" }, /has no sync branch sync\/other/],
    ["the target branch is missing", { TARGET_BRANCH: "develop" }, /has no target branch develop/],
  ])("because %s", async (_, environment, reason) => {
    const { codes, outputs, records, summary, lines: printed } = await w.run({ environment });
    expect(codes).toEqual({ look: 1 });
    expect(outputs.go).toBeUndefined();
    expect(records).toMatchObject([{ outcome: "stopped", reason: expect.stringMatching(reason) }]);
    expect(summary).toContain("## Stopped");
    expect(printed.some((line) => line.startsWith("::error "))).toBe(true);
  });

  test("because GitHub does not answer the one question", async () => {
    await w.run();
    w.fork.commit({ branch: "dev", files: { d: "d\n" } });
    const range = `${recorded("tested")}...${tip("dev")}`;
    w.github.faults.set(`GET /repos/acme/fork/compare/${range}`, { status: 503, body: { message: "Unavailable" } });
    const { codes, records } = await w.run();
    expect(codes).toEqual({ look: 1 });
    expect(records).toMatchObject([{ outcome: "stopped", reason: expect.stringMatching(/503 Unavailable/) }]);
  });

  test("because the tests were cancelled", async () => {
    w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    const { codes, records } = await w.run({ tests: "cancelled" });
    expect(codes.finish).toBe(1);
    expect(records).toMatchObject([{ outcome: "stopped" }]);
    expect(w.github.statuses).toEqual([]);
  });
});

describe("credentials", () => {
  test("upstream never sees the token, the fork always does, and nothing is left on disk", async () => {
    w.upstream.commit({ branch: "main", files: { a: lines({ 9: "up" }) } });
    await w.run();
    const seen = (prefix: string) =>
      new Set(w.github.git.filter(({ path }) => path.startsWith(prefix)).map((one) => one.authorization));
    expect(seen("/up/")).toEqual(new Set([undefined]));
    expect(seen("/acme/")).toEqual(new Set([`Basic ${Buffer.from("x-access-token:job-token").toString("base64")}`]));
    expect(w.left()).toEqual([]);
  });

  test("no write goes anywhere but to the fork", async () => {
    w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    await w.run();
    const writes = w.github.rest.filter(({ method }) => method !== "GET").map(({ path }) => path);
    expect(writes.length).toBeGreaterThan(3);
    expect(writes.filter((path) => !path.startsWith("/repos/acme/fork/"))).toEqual([]);
    expect(new Set(w.github.pushes)).toEqual(new Set(["acme/fork.git"]));
    expect(w.upstream.refs()).toEqual(["refs/heads/main"]);
  });

  test("are not used against an ssh server whose key GitHub's API does not name", async () => {
    w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    w.github.hostKeys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"];
    const { codes, records } = await w.run();
    expect(codes).toEqual({ look: 0, merge: 1, finish: 1 });
    expect(records).toMatchObject([{ outcome: "stopped", reason: expect.stringMatching(/ssh server is not the one/) }]);
    expect(w.github.pushes).toEqual([]);
    expect(w.left()).toEqual([]);
  });

  test("that are missing are recorded with the remedy", async () => {
    w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    const { codes, records } = await w.run({ environment: { CREDENTIAL: "" } });
    expect(codes).toEqual({ look: 0, merge: 1, finish: 1 });
    expect(records).toMatchObject([{ outcome: "stopped", reason: expect.stringMatching(/credentials create/) }]);
  });

  test("that GitHub does not accept are named with the remedy", async () => {
    w.upstream.commit({ branch: "main", files: { u: "u\n" } });
    const { records } = await w.run({ environment: { CREDENTIAL: "no key at all" } });
    expect(records).toMatchObject([
      { outcome: "stopped", reason: expect.stringMatching(/did not accept the deploy key/) },
    ]);
  });
});
