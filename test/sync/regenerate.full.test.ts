/** Generated files that are made anew after a merge (`policies.regenerate`), in whole runs of the workflow's jobs. */
import { appendFileSync, chmodSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { NO_POLICIES, type Policies } from "../../sync/policies.ts";
import { lines } from "./support/repository.ts";
import { type World, world } from "./support/workflow-run.ts";

let w: World;

const ALL_GREEN = { look: 0, merge: 0, regenerate: 0, regenerated: 0, finish: 0 };
const tip = (branch: string) => w.fork.ref(`refs/heads/${branch}`) ?? "";
const policies: Partial<Policies> = { regenerate: ["lock", "/i18n/*.json"] };

/** A lock file that fork and upstream both have changed, in one line: a conflict. */
beforeEach(async () => {
  w = await world();
  const base = w.upstream.commit({
    branch: "main",
    files: { wanted: "a\n", lock: lines(), "i18n/de.json": "{}\n", "deep/lock": "x\n", own: lines(), tool: "1\n" },
  });
  w.fork.git("fetch", "--quiet", w.upstream.folder, "main:main");
  w.fork.git("branch", "sync/upstream", base);
  w.fork.commit({ branch: "dev", parents: [base], files: { lock: lines({ 5: "fork" }) } });
  w.upstream.commit({ branch: "main", files: { wanted: "a\nb\n", lock: lines({ 5: "upstream" }) } });
});
afterEach(() => w.close());

const run = (regenerate: (folder: string) => unknown, more: Partial<Policies> = {}) =>
  w.run({
    regenerate,
    environment: { POLICIES: JSON.stringify({ ...NO_POLICIES, ...policies, ...more }) },
  });

/** What `npm install --package-lock-only` does, as far as this is concerned. */
function lockAnew(folder: string): void {
  const wanted = readFileSync(join(folder, "wanted"), "utf8");
  writeFileSync(join(folder, "lock"), `made from ${wanted.split("\n").join(" ")}\n`);
}

test("a lock file in conflict is made anew, tested and promoted as one commit on the merge, and named", async () => {
  const { codes, records, outputs } = await run(lockAnew);
  expect(codes).toEqual(ALL_GREEN);
  const sync = tip("sync/upstream");
  expect(records).toMatchObject([
    {
      outcome: "promoted",
      candidate: sync,
      conflicts: [],
      kept: [{ path: "lock", policy: "regenerate" }],
    },
  ]);
  expect([outputs.candidate, w.fork.show(sync, "lock")]).toEqual([sync, "made from a b \n"]);
  const message = w.fork.git("log", "-1", "--format=%B", sync);
  expect(message).toContain("chore: make 1 generated file anew");
  expect(message).toContain("Upstream-Sync-Side: regenerate");
  expect(w.fork.git("diff", "--name-only", `${sync}^`, sync)).toBe("lock");
  expect(w.fork.git("rev-list", "--count", "--min-parents=2", `${sync}^`, "^dev", "^main")).not.toBe("0");
  const body = w.github.pulls[0]?.body ?? "";
  expect(body).toContain("Made anew by the fork's commands, out of files that upstream wrote (1): `lock`");
  expect(body).toContain("- made anew: `lock`");
  expect(w.fork.refs().filter((ref) => ref.includes("candidate"))).toEqual([]);
  w.github.compare = () => "ahead";
  expect((await run(lockAnew)).codes).toEqual({ look: 0 });
});

test("the same inputs give the same commit, so that a run that was killed is simply run again", async () => {
  const environment = { POLICIES: JSON.stringify({ ...NO_POLICIES, ...policies }) };
  await w.run({ environment, regenerate: lockAnew, tests: "cancelled" });
  const [left] = w.fork.refs().filter((ref) => ref.includes("candidate"));
  const made = w.fork.ref(left ?? "");
  expect((await run(lockAnew)).codes).toEqual(ALL_GREEN);
  expect(tip("sync/upstream")).toBe(made);
});

test("only plain files of declared paths are taken, whatever else the commands touch", async () => {
  const files = { "i18n/fr.json": "{}\n", "bin/lock": { mode: "100755", content: "x\n" } as const };
  w.fork.commit({ branch: "dev", files });
  const { codes, lines: printed } = await run((folder) => {
    lockAnew(folder);
    appendFileSync(join(folder, "own"), "changed by a tool\n");
    appendFileSync(join(folder, "bin/lock"), "changed by a tool\n");
    writeFileSync(join(folder, "i18n/it.json"), "new\n");
    writeFileSync(join(folder, "deep/lock"), "too\n");
    chmodSync(join(folder, "i18n/fr.json"), 0o755);
    rmSync(join(folder, "i18n/de.json"));
    symlinkSync("/etc/passwd", join(folder, "i18n/de.json"));
  });
  expect(codes).toEqual(ALL_GREEN);
  const sync = tip("sync/upstream");
  expect(w.fork.git("diff", "--name-only", `${sync}^`, sync).split("\n").sort()).toEqual(["deep/lock", "lock"]);
  expect(w.fork.git("ls-tree", sync, "i18n/de.json")).toMatch(/^100644 blob/);
  expect(printed).toContainEqual(expect.stringMatching(/^::warning .*not taken.*"i18n\/de.json", "i18n\/fr.json"/));
  expect(printed).toContainEqual(expect.stringMatching(/^Changed and not declared, so not taken: .*"own"/));
});

test("nothing that comes out otherwise is no commit", async () => {
  w.upstream.commit({ branch: "main", files: { lock: lines() } });
  const { codes, records } = await run(() => undefined);
  expect(codes).toEqual(ALL_GREEN);
  expect(records).toMatchObject([{ outcome: "promoted" }]);
  expect(w.fork.git("log", "-1", "--format=%P", tip("sync/upstream")).split(" ")).toHaveLength(2);
  expect(w.github.pulls[0]?.body).not.toContain("Made anew by");
});

describe("red", () => {
  test("a command that fails: nothing moves, and it is named", async () => {
    const before = tip("sync/upstream");
    const { codes, records } = await run(() => true);
    expect(codes).toEqual({ look: 0, merge: 0, finish: 1 });
    expect(records).toMatchObject([
      { outcome: "tests-failed", reason: "generated files could not be made anew: make" },
    ]);
    expect(tip("sync/upstream")).toBe(before);
    expect(w.github.statuses).toMatchObject([{ state: "failure" }]);
  });

  test("more than fits between two jobs: nothing moves, with what to do", async () => {
    const { codes, lines: printed } = await run((folder) => {
      const noise = Array.from({ length: 30_000 }, (_, n) => `${Math.sin(n)} ${Math.cos(n)}`);
      writeFileSync(join(folder, "lock"), noise.join("\n"));
    });
    expect(codes).toEqual({ look: 0, merge: 0, regenerate: 1, finish: 1 });
    expect(printed).toContainEqual(expect.stringMatching(/^::error .*more than 400000: make these files anew by hand/));
  });
});

test("a kept path is never made anew, and what conflicts elsewhere is for people", async () => {
  w.upstream.commit({ branch: "main", files: { own: lines({ 5: "upstream" }) } });
  w.fork.commit({ branch: "dev", files: { own: lines({ 5: "fork" }) } });
  const { codes, records } = await run(lockAnew, { keepOurs: ["/lock"] });
  expect(codes).toMatchObject({ finish: 1 });
  expect(records).toMatchObject([{ outcome: "conflict", conflicts: [{ path: "own" }] }]);
  expect(w.fork.show(tip("sync/upstream"), "lock")).toBe(lines({ 5: "fork" }));
});
