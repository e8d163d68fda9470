import { describe, expect, test } from "@jest/globals";
import { changesOf, madeAnewIn, type PlanJson, summarize, unconfirmedIn } from "../../lib/terraform/plan.ts";

function plan(
  ...changes: {
    address: string;
    action_reason?: string;
    mode?: "managed" | "data";
    actions: string[];
    before?: unknown;
    after?: unknown;
    after_unknown?: unknown;
    after_sensitive?: unknown;
  }[]
): PlanJson {
  return {
    format_version: "1.2",
    resource_changes: changes.map(({ address, action_reason, mode = "managed", ...change }) => ({
      address,
      ...(action_reason === undefined ? {} : { action_reason }),
      mode,
      type: address.split(".")[0] as string,
      change: { before: null, after: null, ...change },
    })),
  };
}

describe("reading a plan", () => {
  test("what stays as it is and what is only read do not appear", () => {
    expect(
      changesOf(
        plan(
          { address: "github_branch.sync", actions: ["no-op"] },
          { address: "data.github_rest_api.x", mode: "data", actions: ["read"] },
        ),
      ),
    ).toEqual([]);
  });

  test("an update names the fields that differ, with old and new", () => {
    const [change] = changesOf(
      plan({
        address: "github_repository_file.workflow",
        actions: ["update"],
        before: { file: "a.yml", rules: [{ deletion: true }] },
        after: { file: "a.yml", rules: [{ deletion: false }] },
      }),
    );
    expect(change?.fields).toEqual([{ path: "rules.0.deletion", before: true, after: false }]);
  });

  test("sensitive values are never shown", () => {
    const [change] = changesOf(
      plan({
        address: "github_actions_environment_secret.deploy_key",
        actions: ["update"],
        before: { value_encrypted: "old" },
        after: { value_encrypted: "new" },
        after_sensitive: { value_encrypted: true },
      }),
    );
    expect(change?.fields).toEqual([{ path: "value_encrypted", before: "old", after: "(sensitive)" }]);
  });

  test("a value known only after apply is called so", () => {
    const [change] = changesOf(
      plan({ address: "a.b", actions: ["update"], before: { etag: "1" }, after: {}, after_unknown: { etag: true } }),
    );
    expect(change?.fields).toEqual([{ path: "etag", before: "1", after: "(known after apply)" }]);
  });

  test("a replacement counts as one to create and one to remove, in either order", () => {
    const changes = changesOf(
      plan(
        { address: "a.one", actions: ["delete", "create"] },
        { address: "a.two", actions: ["create", "delete"] },
        { address: "a.three", actions: ["create"] },
      ),
    );
    expect(changes.map((change) => change.action)).toEqual(["replace", "replace", "create"]);
    expect(summarize(changes)).toEqual({ create: 3, update: 0, delete: 2 });
  });

  test("an action nobody knows is a dangerous change, not a no-op", () => {
    expect(changesOf(plan({ address: "a.b", actions: ["conjure"] }))).toEqual([
      {
        address: "a.b",
        type: "a",
        action: "unknown",
        fields: [],
        risks: ["a.b: the IaC tool plans an action this version does not know"],
      },
    ]);
  });

  test("what GitHub made and could not confirm is told from what is replaced for a reason, and from our own steps", () => {
    const actions = ["delete", "create"];
    const json = plan(
      { address: "github_repository_file.workflow[0]", actions, action_reason: "replace_because_tainted" },
      { address: "github_repository_deploy_key.sync", actions, action_reason: "replace_because_cannot_update" },
      { address: "terraform_data.guard", actions, action_reason: "replace_because_tainted" },
      { address: "github_branch.sync", actions: ["no-op"] },
    );
    expect(unconfirmedIn(json)).toEqual(["github_repository_file.workflow[0]"]);
  });

  test("what is made anew counts only where something was applied before", () => {
    const json = plan(
      { address: "github_branch.sync[0]", actions: ["create"] },
      { address: "github_repository_file.workflow[0]", actions: ["delete", "create"] },
      { address: "terraform_data.guard", actions: ["create"] },
    );
    const prior = (mode: "managed" | "data"): PlanJson => ({
      ...json,
      prior_state: { values: { root_module: { resources: [{ address: "a.b", mode, values: {} }] } } },
    });
    expect([madeAnewIn(json), madeAnewIn(prior("data")), madeAnewIn(prior("managed"))]).toEqual([
      [],
      [],
      ["github_branch.sync[0]"],
    ]);
  });

  test("a plan format of another major version is refused", () => {
    expect(() => changesOf({ format_version: "2.0" })).toThrow("unknown plan format: got 2.0, expected 1.x");
  });
});
