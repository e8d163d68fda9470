import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { jsonSchema } from "../../lib/config/json-schema.ts";
import { resolveConfig } from "../../lib/config/resolve.ts";
import { packageRoot } from "../../lib/package-root.ts";

/** Paths, below the fork, of what is wrong with it. */
function refusedPaths(fork: object): string[] {
  const resolution = resolveConfig({ version: 1, forks: { "acme/app": { upstream: "up/app", ...fork } } });
  return resolution.ok ? [] : resolution.problems.map(({ path }) => path.replace("forks.acme/app.", ""));
}

describe("keys that have to fit together", () => {
  test.each<[string, object, string[]]>([
    ["upstream is the fork itself", { upstream: "Acme/App" }, ["upstream"]],
    ["upstream is the fork, by its address", { upstream: "https://github.com/acme/app.git" }, ["upstream"]],
    [
      "upstream with repository and url",
      { upstream: { repository: "up/app", url: "https://x.org/a.git" } },
      ["upstream"],
    ],
    ["upstream with neither", { upstream: { branch: "main" } }, ["upstream"]],
    ["sync branch is the target", { branches: { sync: "dev" } }, ["branches.sync"]],
    ["sync branch is its birthplace", { branches: { sync: "main" } }, ["branches.sync"]],
    ["a branch where verifications make theirs", { branches: { sync: "upstream-sync-verify/x" } }, ["branches.sync"]],
    ["a branch inside another", { branches: { from: "sync" } }, ["branches.sync"]],
    ["a document branch inside another", { document: { branches: ["dev", "main/docs"] } }, ["document.branches[1]"]],
    ["the document's first branch is not the target", { branches: { target: "develop" } }, ["document.branches"]],
    ["a label twice, by another case", { pullRequest: { labels: ["sync", "Sync"] } }, ["pullRequest.labels[1]"]],
    ["a reviewer twice", { pullRequest: { reviewers: ["a", "A"] } }, ["pullRequest.reviewers[1]"]],
    ["eleven approvals", { protection: { sync: { approvals: 11 } } }, ["protection.sync.approvals"]],
    ["rules on the target, with commits to it", { protection: { target: { approvals: 1 } } }, ["delivery"]],
    [
      "a team, asked with a token that cannot",
      { pullRequest: { teamReviewers: ["core"] } },
      ["pullRequest.teamReviewers"],
    ],
    ["no commands", { tests: { run: [] } }, ["tests.run"]],
    ["trusted commands that name no file", { tests: { run: ["npm test"], trusted: "fork" } }, ["tests.entry"]],
    ["trusted files of tests that are not trusted", { tests: { entry: ["e2e"] } }, ["tests.trusted"]],
    ["a trusted file twice", { tests: { trusted: "fork", entry: ["e2e", "e2e"] } }, ["tests.entry[1]"]],
    ["a check and commands", { tests: { checks: ["ci"], run: ["npm test"] } }, ["tests"]],
    ["no check", { tests: { checks: [] } }, ["tests.checks"]],
    ["a check twice", { tests: { checks: ["ci", "ci"] } }, ["tests.checks[1]"]],
    ["our own status to wait for", { tests: { checks: ["upstream-sync/tests"] } }, ["tests.checks[0]"]],
    ["trusted files where the fork's CI tests", { tests: { checks: ["ci"], trusted: "fork" } }, ["tests.trusted"]],
    [
      "what to fetch where the fork's CI tests",
      { tests: { checks: ["ci"], lfs: true, entry: ["e"] } },
      ["tests.entry", "tests.lfs"],
    ],
    [
      "a branch where candidates are pushed",
      { tests: { checks: ["ci"] }, branches: { from: "sync/upstream-candidate" } },
      ["branches"],
    ],
    [
      "a generated file by no pattern",
      { policies: { regenerate: [{ paths: [], run: "make" }] } },
      ["policies.regenerate[0].paths"],
    ],
    [
      "a generated file without a command",
      { policies: { regenerate: [{ paths: ["a"], run: " " }] } },
      ["policies.regenerate[0].run"],
    ],
    ["an owner nobody can be", { owners: { "/x/": ["devops"] } }, ["owners./x/[0]"]],
    ["a pattern CODEOWNERS has not", { owners: { "!x": ["@devops"] } }, ["owners.!x"]],
    ["a mistyped key far down", { protection: { sync: { approval: 1 } } }, ["protection.sync.approval"]],
  ])("%s: refused", (_, fork, paths) => {
    expect(refusedPaths(fork)).toEqual(paths);
  });

  test("one branch may be birthplace and target", () => {
    expect(refusedPaths({ branches: { target: "main" }, document: { branches: ["main"] } })).toEqual([]);
  });

  test("a compose file is a file to trust; with commands it has to be named", () => {
    expect(refusedPaths({ tests: { trusted: "fork" } })).toEqual([]);
    expect(refusedPaths({ tests: { run: ["./e2e/run.sh"], trusted: "fork", entry: ["e2e"] } })).toEqual([]);
  });

  test("what github-token pushes starts no check", () => {
    const fork = { credentials: "github-token", protection: { sync: { mode: "minimal" } } };
    expect(refusedPaths({ ...fork, tests: { checks: ["ci"] } })).toEqual(["tests.checks"]);
    expect(refusedPaths({ ...fork, tests: { run: ["npm test"] } })).toEqual([]);
    expect(refusedPaths({ tests: { checks: ["ci"] } })).toEqual([]);
  });

  test("github-token cannot pass the gate of strict", () => {
    expect(refusedPaths({ credentials: "github-token" })).toContain("protection.sync.mode");
    expect(refusedPaths({ credentials: "github-token", protection: { sync: { mode: "minimal" } } })).not.toContain(
      "protection.sync.mode",
    );
  });

  test("github-token pushes no workflow file and keeps no second token", () => {
    const fork = {
      upstream: { repository: "up/app", private: true },
      credentials: "github-token",
      upstreamWorkflows: "accept",
      protection: { sync: { mode: "minimal" } },
    };
    expect(refusedPaths(fork)).toEqual(expect.arrayContaining(["upstream.private", "upstreamWorkflows"]));
    expect(refusedPaths({ ...fork, credentials: "deploy-key" })).not.toContain("upstream.private");
  });

  test("rules on the target leave the merge commit possible", () => {
    const fork = (mergeMethods: string[], landing?: string) => ({
      ...(landing === undefined ? {} : { landing }),
      ...{ delivery: "pull-request", protection: { target: { mergeMethods } } },
    });
    expect(refusedPaths(fork(["squash"]))).toContain("protection.target.mergeMethods");
    expect(refusedPaths(fork(["merge", "squash"]))).not.toContain("protection.target.mergeMethods");
    expect(refusedPaths(fork([]))).toContain("protection.target.mergeMethods");
    expect(refusedPaths(fork(["merge", "rebase"], "squash"))).toContain("protection.target.mergeMethods");
    expect(refusedPaths(fork(["squash"], "squash"))).toEqual([]);
  });

  test("a rule still speaks when another part of the fork is wrong", () => {
    expect(refusedPaths({ schedule: { cron: "daily" }, branches: { sync: "dev" } }).sort()).toEqual([
      "branches.sync",
      "schedule.cron",
    ]);
  });
});

describe("what this version does not do", () => {
  test.each<[object, string]>([
    [{ routes: [] }, "routes"],
    [{ tests: { compose: {}, run: ["npm test"] } }, "tests"],
  ])("%j is refused in so many words", (fork, path) => {
    const resolution = resolveConfig({ version: 1, forks: { "acme/app": { upstream: "up/app", ...fork } } });
    expect(resolution.ok ? [] : resolution.problems.map((problem) => [problem.path, problem.expected])).toEqual([
      [`forks.acme/app.${path}`, expect.stringContaining("not available in this version")],
    ]);
  });

  test("policies are taken, and a path of mustSurvive may stand alone", () => {
    const policies = { keepOurs: ["/branding/"], mustSurvive: ["LICENSE", { path: "a", contains: "b" }] };
    const resolution = resolveConfig({ version: 1, forks: { "acme/app": { upstream: "up/app", policies } } });
    expect(resolution.ok && resolution.config.forks[0]?.policies).toEqual({
      ...{ keepOurs: ["/branding/"], keepDeleted: [], partial: false, regenerate: [] },
      mustSurvive: [{ path: "LICENSE" }, { path: "a", contains: "b" }],
    });
    expect(
      refusedPaths({ policies: { keepOurs: ["!a"], mustSurvive: ["../a", { path: "a", contains: "" }] } }),
    ).toEqual(["policies.keepOurs[0]", "policies.mustSurvive[0]", "policies.mustSurvive[1].contains"]);
  });

  test("rollback.syncBranch: keep is taken", () => {
    expect(refusedPaths({ rollback: { syncBranch: "keep" } })).toEqual([]);
  });
});

describe("the JSON Schema", () => {
  const committed: unknown = JSON.parse(
    readFileSync(join(packageRoot(), "schema", "upstream-sync.schema.json"), "utf8"),
  );

  test("the committed file is what tools/write-schema.ts writes", () => {
    expect(committed).toEqual(JSON.parse(JSON.stringify(jsonSchema())));
  });

  test("every key says what it is", () => {
    const undescribed = (node: unknown, path: string): string[] => {
      if (typeof node !== "object" || node === null) return [];
      const {
        properties = {},
        description,
        ...rest
      } = node as { properties?: Record<string, { description?: string; const?: string }> } & Record<string, unknown>;
      void description;
      return [
        ...Object.entries(properties).flatMap(([key, value]) => (value.description ? [] : [`${path}.${key}`])),
        ...Object.entries(properties).flatMap(([key, value]) => undescribed(value, `${path}.${key}`)),
        ...Object.entries(rest).flatMap(([key, value]) => undescribed(value, `${path}/${key}`)),
      ];
    };
    const { state: _state, ...ours } = (committed as { properties: Record<string, unknown> }).properties;
    expect(undescribed({ properties: ours }, "")).toEqual([]);
  });
});
