import { describe, expect, test } from "@jest/globals";
import { isVerification, verifyNames as namesOutside, verifyBranches, verifyTitle } from "../../lib/verify-names.ts";
import { emptyRecord } from "../../sync/look.ts";
import { candidateRef, recordRef, refsOf } from "../../sync/refs.ts";
import { isSameRoute, VERIFY_BRANCHES, VERIFY_ID, VERIFY_TITLE, verifyNames } from "../../sync/verify-route.ts";
import { sha, someSettings } from "./support/settings.ts";

const id = "k3f9x0a2";
const branches = { sync: `upstream-sync-verify/${id}/sync`, target: `upstream-sync-verify/${id}/target` };
const verifying = someSettings({ route: `verify-${id}`, branches });

describe("the names of a verification", () => {
  test("are all below one prefix", () => {
    expect(verifyNames(id)).toEqual({
      route: `verify-${id}`,
      ...branches,
      upstream: `upstream-sync-verify/${id}/upstream`,
    });
  });

  test("are the same for the command and for the program", () => {
    const { route, ...names } = verifyNames(id);
    const { below, ...outside } = namesOutside(id);
    expect(names.sync.startsWith(below)).toBe(true);
    expect(outside).toEqual({ id, ...names, refs: `upstream-sync/${route}/` });
    expect([verifyBranches, verifyTitle]).toEqual([VERIFY_BRANCHES, VERIFY_TITLE]);
  });

  test("are known by the name of the run", () => {
    expect(isVerification({ display_title: `upstream-sync verify ${id}` })).toBe(true);
    for (const display_title of ["upstream-sync", "upstream-sync verify", `upstream-sync verify ${id} and more`])
      expect(isVerification({ display_title })).toBe(false);
  });

  test.each(["", "main", "../dev", "a/b/c/d", "ABCDEF", "abcdef\n", "abcdef ", "ab.cdef", "x".repeat(21), "abc-def"])(
    "come of no id like %j",
    (other) => {
      expect(VERIFY_ID.test(other)).toBe(false);
    },
  );

  test("keep its refs apart from the fork's, both ways", () => {
    const ours = [
      ["upstream-sync/main/tested", "1"],
      ["upstream-sync/candidate/7", "2"],
      ["heads/sync/upstream-conflict-1", "3"],
    ];
    const its = [
      [`upstream-sync/verify-${id}/tested`, "4"],
      [`upstream-sync/verify-${id}/candidate/8`, "5"],
      [`heads/${branches.sync}-conflict-1`, "6"],
    ];
    const others = [
      ["upstream-sync/verify-aaaaaa/candidate/9", "7"],
      ["heads/upstream-sync-verify/aaaaaa/sync-conflict-2", "8"],
    ];
    const listing = [...ours, ...its, ...others].map(([ref, digit = ""]) => `${sha(digit)}\trefs/${ref}`).join("\n");
    expect(refsOf(listing, someSettings())).toMatchObject({
      recorded: { tested: sha("1") },
      candidates: new Map([["refs/upstream-sync/candidate/7", sha("2")]]),
      proposals: new Map([["conflict-1", sha("3")]]),
    });
    expect(refsOf(listing, verifying)).toMatchObject({
      recorded: { tested: sha("4") },
      candidates: new Map([[`refs/upstream-sync/verify-${id}/candidate/8`, sha("5")]]),
      proposals: new Map([["conflict-1", sha("6")]]),
    });
    expect([candidateRef(verifying), recordRef(verifying, "synced")]).toEqual([
      `refs/upstream-sync/verify-${id}/candidate/77`,
      `refs/upstream-sync/verify-${id}/synced`,
    ]);
  });

  test("tell whose an issue or a pull request is", () => {
    const conflict = `${branches.sync}-conflict-1`;
    expect(isSameRoute(conflict, branches.sync)).toBe(true);
    expect(isSameRoute(conflict, "sync/upstream")).toBe(false);
    expect(isSameRoute(conflict, "upstream-sync-verify/aaaaaa/sync")).toBe(false);
    expect(isSameRoute("sync/upstream-conflict-1", branches.sync)).toBe(false);
    // The sync branch had another name before: what was opened for it is the fork's all the same.
    expect(isSameRoute("old/name-conflict-1", "sync/upstream")).toBe(true);
  });

  test("stand in the record, which is otherwise as it always was", () => {
    expect(emptyRecord(verifying)).toMatchObject({ route: `verify-${id}` });
    expect(Object.keys(emptyRecord(someSettings()))).not.toContain("route");
  });
});
