/** The generated workflow against the sandbox: as an App, with a server that stumbles, and with people who have the word. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import sodium from "libsodium-wrappers";
import { pocketBoard } from "../../demo/pocket-board.ts";
import { standUp } from "../../demo/stand-up.ts";
import { moveUpstream, strike } from "../../demo/workflow-run.ts";
import type { World } from "../../demo/world.ts";
import { resolveConfig } from "../../lib/config/resolve.ts";
import { GitHubStandIn } from "../../lib/rehearsal/stand-in.ts";
import { renderFiles } from "../../lib/render/files.ts";
import { readProgram } from "../../lib/render/template-source.ts";

let folder: string;
let github: GitHubStandIn;
let world: World;

const read = async (path: string) => (await world.rest("administrator", "GET", `${world.forkPath}${path}`)).data;
const pulls = () => read("/pulls?state=all");
const fault = (change: object) => github.control("POST", "/faults", change);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-trust-"));
  github = await GitHubStandIn.start(join(folder, "github"));
  world = await standUp(github, folder, await pocketBoard(folder));
  await world.upstreamSyncJson("credentials", "create");
  await world.upstreamSyncJson("apply", "--yes");
  await strike(world);
  await moveUpstream(world, "moved");
  await github.control("POST", "/snapshots", { name: "moved" });
}, 300_000);
afterAll(async () => {
  await github.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await github.control("POST", "/snapshots/moved/restore");
  await github.control("DELETE", "/faults");
});

/** What `credentials: github-app` comes to in the fork, beside the files of the deploy key. */
async function handOverToApp(): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const write = ["contents", "issues", "pull_requests", "statuses", "workflows"];
  const permissions = { metadata: "read", ...Object.fromEntries(write.map((name) => [name, "write"])) };
  const slug = "acme-sync";
  const owner = world.fork.owner;
  const app = (await github.control("POST", "/apps", { slug, owner, publicKey, permissions })).data;
  await github.control("POST", `/apps/${slug}/installations`, { account: owner, repositories: [world.fork.name] });

  const environment = `${world.forkPath}/environments/upstream-sync/secrets`;
  const { key, key_id } = (await world.rest("administrator", "GET", `${environment}/public-key`)).data;
  await sodium.ready;
  const secret = sodium.from_string(JSON.stringify({ appId: app.id, privateKey }));
  const sealed = sodium.crypto_box_seal(secret, sodium.from_base64(key, sodium.base64_variants.ORIGINAL));
  const encrypted_value = sodium.to_base64(sealed, sodium.base64_variants.ORIGINAL);
  await world.rest("administrator", "PUT", `${environment}/UPSTREAM_SYNC_APP`, { encrypted_value, key_id });

  const gate = (await read("/rulesets")).find(({ name }: { name: string }) => name === "upstream-sync: gate");
  const bypass_actors = [{ actor_type: "Integration", actor_id: app.id, bypass_mode: "always" }];
  await world.rest("administrator", "PUT", `${world.forkPath}/rulesets/${gate.id}`, { bypass_actors });

  const resolution = resolveConfig(readFileSync(join(world.project, "upstream-sync.yaml"), "utf8"));
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
  const [config] = resolution.config.forks;
  if (config === undefined) throw new Error("no fork in the config");
  const { workflow } = renderFiles({ ...config, credentials: "github-app" }, readProgram());
  const { sha } = await read(`/contents/${workflow.path}`);
  const content = Buffer.from(workflow.content).toString("base64");
  const message = "Hand over to the App";
  await world.rest("administrator", "PUT", `${world.forkPath}/contents/${workflow.path}`, { message, content, sha });
}

describe("a GitHub App", () => {
  test("passes the gate, is the author of the pull request and the status, and its tokens end with the jobs", async () => {
    await handOverToApp();
    const { record, log } = await strike(world);
    expect(record).toMatchObject({ outcome: "promoted" });
    const [pull] = await pulls();
    expect(pull.user.login).toBe("acme-sync[bot]");
    const [status] = await read(`/commits/${record.candidate}/statuses`);
    expect([status.context, status.creator.login]).toEqual(["upstream-sync/tests", "acme-sync[bot]"]);
    const pushes = log.filter((entry) => entry.git?.operation === "push");
    expect(new Set(pushes.map((entry) => `${entry.actor} over ${entry.git?.transport}`))).toEqual(
      new Set(["acme-sync[bot] over http"]),
    );
    const count = (method: string, path: RegExp) =>
      log.filter((entry) => entry.method === method && path.test(entry.path)).length;
    expect(count("POST", /\/access_tokens$/)).toBe(2);
    expect(count("DELETE", /\/installation\/token$/)).toBe(2);
  }, 120_000);
});

describe("a server that stumbles", () => {
  test("is asked again: an outage, a limit, and an answer that was lost leave one pull request", async () => {
    await fault({ route: "GET /repos/:owner/:repo/pulls", status: 503, body: { message: "Unavailable" } });
    await fault({ route: "POST /repos/:owner/:repo/statuses/:sha", status: 429, headers: { "retry-after": "1" } });
    await fault({ route: "POST /repos/:owner/:repo/pulls", cut: true, when: "after" });
    const { conclusion, record, log } = await strike(world);
    expect([conclusion, record.outcome, record.pr]).toEqual(["success", "promoted", 1]);
    expect(await pulls()).toHaveLength(1);
    const seen = log.filter(({ method, path }) => method === "POST" && /\/statuses\/|\/pulls$/.test(path));
    expect(seen.filter(({ path }) => path.endsWith("/pulls"))).toHaveLength(1);
    expect(seen.filter(({ status }) => status === 429)).toHaveLength(1);
  }, 120_000);
});

describe("people who have the word", () => {
  test("approved: nothing is added; closed: paused, and told once", async () => {
    const { record: first } = await strike(world);
    const pull = `${world.forkPath}/pulls/${first.pr}`;
    await world.rest("reviewer", "POST", `${pull}/reviews`, { event: "APPROVE" });
    const before = await world.refs();
    await moveUpstream(world, "edited");
    const held = await strike(world);
    expect([held.conclusion, held.record.outcome, held.record.reason]).toEqual([
      "success",
      "up-to-date",
      `pull request ${first.pr} is approved: it is not changed before it has landed`,
    ]);
    await world.rest("developer", "PATCH", pull, { state: "closed" });
    for (const conclusion of ["success", "success"]) {
      const paused = await strike(world);
      expect([paused.conclusion, paused.record.reason.slice(0, 7)]).toEqual([conclusion, "paused:"]);
    }
    expect(await world.refs()).toEqual(before);
    const comments = await read(`/issues/${first.pr}/comments`);
    expect(comments.map(({ body }: { body: string }) => body.split("\n")[0])).toEqual([
      "<!-- upstream-sync:paused -->",
    ]);
  }, 180_000);
});
