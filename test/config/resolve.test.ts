import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { formatProblems, type Problem } from "../../lib/config/problems.ts";
import { resolveConfig } from "../../lib/config/resolve.ts";
import type { Config } from "../../lib/config/schema.ts";
import { packageRoot } from "../../lib/package-root.ts";

function configOf(input: string | object): Config {
  const resolution = resolveConfig(input);
  if (!resolution.ok) throw new Error(formatProblems(resolution.problems, "config"));
  return resolution.config;
}

function problemsOf(input: string | object): readonly Problem[] {
  const resolution = resolveConfig(input);
  return resolution.ok ? [] : resolution.problems;
}

const example = (name: string) => readFileSync(join(packageRoot(), "examples", name, "upstream-sync.yaml"), "utf8");

const asGit = { trusted: "candidate" as const, entry: [], submodules: false, lfs: false, keepGit: false };

// The defaults of design §8, and nobody as a reviewer: a stranger must not be asked.
const minimal: Config = {
  version: 1,
  state: { backend: "local", path: "state" },
  forks: [
    {
      repository: "acme/open-webui",
      owner: "acme",
      name: "open-webui",
      upstream: {
        url: "https://github.com/open-webui/open-webui.git",
        repository: "open-webui/open-webui",
        branch: "main",
        private: false,
      },
      follow: "branch",
      branches: { sync: "sync/upstream", from: "main", target: "dev" },
      schedule: { cron: "17 0 * * *", timezone: "Etc/UTC" },
      tests: {
        compose: { file: "docker-compose.test.yaml", service: "whatever-cypress" },
        timeoutMinutes: 45,
        ...asGit,
      },
      pullRequest: {
        title: "chore: sync with upstream",
        labels: ["upstream-sync"],
        reviewers: [],
        teamReviewers: [],
        whenApproved: "hold",
      },
      upstreamWorkflows: "hold",
      landing: "merge",
      policies: { keepOurs: [], keepDeleted: [], mustSurvive: [], partial: false, regenerate: [] },
      freshness: {},
      owners: {},
      protection: { sync: { mode: "strict", approvals: 1, includeAdministrators: true }, target: "none" },
      credentials: "deploy-key",
      delivery: "commit",
      document: { path: "docs/upstream-sync.md", branches: ["dev", "test", "main"], history: [] },
      rollback: { syncBranch: "remove-if-landed" },
    },
  ],
};

describe("defaults", () => {
  test("a fork needs nothing but its upstream: the rest is filled in", () => {
    expect(configOf(example("minimal"))).toEqual(minimal);
  });

  test("the complete example writes the defaults out, and names reviewers and owners", () => {
    const [fork] = minimal.forks;
    expect(configOf(example("complete"))).toEqual({
      ...minimal,
      forks: [
        {
          ...fork,
          pullRequest: { ...fork?.pullRequest, reviewers: ["devops-lead", "tech-lead"] },
          owners: { "/.github/": ["@devops-lead", "@tech-lead"] },
        },
      ],
    });
  });

  test("under `defaults:` objects merge and lists replace", () => {
    const { forks } = configOf({
      version: 1,
      defaults: {
        branches: { target: "develop", from: "trunk" },
        pullRequest: { labels: ["a", "b"] },
        document: { branches: ["develop"] },
      },
      forks: {
        "acme/one": { upstream: "up/one" },
        "acme/two": { upstream: "up/two", branches: { from: "main" }, pullRequest: { labels: ["c"] } },
      },
    });
    expect(forks.map(({ branches, pullRequest }) => [branches, pullRequest.labels])).toEqual([
      [{ sync: "sync/upstream", from: "trunk", target: "develop" }, ["a", "b"]],
      [{ sync: "sync/upstream", from: "main", target: "develop" }, ["c"]],
    ]);
  });

  test("a fork that gives its own commands does not inherit a compose file, nor the other way round", () => {
    const testsOf = (inherited: object, own: object) =>
      configOf({
        version: 1,
        defaults: { tests: inherited },
        forks: { "acme/one": { upstream: "up/one", tests: own } },
      }).forks[0]?.tests;
    expect(testsOf({ compose: { file: "a.yaml" }, timeoutMinutes: 5 }, { run: ["npm test"] })).toEqual({
      run: ["npm test"],
      timeoutMinutes: 5,
      ...asGit,
    });
    expect(testsOf({ run: ["npm test"] }, { checks: ["ci"] })).toEqual({
      checks: ["ci"],
      timeoutMinutes: 45,
      ...asGit,
    });
    expect(testsOf({ run: ["npm test"] }, { compose: { service: "e2e" } })).toEqual({
      compose: { file: "docker-compose.test.yaml", service: "e2e" },
      timeoutMinutes: 45,
      ...asGit,
    });
  });

  test.each([
    ["up/stream", { url: "https://github.com/up/stream.git", repository: "up/stream", branch: "main", private: false }],
    [
      { repository: "up/stream", branch: "next" },
      { url: "https://github.com/up/stream.git", repository: "up/stream", branch: "next", private: false },
    ],
    [
      "https://github.com/up/stream",
      { url: "https://github.com/up/stream", repository: "up/stream", branch: "main", private: false },
    ],
    [
      { url: "https://git.example.org/x.git" },
      { url: "https://git.example.org/x.git", branch: "main", private: false },
    ],
    [
      "http://127.0.0.1:8080/up/stream.git",
      { url: "http://127.0.0.1:8080/up/stream.git", branch: "main", private: false },
    ],
  ])("upstream may be written as %j", (upstream, resolved) => {
    expect(configOf({ version: 1, forks: { "acme/one": { upstream } } }).forks[0]?.upstream).toEqual({
      ...resolved,
      private: false,
    });
  });

  test("a state backend is passed on as it is", () => {
    const state = { backend: "s3", bucket: "states", key: "upstream-sync", region: "eu-west-1", encrypt: true };
    expect(configOf({ version: 1, state, forks: { "acme/one": { upstream: "up/one" } } }).state).toEqual(state);
  });
});

describe("problems", () => {
  test("ten mistakes in one config are reported together, each where it was written", () => {
    const text = `version: 2
state: { backend: locall }
defaults:
  schedule: { cron: "0 0 0 * * *", timezone: Europe/Atlantis }
forks:
  acme/open-webui:
    upstraem: open-webui/open-webui
    upstream: acme/open-webui
    tests:
      timeoutMinutes: 500
      run:
        - npm test
        - echo \${{ secrets.KEY }}
    pullRequest:
      reviewers: "devops-lead"
    credentials: deploy-keys
`;
    const resolution = resolveConfig(text);
    expect(resolution.ok ? "" : formatProblems(resolution.problems, "upstream-sync.yaml").split("\n")).toEqual([
      "upstream-sync.yaml:1:10 version: got 2, expected 1; fix: write 1",
      'upstream-sync.yaml:2:19 state.backend: got "locall", expected one of local, remote, azurerm, consul, cos, gcs, http, oss, pg, s3; fix: did you mean local?',
      'upstream-sync.yaml:4:21 defaults.schedule.cron: got "0 0 0 * * *", expected five cron fields: minute hour day month weekday (0-6 or SUN-SAT); fix: for example "17 0 * * *", daily at 00:17',
      'upstream-sync.yaml:4:46 defaults.schedule.timezone: got "Europe/Atlantis", expected an IANA time zone; fix: for example Etc/UTC or Europe/Berlin',
      'upstream-sync.yaml:7:5 forks.acme/open-webui.upstraem: got "upstraem", expected one of upstream, follow, branches, schedule, tests, pullRequest, upstreamWorkflows, landing, policies, freshness, owners, protection, credentials, delivery, document, rollback; fix: did you mean upstream?',
      'upstream-sync.yaml:8:15 forks.acme/open-webui.upstream: got "acme/open-webui", expected another repository than the fork; fix: name the project the fork was made from',
      "upstream-sync.yaml:10:23 forks.acme/open-webui.tests.timeoutMinutes: got 500, expected at most 360; fix: write 360 or less",
      'upstream-sync.yaml:13:11 forks.acme/open-webui.tests.run[1]: got "echo ${{ secrets.KEY }}", expected text without ${{, which GitHub Actions evaluates; fix: write the value itself, or read an environment variable',
      'upstream-sync.yaml:15:18 forks.acme/open-webui.pullRequest.reviewers: got "devops-lead", expected a list; fix: write reviewers: [one, two]',
      'upstream-sync.yaml:16:18 forks.acme/open-webui.credentials: got "deploy-keys", expected one of deploy-key, github-app, github-token; fix: did you mean deploy-key?',
    ]);
  });

  test("a mistake two forks inherit is said once, where it was written", () => {
    const text =
      "version: 1\ndefaults:\n  tests:\n    timeoutMinutes: 0\nforks:\n  a/b: { upstream: u/b }\n  a/c: { upstream: u/c }\n";
    expect(problemsOf(text)).toEqual([
      {
        path: "defaults.tests.timeoutMinutes",
        line: 4,
        column: 21,
        got: "0",
        expected: "at least 1",
        fix: "write 1 or more",
      },
    ]);
  });

  test("a mistake behind an alias is shown where it was written", () => {
    const text = "version: 1\nforks:\n  a/b: { upstream: u/b, branches: &b { sync: 'a b' } }\n";
    expect(problemsOf(text).map(({ line, column }) => [line, column])).toEqual([[3, 46]]);
    const again =
      "version: 1\ndefaults: { pullRequest: &p { labels: ['a#b'] } }\nforks:\n  a/b: { upstream: u/b, pullRequest: *p }\n";
    expect(problemsOf(again).map(({ path, line, column }) => [path, line, column])).toEqual([
      ["forks.a/b.pullRequest.labels[0]", 2, 40],
    ]);
  });

  test("problems of an object carry no line", () => {
    expect(problemsOf({ version: 1, forks: { "a/b": {} } })).toEqual([
      {
        path: "forks.a/b.upstream",
        got: "nothing",
        expected: "the project this fork follows",
        fix: "write upstream: owner/name, for example open-webui/open-webui",
      },
    ]);
  });

  test.each([
    ["a: [", 1, 5, /^YAML that cannot be read/],
    ["version: 1\nversion: 1\n", 2, 1, /Map keys must be unique/],
    ["version: 1\nforks: *nobody\n", 2, 8, /alias/],
    ["- acme/open-webui\n", 1, 1, /^\["acme\/open-webui"\]$/],
    ["", 1, 1, /^nothing$/],
  ])("a file that is not a mapping, %j, is one problem with its place", (text, line, column, got) => {
    expect(problemsOf(text)).toEqual([
      expect.objectContaining({ path: "", line, column, got: expect.stringMatching(got) }),
    ]);
  });

  test("two forks cannot share a remote state: each would remove what the other made", () => {
    const state = { backend: "s3", bucket: "states", key: "upstream-sync" };
    const problems = problemsOf({
      version: 1,
      state,
      forks: { "a/b": { upstream: "u/b" }, "a/c": { upstream: "u/c" } },
    });
    expect(problems.map(({ path, got }) => [path, got])).toEqual([["state.backend", '"s3"']]);
  });

  test("secrets of a state backend are refused, and not shown", () => {
    const problems = problemsOf({
      version: 1,
      state: { backend: "http", address: "https://state.example.org", password: "hunter2" },
      forks: { "a/b": { upstream: "u/b" } },
    });
    expect(problems.map(({ path, fix }) => [path, fix])).toEqual([
      ["state.password", "remove the key and set the environment variable TF_HTTP_PASSWORD"],
    ]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });

  test.each([
    ["a/b", "A/B"],
    ["a--b/c", "a/b--c"],
  ])("%s and %s share a stack folder and are refused together", (one, two) => {
    const problems = problemsOf({ version: 1, forks: { [one]: { upstream: "u/b" }, [two]: { upstream: "u/b" } } });
    expect(problems.map(({ path, expected }) => [path, expected])).toEqual([
      [`forks.${two}`, `a fork whose folder differs from that of ${one}`],
    ]);
  });
});
