import { describe, expect, test } from "@jest/globals";
import { parseSshUrl } from "../../sync/deploy-key.ts";
import { parseMergeTree } from "../../sync/merge-tree.ts";
import { refuseOtherRepository } from "../../sync/own-repository.ts";
import { refsOf } from "../../sync/refs.ts";
import { explainRefusal } from "../../sync/refusals.ts";
import { sha, someSettings } from "./support/settings.ts";

describe("refs of the fork", () => {
  test("are compared whole: look-alikes are not taken for a branch", () => {
    const listing = [
      `${sha("1")}\trefs/heads/refs/heads/dev`,
      `${sha("2")}\trefs/heads/x/refs/heads/sync/upstream`,
      `${sha("3")}\trefs/heads/dev`,
      `${sha("4")}\trefs/upstream-sync/main/tested`,
      `${sha("5")}\trefs/upstream-sync/other/synced`,
      `${sha("6")}\trefs/upstream-sync/candidate/12`,
      `${sha("7")}\trefs/heads/sync/upstream-conflict-3`,
      `${sha("8")}\trefs/heads/sync/upstream-conflict-03`,
      `${sha("8")}\trefs/heads/sync/upstream-conflict-3/x`,
      `${sha("8")}\trefs/heads/x/sync/upstream-manual`,
      `${sha("9")}\trefs/heads/sync/upstream-manual`,
      `${sha("8")}\trefs/heads/sync/upstream-manual-notes`,
      `${sha("7")}\trefs/upstream-sync/main/seen/conflict-3`,
      `${sha("8")}\trefs/upstream-sync/other/seen/manual`,
    ].join("\n");
    expect(refsOf(listing, someSettings())).toEqual({
      sync: undefined,
      target: sha("3"),
      recorded: { synced: undefined, tested: sha("4"), target: undefined },
      closings: new Map(),
      distances: [],
      candidates: new Map([["refs/upstream-sync/candidate/12", sha("6")]]),
      proposals: new Map([
        ["conflict-3", sha("7")],
        ["manual", sha("9")],
      ]),
      seen: new Map([["conflict-3", sha("7")]]),
    });
  });
});

describe("a write", () => {
  test("goes to the fork, in any case of letters, and nowhere else", () => {
    expect(() => refuseOtherRepository("acme/open-webui", "Acme/Open-WebUI")).not.toThrow();
    for (const other of ["open-webui/open-webui", "acme/open-webui2", ""]) {
      expect(() => refuseOtherRepository("acme/open-webui", other)).toThrow(/write to another repository was refused/);
    }
  });

  test.each([
    ["git@github.com:acme/open-webui.git", { host: "github.com", repository: "acme/open-webui" }],
    ["ssh://git@127.0.0.1:2222/acme/open-webui.git", { host: "[127.0.0.1]:2222", repository: "acme/open-webui" }],
    ["ssh://git@ghe.example.com/acme/a.b.git", { host: "ghe.example.com", repository: "acme/a.b" }],
    ["https://github.com/acme/open-webui.git", undefined],
    ["git@github.com:acme/open webui.git", undefined],
    ["-oProxyCommand=x@h:acme/x.git", undefined],
  ])("by ssh knows the host of %s", (url, expected) => {
    expect(parseSshUrl(url)).toEqual(expected);
  });
});

describe("a refusal", () => {
  // Texts as GitHub and git print them; sources in the reference notes on error texts.
  test.each([
    ["remote: error: GH006: Protected branch update failed for refs/heads/sync/upstream.", "branch-protection"],
    ["remote: error: GH013: Repository rule violations found for refs/heads/sync/upstream.", "ruleset"],
    ["remote: error: GH013: Repository rule violations\nremote: - Push cannot contain secrets", "push-protection"],
    [
      "! [remote rejected] x -> y (refusing to allow a GitHub App to create or update workflow `.github/workflows/a.yml` without `workflows` permission)",
      "workflow-files",
    ],
    ["!\tx:refs/heads/y\t[rejected] (stale info)", "moved"],
    ["ERROR: The key you are authenticating with has been marked as read only.", "deploy-key-read-only"],
    ["git@github.com: Permission denied (publickey).", "deploy-key"],
    ["Host key verification failed.", "host-key"],
    ["fatal: couldn't find remote ref refs/heads/dev", "no-such-branch"],
    ["fatal: unable to access 'https://x/': Could not resolve host: x", "unreachable"],
    ["fatal: something new", "unknown"],
  ])("%s is of kind %s", (text, kind) => {
    expect(explainRefusal(text).kind).toBe(kind);
  });
});

describe("merge-tree's output", () => {
  test("is no answer without a tree id, though git exits 1 as for a conflict", () => {
    expect(parseMergeTree(1, Buffer.from(""))).toBeUndefined();
    expect(parseMergeTree(128, Buffer.from(`${sha("a")}\0`))).toBeUndefined();
  });

  test("is a clean tree with exit code 0", () => {
    expect(parseMergeTree(0, Buffer.from(`${sha("a")}\0`))).toEqual({ tree: sha("a"), conflicts: [] });
  });

  test("names each path once with git's type, odd names included", () => {
    const output = [
      sha("a"),
      `100644 ${sha("1")} 1\tx\ty`,
      `100644 ${sha("2")} 2\tx\ty`,
      `100644 ${sha("3")} 3\tz`,
      "",
      ...["1", "x\ty", "Auto-merging", "Auto-merging x\n"],
      ...["1", "x\ty", "CONFLICT (contents)", "CONFLICT (content): …\n"],
      ...["2", "z", "w", "CONFLICT (rename/delete)", "…\n"],
      "",
    ].join("\0");
    expect(parseMergeTree(1, Buffer.from(output, "latin1"))?.conflicts).toEqual([
      { path: "w", kind: "rename/delete" },
      { path: "x\ty", kind: "contents" },
      { path: "z", kind: "rename/delete" },
    ]);
  });
});
