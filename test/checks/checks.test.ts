/** Checks on facts alone: each line is one thing gone wrong on a healthy fork, and the ids that say so. */
import { describe, expect, test } from "@jest/globals";
import type { State, View } from "../../lib/checks/check.ts";
import { checks, upstreamOn } from "../../lib/checks/index.ts";
import { testEntries } from "../../lib/checks/test-entry.ts";
import { sameRepository } from "../../lib/fork/clone.ts";
import type { ForkFacts } from "../../lib/fork/facts.ts";
import { forkConfig } from "../support/fork-config.ts";
import { deployKeyActor, healthyFacts, healthyView, rule, settings, told } from "../support/fork-facts.ts";

const withState = (view: View, state: State) =>
  checks.filter(({ find }) => find(view).state === state).map(({ id }) => id);

const facts = healthyFacts();
const on = (branch: string, ...rules: ReturnType<typeof rule>[]): Partial<ForkFacts> => ({
  rules: new Map([...facts.rules, [branch, told(rules)]]),
});
const refused = { told: false, why: "GitHub answered 403 Resource not accessible" } as const;
const teamKey = {
  id: 8,
  title: "deploys",
  key: "ssh-ed25519 B",
  readOnly: false,
  enabled: true,
  createdAt: "2026-01-01T00:00:00Z",
};
const keys = facts.keys.told ? facts.keys.value : [];
const classic = {
  pattern: "sync/**",
  administratorsIncluded: true,
  ...{ reviews: false, checks: false, linear: false, locked: false, restricted: false, signatures: false },
};
const classicOn = (branch: string, what: Partial<typeof classic>): Partial<ForkFacts> => ({
  branches: new Map([...facts.branches, [branch, { tip: "1".repeat(40), classic: { ...classic, ...what } }]]),
});
const bypassed = (...names: string[]): Partial<ForkFacts> => ({
  rulesets: told([
    { id: 1, name: "upstream-sync: history", bypass: names.includes("history") ? [deployKeyActor] : [] },
    { id: 2, name: "upstream-sync: gate", bypass: [deployKeyActor] },
    { id: 9, name: "team", bypass: names.includes("team") ? [deployKeyActor] : [] },
  ]),
});
const nightly = "on:\n  schedule:\n    - cron: '0 3 * * *'\n";
const upstreamsWorkflow = (text: string, state = "active"): Partial<ForkFacts> => ({
  workflowFiles: [...facts.workflowFiles, { name: "ci.yml", text }],
  workflows: told([
    ...(facts.workflows.told ? facts.workflows.value : []),
    { path: ".github/workflows/ci.yml", state },
  ]),
});

describe("not ok", () => {
  const traps: readonly (readonly [string, Partial<ForkFacts>, readonly string[]])[] = [
    ["nothing", {}, []],
    ["no scope to change workflows", { settings: { ...settings, scopes: ["repo"] } }, ["token"]],
    [
      "forked from somebody else",
      {
        settings: { ...settings, parent: { repository: "x/y", private: false, defaultBranch: "main" }, source: "x/y" },
      },
      ["fork"],
    ],
    [
      "a fork of a fork of upstream",
      { settings: { ...settings, parent: { repository: "x/y", private: false, defaultBranch: "main" } } },
      [],
    ],
    [
      "upstream's branch is gone",
      { upstream: told({ private: false, tip: undefined, files: new Map(), workflows: [] }) },
      ["upstream"],
    ],
    [
      "upstream is private",
      {
        upstream: told({
          private: true,
          tip: "3",
          files: new Map([["test:docker-compose.test.yaml", true]]),
          workflows: [],
        }),
      },
      ["upstream"],
    ],
    ["pull requests are off", { settings: { ...settings, pullRequests: false } }, ["pull-requests"]],
    ["GitHub deletes merged branches", { settings: { ...settings, deleteBranchOnMerge: true } }, ["branch-deletion"]],
    [
      "and our rule keeps the sync branch",
      { settings: { ...settings, deleteBranchOnMerge: true }, ...on("sync/upstream", rule("deletion", {}, 1)) },
      [],
    ],
    [
      "a branch in the way",
      { branchNames: ["sync"], branches: new Map([...facts.branches, ["sync/upstream", undefined]]) },
      ["branches"],
    ],
    ["the target is gone", { branches: new Map([...facts.branches, ["dev", undefined]]) }, ["branches"]],
    ["the document is gone", { files: new Map([...facts.files, ["document", undefined]]) }, ["document"]],
    [
      "the program was edited",
      { files: new Map([...facts.files, ["program", { oid: "0".repeat(40), text: "" }]]) },
      ["drift"],
    ],
    [
      "a merge queue that squashes",
      on("dev", rule("merge_queue", { merge_method: "SQUASH" })),
      ["landing", "delivery"],
    ],
    ["a rule that somebody else put on the sync branch", on("sync/upstream", rule("update")), ["sync-pushes"]],
    ["which lets our key pass", { ...on("sync/upstream", rule("update")), ...bypassed("team") }, []],
    ["our own gate", on("sync/upstream", rule("pull_request", {}, 2), rule("required_status_checks", {}, 2)), []],
    ["classic protection without merge commits on the target", classicOn("dev", { linear: true }), ["landing"]],
    ["classic protection that wants signatures", classicOn("sync/upstream", { signatures: true }), ["sync-pushes"]],
    [
      "classic reviews on the default branch, administrators included",
      classicOn("main", { reviews: true }),
      ["delivery"],
    ],
    ["and administrators exempt", classicOn("main", { reviews: true, administratorsIncluded: false }), []],
    ["a key that may rewrite history", bypassed("history"), ["bypass"]],
    ["the gate is gone", { rulesets: told([{ id: 1, name: "upstream-sync: history", bypass: [] }]) }, ["bypass"]],
    ["a second key that may write", { keys: told([...keys, teamKey]) }, ["bypass"]],
    ["a second key that may read", { keys: told([...keys, { ...teamKey, readOnly: true }]) }, []],
    ["our key may only read", { keys: told(keys.map((key) => ({ ...key, readOnly: true }))) }, ["deploy-key"]],
    ["a secret, and no workflow but ours", { secrets: told(["NPM_TOKEN"]) }, []],
    [
      "a secret, and a workflow of upstream's",
      { secrets: told(["NPM_TOKEN"]), ...upstreamsWorkflow("on: push") },
      ["repository-secrets"],
    ],
    [
      "a secret, and a workflow of upstream's that is off",
      { secrets: told(["NPM_TOKEN"]), ...upstreamsWorkflow("on: push", "disabled_manually") },
      [],
    ],
    ["upstream's schedule", upstreamsWorkflow(nightly), ["upstream-schedules"]],
    ["upstream's schedule, asleep", upstreamsWorkflow(nightly, "disabled_fork"), []],
    [
      "a red run",
      { runs: told([{ url: "u", event: "schedule", conclusion: "failure", startedAt: "2026-03-10T00:20:00Z" }]) },
      ["last-run"],
    ],
    [
      "yesterday's run, today's missed",
      { runs: told([{ url: "u", event: "schedule", conclusion: "success", startedAt: "2026-03-09T00:20:00Z" }]) },
      [],
    ],
    [
      "two missed",
      { runs: told([{ url: "u", event: "schedule", conclusion: "success", startedAt: "2026-03-08T00:20:00Z" }]) },
      ["last-run"],
    ],
    [
      "a reviewer without access",
      { collaborators: told({ people: new Map([["tech-lead", "WRITE"]]), all: true }) },
      ["reviewers"],
    ],
    [
      "an unknown owner",
      { codeowners: told([{ line: 3, kind: "Unknown owner", path: "CODEOWNERS", source: "/a @b" }]) },
      ["code-owners"],
    ],
  ];
  test.each(traps)("%s", (_, wrong, ids) => {
    expect(withState(healthyView(wrong), "not ok")).toEqual(ids);
  });
});

describe("cannot tell, and never ok", () => {
  const kept: readonly (readonly [string, Partial<ForkFacts>, readonly string[]])[] = [
    [
      "settings for administrators",
      { actions: refused, actionsOpenPulls: refused, keys: refused, environmentSecrets: refused },
      ["actions", "actions-pull-requests", "bypass", "deploy-key", "secret"],
    ],
    ["who bypasses an organization's ruleset", { ...on("sync/upstream", rule("update", {}, 77)) }, ["sync-pushes"]],
    [
      "upstream on another server",
      { upstream: undefined, ...upstreamsWorkflow(nightly), secrets: told(["A"]) },
      ["upstream", "upstream-schedules", "tests", "repository-secrets"],
    ],
    ["signatures on the target (open question U6)", on("dev", rule("required_signatures")), ["landing"]],
    ["47 quiet days", { settings: { ...settings, pushedAt: "2026-01-22T12:00:00Z" } }, ["activity"]],
    ["61 quiet days, and the schedule is on", { settings: { ...settings, pushedAt: "2026-01-08T00:00:00Z" } }, []],
    [
      "47 quiet days of a private fork",
      { settings: { ...settings, private: true, pushedAt: "2026-01-22T12:00:00Z" } },
      ["drafts"],
    ],
    ["no run yet", { runs: told([]) }, ["last-run"]],
    ["more people than one page", { collaborators: told({ people: new Map(), all: false }) }, ["reviewers"]],
    [
      "nothing deployed",
      {
        files: new Map([...facts.files, ["workflow", undefined]]),
        keys: told([]),
        environmentSecrets: told(undefined),
        rulesets: told([]),
      },
      ["activity", "last-run", "document", "drift", "bypass", "deploy-key", "secret"],
    ],
  ];
  test.each(kept)("%s", (_, wrong, ids) => {
    expect(withState(healthyView(wrong), "cannot tell")).toEqual(ids);
  });
});

describe("a team that lands by squash", () => {
  const methods = (commit: boolean, squash: boolean) => ({
    settings: { ...settings, merge: { commit, squash, rebase: false } },
  });
  const cases: readonly (readonly [string, Partial<ForkFacts>, readonly string[]])[] = [
    ["only squash is left", methods(false, true), []],
    ["linear history", on("dev", rule("required_linear_history")), []],
    ["classic linear history", classicOn("dev", { linear: true }), []],
    ["squash is switched off", methods(true, false), ["merge-method"]],
    [
      "a rule that leaves merging alone",
      on("dev", rule("pull_request", { allowed_merge_methods: ["merge"] })),
      ["landing", "delivery"],
    ],
  ];
  test.each(cases)("%s", (_, wrong, ids) => {
    // Drift is of no concern here: the workflow is another one.
    const view = healthyView(wrong, forkConfig({ landing: "squash" }));
    const mine = ["merge-method", "landing", "delivery"];
    expect(withState(view, "not ok").filter((id) => mine.includes(id))).toEqual(ids);
  });

  test("is told to switch squashing on, or to land in the other way", () => {
    const view = healthyView(methods(true, false), forkConfig({ landing: "squash" }));
    const found = checks.find(({ id }) => id === "merge-method")?.find(view);
    expect(found).toMatchObject({
      evidence: "only merge commits, and upstream-sync.yaml says landing: squash",
      remedy: expect.stringMatching(/--enable-squash-merge.*, or write landing: merge for /),
      fixes: [{ method: "PATCH", body: { allow_squash_merge: true } }],
    });
  });
});

test("ids and titles are each used once; what is not ok says what to do", () => {
  expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
  expect(new Set(checks.map(({ title }) => title)).size).toBe(checks.length);
});

test("with a GitHub App its own bypass is enough, and it opens the pull requests", () => {
  const fork = forkConfig({ credentials: "github-app" });
  const app = { kind: "app", id: 5, name: "App sync", mode: "always" } as const;
  const wrong = {
    actionsOpenPulls: told(false),
    keys: told([]),
    rulesets: told([
      { id: 1, name: "upstream-sync: history", bypass: [] },
      { id: 2, name: "upstream-sync: gate", bypass: [app] },
      { id: 9, name: "team", bypass: [app] },
    ]),
    ...on("sync/upstream", rule("update")),
  };
  const view = healthyView(wrong, fork);
  const { publicKey: _, ...file } = view.credentials as Extract<View["credentials"], { kind: "deploy-key" }>;
  expect(withState({ ...view, credentials: { ...file, kind: "github-app", appId: 5 } }, "not ok")).toEqual([]);
  expect(withState({ ...view, credentials: { ...file, kind: "github-app", appId: 6 } }, "not ok")).toEqual([
    "sync-pushes",
    "bypass",
  ]);
});

test("the file a test plan begins with", () => {
  const entries = (run: string[]) => testEntries(forkConfig({ tests: { run } }).tests);
  expect(testEntries(forkConfig().tests)).toEqual(["docker-compose.test.yaml"]);
  expect(entries(["npm ci", "npm test"])).toEqual(["package.json"]);
  expect(entries(["./scripts/check.sh --all", "bash tools/e2e.sh"])).toEqual(["scripts/check.sh", "tools/e2e.sh"]);
  expect(entries(["make check", "node --test test/board.test.js"])).toEqual(["Makefile", "test/board.test.js"]);
  expect(entries(["node --test"])).toEqual([]);
});

test("what is taken from the fork for the tests has to be there too", () => {
  const trusted = { run: ["npm test"], trusted: "fork", entry: ["tests", "package.json"] };
  expect(testEntries(forkConfig({ tests: trusted }).tests)).toEqual(["package.json", "tests"]);
});

test("an upstream on the fork's own server is known by its name", () => {
  const at = (upstream: string) => forkConfig({ upstream }).upstream;
  expect(upstreamOn("https://github.com", at("a/b"))).toBe("a/b");
  expect(upstreamOn("https://github.com", at("https://github.com/a/b.git"))).toBe("a/b");
  expect(upstreamOn("https://git.example.com", at("https://git.example.com/a/b.git"))).toBe("a/b");
  expect(upstreamOn("https://git.example.com", at("a/b"))).toBeUndefined();
  expect(upstreamOn("https://github.com", at("https://gitlab.com/a/b.git"))).toBeUndefined();
});

test("addresses of one repository", () => {
  for (const url of [
    "git@github.com:Acme/Board.git",
    "ssh://git@github.com/acme/board",
    "https://ada@github.com/acme/board.git/",
  ])
    expect({ url, same: sameRepository(url, "https://github.com/acme/board") }).toEqual({ url, same: true });
  expect(sameRepository("https://github.com/acme/board2", "https://github.com/acme/board")).toBe(false);
});
