import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { lines } from "./support/repository.ts";
import { type World, world } from "./support/workflow-run.ts";

let w: World;

/** Fork and upstream share one commit, upstream has one more. */
beforeEach(async () => {
  w = await world();
  const base = w.upstream.commit({ branch: "main", files: { a: lines() } });
  w.fork.git("fetch", "--quiet", w.upstream.folder, "main:main");
  w.fork.git("branch", "sync/upstream", base);
  w.fork.git("branch", "dev", base);
  w.upstream.commit({ branch: "main", files: { a: lines({ 9: "up" }) } });
});
afterEach(() => w.close());

const tip = () => w.fork.ref("refs/heads/sync/upstream");
const basic = (token: string) => `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
/** Tokens of the requests to receive packs. */
const pushedWith = () => [
  ...new Set(w.github.git.filter(({ path }) => path.endsWith("/git-receive-pack")).map((one) => one.authorization)),
];

describe("a GitHub App", () => {
  const app = () => ({ CREDENTIALS: "github-app", CREDENTIAL: w.github.app.secret });

  test("promotes and opens the pull request in its own name, with tokens for this repository that end with the job", async () => {
    const requested: unknown[] = [];
    const { set } = w.github.app.tokens;
    w.github.app.tokens.set = function remember(token, narrowed) {
      requested.push(narrowed);
      return set.call(this, token, narrowed);
    };
    const { codes, outputs, lines: printed } = await w.run({ environment: app() });
    expect(codes).toEqual({ look: 0, merge: 0, finish: 0 });
    expect(tip()).toBe(outputs.candidate);
    expect(requested).toEqual([
      { repositories: ["fork"], permissions: { contents: "write", workflows: "write" } },
      {
        repositories: ["fork"],
        permissions: {
          contents: "write",
          issues: "write",
          pull_requests: "write",
          statuses: "write",
          workflows: "write",
        },
      },
    ]);
    expect(pushedWith()).toEqual([basic("ghs_0"), basic("ghs_1")]);
    const writers = w.github.rest.filter(({ method, path }) => method !== "GET" && path.startsWith("/repos/"));
    expect(new Set(writers.map((one) => one.authorization))).toEqual(new Set(["Bearer ghs_1"]));
    expect(w.github.app.revoked).toEqual(["ghs_0", "ghs_1"]);
    expect(w.github.pushes).toEqual([]);
    expect(w.left()).toEqual([]);
    // Masked before anything else could print it.
    expect(printed.indexOf("::add-mask::ghs_0")).toBe(printed.findIndex((line) => line.includes("ghs_0")));
    expect(printed.filter((line) => /ghs_|PRIVATE KEY/.test(line))).toEqual(["::add-mask::ghs_0", "::add-mask::ghs_1"]);
  });

  test("loses its token also when the push is refused", async () => {
    w.fork.git("config", "receive.denyDeletes", "true");
    w.fork.git("config", "transfer.hideRefs", "refs/upstream-sync");
    expect((await w.run({ environment: app() })).codes).toMatchObject({ merge: 1 });
    expect([...w.github.app.tokens]).toEqual([]);
    expect(w.github.app.revoked).toEqual(["ghs_0"]);
  });

  test.each<[string, () => void, Record<string, string>, RegExp]>([
    ["no secret", () => undefined, { CREDENTIAL: "" }, /has no secret UPSTREAM_SYNC_APP.*credentials create/],
    ["a secret of another kind", () => undefined, { CREDENTIAL: "-----BEGIN" }, /is not JSON like/],
    [
      "a key that is none",
      () => undefined,
      { CREDENTIAL: '{"appId":4711,"privateKey":"secret words"}' },
      /is not JSON like/,
    ],
    [
      "no installation",
      () => {
        w.github.app.installed = false;
      },
      {},
      /404 Not Found\. Install the App on acme\/fork/,
    ],
    [
      "a permission too few",
      () => {
        w.github.app.granted = ["contents"];
      },
      {},
      /422 The permissions requested are not granted.*contents: write, workflows: write/,
    ],
  ])("with %s ends red with the remedy, and its key is shown nowhere", async (_, arrange, environment, reason) => {
    arrange();
    const { codes, records, lines: printed, summary } = await w.run({ environment: { ...app(), ...environment } });
    expect(codes).toEqual({ look: 0, merge: 1, finish: 1 });
    expect(records).toMatchObject([{ outcome: "stopped", reason: expect.stringMatching(reason) }]);
    expect([...printed, summary].join("\n")).not.toMatch(/secret words|RSA PRIVATE KEY-----\w/);
  });
});

describe("the job token", () => {
  test("pushes and opens the pull request where nothing else is there", async () => {
    w.github.pushTokens.push("job-token");
    const { codes } = await w.run({ environment: { CREDENTIALS: "github-token", CREDENTIAL: "" } });
    expect(codes).toEqual({ look: 0, merge: 0, finish: 0 });
    expect(pushedWith()).toEqual([basic("job-token")]);
    expect(w.github.pulls).toHaveLength(1);
  });
});

describe("a private upstream", () => {
  test("is read with its own token, which goes nowhere else", async () => {
    const { codes } = await w.run({ environment: { UPSTREAM_TOKEN: "up-token" } });
    expect(codes).toEqual({ look: 0, merge: 0, finish: 0 });
    const seen = (prefix: string) =>
      new Set(w.github.git.filter(({ path }) => path.startsWith(prefix)).map((one) => one.authorization));
    expect(seen("/up/")).toEqual(new Set([basic("up-token")]));
    expect(seen("/acme/")).toEqual(new Set([basic("job-token")]));
    expect(new Set(w.github.rest.map((one) => one.authorization))).toEqual(new Set(["Bearer job-token"]));
  });
});
