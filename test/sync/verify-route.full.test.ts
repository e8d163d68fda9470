import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { lines } from "./support/repository.ts";
import { type World, world } from "./support/workflow-run.ts";

/** A fork with a sync of its own, and the branches of a verification beside it. */
let w: World;
const below = "upstream-sync-verify/k3f9x0a2";
const verify = { environment: { VERIFY: "k3f9x0a2" } };
const workflow = ".github/workflows/ci.yml";

beforeEach(async () => {
  w = await world();
  const base = w.upstream.commit({ branch: "main", files: { a: lines(), [workflow]: lines() } });
  w.fork.git("fetch", "--quiet", w.upstream.folder, "main:main");
  for (const branch of ["sync/upstream", "dev", `${below}/sync`]) w.fork.git("branch", branch, base);
  w.fork.commit({ branch: `${below}/target`, parents: [base], files: { b: "ours" } });
  w.fork.commit({ branch: `${below}/upstream`, parents: [base], files: { c: "theirs" } });
});
afterEach(() => w.close());

const tips = () => Object.fromEntries(w.fork.refs().map((ref) => [ref, w.fork.ref(ref)]));
const ofTheFork = () => Object.entries(tips()).filter(([ref]) => !ref.includes("verify"));

test("a verification merges its own branches, and touches nothing of the fork's sync", async () => {
  // A run that was cut short and an open conflict of the fork's: both are its own matter.
  w.fork.git("update-ref", "refs/upstream-sync/candidate/7", tips()["refs/heads/dev"] ?? "");
  const body =
    '<!-- upstream-sync:conflict v1 {"branch":"sync/upstream-conflict-1","tip":"x"} -->\n<!-- upstream-sync:conflict end -->';
  w.github.issues.push({ number: 9, state: "open", title: "t", body, labels: [] } as never);
  const before = ofTheFork();
  const { codes, records, outputs } = await w.run(verify);
  expect(codes).toEqual({ look: 0, merge: 0, finish: 0 });
  expect(records).toMatchObject([{ outcome: "promoted", route: "verify-k3f9x0a2", issue: null }]);
  expect(ofTheFork()).toEqual(before);
  expect(tips()[`refs/heads/${below}/sync`]).toBe(outputs.candidate);
  expect(w.fork.paths(outputs.candidate ?? "")).toEqual(expect.arrayContaining(["b", "c"]));
  expect(w.github.issues.find(({ number }) => number === 9)?.state).toBe("open");
  expect(w.github.pulls).toMatchObject([
    {
      title: "upstream-sync verify, closes by itself",
      base: { ref: `${below}/target` },
      head: { ref: `${below}/sync` },
    },
  ]);

  // And the fork's next run is about its own again.
  const own = await w.run();
  expect(own.records).toMatchObject([{ outcome: "up-to-date" }]);
  expect(own.records[0]).not.toHaveProperty("route");
  expect(tips()[`refs/heads/${below}/sync`]).toBe(outputs.candidate);
});

test("a verification cannot be used to have a workflow file pushed", async () => {
  const base = tips()["refs/heads/main"] ?? "";
  w.fork.commit({ branch: `${below}/sync`, parents: [base], files: { [workflow]: lines({ 1: "one" }) } });
  w.fork.commit({ branch: `${below}/target`, parents: [base], files: { [workflow]: lines({ 9: "two" }) } });
  const before = tips();
  const { codes, records } = await w.run(verify);
  expect([codes.merge, records.at(-1)?.outcome]).toEqual([1, "stopped"]);
  expect(records.at(-1)?.reason).toContain("a verification changes no workflow file");
  expect(tips()).toEqual(before);
});

test("an id that names anything else is refused before anything is read", async () => {
  await expect(w.run({ environment: { VERIFY: "../../dev" } })).rejects.toThrow("VERIFY is");
});
