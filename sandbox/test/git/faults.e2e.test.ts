/** Connections that break on purpose: before the effect, after it, in the middle of an answer; over http and over ssh. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { bare, readRef } from "../../server/git.ts";
import type { Repository } from "../../server/state.ts";
import { commit, type GitSandbox, startGitSandbox } from "./support.ts";

let sandbox: GitSandbox;
let ann: string;

beforeAll(async () => {
  sandbox = await startGitSandbox();
  ann = sandbox.user("ann");
});
afterAll(() => sandbox.close());

async function tip(repository: Repository): Promise<string | null> {
  return readRef(bare(sandbox.state, repository), "refs/heads/main");
}

test.each([
  ["http", "before"],
  ["http", "after"],
  ["ssh", "before"],
  ["ssh", "after"],
] as const)("a push over %s cut %s its effect fails for the client, and can be repeated", async (door, when) => {
  const repository = await sandbox.repository(`cut-${door}-${when}`, { collaborators: { ann: "admin" } });
  const work = sandbox.clone(repository, ann);
  const before = await tip(repository);
  const sha = await commit(work, { "new.txt": "new\n" });
  // Protocol v0/v1 of receive-pack: over http the POST is the push, over ssh the whole session is.
  const method = door === "http" ? "POST" : "SSH";
  // curl sends a request again, once, when a connection it had kept open turns out to be gone.
  sandbox.faults.add({
    route: `${method} /acme/*`,
    cut: true,
    when,
    times: door === "http" && when === "before" ? 2 : 1,
  });
  const environment = door === "ssh" ? sandbox.deployKey(repository) : {};
  const push = ["push", door === "ssh" ? sandbox.ssh(repository) : "origin", "main"];
  expect((await sandbox.git(work, push, environment)).code).not.toBe(0);
  expect(await tip(repository)).toBe(when === "after" ? sha : before);
  expect((await sandbox.git(work, push, environment)).code).toBe(0);
  expect(await tip(repository)).toBe(sha);
});

test.each(["http", "ssh"] as const)(
  "a fetch over %s that breaks off after some bytes leaves no clone",
  async (door) => {
    const repository = await sandbox.repository(`short-${door}`, {});
    const method = door === "http" ? "POST" : "SSH";
    sandbox.faults.add({ route: `${method} /acme/*`, cutAfterBytes: 10, times: 3 });
    const environment = door === "ssh" ? sandbox.deployKey(repository, true) : {};
    const url = door === "ssh" ? sandbox.ssh(repository) : sandbox.http(repository);
    const broken = await sandbox.git(sandbox.folder, ["clone", "--quiet", url, `broken-${door}`], environment);
    expect(broken.code).not.toBe(0);
    sandbox.faults.clear();
    const whole = await sandbox.git(sandbox.folder, ["clone", "--quiet", url, `whole-${door}`], environment);
    expect(whole.code).toBe(0);
  },
);

test("a REST answer breaks off after some bytes of its body", async () => {
  await sandbox.repository("short-rest", {});
  sandbox.faults.add({ route: "GET /repos/acme/short-rest/branches", cutAfterBytes: 100 });
  await expect(sandbox.ask("GET", "/repos/acme/short-rest/branches", ann)).rejects.toThrow();
  expect((await sandbox.ask("GET", "/repos/acme/short-rest/branches", ann)).status).toBe(200);
});
