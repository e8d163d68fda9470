import { describe, expect, test } from "@jest/globals";
import { SettingsError } from "../../sync/environment.ts";
import { readFinishSettings, readLookSettings, readMergeSettings } from "../../sync/settings.ts";
import { sha } from "./support/settings.ts";

const environment = {
  GITHUB_REPOSITORY: "acme/open-webui",
  GITHUB_SERVER_URL: "https://github.com/",
  GITHUB_API_URL: "https://api.github.com",
  GITHUB_TOKEN: "t",
  GITHUB_RUN_ID: "77",
  GITHUB_RUN_ATTEMPT: "1",
  GITHUB_OUTPUT: "/o",
  GITHUB_STEP_SUMMARY: "/s",
  RUNNER_TEMP: "/t",
  SYNC_ROUTE: "main",
  UPSTREAM_URL: "https://github.com/open-webui/open-webui.git",
  UPSTREAM_BRANCH: "main",
  UPSTREAM_FOLLOW: "branch",
  SYNC_BRANCH: "sync/upstream",
  TARGET_BRANCH: "dev",
  UPSTREAM_WORKFLOWS: "hold",
  LANDING: "merge",
  FRESHNESS: '{"days":14}',
  POLICIES: JSON.stringify({
    keepOurs: ["/a/"],
    keepDeleted: [],
    mustSurvive: [{ path: "b" }],
    partial: true,
    regenerate: ["l"],
  }),
  TESTS: JSON.stringify({ trusted: ["e2e"], checks: [] }),
  PULL_REQUEST: JSON.stringify({ title: "t", labels: ["l"], reviewers: [], teamReviewers: [], whenApproved: "hold" }),
  DOCUMENT_PATH: "docs/upstream-sync.md",
  UPSTREAM_SYNC_DIGEST: "0a",
  PROGRAM_SHA256: "0b",
};

function problems(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe("settings", () => {
  test("are read from what the workflow sets", () => {
    expect(readLookSettings(environment)).toMatchObject({
      repository: "acme/open-webui",
      owner: "acme",
      run: { id: 77, attempt: 1, url: "https://github.com/acme/open-webui/actions/runs/77" },
      branches: { sync: "sync/upstream", target: "dev" },
      policies: { keepOurs: ["/a/"], keepDeleted: [], mustSurvive: [{ path: "b" }], partial: true, regenerate: ["l"] },
      tests: { trusted: ["e2e"], checks: [] },
      pullRequest: { title: "t", labels: ["l"], reviewers: [], teamReviewers: [] },
    });
  });

  test("that are missing or empty are named all together", () => {
    const { GITHUB_TOKEN, SYNC_BRANCH, ...rest } = environment;
    expect(problems(() => readMergeSettings({ ...rest, TARGET_BRANCH: "", UPSTREAM_SHA: "" }))).toEqual([
      "GITHUB_TOKEN is missing",
      "SYNC_BRANCH is missing",
      "TARGET_BRANCH is missing",
      "UPSTREAM_REF is missing",
      "CREDENTIALS is missing",
      "UPSTREAM_SHA is missing",
    ]);
  });

  test("that are malformed say what they are and what was expected", () => {
    const policies = { keepOurs: [], keepDeleted: [], mustSurvive: ["b"], partial: false, regenerate: [] };
    const wrong = {
      UPSTREAM_WORKFLOWS: "keep",
      LANDING: "rebase",
      POLICIES: JSON.stringify(policies),
      PULL_REQUEST: '{"title":1}',
      GITHUB_RUN_ID: "x1",
      FRESHNESS: '{"days":0}',
    };
    expect(problems(() => readLookSettings({ ...environment, ...wrong }))).toEqual([
      'GITHUB_RUN_ID is "x1", expected a number',
      'UPSTREAM_WORKFLOWS is "keep", expected one of hold, accept',
      'LANDING is "rebase", expected one of merge, squash',
      "POLICIES is not JSON with keepOurs, keepDeleted, mustSurvive, partial and regenerate",
      "PULL_REQUEST is not JSON with title, labels, reviewers, teamReviewers and whenApproved (hold or update)",
      "FRESHNESS is not JSON with commits and days, each a positive number or not there",
    ]);
  });

  test("say whether people asked for a pause: anything but a clear no", () => {
    const paused = (value: string) => readLookSettings({ ...environment, UPSTREAM_SYNC_PAUSED: value }).pause;
    expect(["true", "until Monday"].map(paused)).toEqual(["asked", "asked"]);
    expect(["", "False", "no", "off", "0"].map(paused)).toEqual(["look", "look", "look", "look", "look"]);
    const verifying = { ...environment, UPSTREAM_SYNC_PAUSED: "true", VERIFY: "abcdef" };
    expect(readLookSettings(verifying)).toMatchObject({ pause: "never", freshness: {} });
    expect(readLookSettings(environment).freshness).toEqual({ days: 14 });
  });

  test("say what is followed", () => {
    expect(readLookSettings(environment).upstream).toMatchObject({
      follow: { kind: "branch" },
      ref: "refs/heads/main",
    });
    const tags = { ...environment, UPSTREAM_FOLLOW: '{"tags":"nightly-*"}' };
    expect(readLookSettings(tags).upstream).toMatchObject({
      follow: { kind: "tags", pattern: "nightly-*" },
      ref: "refs/tags/nightly-*",
    });
    expect(problems(() => readLookSettings({ ...environment, UPSTREAM_FOLLOW: "releases" }))).toEqual([
      "UPSTREAM_FOLLOW is not branch, or JSON with releases, comparators and prereleases, or with tags",
    ]);
  });

  test("of a verification name its own branches and nobody else, whatever is configured", () => {
    const settings = readLookSettings({ ...environment, UPSTREAM_WORKFLOWS: "accept", VERIFY: "k3f9x0a2" });
    const { upstream, pullRequest, ...rest } = readLookSettings(environment);
    expect(settings).toEqual({
      ...rest,
      route: "verify-k3f9x0a2",
      pause: "never",
      defaultTip: undefined,
      freshness: {},
      branches: { sync: "upstream-sync-verify/k3f9x0a2/sync", target: "upstream-sync-verify/k3f9x0a2/target" },
      upstream: {
        ...upstream,
        url: "https://github.com/acme/open-webui.git",
        branch: "upstream-sync-verify/k3f9x0a2/upstream",
        ref: "refs/heads/upstream-sync-verify/k3f9x0a2/upstream",
        token: "t",
      },
      pullRequest: {
        title: "upstream-sync verify, closes by itself",
        labels: pullRequest.labels,
        reviewers: [],
        teamReviewers: [],
        whenApproved: "update",
      },
    });
    expect(problems(() => readMergeSettings({ ...environment, VERIFY: "../dev" })).slice(0, 1)).toEqual([
      'VERIFY is "../dev", expected 6 to 20 lower-case letters and digits',
    ]);
    // Tags are followed no more than branches that are configured.
    const tags = { ...environment, UPSTREAM_FOLLOW: '{"tags":"nightly-*"}', VERIFY: "k3f9x0a2" };
    expect(readLookSettings(tags).upstream.follow).toEqual({ kind: "branch" });
  });

  test("of finish take empty outputs as absent and refuse what is no commit id", () => {
    const jobs = {
      CREDENTIALS: "deploy-key",
      CREDENTIAL: "k",
      UPSTREAM_SHA: sha("3"),
      UPSTREAM_REF: "refs/tags/v1.4.2",
      MERGE_RESULT: "success",
      TEST_RESULT: "skipped",
    };
    const read = (outputs: Record<string, string>) => readFinishSettings({ ...environment, ...jobs, ...outputs });
    expect(read({ CANDIDATE_SHA: "", MERGE_CONFLICT: "" }).merge).toMatchObject({
      candidate: undefined,
      conflict: false,
    });
    expect(read({}).upstream.ref).toBe("refs/tags/v1.4.2");
    expect(problems(() => read({ CANDIDATE_SHA: "main" }))).toEqual([
      'CANDIDATE_SHA is "main", expected a commit id of 40 hexadecimal digits, or nothing',
    ]);
  });
});
