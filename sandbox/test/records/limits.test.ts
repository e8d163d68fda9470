/** Rate limits: shown always, enforced when the control plane says so. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startRecords, type TestSandbox } from "./support.ts";

let sandbox: TestSandbox;
let ann: string;

beforeAll(async () => {
  sandbox = await startRecords();
  ann = await sandbox.person("ann");
});
afterAll(() => sandbox.close());

test("the primary limit refuses in GitHub's words once it is enforced and used up, until it is lifted", async () => {
  expect((await sandbox.control("PUT", "/rate-limits", { user: 2 })).status).toBe(204);
  expect((await sandbox.ask("GET", "/user", ann)).headers.get("x-ratelimit-remaining")).toBe("1");
  await sandbox.ask("GET", "/users/ann", ann);
  const refused = await sandbox.ask("GET", "/user", ann);
  expect([refused.status, refused.headers.get("x-ratelimit-remaining")]).toEqual([403, "0"]);
  expect(refused.body.message).toMatch(/^API rate limit exceeded for user ID \d+\. If you reach out to GitHub Support/);
  expect((await sandbox.ask("GET", "/rate_limit", ann)).status).toBe(200);
  await sandbox.control("PUT", "/rate-limits", {});
  expect((await sandbox.ask("GET", "/user", ann)).status).toBe(200);
  expect((await sandbox.control("PUT", "/rate-limits", { nobody: 2 })).status).toBe(422);
});

test("a secondary limit is a fault that tells how long to wait", async () => {
  await sandbox.control("POST", "/faults", { route: "GET /user", secondaryLimit: 7 });
  const refused = await sandbox.ask("GET", "/user", ann);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([403, "7"]);
  expect(refused.body.message).toMatch(/^You have exceeded a secondary rate limit\. Please wait a few minutes/);
  expect((await sandbox.ask("GET", "/user", ann)).status).toBe(200);
});
