import { describe, expect, test } from "@jest/globals";
import type { RefUpdate } from "../../server/git.ts";
import type { Identity } from "../../server/identity.ts";
import { withReasons } from "../../server/pkt-line.ts";
import { type Context, judge, type Questions } from "../../server/policy.ts";
import { fnmatch } from "../../server/rule-match.ts";
import type { Ruleset } from "../../server/state.ts";
import { record, ruleset } from "./support.ts";

describe("a ruleset's ref pattern", () => {
  // From GitHub's page on conditions and Ruby's documentation of File.fnmatch with FNM_PATHNAME.
  test.each([
    ["refs/heads/sync/*", "refs/heads/sync/upstream", true],
    ["refs/heads/*", "refs/heads/sync/upstream", false],
    ["refs/heads/**/*", "refs/heads/sync/upstream", true],
    ["refs/heads/**/*", "refs/heads/main", true],
    ["refs/heads/releases/**/*", "refs/heads/main", false],
    ["refs/heads/v?", "refs/heads/v1", true],
    ["refs/heads/v?", "refs/heads/v/", false],
    ["refs/heads/v[0-9]", "refs/heads/v7", true],
    ["refs/heads/v[!0-9]", "refs/heads/v7", false],
    ["refs/heads/a.b", "refs/heads/axb", false],
    ["refs/heads/main", "refs/heads/main2", false],
    ["refs/heads/ma*", "refs/heads/main", true],
  ])("%s against %s: %s", (pattern, ref, matches) => {
    expect(fnmatch(pattern, ref)).toBe(matches);
  });
});

describe("a push's report", () => {
  test("gets another reason for the refs a hook declined, and nothing else changes", () => {
    const lengths = (text: string): string =>
      text
        .split("\n")
        .filter(Boolean)
        .map((line) => `${(line.length + 5).toString(16).padStart(4, "0")}${line}\n`)
        .join("");
    const given = `${lengths("unpack ok\nng refs/heads/a pre-receive hook declined\nng refs/heads/b non-fast-forward\n")}0000`;
    expect(withReasons(Buffer.from(given), new Map([["refs/heads/a", "because"]])).toString()).toBe(
      `${lengths("unpack ok\nng refs/heads/a because\nng refs/heads/b non-fast-forward\n")}0000`,
    );
  });
});

const sha = (letter: string): string => letter.repeat(40);
const [older, newer] = [sha("a"), sha("b")];
const questions: Questions = {
  isAncestor: async (before, after) => before === older && after === newer,
  mergeCommits: async () => [sha("c")],
  unsignedCommits: async () => [sha("c"), sha("d")],
  newWorkflowFile: async () => undefined,
};
const moved = { ref: "refs/heads/main", before: older, after: newer };
const rewound = { ...moved, before: newer, after: older };
const made = { ...moved, before: null };
const gone = { ...moved, after: null };

function verdict(rules: Ruleset[], update: RefUpdate, more: Partial<Context> = {}) {
  const repository = record(1, "acme", "app", {
    collaborators: { admin: "admin", maintainer: "maintain", writer: "write", reader: "read" },
    rulesets: rules,
  });
  const owner = { id: 1, login: "acme", type: "Organization", plan: "team" } as const;
  const identity: Identity = { kind: "user", login: "writer", scopes: ["workflow"] };
  return judge(update, { repository, owner, identity, userId: 7, questions, ...more });
}

describe("a rule", () => {
  test.each([
    ["creation", made, ["Cannot create ref due to creations being restricted."]],
    ["creation", moved, []],
    ["update", moved, ["Cannot update this protected ref."]],
    ["update", gone, []],
    ["deletion", gone, ["Cannot delete this branch"]],
    ["deletion", moved, []],
    ["non_fast_forward", rewound, ["Cannot force-push to this branch"]],
    ["non_fast_forward", moved, []],
    ["pull_request", moved, ["Changes must be made through a pull request."]],
    ["pull_request", gone, []],
    [
      "required_linear_history",
      moved,
      [`This branch must not contain merge commits.\n  Found 1 violation:\n\n  ${sha("c")}`],
    ],
    [
      "required_signatures",
      moved,
      [`Commits must have verified signatures.\n  Found 2 violations:\n\n  ${sha("c")}\n  ${sha("d")}`],
    ],
    ["copilot_code_review", moved, []],
  ])("%s judges an update in GitHub's words", async (type, update, texts) => {
    const { refusals } = await verdict([ruleset([{ type }])], update);
    expect(refusals).toEqual(texts.map((text) => ({ kind: "rule", text })));
  });

  test("of a ruleset that is disabled, of another branch or excluded is not asked", async () => {
    const refusals = async (more: Partial<Ruleset>) =>
      (await verdict([ruleset([{ type: "update" }], more)], moved)).refusals.length;
    const named = (include: string[], exclude: string[] = []) => ({ conditions: { ref_name: { include, exclude } } });
    expect(await refusals({})).toBe(1);
    expect(await refusals({ enforcement: "disabled" })).toBe(0);
    expect(await refusals({ enforcement: "evaluate" })).toBe(0);
    expect(await refusals({ target: "tag" })).toBe(0);
    expect(await refusals(named(["~ALL"]))).toBe(1);
    expect(await refusals(named(["refs/heads/dev"]))).toBe(0);
    expect(await refusals(named(["~ALL"], ["refs/heads/main"]))).toBe(0);
  });
});

describe("the bypass list", () => {
  const person = (login: string): Identity => ({ kind: "user", login, scopes: ["workflow"] });
  const key: Identity = { kind: "deploy-key", repository: "acme/app", keyId: 1, readOnly: false };
  const job: Identity = {
    kind: "job",
    token: { repository: "acme/app", runId: 1, permissions: { contents: "write" } },
  };
  const passes = async (actor_type: string, actor_id: number | null, identity: Identity, mode = "always") => {
    const actor = { actor_type, actor_id, bypass_mode: mode as "always" };
    const rules = ruleset([{ type: "update" }], { bypass_actors: [actor] });
    return (await verdict([rules], moved, { identity })).refusals.length === 0;
  };

  test.each([
    ["DeployKey", null, key, true],
    ["DeployKey", null, person("admin"), false],
    ["RepositoryRole", 5, person("admin"), true],
    ["RepositoryRole", 5, person("maintainer"), false],
    ["RepositoryRole", 2, person("maintainer"), true],
    ["RepositoryRole", 2, person("writer"), false],
    ["RepositoryRole", 4, person("writer"), true],
    ["RepositoryRole", 4, person("reader"), false],
    ["RepositoryRole", 4, job, false],
    ["RepositoryRole", 4, key, false],
    ["OrganizationAdmin", 1, person("admin"), true],
    ["OrganizationAdmin", 1, person("maintainer"), false],
    ["User", 7, person("reader"), true],
    ["User", 8, person("reader"), false],
    ["Integration", 15368, job, false],
  ])("%s %s and %o: %s", async (type, id, identity, expected) => {
    expect(await passes(type, id, identity)).toBe(expected);
  });

  test("entry for pull requests does not help a push", async () => {
    expect(await passes("RepositoryRole", 5, person("admin"), "pull_request")).toBe(false);
  });
});
