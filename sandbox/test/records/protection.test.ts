/** Classic protection as Terraform's provider (6.13.0, `github_branch_protection`) and REST clients set it. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { commit, startRecords, type TestSandbox } from "./support.ts";

let sandbox: TestSandbox;
let ann: string;
let repositoryId: string;

beforeAll(async () => {
  sandbox = await startRecords();
  ann = await sandbox.person("ann");
  const made = await sandbox.control("POST", "/repositories", { owner: "ann", name: "fork" });
  repositoryId = made.body.node_id;
  await commit(sandbox.state, "ann/fork", "main", "README.md", "one\n");
});
afterAll(() => sandbox.close());

async function graphql(query: string, variables: object) {
  const { status, body } = await sandbox.ask("POST", "/api/graphql", ann, { query, variables });
  expect(status).toBe(200);
  return body;
}

// The texts shurcooL/githubv4 makes of the provider's structures.
const create =
  "mutation($input:CreateBranchProtectionRuleInput!){createBranchProtectionRule(input: $input){branchProtectionRule{id}}}";
const actors = "{nodes{actor{... on App{id,name,slug},... on Team{id,name,slug},... on User{id,name,login}}}}";
const read = `query($id:ID!){node(id: $id){... on BranchProtectionRule{repository{id,name},pushAllowances(first: 100)${actors},reviewDismissalAllowances(first: 100)${actors},bypassForcePushAllowances(first: 100)${actors},bypassPullRequestAllowances(first: 100)${actors},allowsDeletions,allowsForcePushes,blocksCreations,dismissesStaleReviews,id,isAdminEnforced,pattern,requiredApprovingReviewCount,requiredStatusCheckContexts,requiresApprovingReviews,requiresCodeOwnerReviews,requiresCommitSignatures,requiresLinearHistory,requiresConversationResolution,requiresStatusChecks,requiresStrictStatusChecks,restrictsPushes,restrictsReviewDismissals,requireLastPushApproval,lockBranch}}}`;

test("the provider's create, read, update and delete keep a rule as it was written", async () => {
  const input = {
    repositoryId,
    pattern: "release/*",
    isAdminEnforced: true,
    allowsForcePushes: false,
    requiresApprovingReviews: true,
    requiredApprovingReviewCount: 2,
    requiresStatusChecks: true,
    requiresStrictStatusChecks: true,
    requiredStatusCheckContexts: ["ci"],
    bypassForcePushActorIds: [],
  };
  const made = await graphql(create, { input });
  const { id } = made.data.createBranchProtectionRule.branchProtectionRule;
  const { node } = (await graphql(read, { id })).data;
  expect(node).toMatchObject({
    id,
    repository: { id: repositoryId, name: "fork" },
    pattern: "release/*",
    isAdminEnforced: true,
    requiresApprovingReviews: true,
    requiredApprovingReviewCount: 2,
    requiredStatusCheckContexts: ["ci"],
    restrictsPushes: false,
    bypassForcePushAllowances: { nodes: [] },
  });
  const update =
    "mutation($input:UpdateBranchProtectionRuleInput!){updateBranchProtectionRule(input: $input){branchProtectionRule{id}}}";
  await graphql(update, { input: { branchProtectionRuleId: id, requiresApprovingReviews: false, lockBranch: true } });
  expect((await graphql(read, { id })).data.node).toMatchObject({
    requiresApprovingReviews: false,
    requiredApprovingReviewCount: null,
    lockBranch: true,
    requiresStatusChecks: true,
  });
  const remove =
    "mutation($input:DeleteBranchProtectionRuleInput!){deleteBranchProtectionRule(input: $input){clientMutationId}}";
  expect((await graphql(remove, { input: { branchProtectionRuleId: id } })).errors).toBeUndefined();
  const gone = await graphql(read, { id });
  expect(gone.errors[0]).toMatchObject({
    type: "NOT_FOUND",
    message: `Could not resolve to a node with the global id of '${id}'`,
  });
});

test("a repository's name is no node, and is found by owner and name, as the provider looks for it", async () => {
  const node = await graphql("query($id:ID!){node(id:$id){id}}", { id: "fork" });
  expect([node.data.node, node.errors[0].message]).toEqual([
    null,
    "Could not resolve to a node with the global id of 'fork'",
  ]);
  const query = "query($name:String!$owner:String!){repository(owner:$owner, name:$name){id}}";
  expect((await graphql(query, { owner: "ann", name: "fork" })).data.repository.id).toBe(repositoryId);
});

test("a misspelt field is refused by the schema, an unmodelled one by name", async () => {
  const misspelt = await graphql(create, { input: { repositoryId, pattern: "x", isAdminsEnforced: true } });
  expect(misspelt.errors[0].message).toContain(
    'Field "isAdminsEnforced" is not defined by type "CreateBranchProtectionRuleInput"',
  );
  const open = await graphql('{repository(owner:"ann",name:"fork"){stargazerCount}}', {});
  expect(open.errors[0].message).toBe("sandbox: GraphQL field Repository.stargazerCount is not modelled");
});

test("REST sets, shows and removes the protection of a branch, and branches say that they are protected", async () => {
  const path = "/repos/ann/fork/branches/main/protection";
  const none = await sandbox.ask("GET", path, ann);
  expect([none.status, none.body.message]).toEqual([404, "Branch not protected"]);
  const half = await sandbox.ask("PUT", path, ann, { enforce_admins: true });
  expect(half.status).toBe(422);
  const body = {
    required_status_checks: { strict: false, contexts: ["ci"] },
    enforce_admins: true,
    required_pull_request_reviews: null,
    restrictions: null,
  };
  const set = await sandbox.ask("PUT", path, ann, body);
  expect([set.status, set.body.enforce_admins.enabled, set.body.required_status_checks.contexts]).toEqual([
    200,
    true,
    ["ci"],
  ]);
  expect(set.body.required_pull_request_reviews).toBeUndefined();
  const shown = await sandbox.ask("GET", path, ann);
  expect(shown.body).toEqual(set.body);
  const teams = await sandbox.ask("PUT", path, ann, { ...body, restrictions: { users: ["ann"], teams: [] } });
  expect([teams.status, teams.body.errors]).toEqual([
    422,
    ["Only organization repositories can have users and team restrictions"],
  ]);
  expect((await sandbox.ask("DELETE", path, ann)).status).toBe(204);
  expect((await sandbox.ask("GET", path, ann)).status).toBe(404);
  const absent = await sandbox.ask("GET", "/repos/ann/fork/branches/nowhere/protection", ann);
  expect([absent.status, absent.body.message]).toEqual([404, "Branch not found"]);
});

test("a private repository on a free plan has no classic protection either", async () => {
  await sandbox.control("POST", "/repositories", { owner: "ann", name: "closed", visibility: "private" });
  await commit(sandbox.state, "ann/closed", "main", "README.md", "one\n");
  const { status, body } = await sandbox.ask("GET", "/repos/ann/closed/branches/main/protection", ann);
  expect([status, body.message]).toEqual([
    403,
    "Upgrade to GitHub Pro or make this repository public to enable this feature.",
  ]);
});

test("a repository's branches, files, rulesets and people in one query, as doctor of the product asks for them", async () => {
  await sandbox.person("rob");
  await sandbox.control("PUT", "/repositories/ann/fork/collaborators/rob", { permission: "triage" });
  const tip = await commit(sandbox.state, "ann/fork", "main", ".github/workflows/ci.yml", "on: push\n");
  const rules = { name: "keep", target: "branch", enforcement: "active", rules: [{ type: "deletion" }] };
  const keys = { actor_type: "DeployKey", bypass_mode: "always" };
  await sandbox.ask("POST", "/repos/ann/fork/rulesets", ann, { ...rules, bypass_actors: [keys] });
  await sandbox.ask("PUT", "/repos/ann/fork/branches/main/protection", ann, {
    required_status_checks: null,
    enforce_admins: true,
    required_pull_request_reviews: null,
    restrictions: null,
  });
  const query = `query($owner: String!, $name: String!, $none: String!) { repository(owner: $owner, name: $name) {
    refs(refPrefix: "refs/heads/", first: 10) { nodes { name } }
    ref(qualifiedName: "refs/heads/main") { target { oid } branchProtectionRule { pattern isAdminEnforced } }
    none: ref(qualifiedName: $none) { target { oid } }
    top: object(expression: "HEAD:") { ... on Tree { entries { name type } } }
    file: object(expression: "main:README.md") { ... on Blob { oid text isTruncated } }
    gone: object(expression: "main:README.txt") { ... on Blob { oid } }
    workflows: object(expression: "HEAD:.github/workflows") { ... on Tree { entries { name object { ... on Blob { text } } } } }
    rulesets(first: 10, includeParents: true) { nodes { name bypassActors(first: 10) { nodes { deployKey bypassMode actor { __typename } } } } }
    collaborators(first: 10) { pageInfo { hasNextPage } edges { permission node { login } } }
  } }`;
  const { data, errors } = await graphql(query, { owner: "ann", name: "fork", none: "refs/heads/none" });
  expect(errors).toBeUndefined();
  expect(data.repository).toEqual({
    refs: { nodes: [{ name: "main" }] },
    ref: { target: { oid: tip }, branchProtectionRule: { pattern: "main", isAdminEnforced: true } },
    none: null,
    top: {
      entries: [
        { name: ".github", type: "tree" },
        { name: "README.md", type: "blob" },
      ],
    },
    // git hash-object of "one\n"
    file: { oid: "5626abf0f72e58d7a153368ba57db4c673c0e171", text: "one\n", isTruncated: false },
    gone: null,
    workflows: { entries: [{ name: "ci.yml", object: { text: "on: push\n" } }] },
    rulesets: {
      nodes: [{ name: "keep", bypassActors: { nodes: [{ deployKey: true, bypassMode: "ALWAYS", actor: null }] } }],
    },
    collaborators: {
      pageInfo: { hasNextPage: false },
      edges: [
        { permission: "ADMIN", node: { login: "ann" } },
        { permission: "TRIAGE", node: { login: "rob" } },
      ],
    },
  });
});
