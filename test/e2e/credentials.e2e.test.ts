import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { pocketBoard } from "../../demo/pocket-board.ts";
import { standUp } from "../../demo/stand-up.ts";
import type { World } from "../../demo/world.ts";
import { GitHubStandIn } from "../../lib/rehearsal/stand-in.ts";

/** One fork through the life of its deploy key. */
let folder: string;
let github: GitHubStandIn;
let world: World;
const path = join("credentials", "acme--pocket-board.json");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-credentials-"));
  github = await GitHubStandIn.start(join(folder, "github"));
  world = await standUp(github, folder, await pocketBoard(folder));
  await world.upstreamSyncJson("credentials", "create");
  await world.upstreamSyncJson("apply", "--yes");
}, 120_000);

afterAll(async () => {
  await github.stop();
  rmSync(folder, { recursive: true, force: true });
});

let news = 0;
/** Upstream has a new commit, so the next run has something to push. */
async function newsFromUpstream(): Promise<void> {
  const { owner, name, branch } = world.setting.upstream;
  const file = `/repos/${owner}/${name}/contents/news-${++news}.md`;
  const { status } = await world.rest("upstream", "PUT", file, { message: "News", content: "bmV3cwo=", branch });
  expect(status).toBe(201);
}

async function syncs(): Promise<string> {
  await newsFromUpstream();
  return (await world.upstreamSyncJson("sync")).forks[0].record.outcome;
}

async function keys(): Promise<{ id: number; key: string; last_used: string | null }[]> {
  return (await world.rest("administrator", "GET", `${world.forkPath}/keys`)).data;
}

async function status() {
  const { exitCode, stdout } = await world.upstreamSync("credentials", "status", "--json");
  return { exitCode, ...JSON.parse(stdout).credentials[0] };
}

test("a key is rotated without a gap: runs before, during and after the apply push", async () => {
  expect(await syncs()).toBe("promoted");
  const [old] = await keys();
  expect(await status()).toMatchObject({ exitCode: 0, agree: true, kind: "deploy-key", lastUsed: old?.last_used });
  expect(old?.last_used).not.toBeNull();

  const rotated = await world.upstreamSync("credentials", "rotate");
  expect([rotated.exitCode, rotated.stdout]).toEqual([
    0,
    expect.stringMatching(
      /SHA256:\S+ -> SHA256:\S+\n {2}next: commit credentials.*\n {2}next: upstream-sync apply acme/,
    ),
  ]);
  expect(await keys()).toEqual([old]);
  expect(await status()).toMatchObject({
    exitCode: 3,
    problems: [
      { what: "the file has a new key, and GitHub the old one", fix: "upstream-sync apply acme/pocket-board" },
    ],
  });
  expect(await syncs()).toBe("promoted");

  await newsFromUpstream();
  const next = await github.logEnd();
  const [run, applied] = await Promise.all([world.upstreamSyncJson("sync"), world.upstreamSync("apply", "--yes")]);
  expect([applied.exitCode, applied.stderr]).toEqual([
    0,
    expect.stringContaining("terraform_data.handover: create done"),
  ]);
  expect(run.forks[0].record.outcome).toBe("promoted");
  const { entries } = await github.log(next);
  const writes = entries
    .filter(({ method, path }) => !["GET", "SSH"].includes(method) && /\/(keys|secrets)\b/.test(path))
    .map(
      ({ method, path, status }) =>
        `${method} ${path.replace(/^.*(?=\/environments\/)|^.*pocket-board/, "").replace(/\d+/, "N")} ${status}`,
    );
  expect(writes).toEqual([
    "POST /keys 201",
    "PUT /environments/upstream-sync/secrets/UPSTREAM_SYNC_DEPLOY_KEY 204",
    "DELETE /keys/N 204",
  ]);
  const [now, ...others] = await keys();
  expect([others, now?.key === old?.key]).toEqual([[], false]);

  expect(await syncs()).toBe("promoted");
  expect(await status()).toMatchObject({ exitCode: 0, agree: true, problems: [] });
}, 180_000);

test("what GitHub refuses is told with what to do, and nothing is half done", async () => {
  const before = readFileSync(join(world.project, path), "utf8");
  const bad = await world.upstreamSyncAs("ghp_bad", "credentials", "status");
  expect([bad.exitCode, bad.stderr]).toEqual([1, expect.stringContaining("GitHub answered 401 Bad credentials")]);
  const developer = await world.upstreamSyncAs(
    world.people.developer,
    "credentials",
    "revoke",
    world.forkName,
    "--yes",
  );
  expect([developer.exitCode, developer.stderr]).toEqual([
    1,
    expect.stringMatching(/could not list the deploy keys of acme\/pocket-board: GitHub answered 40[34]/),
  ]);
  expect(developer.stderr).not.toContain("GET http");
  await github.control("POST", "/faults", {
    route: `GET /repos/:owner/:repo/keys`,
    status: 403,
    body: { message: "API rate limit exceeded for user ID 1." },
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + 1800) },
  });
  const limited = await world.upstreamSync("credentials", "status", "--verbose");
  await github.control("DELETE", "/faults");
  expect([limited.exitCode, limited.stderr]).toEqual([
    1,
    expect.stringMatching(/GitHub's rate limit is used up: run the same command again after 20[\s\S]*\nGET http/),
  ]);
  expect(readFileSync(join(world.project, path), "utf8")).toBe(before);
  expect(await keys()).toHaveLength(1);
}, 60_000);

test("a key is revoked at once, only after a yes, and a new one brings the syncs back", async () => {
  const asked = await world.upstreamSync("credentials", "revoke", world.forkName);
  expect([asked.exitCode, asked.stderr]).toEqual([
    2,
    expect.stringContaining("credentials revoke: got no terminal to ask at"),
  ]);
  expect(asked.stdout).toContain("  to come back: upstream-sync credentials create acme/pocket-board\n");
  expect([(await keys()).length, existsSync(join(world.project, path))]).toEqual([1, true]);

  const revoked = await world.upstreamSyncJson("credentials", "revoke", world.forkName, "--yes");
  expect(revoked.revoked[0].secrets.map(({ name }: { name: string }) => name)).toEqual(["UPSTREAM_SYNC_DEPLOY_KEY"]);
  expect([await keys(), existsSync(join(world.project, path))]).toEqual([[], false]);
  await newsFromUpstream();
  const red = await world.upstreamSync("sync");
  expect([red.exitCode, red.stdout]).toEqual([1, expect.stringContaining("there is no deploy key")]);
  const planned = await world.upstreamSync("plan");
  expect([planned.exitCode, planned.stderr]).toEqual([
    2,
    expect.stringContaining("credentials create acme/pocket-board"),
  ]);

  await world.upstreamSyncJson("credentials", "create");
  await world.upstreamSyncJson("apply", "--yes");
  expect((await world.upstreamSyncJson("sync")).forks[0].record.outcome).toBe("promoted");
  expect((await status()).agree).toBe(true);
}, 120_000);
