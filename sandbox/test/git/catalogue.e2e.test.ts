/** Each refusal of the catalogue that the stand-in knows, provoked, word for word. */
import { createSign, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { unprotected } from "../../server/classic-protection.ts";
import { recordRoutes } from "../../server/records.ts";
import type { Repository } from "../../server/state.ts";
import { type Answer, commit, type GitSandbox, ruleset, startGitSandbox } from "./support.ts";

interface Entry {
  id: string;
  door: "push" | "fetch" | "rest";
  status?: number;
  text: string;
  /** false: only real GitHub says it. */
  standIn?: false;
  sources: string[];
}

const catalogue: Entry[] = JSON.parse(readFileSync(new URL("../../catalogue.json", import.meta.url), "utf8"));

/** `{name}` stands for words that differ; lines of git's answer carry "remote: ". */
function patternOf(text: string): RegExp {
  const source = text
    .split(/\{\w+\}/)
    .map((part) => part.replace(/[.*+?^$()|[\]\\{}]/g, "\\$&"))
    .join("\\S.*?");
  return new RegExp(source);
}

let sandbox: GitSandbox;
let ann: string;
let bob: string;
let repository: Repository;
let closed: Repository;
const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });

beforeAll(async () => {
  sandbox = await startGitSandbox((state) => recordRoutes(undefined as never, () => state.data.hostKey));
  ann = sandbox.user("ann");
  bob = sandbox.user("bob", ["repo"]);
  repository = await sandbox.repository("board", { collaborators: { ann: "admin", bob: "write" } });
  closed = await sandbox.repository("closed", { visibility: "private", owner: "ann" });
  sandbox.state.data.apps = [
    {
      id: 77,
      slug: "sync",
      name: "sync",
      owner: "acme",
      clientId: "Iv1",
      publicKeys: [pair.publicKey.export({ type: "spki", format: "pem" }).toString()],
      permissions: { contents: "read" },
      installations: [
        {
          id: 78,
          account: "acme",
          repositories: "all",
          permissions: { contents: "read" },
          created_at: "2026-01-01T00:00:00Z",
        },
      ],
      created_at: "2026-01-01T00:00:00Z",
    },
  ];
});
afterAll(() => sandbox.close());

function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const head = `${part({ alg: "RS256" })}.${part({ iat: now - 60, exp: now + 300, iss: 77, ...claims })}`;
  return `${head}.${createSign("RSA-SHA256").update(head).sign(pair.privateKey, "base64url")}`;
}

const base = "/repos/acme/board";
const content = Buffer.from("x\n").toString("base64");
const job = (permissions = {}): string => sandbox.jobToken(repository, permissions);
const ask = (method: string, path: string, token?: string, body?: unknown) => sandbox.ask(method, path, token, body);

async function openPull(): Promise<void> {
  if (repository.issues.length === 0)
    await ask("POST", `${base}/pulls`, ann, { title: "t", head: "topic", base: "main" });
}

async function pushOf(change: Partial<Repository>, files: Record<string, string>, token = ann): Promise<string> {
  const pushed = await sandbox.repository(`push-${sandbox.state.id()}`, {
    collaborators: { ann: "admin", bob: "write" },
    ...change,
  });
  const work = sandbox.clone(pushed, token);
  await commit(work, files);
  const { stderr } = await sandbox.git(work, ["push", "origin", "main"]);
  return stderr.replace(/^remote: ?/gm, "");
}

const ruled = { rulesets: [ruleset([{ type: "pull_request", parameters: {} }])] };
const reviews = {
  count: 1,
  dismissStale: false,
  codeOwners: false,
  lastPush: false,
  restrictDismissals: false,
  dismissalActors: [],
  bypassActors: [],
};
const classic = { branchProtections: [{ ...unprotected, id: 1, pattern: "main", enforceAdmins: true, reviews }] };
const workflow = { ".github/workflows/x.yml": "on: push\n" };

/** What provokes each entry: git's words, or the answer. */
const provoked: Record<string, () => Promise<string | Answer>> = {
  "push-ruleset": () => pushOf(ruled, { a: "a" }),
  "push-ruleset-reason": () => pushOf(ruled, { a: "a" }),
  "push-classic": () => pushOf(classic, { a: "a" }),
  "push-classic-reason": () => pushOf(classic, { a: "a" }),
  "push-workflow-file-person": () => pushOf({}, workflow, bob),
  async "push-workflow-file-integration"() {
    const work = sandbox.clone(repository, job({ contents: "write" }));
    await commit(work, workflow);
    return (await sandbox.git(work, ["push", "origin", "main"])).stderr;
  },
  async "push-read-only-key"() {
    const work = sandbox.clone(repository, ann);
    await commit(work, { a: "a" });
    return (await sandbox.git(work, ["push", sandbox.ssh(repository), "main"], sandbox.deployKey(repository, true)))
      .stderr;
  },
  async "fetch-not-found"() {
    return (await sandbox.git(sandbox.folder, ["ls-remote", sandbox.http(closed, bob)])).stderr;
  },
  "no-token": () => ask("GET", "/user"),
  "bad-token": () => ask("GET", "/user", "nobody"),
  "integration-may-not": () => ask("POST", `${base}/issues`, job(), { title: "t" }),
  "actions-may-not-open-pull-requests": () =>
    ask("POST", `${base}/pulls`, job({ "pull-requests": "write" }), { title: "t", head: "topic", base: "main" }),
  async "pull-request-exists"() {
    await openPull();
    return ask("POST", `${base}/pulls`, ann, { title: "t", head: "topic", base: "main" });
  },
  async "pull-request-without-commits"() {
    await ask("POST", `${base}/git/refs`, ann, { ref: "refs/heads/same", sha: await mainOf() });
    return ask("POST", `${base}/pulls`, ann, { title: "t", head: "same", base: "main" });
  },
  "pull-request-body-too-long": () =>
    ask("POST", `${base}/pulls`, ann, { title: "t", head: "topic", base: "main", body: "x".repeat(65_537) }),
  "draft-not-supported": () =>
    ask("POST", "/repos/ann/closed/pulls", ann, { title: "t", head: "topic", base: "main", draft: true }),
  async "reviewer-is-author"() {
    await openPull();
    return ask("POST", `${base}/pulls/1/requested_reviewers`, ann, { reviewers: ["ann"] });
  },
  async "reviewer-no-collaborator"() {
    await openPull();
    return ask("POST", `${base}/pulls/1/requested_reviewers`, ann, { reviewers: ["stranger"] });
  },
  async "issues-off"() {
    await sandbox.repository("quiet", {
      collaborators: { ann: "admin" },
      settings: { ...repository.settings, has_issues: false },
    });
    return ask("POST", "/repos/acme/quiet/issues", ann, { title: "t" });
  },
  "ref-exists": async () => ask("POST", `${base}/git/refs`, ann, { ref: "refs/heads/main", sha: await mainOf() }),
  "contents-without-sha": () => ask("PUT", `${base}/contents/README.md`, ann, { message: "m", content }),
  "contents-stale-sha": () =>
    ask("PUT", `${base}/contents/README.md`, ann, { message: "m", content, sha: "1".repeat(40) }),
  async "contents-classic"() {
    await sandbox.repository("guarded", { collaborators: { ann: "admin" }, ...classic });
    return ask("PUT", "/repos/acme/guarded/contents/x.txt", ann, { message: "m", content });
  },
  async "merge-conflict"() {
    await conflicting("clash");
    return ask("POST", "/repos/acme/clash/merges", ann, { base: "main", head: "topic" });
  },
  async "update-branch-up-to-date"() {
    await openPull();
    return ask("PUT", `${base}/pulls/1/update-branch`, ann, {});
  },
  async "update-branch-conflict"() {
    await conflicting("clash-pull");
    await ask("POST", "/repos/acme/clash-pull/pulls", ann, { title: "t", head: "topic", base: "main" });
    return ask("PUT", "/repos/acme/clash-pull/pulls/1/update-branch", ann, {});
  },
  "free-private": () => ask("GET", "/repos/ann/closed/rulesets", ann),
  "branch-not-protected": () => ask("GET", `${base}/branches/main/protection`, ann),
  async "deploy-keys-off"() {
    await sandbox.repository("keyless", {
      collaborators: { ann: "admin" },
      actions: { ...repository.actions, deployKeysAllowed: false },
    });
    return ask("POST", "/repos/acme/keyless/keys", ann, { key: "ssh-ed25519 AAAA" });
  },
  "bypass-actions": () =>
    ask("POST", `${base}/rulesets`, ann, {
      name: "gate",
      enforcement: "active",
      bypass_actors: [{ actor_id: 15368, actor_type: "Integration", bypass_mode: "always" }],
    }),
  "jwt-not-decoded": () => ask("GET", "/app", ann),
  "jwt-of-unknown-app": () => ask("GET", "/app", jwt({ iss: 1 })),
  "jwt-too-long": () => ask("GET", "/app", jwt({ exp: Math.floor(Date.now() / 1000) + 3600 })),
  "jwt-expired": () => ask("GET", "/app", jwt({ exp: 1 })),
  "installation-permissions": () =>
    ask("POST", "/app/installations/78/access_tokens", jwt({}), { permissions: { contents: "write" } }),
  async "protection-exists"() {
    const taken = await sandbox.repository("twice", { collaborators: { ann: "admin" }, ...classic });
    const repositoryId = Buffer.from(`Repository:${taken.id}`).toString("base64url");
    const query = `mutation { createBranchProtectionRule(input: { repositoryId: "${repositoryId}", pattern: "main" }) { clientMutationId } }`;
    return ask("POST", "/graphql", ann, { query });
  },
  async "primary-limit"() {
    sandbox.limit({ user: 0 });
    const refused = await ask("GET", "/user", ann);
    sandbox.limit({});
    return refused;
  },
  "secondary-limit"() {
    sandbox.faults.add({ route: "GET /user", secondaryLimit: 1 });
    return ask("GET", "/user", ann);
  },
};

async function mainOf(): Promise<string> {
  return (await ask("GET", `${base}/git/ref/heads/main`, ann)).body.object.sha;
}

async function conflicting(name: string): Promise<void> {
  await sandbox.repository(name, { collaborators: { ann: "admin" } });
  await ask("PUT", `/repos/acme/${name}/contents/topic.txt`, ann, { message: "m", content });
}

test("every entry has a source and, if the stand-in knows it, a way to provoke it", () => {
  for (const { id, sources } of catalogue) expect([id, sources.length > 0]).toEqual([id, true]);
  const known = catalogue.filter(({ standIn }) => standIn !== false).map(({ id }) => id);
  expect(Object.keys(provoked).sort()).toEqual(known.sort());
});

test.each(catalogue.filter(({ standIn }) => standIn !== false))("$id", async ({ id, door, status, text }) => {
  const answer = await provoked[id]?.();
  if (typeof answer === "string") {
    expect(door).not.toBe("rest");
    expect(answer).toMatch(patternOf(text));
    return;
  }
  const said = JSON.stringify([answer?.body.message, ...(answer?.body.errors ?? [])]);
  expect([answer?.status, said]).toEqual([status, expect.stringMatching(patternOf(JSON.stringify(text).slice(1, -1)))]);
});
