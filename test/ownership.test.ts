import { expect, test } from "@jest/globals";
import { foundIn } from "../lib/ownership.ts";
import { changesOf, type PlanJson } from "../lib/terraform/plan.ts";

const record = (thing: string, input: unknown) => ({
  address: `terraform_data.before[${JSON.stringify(thing)}]`,
  index: thing,
  values: { input },
});

const records = [
  record("branch:sync/upstream", { there: true, ours: false }),
  record("label:upstream-sync", { there: true, ours: false }),
  record("label:accept-upstream-workflows", { there: false, ours: false }),
  record("ruleset:upstream-sync: gate", { there: true, ours: true }),
  // Another resource whose name begins alike.
  { address: 'terraform_data.before_us["label:x"]', index: "label:x", values: { input: { there: true, ours: false } } },
];

// The shape is Terraform's: https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
const plan: PlanJson = {
  format_version: "1.2",
  resource_changes: [
    {
      address: "github_repository_ruleset.gate",
      mode: "managed",
      type: "github_repository_ruleset",
      change: { actions: ["no-op"], before: {}, after: {}, importing: { id: "open-webui:7" } },
    },
    {
      address: "github_repository_ruleset.history",
      mode: "managed",
      type: "github_repository_ruleset",
      change: { actions: ["no-op"], before: {}, after: {} },
    },
  ],
  planned_values: { root_module: { resources: records } },
};

test("an import without another change is something to apply", () => {
  expect(changesOf(plan)).toEqual([
    {
      address: "github_repository_ruleset.gate",
      type: "github_repository_ruleset",
      action: "import",
      fields: [],
      risks: [],
      imported: true,
    },
  ]);
});

test("what was found is named by whose it is", () => {
  expect(foundIn(plan, changesOf(plan))).toEqual({
    imported: ["github_repository_ruleset.gate"],
    adopted: ["branch:sync/upstream"],
    leftAlone: ["label:upstream-sync"],
    waiting: [],
    warnings: [],
  });
});

test("what waits for people is told apart from what the set-up cannot mend, and only that hides behind a new proposal", () => {
  const failed = (name: string, message: string) => ({
    address: { kind: "check", name },
    status: "fail",
    instances: [{ problems: [{ message }] }],
  });
  const checks = [failed("proposal", "waits"), failed("codeowners", "closed"), failed("signatures", "signed only")];
  expect(foundIn({ ...plan, checks }, [])).toMatchObject({ waiting: ["waits", "closed"], warnings: ["signed only"] });
  const [import_] = changesOf(plan);
  const proposing = [{ ...import_, address: 'terraform_data.proposal["default"]' }] as Parameters<typeof foundIn>[1];
  expect(foundIn({ ...plan, checks }, proposing)).toMatchObject({ waiting: [], warnings: ["signed only"] });
});

test("a destroy has no planned values: the records are those of the state", () => {
  const { planned_values: _, ...rest } = plan;
  const destroy: PlanJson = { ...rest, prior_state: { values: { root_module: { resources: records } } } };
  expect(foundIn(destroy, []).leftAlone).toEqual(["label:upstream-sync"]);
});
