import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Repository } from "../../server/state.ts";
import { commit, type GitSandbox, startGitSandbox } from "./support.ts";

let sandbox: GitSandbox;
let ann: string;

beforeAll(async () => {
  sandbox = await startGitSandbox();
  ann = sandbox.user("ann");
});
afterAll(() => sandbox.close());

const admins = { collaborators: { ann: "admin" } } satisfies Partial<Repository>;
describe("the request log", () => {
  test.each(["0", "1", "2"])(
    "has one look-up for ls-remote and one fetch more for fetch, in protocol %s",
    async (version) => {
      const repository = await sandbox.repository(`log-${version}`, admins);
      const work = sandbox.clone(repository, ann);
      const key = sandbox.deployKey(repository);
      const from = sandbox.clone(repository, ann);
      await commit(from, { "new.txt": "new\n" });
      await sandbox.git(from, ["push", "origin", "main"]);
      sandbox.exchanges();
      const run = async (...args: string[]) => {
        const ran = await sandbox.git(work, ["-c", `protocol.version=${version}`, ...args], key);
        expect([ran.code, ran.code === 0 ? "" : ran.stderr]).toEqual([0, ""]);
        return sandbox.exchanges();
      };
      const [http, ssh] = [sandbox.http(repository, ann), sandbox.ssh(repository)];
      expect(await run("ls-remote", http)).toEqual(["look-up http"]);
      expect(await run("ls-remote", ssh)).toEqual(["look-up ssh"]);
      expect(await run("fetch", http, "+main:refs/a")).toEqual(["look-up http", "fetch http"]);
      expect(await run("fetch", ssh, "+main:refs/b")).toEqual(["look-up ssh"]);
      await sandbox.git(work, ["update-ref", "-d", "refs/a"]);
      await sandbox.git(work, ["update-ref", "-d", "refs/b"]);
      await sandbox.git(work, ["prune", "--expire=now"]);
      expect(await run("fetch", ssh, "+main:refs/b")).toEqual(["look-up ssh", "fetch ssh"]);
      expect(await run("push", http, "HEAD:refs/heads/x")).toEqual(["push http"]);
      expect(await run("push", ssh, "HEAD:refs/heads/y")).toEqual(["push ssh"]);
    },
  );

  test("counts the bytes of what was really sent", async () => {
    const repository = await sandbox.repository("bytes", admins);
    const work = sandbox.clone(repository, ann);
    const noise = Array.from({ length: 20_000 }, (_, n) => Math.sin(n).toString(36)).join("");
    await commit(work, { "large.txt": noise });
    sandbox.entries();
    await sandbox.git(work, ["push", "origin", "main"]);
    await sandbox.git(sandbox.folder, ["clone", sandbox.http(repository), "bytes"]);
    const entries = sandbox.entries();
    const push = entries.find(({ git }) => git?.operation === "push");
    const fetch = entries.find(({ git }) => git?.operation === "fetch");
    expect(push?.requestBytes).toBeGreaterThan(50_000);
    expect(fetch?.responseBytes).toBeGreaterThan(50_000);
    expect(push?.responseBytes).toBeLessThan(5_000);
    expect(push?.actor).toBe("ann");
  });

  test("names no look-up for a partial clone's later blobs", async () => {
    const repository = await sandbox.repository("partial", admins);
    const work = `${sandbox.folder}/partial`;
    sandbox.exchanges();
    await sandbox.git(sandbox.folder, ["clone", "--bare", "--filter=blob:none", sandbox.http(repository), work]);
    expect(sandbox.exchanges()).toEqual(["look-up http", "fetch http"]);
    expect((await sandbox.git(work, ["show", "main:README.md"])).stdout).toBe("one\ntwo\nthree");
    expect(sandbox.exchanges()).toEqual(["fetch http"]);
  });

  test("has one fetch for a fetch that negotiates in several rounds", async () => {
    const repository = await sandbox.repository("rounds", admins);
    const work = sandbox.clone(repository, ann);
    const other = sandbox.clone(repository, ann);
    await commit(other, { "new.txt": "new\n" });
    await sandbox.git(other, ["push", "origin", "main"]);
    // More and younger commits of its own than the client names in its first round of haves (16).
    const later = { GIT_COMMITTER_DATE: "2027-01-02T03:04:05Z" };
    for (let n = 0; n < 40; n++) await sandbox.git(work, ["commit", "--quiet", "--allow-empty", "-m", `${n}`], later);
    sandbox.exchanges();
    const { code, stderr } = await sandbox.git(work, ["fetch", "origin", "+main:refs/a"], { GIT_TRACE_PACKET: "1" });
    expect(code).toBe(0);
    expect(stderr.match(/> command=fetch/g)?.length).toBeGreaterThan(1);
    expect(sandbox.exchanges()).toEqual(["look-up http", "fetch http"]);
  });
});
