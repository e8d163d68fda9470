/** The validator itself: that it finds the operation, and that it sees what does not fit. */
import { describe, expect, test } from "@jest/globals";
import { Hono } from "hono";
import { operationFinder, readDescription } from "../../server/openapi/description.ts";
import { Violations, validating } from "../../server/openapi/validation.ts";
import { converted, templateKey } from "../../tools/trim-description.ts";

describe("the operation of a request", () => {
  const find = operationFinder(readDescription());
  test.each([
    ["GET", "/repos/o/r/commits/feature/x/status", "GET /repos/{owner}/{repo}/commits/{ref}/status"],
    ["GET", "/repos/o/r/commits/main", "GET /repos/{owner}/{repo}/commits/{ref}"],
    ["GET", "/repos/o/r/branches/sync/upstream", "GET /repos/{owner}/{repo}/branches/{branch}"],
    ["GET", "/repos/o/r/branches/sync/upstream/protection", "GET /repos/{owner}/{repo}/branches/{branch}/protection"],
    ["PUT", "/repos/o/r/contents/.github/workflows/a.yml", "PUT /repos/{owner}/{repo}/contents/{path}"],
    ["GET", "/nobody/serves/this", undefined],
  ])("%s %s", (method, path, wanted) => {
    expect(find(method, path)).toBe(wanted);
  });
});

async function violationsOf(answer: Response, request: RequestInit = {}) {
  const violations = new Violations();
  const app = new Hono();
  app.use(validating(violations) as never);
  app.all("*", () => answer);
  await app.request("/repos/o/r/labels", request);
  return violations.entries.map(({ operation, status, side, problems }) => ({ operation, status, side, problems }));
}

const label = {
  id: 1,
  node_id: "x",
  url: "http://127.0.0.1/l",
  name: "bug",
  color: "d73a4a",
  default: true,
  description: null,
};
const operation = "POST /repos/{owner}/{repo}/labels";

test("an answer that fits is no violation; a missing field, a wrong type and an undescribed status are", async () => {
  const post = {
    method: "POST",
    body: JSON.stringify({ name: "bug" }),
    headers: { "content-type": "application/json" },
  };
  expect(await violationsOf(Response.json(label, { status: 201 }), post)).toEqual([]);
  const { color: _color, ...colourless } = label;
  expect(await violationsOf(Response.json(colourless, { status: 201 }), post)).toEqual([
    { operation, status: 201, side: "answer", problems: ["/ must have required property 'color'"] },
  ]);
  expect(await violationsOf(Response.json({ ...label, id: "1" }, { status: 201 }), post)).toEqual([
    { operation, status: 201, side: "answer", problems: ["/id must be integer"] },
  ]);
  expect(await violationsOf(Response.json(label, { status: 202 }), post)).toEqual([
    { operation, status: 202, side: "answer", problems: ["status 202 is not described, only 201, 404, 422"] },
  ]);
  expect(await violationsOf(Response.json({ message: 7 }, { status: 403 }), post)).toMatchObject([{ status: 403 }]);
});

test("a request that was accepted and that GitHub's description would not accept is one as well", async () => {
  const post = { method: "POST", body: JSON.stringify({ color: "d73a4a" }) };
  expect(await violationsOf(Response.json(label, { status: 201 }), post)).toEqual([
    { operation, status: 201, side: "request", problems: ["/ must have required property 'name'"] },
  ]);
});

test("OpenAPI 3.0 becomes JSON Schema: null as a type, alternatives that may overlap, names without a grammar dropped", () => {
  const names: string[] = [];
  const schema = {
    type: "object",
    description: "gone",
    properties: {
      title: { type: "string", nullable: true, enum: ["a"], example: "gone" },
      when: { type: "string", format: "timestamp" },
      owner: { nullable: true, oneOf: [{ $ref: "#/components/schemas/simple-user" }] },
    },
  };
  expect(converted(schema, (name) => names.push(name))).toEqual({
    type: "object",
    properties: {
      title: { type: ["string", "null"], enum: ["a", null] },
      when: { type: "string" },
      owner: { anyOf: [{ anyOf: [{ $ref: "#/schemas/simple-user" }] }, { type: "null" }] },
    },
  });
  expect(names).toEqual(["simple-user"]);
  expect(templateKey("/repos/:owner/:repo/git/ref/:ref{.+}")).toBe(templateKey("/repos/{owner}/{repo}/git/ref/{ref}"));
});
