import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { pocketBoard } from "../../demo/pocket-board.ts";
import { standUp } from "../../demo/stand-up.ts";
import { strike } from "../../demo/workflow-run.ts";
import type { World } from "../../demo/world.ts";
import { GitHubStandIn } from "../../lib/rehearsal/stand-in.ts";

/** A team with a GitHub App, a token for its upstream, and a CODEOWNERS of its own in the last of the three places. */
let folder: string;
let github: GitHubStandIn;
let world: World;
const theirs = "* @dana-dev\n";
const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const second = generateKeyPairSync("rsa", { modulusLength: 2048 });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-people-"));
  github = await GitHubStandIn.start(join(folder, "github"));
  world = await standUp(github, folder, await pocketBoard(folder));
  await world.rest("developer", "PUT", `${world.forkPath}/contents/docs/CODEOWNERS`, {
    message: "Who owns what",
    content: Buffer.from(theirs).toString("base64"),
    branch: "dev",
  });
  const config = join(world.project, "upstream-sync.yaml");
  const text = readFileSync(config, "utf8").replace(
    "      branch: main\n",
    "      branch: main\n      private: true\n",
  );
  writeFileSync(config, text.replace("pullRequest:", "credentials: github-app\n    pullRequest:"));
  writeFileSync(join(folder, "app.pem"), pair.privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
  writeFileSync(join(folder, "second.pem"), second.privateKey.export({ type: "pkcs1", format: "pem" }), {
    mode: 0o600,
  });
}, 120_000);

afterAll(async () => {
  await github.stop();
  rmSync(folder, { recursive: true, force: true });
});

const owners = async () => {
  const { data } = await world.rest("developer", "GET", `${world.forkPath}/contents/docs/CODEOWNERS?ref=dev`);
  return Buffer.from(data.content, "base64").toString();
};
const branches = async () =>
  Object.keys(await world.refs()).filter((ref) => ref.startsWith("refs/heads/upstream-sync"));

/** A second private key is sealed, then the first is deleted in the settings, and runs go on. */
async function rotate(): Promise<void> {
  const spki = (one: typeof pair) => one.publicKey.export({ type: "spki", format: "pem" });
  const rotating = ["credentials", "rotate", "--private-key-file"];
  const same = await world.upstreamSync(...rotating, join(folder, "app.pem"));
  expect([same.exitCode, same.stderr]).toEqual([2, expect.stringContaining("is the one that is sealed already")]);
  const unknown = await world.upstreamSync(...rotating, join(folder, "second.pem"));
  expect([unknown.exitCode, unknown.stderr]).toEqual([1, expect.stringContaining("GitHub does not accept it")]);

  await github.control("PUT", "/apps/pocket-sync/keys", { publicKeys: [spki(pair), spki(second)] });
  const { credentials } = await world.upstreamSyncJson(...rotating, join(folder, "second.pem"));
  expect(credentials[0].next.at(-1)).toBe(
    `after that, when no run is going: delete ${credentials[0].from} by hand at ${github.url}/organizations/acme/settings/apps/pocket-sync (Private keys)`,
  );
  await world.upstreamSyncJson("apply", "--yes");
  await github.control("PUT", "/apps/pocket-sync/keys", { publicKeys: [spki(second)] });
  expect((await world.upstreamSyncJson("sync", "--retest")).forks[0].run.conclusion).toBe("success");
  const status = await world.upstreamSyncJson("credentials", "status");
  expect(status.credentials[0]).toMatchObject({ kind: "github-app", agree: true });
}

test("the App is checked before its key is sealed, pushes in its own name, and people's CODEOWNERS stays theirs", async () => {
  const permissions = { contents: "write", issues: "write", pull_requests: "write", statuses: "write" };
  const { id } = (
    await github.control("POST", "/apps", {
      slug: "pocket-sync",
      owner: "acme",
      publicKey: pair.publicKey.export({ type: "spki", format: "pem" }),
      permissions: { ...permissions, workflows: "write" },
    })
  ).data;
  process.env.UPSTREAM_SYNC_UPSTREAM_TOKEN = world.people.upstream;
  const create = ["credentials", "create", "--upstream-token", "--app-id", String(id)];
  const key = ["--private-key-file", join(folder, "app.pem")];
  const early = await world.upstreamSync(...create, ...key);
  expect([early.exitCode, early.stderr]).toEqual([
    1,
    expect.stringContaining(`App ${id} is not installed on acme/pocket-board`),
  ]);
  await github.control("POST", "/apps/pocket-sync/installations", { account: "acme" });
  const { credentials } = await world.upstreamSyncJson(...create, ...key);
  delete process.env.UPSTREAM_SYNC_UPSTREAM_TOKEN;
  const file = readFileSync(join(world.project, credentials[0].path), "utf8");
  expect(JSON.parse(file)).toMatchObject({
    kind: "github-app",
    appId: id,
    secret: { name: "UPSTREAM_SYNC_APP" },
    upstreamToken: { name: "UPSTREAM_SYNC_UPSTREAM_TOKEN" },
  });
  expect(file).not.toContain(world.people.upstream);

  const { forks } = await world.upstreamSyncJson("apply", "--yes");
  expect(forks[0].found.leftAlone).toContain("file:CODEOWNERS");
  const rulesets = (await world.rest("administrator", "GET", `${world.forkPath}/rulesets`)).data;
  const gate = rulesets.find((one: { name: string }) => one.name === "upstream-sync: gate");
  const { data: detail } = await world.rest("administrator", "GET", `${world.forkPath}/rulesets/${gate.id}`);
  expect(detail.bypass_actors).toEqual([{ actor_id: id, actor_type: "Integration", bypass_mode: "always" }]);

  const [pull] = (await world.rest("developer", "GET", `${world.forkPath}/pulls?state=open`)).data;
  expect([pull.head.ref, pull.base.ref]).toEqual(["upstream-sync-files-dev", "dev"]);
  const { data: changed } = await world.rest("developer", "GET", `${world.forkPath}/pulls/${pull.number}/files`);
  expect(changed.map((one: { filename: string; deletions: number }) => [one.filename, one.deletions])).toEqual([
    ["docs/CODEOWNERS", 0],
  ]);
  const planned = await world.upstreamSyncJson("plan");
  expect([planned.forks[0].changes, planned.forks[0].found.waiting]).toEqual([
    [],
    [expect.stringMatching(/^not in force yet: our lines of CODEOWNERS; pull request #\d+ waits for people: http/)],
  ]);

  const run = await strike(world);
  expect([run.conclusion, run.record.outcome]).toEqual(["success", "up-to-date"]);
  expect(Object.keys(await world.refs())).toContain("refs/upstream-sync/main/synced");

  await rotate();

  await world.upstreamSyncJson("destroy", "--yes");
  expect(await owners()).toBe(theirs);
  expect(await branches()).toEqual([]);
  const { data: after } = await world.rest("developer", "GET", `${world.forkPath}/pulls/${pull.number}`);
  expect([after.state, after.merged]).toEqual(["closed", false]);
}, 400_000);
