import { describe, expect, test } from "@jest/globals";
import { commitRefusals, readCommitRefusals } from "../../sync/commit-refusals.ts";
import { type GitHub, GitHubError } from "../../sync/github.ts";

const refusing = ["pull_request", "required_signatures"];
const rule = (type: string, id = 7) => ({ type, ruleset_id: id, ruleset_source: "acme" });
const ruleset = (bypass?: string) => ({ name: "team: main", ...(bypass ? { current_user_can_bypass: bypass } : {}) });

describe("rules that keep a commit out of a branch", () => {
  test.each([
    ["never", ['rule pull_request of ruleset "team: main" (acme)']],
    ["pull_requests_only", ['rule pull_request of ruleset "team: main" (acme)']],
    ["always", []],
    ["exempt", []],
    [undefined, ['rule pull_request of ruleset "team: main" (acme)']],
  ])("a ruleset whose bypass is %s", (bypass, words) => {
    const rules = [rule("pull_request"), rule("deletion"), rule("pull_request")];
    expect(commitRefusals(rules, new Map([[7, ruleset(bypass)]]), undefined, refusing)).toEqual(words);
  });

  test("one that the token may not look at is named by its number", () => {
    expect(commitRefusals([rule("required_signatures")], new Map(), undefined, refusing)).toEqual([
      'rule required_signatures of ruleset "7" (acme)',
    ]);
  });

  test("classic protection, only where administrators are bound by it", () => {
    const protection = {
      required_pull_request_reviews: {},
      required_status_checks: {},
      lock_branch: { enabled: true },
      required_signatures: { enabled: true },
    };
    expect(commitRefusals([], new Map(), protection, refusing)).toEqual([]);
    expect(commitRefusals([], new Map(), { ...protection, enforce_admins: { enabled: true } }, refusing)).toEqual([
      "required pull request reviews of the classic protection",
      "required status checks of the classic protection",
      "locked branch of the classic protection",
      "required signatures of the classic protection",
    ]);
    const off = { enforce_admins: { enabled: true }, lock_branch: { enabled: false } };
    expect(commitRefusals([], new Map(), off, refusing)).toEqual([]);
  });

  test("where there are none GitHub says so in two ways", async () => {
    const asked: string[] = [];
    const answer = async (path: string) => {
      asked.push(path);
      throw new GitHubError(`GET ${path}`, path.includes("/rules/") ? 403 : 404, "");
    };
    const github = { get: answer, list: answer } as unknown as GitHub;
    expect(await readCommitRefusals({ repository: "acme/fork" }, github, "release/1", refusing)).toEqual([]);
    expect(asked).toEqual([
      "/repos/acme/fork/rules/branches/release%2F1?per_page=100",
      "/repos/acme/fork/branches/release%2F1/protection",
    ]);
  });
});
