import { describe, expect, test } from "@jest/globals";
import { decideActions, decideBranch, decideWorkflow } from "../../sync/removal.ts";

const branches = { sync: "sync/upstream", target: "dev" };
const tip = "a".repeat(40);

describe("the sync branch when the set-up is taken away", () => {
  const decide = (facts: Partial<Parameters<typeof decideBranch>[0]>) =>
    decideBranch({ tip, unlanded: 3, siblings: new Map(), ...facts }, branches, "20261125");

  test("landed or gone: nothing to keep", () => {
    expect(decide({ unlanded: 0 })).toEqual({ kind: "nothing", why: "everything on it has landed on dev" });
    expect(decide({ tip: undefined, unlanded: undefined })).toEqual({ kind: "nothing", why: "it is gone already" });
  });

  test("what has not landed is kept under today's name", () => {
    expect(decide({})).toEqual({
      kind: "back-up",
      as: "sync/upstream-backup-20261125",
      sha: tip,
      why: "3 commits have not landed on dev",
    });
  });

  test("when nothing can be said about landing, it is kept", () => {
    expect(decide({ unlanded: undefined })).toMatchObject({ kind: "back-up", why: "it cannot be compared with dev" });
  });

  test("a name that is taken is never written over", () => {
    const siblings = new Map([
      ["sync/upstream-backup-20261125", "b".repeat(40)],
      ["sync/upstream-backup-20261125-2", "c".repeat(40)],
    ]);
    expect(decide({ siblings, unlanded: 1 })).toEqual({
      kind: "back-up",
      as: "sync/upstream-backup-20261125-3",
      sha: tip,
      why: "1 commit has not landed on dev",
    });
  });

  test("the same commit is kept once, whatever day it was", () => {
    const siblings = new Map([["sync/upstream-backup-20261101", tip]]);
    expect(decide({ siblings })).toMatchObject({ kind: "kept", as: "sync/upstream-backup-20261101" });
  });

  test("a person's proposal on that commit is no backup", () => {
    const siblings = new Map([["sync/upstream-manual", tip]]);
    expect(decide({ siblings })).toMatchObject({ kind: "back-up", as: "sync/upstream-backup-20261125" });
  });
});

describe("Actions settings, three-way", () => {
  const selected = { github_owned_allowed: true, verified_allowed: false, patterns_allowed: ["acme/*"] };

  test.each([
    [
      "off before, as we left it",
      { enabled: false },
      { enabled: true, allowed_actions: "all" },
      { enabled: false },
      [],
    ],
    ["off before, nobody looked", { enabled: false }, undefined, { enabled: false }, []],
    [
      "off before, people narrowed the policy since",
      { enabled: false },
      { enabled: true, allowed_actions: "selected", selected },
      { enabled: false, allowed_actions: "selected", selected },
      ["allowed_actions"],
    ],
    ["switched off by people since", { enabled: false }, { enabled: false }, { enabled: false }, ["enabled"]],
    [
      "a policy that was told while Actions were off comes back with its patterns",
      { enabled: false, allowed_actions: "selected", selected },
      { enabled: true, allowed_actions: "selected" },
      { enabled: false, allowed_actions: "selected", selected },
      [],
    ],
  ])("%s", (_, before, seen, policy, kept) => {
    expect(decideActions(before, seen)).toEqual({ policy, kept });
  });

  const may = (level: string, approve: boolean) => ({
    default_workflow_permissions: level,
    can_approve_pull_request_reviews: approve,
  });

  test.each([
    ["as we left it", may("write", false), may("write", true), may("write", false), []],
    ["nobody looked", may("write", false), undefined, may("write", false), []],
    [
      "people narrowed the level since",
      may("write", false),
      may("read", true),
      may("read", false),
      ["default_workflow_permissions"],
    ],
    [
      "people took our right back",
      may("read", false),
      may("read", false),
      may("read", false),
      ["can_approve_pull_request_reviews"],
    ],
  ])("workflow permissions, %s", (_, before, seen, policy, kept) => {
    expect(decideWorkflow(before, seen)).toEqual({ policy, kept });
  });
});
