import { describe, expect, test } from "@jest/globals";
import type { SyncResult } from "../../lib/fork/follow-run.ts";
import { parseRecord, type RunRecord } from "../../lib/fork/run-record.ts";
import { pushAnswer } from "../../lib/verification/git-story.ts";
import {
  judgeCleanMerge,
  judgeConflict,
  judgeDocument,
  judgeManual,
  judgeProtection,
  judgePullRequest,
  judgePushes,
  judgeResolution,
  judgeReviewers,
} from "../../lib/verification/judge.ts";
import { copiesOf, type LiveRules } from "../../lib/verification/rules.ts";
import { forkConfig } from "../support/fork-config.ts";

const fork = forkConfig({ pullRequest: { reviewers: ["devops-lead"], labels: ["upstream-sync"] } });
const key = { actor_type: "DeployKey", actor_id: null, bypass_mode: "always" };
const administrators = { actor_type: "RepositoryRole", actor_id: 5, bypass_mode: "always" };

const live: LiveRules = {
  rules: [
    { type: "deletion", parameters: {}, ruleset: 1 },
    { type: "non_fast_forward", parameters: {}, ruleset: 1 },
    { type: "pull_request", parameters: { required_approving_review_count: 1 }, ruleset: 2 },
    { type: "required_status_checks", parameters: { required_status_checks: [] }, ruleset: 2 },
  ],
  rulesets: [
    { id: 1, name: "upstream-sync: history", ofRepository: true, bypass: [] },
    { id: 2, name: "upstream-sync: gate", ofRepository: true, bypass: [key] },
  ],
};

function withBypass(id: number, bypass: LiveRules["rulesets"][number]["bypass"]): LiveRules {
  return { ...live, rulesets: live.rulesets.map((one) => (one.id === id ? { ...one, bypass } : one)) };
}

describe("the rules of the sync branch", () => {
  test("are ok as a deploy makes them", () => {
    expect(judgeProtection(fork, live)).toMatchObject({ state: "ok" });
  });

  test.each<[string, LiveRules, string]>([
    ["one that is gone", { ...live, rules: live.rules.slice(1) }, "deletion"],
    ["somebody else who passes the gate", withBypass(2, [key, administrators]), "pull_request, required_status_checks"],
    ["somebody who may rewrite", withBypass(1, [key]), "deletion, non_fast_forward"],
  ])("are not ok with %s", (_, changed, missing) => {
    expect(judgeProtection(fork, changed)).toMatchObject({
      state: "not ok",
      evidence: `no rule that holds for everybody but the workflow's key: ${missing}`,
    });
  });

  test("are unknown where GitHub keeps back who passes", () => {
    expect(judgeProtection(fork, withBypass(2, undefined)).state).toBe("cannot tell");
  });

  test("are asked for as the config has them", () => {
    const minimal = forkConfig({ protection: { sync: { mode: "minimal" } } });
    expect(judgeProtection(minimal, { ...live, rules: live.rules.slice(0, 2) }).state).toBe("ok");
    const administered = forkConfig({ protection: { sync: { includeAdministrators: false } } });
    expect(judgeProtection(administered, withBypass(2, [key, administrators])).state).toBe("ok");
  });

  test("are copied with their bypass, one ruleset for one, and nobody's of another level", () => {
    const ofOrganization = { id: 3, name: "org", ofRepository: false, bypass: undefined };
    const copies = copiesOf({ ...live, rulesets: [...live.rulesets, ofOrganization] }, "k3f9x0a2", "a/sync");
    expect(copies).toEqual([
      {
        name: "upstream-sync verify k3f9x0a2: copy of upstream-sync: history",
        target: "branch",
        enforcement: "active",
        conditions: { ref_name: { include: ["refs/heads/a/sync"], exclude: [] } },
        bypass_actors: [],
        rules: [{ type: "deletion" }, { type: "non_fast_forward" }],
      },
      expect.objectContaining({
        bypass_actors: [key],
        rules: [
          { type: "pull_request", parameters: { required_approving_review_count: 1 } },
          { type: "required_status_checks", parameters: { required_status_checks: [] } },
        ],
      }),
    ]);
  });
});

describe("a push that has to be refused", () => {
  const words = "Changes must be made through a pull request.";
  const refused = { kind: "refused", words } as const;
  const accepted = { kind: "accepted" } as const;

  test("is known by GitHub's words", () => {
    const stderr = [
      "remote: error: GH013: Repository rule violations found for refs/heads/x.        ",
      "remote: ",
      `remote: - ${words}        `,
      "To https://github.com/acme/app.git",
      " ! [remote rejected] 1234 -> x (push declined due to repository rule violations)",
    ].join("\n");
    expect(pushAnswer({ code: 1, stderr })).toEqual(refused);
    expect(pushAnswer({ code: 0, stderr: "" })).toEqual(accepted);
    expect(pushAnswer({ code: 128, stderr: "fatal: Authentication failed" })).toEqual({
      kind: "failed",
      words: "fatal: Authentication failed",
    });
  });

  const all = { forward: refused, rewrite: refused, deletion: refused };
  test.each([
    ["all three refused", all, {}, "ok"],
    ["one accepted", { ...all, forward: accepted }, {}, "not ok"],
    ["a deletion accepted", { ...all, deletion: accepted }, {}, "not ok"],
    [
      "one that did not arrive",
      { ...all, rewrite: { kind: "failed", words: "no network" } as const },
      {},
      "cannot tell",
    ],
    ["an administrator's, who passes", { ...all, forward: accepted }, { includeAdministrators: false }, "cannot tell"],
    ["accepted where there is no gate", { ...all, forward: accepted }, { mode: "minimal" }, "ok"],
  ])("%s", (_, pushes, sync, state) => {
    const config = forkConfig({ protection: { sync } });
    expect(judgePushes(config, pushes, []).state).toBe(state);
  });
});

const tip = "a".repeat(40);
const record = parseRecord(
  JSON.stringify({
    ...{ v: 1, outcome: "promoted", reason: "tests passed", run: 1, target: null, candidate: tip },
    ...{ upstream: { ref: "r", sha: null }, sync: { before: null, after: tip } },
    tests: [{ name: "npm test", ok: true, seconds: 1 }],
    ...{ conflicts: [], held: [], kept: [], firstConflict: null, pr: 1, issue: null, behind: null },
  }),
) as RunRecord;
const run: SyncResult = {
  repository: "acme/app",
  run: { id: 1, url: "https://github.com/acme/app/actions/runs/1", conclusion: "success" },
  record,
  ...{ pullRequest: undefined, issue: undefined, failed: undefined },
};
const pull = {
  ...{ number: 1, url: "u", state: "open", base: "t", head: tip },
  ...{ labels: ["upstream-sync"], body: "from x/sync-manual" },
};
const branch = { tip, missing: [], isSettled: true };

describe("a run", () => {
  const clean = { run, pull, branch, status: "success", target: "t" };
  const failed = { ...run, record: { ...record, outcome: "tests-failed" as const, reason: "failed: npm test" } };

  test("that merged is ok, and one that came to anything else is not", () => {
    expect(judgeCleanMerge(clean)).toMatchObject({ state: "ok", evidence: expect.stringContaining("npm test") });
    expect(judgeCleanMerge({ ...clean, run: failed }).evidence).toContain("tests-failed: failed: npm test");
    expect(judgeCleanMerge({ ...clean, run: { ...run, record: undefined } }).state).toBe("not ok");
    expect(judgeCleanMerge({ ...clean, branch: { ...branch, missing: ["b"] } }).state).toBe("not ok");
    expect(judgeCleanMerge({ ...clean, branch: { ...branch, tip: "b" } }).state).toBe("not ok");
  });

  test.each([
    ["without a pull request", { pull: undefined }],
    ["without its label", { pull: { ...pull, labels: [] } }],
    ["without a green status", { status: "failure" }],
    ["into another branch", { pull: { ...pull, base: "dev" } }],
    ["closed", { pull: { ...pull, state: "closed" } }],
  ])("is not ok %s", (_, change) => {
    expect(judgePullRequest(fork, clean).state).toBe("ok");
    expect(judgePullRequest(fork, { ...clean, ...change }).state).toBe("not ok");
  });

  const path = "upstream-sync-verify/shared.verify";
  const conflictRun = {
    ...run,
    record: { ...record, outcome: "conflict" as const, conflicts: [{ path, kind: "contents", side: "upstream" }] },
  };
  const issue = { number: 2, url: "i", state: "open", body: path };
  const conflict = {
    ...{ run: conflictRun, pull: { ...pull, base: "s" }, issue, issuesOn: true, conflictBranch: "s-conflict-1" },
    ...{ sync: "s", before: tip, after: tip },
  };
  test.each([
    ["nothing for people", { conflictBranch: undefined }],
    ["no issue", { issue: undefined }],
    ["an issue that does not name the file", { issue: { ...issue, body: "" } }],
    ["a pull request into another branch", { pull }],
    ["a sync branch that moved", { after: "b" }],
    ["another outcome", { run }],
  ])("with a conflict is not ok with %s", (_, change) => {
    expect(judgeConflict(conflict).state).toBe("ok");
    expect(judgeConflict({ ...conflict, issue: undefined, issuesOn: false }).state).toBe("ok");
    expect(judgeConflict({ ...conflict, ...change }).state).toBe("not ok");
  });

  const closed = { ...pull, state: "closed" };
  const resolution = { run, branch, pull: closed, issue: { ...issue, state: "closed" }, conflictBranch: undefined };
  test.each([
    ["without the person's commit", { branch: { ...branch, missing: ["b"] } }],
    ["without what the person wrote", { branch: { ...branch, isSettled: false } }],
    ["with the branch still there", { conflictBranch: "s-conflict-1" }],
    ["with the pull request still open", { pull }],
    ["with the issue still open", { issue }],
  ])("after a conflict is not ok %s", (_, change) => {
    expect(judgeResolution(resolution).state).toBe("ok");
    expect(judgeResolution({ ...resolution, ...change }).state).toBe("not ok");
  });

  const manual = { run, branch, manual: "x/sync-manual", pull, number: 1 };
  test.each([
    ["another pull request", { number: 7 }],
    ["a text that does not name the branch", { pull: { ...pull, body: "" } }],
    ["an older commit", { pull: { ...pull, head: "b" } }],
  ])("with a sync by hand is not ok with %s", (_, change) => {
    expect(judgeManual(manual).state).toBe("ok");
    expect(judgeManual({ ...manual, ...change }).state).toBe("not ok");
  });
});

describe("what is read", () => {
  test("reviewers need access, and of teams GitHub tells nothing", () => {
    expect(judgeReviewers(fork, new Map([["devops-lead", true]])).state).toBe("ok");
    expect(judgeReviewers(fork, new Map([["devops-lead", false]])).state).toBe("not ok");
    const teams = forkConfig({ pullRequest: { teamReviewers: ["core"] }, credentials: "github-app" });
    expect(judgeReviewers(teams, new Map()).state).toBe("cannot tell");
  });

  test("the document carries the workflow's digest", () => {
    const digest = "d".repeat(64);
    expect(judgeDocument("p", "dev", `digest \`${digest}\``, digest).state).toBe("ok");
    expect(judgeDocument("p", "dev", "digest `other`", digest).state).toBe("not ok");
    expect(judgeDocument("p", "dev", undefined, digest).state).toBe("not ok");
  });
});
