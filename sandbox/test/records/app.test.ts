import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startRecords, type TestSandbox } from "./support.ts";

let sandbox: TestSandbox;
let ada: string;
const fork = "/repos/ada/fork";

beforeAll(async () => {
  sandbox = await startRecords();
  ada = await sandbox.person("ada");
  await sandbox.control("POST", "/repositories", { owner: "ada", name: "fork" });
});
afterAll(() => sandbox.close());

describe("around every answer", () => {
  test("the same application answers at / and at /api/v3", async () => {
    const plain = await sandbox.ask("GET", fork, ada);
    const enterprise = await sandbox.ask("GET", `/api/v3${fork}`, ada);
    expect(plain.status).toBe(200);
    expect(enterprise.body).toEqual(plain.body);
    expect(plain.body.url).toBe(`${sandbox.url}/api/v3/repos/ada/fork`);
  });

  test("a repository is also found by its number", async () => {
    const { id } = (await sandbox.ask("GET", fork, ada)).body;
    expect((await sandbox.ask("GET", `/repositories/${id}/labels`, ada)).body).toHaveLength(9);
  });

  test("the token may come as Bearer, token or Basic, and an unknown one is refused", async () => {
    const basic = `Basic ${Buffer.from(`x-access-token:${ada}`).toString("base64")}`;
    for (const authorization of [`Bearer ${ada}`, `token ${ada}`, basic]) {
      const answer = await sandbox.ask("GET", "/user", undefined, undefined, { authorization });
      expect(answer.body.login).toBe("ada");
    }
    const unknown = await sandbox.ask("GET", "/user", "ghp_unknown");
    expect(unknown.status).toBe(401);
    expect(unknown.body).toMatchObject({ message: "Bad credentials", status: "401" });
    expect((await sandbox.ask("GET", "/user")).body.message).toBe("Requires authentication");
  });

  test("answers carry a request id, the rate limit and the scopes, and every request counts", async () => {
    const { headers } = await sandbox.ask("GET", fork, ada);
    expect(headers.get("x-github-request-id")).toMatch(/^[0-9A-F:]+$/);
    expect(headers.get("x-ratelimit-limit")).toBe("5000");
    expect(headers.get("x-oauth-scopes")).toBe("repo, workflow");
    const before = Number(headers.get("x-ratelimit-used"));
    const after = Number((await sandbox.ask("GET", fork, ada)).headers.get("x-ratelimit-used"));
    expect(after).toBe(before + 1);
  });

  test("an unchanged answer is 304 for whoever has its ETag, and costs no request", async () => {
    const first = await sandbox.ask("GET", fork, ada);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\/"[0-9a-f]{64}"$/);
    const second = await sandbox.ask("GET", fork, ada, undefined, { "if-none-match": etag });
    expect([second.status, second.body]).toEqual([304, ""]);
    const other = await sandbox.ask("GET", fork, await sandbox.person("ada"), undefined, { "if-none-match": etag });
    expect(other.status).toBe(200);
    expect(second.headers.get("x-ratelimit-used")).toBe(first.headers.get("x-ratelimit-used"));
    await sandbox.ask("PATCH", fork, ada, { has_issues: false });
    const changed = await sandbox.ask("GET", fork, ada, undefined, { "if-none-match": etag });
    expect(changed.status).toBe(200);
    await sandbox.ask("PATCH", fork, ada, { has_issues: true });
  });

  test("a list longer than a page links to the next, to the last, and back", async () => {
    const first = await sandbox.ask("GET", `${fork}/labels?per_page=4`, ada);
    expect(first.body).toHaveLength(4);
    expect(first.headers.get("link")).toBe(
      `<${sandbox.url}${fork}/labels?per_page=4&page=2>; rel="next", <${sandbox.url}${fork}/labels?per_page=4&page=3>; rel="last"`,
    );
    const last = await sandbox.ask("GET", `${fork}/labels?per_page=4&page=3`, ada);
    expect(last.body).toHaveLength(1);
    expect(last.headers.get("link")).toContain('page=2>; rel="prev"');
    expect((await sandbox.ask("GET", `${fork}/labels`, ada)).headers.get("link")).toBeNull();
  });

  test("a broken JSON body is 400", async () => {
    const answer = await sandbox.ask("POST", `${fork}/labels`, ada, "{");
    expect([answer.status, answer.body.message]).toEqual([400, "Problems parsing JSON"]);
  });

  test("a route nobody serves is 501, names itself, and is remembered", async () => {
    const answer = await sandbox.ask("GET", "/foo?bar=1", ada);
    expect([answer.status, answer.body.message]).toEqual([501, "sandbox: no route GET /foo"]);
    expect((await sandbox.control("GET", "/unknown")).body.routes).toContain("GET /foo");
  });

  test("a private repository is hidden from strangers", async () => {
    await sandbox.control("POST", "/repositories", { owner: "ada", name: "secret", visibility: "private" });
    const eve = await sandbox.person("eve");
    expect((await sandbox.ask("GET", "/repos/ada/secret", eve)).status).toBe(404);
    expect((await sandbox.ask("GET", "/repos/ada/secret", ada)).body.private).toBe(true);
  });
});

describe("the control plane", () => {
  test("is closed to anybody without the control token, people's tokens included", async () => {
    expect((await sandbox.ask("GET", "/_sandbox/log", ada)).status).toBe(401);
    expect((await sandbox.ask("POST", "/_sandbox/tokens", undefined, { login: "ada" })).status).toBe(401);
  });

  test("logs who asked what, with the bytes on the wire, and not itself", async () => {
    const { next } = (await sandbox.control("GET", "/log")).body;
    const made = await sandbox.ask("POST", `${fork}/labels?x=1`, ada, { name: "logged" });
    await sandbox.control("GET", "/clock");
    const { entries } = (await sandbox.control("GET", `/log?since=${next}`)).body;
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      n: next,
      actor: "ada",
      method: "POST",
      path: `${fork}/labels?x=1`,
      status: 201,
      git: null,
    });
    const bodies = { request: JSON.stringify({ name: "logged" }).length, response: JSON.stringify(made.body).length };
    expect(entries[0].requestBytes).toBeGreaterThan(bodies.request);
    expect(entries[0].requestBytes).toBeLessThan(bodies.request + 600);
    expect(entries[0].responseBytes).toBeGreaterThan(bodies.response);
    expect(entries[0].responseBytes).toBeLessThan(bodies.response + 1200);
  });

  test("a fault strikes the Nth request that matches, once", async () => {
    await sandbox.control("POST", "/faults", {
      route: "GET /repos/:owner/:repo",
      request: 2,
      status: 502,
      headers: { "retry-after": "1" },
    });
    const statuses: number[] = [];
    for (let n = 0; n < 3; n++) statuses.push((await sandbox.ask("GET", fork, ada)).status);
    expect(statuses).toEqual([200, 502, 200]);
    expect((await sandbox.ask("GET", `${fork}/labels`, ada)).status).toBe(200);
  });

  test("a cut before the handler changes nothing, a cut after it has changed everything", async () => {
    const write = (name: string) => sandbox.ask("POST", `${fork}/labels`, ada, { name });
    const there = async (name: string) => (await sandbox.ask("GET", `${fork}/labels/${name}`, ada)).status;
    await sandbox.control("POST", "/faults", { route: "POST /repos/:owner/:repo/labels", cut: true });
    await expect(write("lost")).rejects.toThrow("fetch failed");
    expect(await there("lost")).toBe(404);
    await sandbox.control("POST", "/faults", { route: "POST /repos/:owner/:repo/labels", cut: true, when: "after" });
    await expect(write("kept")).rejects.toThrow("fetch failed");
    expect(await there("kept")).toBe(200);
  });

  test("an outage begins at the request that is struck and lasts until the faults are cleared", async () => {
    await sandbox.control("DELETE", "/faults");
    const write = (name: string) => sandbox.ask("POST", `${fork}/labels`, ada, { name });
    const read = () => sandbox.ask("GET", fork, ada);
    await sandbox.control("POST", "/faults", {
      route: "POST /repos/:owner/:repo/labels",
      when: "after",
      outage: true,
    });
    expect((await read()).status).toBe(200);
    await expect(write("last")).rejects.toThrow("fetch failed");
    await expect(read()).rejects.toThrow("fetch failed");
    const { seen } = (await sandbox.control("GET", "/faults")).body;
    expect(seen).toEqual([`GET ${fork}`, `POST ${fork}/labels`, `GET ${fork}`]);
    await sandbox.control("DELETE", "/faults");
    expect((await sandbox.control("GET", "/faults")).body).toEqual({ seen: [] });
    expect((await sandbox.ask("GET", `${fork}/labels/last`, ada)).status).toBe(200);
  });

  test("an answer replaced after the handler keeps the work and none of the handler's answer", async () => {
    await sandbox.control("POST", "/faults", { status: 500, body: { message: "boom" }, when: "after" });
    const answer = await sandbox.ask("POST", `${fork}/labels`, ada, { name: "after" });
    expect([answer.status, answer.body]).toEqual([500, { message: "boom" }]);
    expect((await sandbox.ask("GET", `${fork}/labels/after`, ada)).status).toBe(200);
  });

  test("faults can be taken back, and misspelt ones are refused", async () => {
    await sandbox.control("POST", "/faults", { status: 500, times: 5 });
    await sandbox.control("DELETE", "/faults");
    expect((await sandbox.ask("GET", fork, ada)).status).toBe(200);
    expect((await sandbox.control("POST", "/faults", { stauts: 500 })).status).toBe(422);
  });

  test("a snapshot brings records back", async () => {
    await sandbox.control("POST", "/snapshots", { name: "before" });
    await sandbox.ask("DELETE", `${fork}/labels/bug`, ada);
    expect((await sandbox.ask("GET", `${fork}/labels/bug`, ada)).status).toBe(404);
    expect((await sandbox.control("POST", "/snapshots/before/restore")).status).toBe(204);
    expect((await sandbox.ask("GET", `${fork}/labels/bug`, ada)).status).toBe(200);
    expect((await sandbox.control("POST", "/snapshots/never/restore")).status).toBe(404);
  });
});
