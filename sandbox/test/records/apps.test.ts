import { createSign, generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startRecords, type TestSandbox } from "./support.ts";

let sandbox: TestSandbox;
let ann: string;
let app: { id: number; slug: string; clientId: string };
let installation: number;
const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const publicKey = pair.publicKey.export({ type: "spki", format: "pem" }).toString();

/** As docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App", tells it. */
function jwt(claims: Record<string, unknown>, key = pair.privateKey): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const head = `${part({ typ: "JWT", alg: "RS256" })}.${part(claims)}`;
  return `${head}.${createSign("RSA-SHA256").update(head).sign(key, "base64url")}`;
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

function good(more: Record<string, unknown> = {}): string {
  return jwt({ iat: now() - 60, exp: now() + 540, iss: String(app.id), ...more });
}

beforeAll(async () => {
  sandbox = await startRecords();
  ann = await sandbox.person("ann");
  await sandbox.control("POST", "/owners", { login: "acme", type: "Organization", plan: "team" });
  for (const name of ["one", "two", "closed"]) {
    await sandbox.control("POST", "/repositories", {
      owner: "acme",
      name,
      visibility: name === "closed" ? "private" : "public",
    });
    await sandbox.control("PUT", `/repositories/acme/${name}/collaborators/ann`, { permission: "admin" });
  }
  const permissions = {
    contents: "write",
    pull_requests: "write",
    issues: "write",
    workflows: "write",
    metadata: "read",
  };
  app = (await sandbox.control("POST", "/apps", { slug: "sync", owner: "acme", publicKey, permissions })).body;
  const made = await sandbox.control("POST", "/apps/sync/installations", {
    account: "acme",
    repositories: ["one", "closed"],
  });
  installation = made.body.id;
});
afterAll(() => sandbox.close());

test("an App knows itself and its installation by a JWT of its key, whose issuer is its id or its client id", async () => {
  const self = await sandbox.ask("GET", "/app", good());
  expect([self.status, self.body.id, self.body.slug, self.body.permissions.pull_requests]).toEqual([
    200,
    app.id,
    "sync",
    "write",
  ]);
  const found = await sandbox.ask("GET", "/repos/acme/one/installation", good({ iss: app.clientId }));
  expect([found.status, found.body.id, found.body.app_slug, found.body.repository_selection]).toEqual([
    200,
    installation,
    "sync",
    "selected",
  ]);
  expect((await sandbox.ask("GET", "/repos/acme/two/installation", good())).status).toBe(404);
});

test.each([
  [
    "an expired one",
    { exp: 1 },
    401,
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
  ],
  [
    "one that lasts an hour",
    { exp: Math.floor(Date.now() / 1000) + 3600 },
    401,
    "'Expiration time' claim ('exp') is too far in the future",
  ],
  [
    "one from the future",
    { iat: Math.floor(Date.now() / 1000) + 600 },
    401,
    "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
  ],
  ["one of an unknown App", { iss: "1" }, 404, "Integration not found"],
])("a JWT is refused: %s", async (_what, claims, status, message) => {
  const { status: got, body } = await sandbox.ask("GET", "/app", good(claims));
  expect([got, body.message]).toEqual([status, message]);
});

test("a JWT signed by another key, and a person's token, are no JWT", async () => {
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const forged = jwt({ iat: now() - 60, exp: now() + 500, iss: app.id }, other);
  for (const token of [forged, ann]) {
    const { status, body } = await sandbox.ask("GET", "/app", token);
    expect([status, body.message]).toEqual([401, "A JSON web token could not be decoded"]);
  }
});

async function token(body: object = {}): Promise<string> {
  return (await sandbox.ask("POST", `/app/installations/${installation}/access_tokens`, good(), body)).body.token;
}

test("a token is narrowed to repositories and permissions, never widened", async () => {
  const path = `/app/installations/${installation}/access_tokens`;
  const narrow = await sandbox.ask("POST", path, good(), { repositories: ["one"], permissions: { issues: "write" } });
  expect(narrow.status).toBe(201);
  expect(narrow.body.permissions).toEqual({ metadata: "read", issues: "write" });
  expect(narrow.body.repositories.map((one: { full_name: string }) => one.full_name)).toEqual(["acme/one"]);
  expect(Date.parse(narrow.body.expires_at) - Date.now()).toBeGreaterThan(3_500_000);
  const more = await sandbox.ask("POST", path, good(), { permissions: { administration: "write" } });
  expect([more.status, more.body.message]).toEqual([
    422,
    "The permissions requested are not granted to this installation.",
  ]);
  const elsewhere = await sandbox.ask("POST", path, good(), { repositories: ["two"] });
  expect([elsewhere.status, elsewhere.body.message]).toEqual([
    422,
    "There is at least one repository that does not exist or is not accessible to the parent installation.",
  ]);
});

test("a token acts as the App's bot within its permissions, sees its private repositories, and can be given back", async () => {
  const mine = await token({ permissions: { issues: "write" } });
  const opened = await sandbox.ask("POST", "/repos/acme/one/issues", mine, { title: "by the App" });
  expect([opened.status, opened.body.user.login, opened.body.user.type]).toEqual([201, "sync[bot]", "Bot"]);
  const refused = await sandbox.ask("POST", "/repos/acme/one/statuses/0000000000000000000000000000000000000000", mine, {
    state: "success",
  });
  expect([refused.status, refused.body.message]).toEqual([403, "Resource not accessible by integration"]);
  expect((await sandbox.ask("GET", "/repos/acme/closed", mine)).status).toBe(200);
  expect((await sandbox.ask("POST", "/repos/acme/two/issues", mine, { title: "not mine" })).status).toBe(403);
  const listed = await sandbox.ask("GET", "/installation/repositories", mine);
  expect(listed.body.repositories.map((one: { name: string }) => one.name)).toEqual(["closed", "one"]);
  expect((await sandbox.ask("DELETE", "/installation/token", mine)).status).toBe(204);
  const gone = await sandbox.ask("GET", "/repos/acme/one", mine);
  expect([gone.status, gone.body.message]).toEqual([401, "Bad credentials"]);
});

test("an installed App may be named in a bypass list, another one not", async () => {
  const rules = { name: "gate", enforcement: "active", rules: [{ type: "deletion" }] };
  const actor = { actor_id: app.id, actor_type: "Integration", bypass_mode: "always" };
  const made = await sandbox.ask("POST", "/repos/acme/one/rulesets", ann, { ...rules, bypass_actors: [actor] });
  expect([made.status, made.body.bypass_actors]).toEqual([201, [actor]]);
  const refused = await sandbox.ask("POST", "/repos/acme/two/rulesets", ann, { ...rules, bypass_actors: [actor] });
  expect([refused.status, refused.body.errors]).toEqual([
    422,
    [`Actor ${app.id} integration must be part of the ruleset source or owner organization`],
  ]);
});

test("settings of the organization cannot be changed from a repository", async () => {
  await sandbox.control("PATCH", "/repositories/acme/two", {
    forcedByOrganization: ["workflow"],
    deployKeysAllowed: false,
  });
  const body = { can_approve_pull_request_reviews: true };
  expect((await sandbox.ask("PUT", "/repos/acme/two/actions/permissions/workflow", ann, body)).status).toBe(409);
  expect((await sandbox.ask("PUT", "/repos/acme/one/actions/permissions/workflow", ann, body)).status).toBe(204);
});

test("people are assigned one by one, and who cannot be is left out", async () => {
  const { body: issue } = await sandbox.ask("POST", "/repos/acme/one/issues", ann, { title: "work" });
  const path = `/repos/acme/one/issues/${issue.number}/assignees`;
  const given = await sandbox.ask("POST", path, ann, { assignees: ["Ann", "nobody"] });
  expect([given.status, given.body.assignees.map((one: { login: string }) => one.login)]).toEqual([201, ["ann"]]);
  const taken = await sandbox.ask("DELETE", path, ann, { assignees: ["ANN"] });
  expect([taken.status, taken.body.assignees]).toEqual([200, []]);
});
