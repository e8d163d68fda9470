import { expect, test } from "@jest/globals";
import {
  answerClicks,
  answerRefs,
  answerSecrets,
  answerSignatures,
  answerStatus,
} from "../../lib/verification/probes.ts";
import { type Criterion, isProved, type Verification, verificationReport } from "../../lib/verification/report.ts";
import { throwawayWords } from "../../lib/verification/throwaway.ts";

const criterion: Criterion = {
  ...{ id: "branch", proves: "P14", title: "the sync branch is there", state: "ok", evidence: "a | b\nc" },
  links: ["https://github.com/r/1"],
};
const verification: Verification = {
  ...{ repository: "acme/app", id: "k3f9x0a2", server: "https://github.com" },
  ...{ begun: "2026-03-10T00:00:00.000Z", ended: "2026-03-10T00:10:00.000Z", requests: 60 },
  criteria: [criterion],
  probes: [answerRefs([], [])],
  runs: [{ what: "a clean merge", url: "https://github.com/r/1", outcome: "promoted" }],
  left: [],
  failure: undefined,
};

test("the report has a line for each criterion, run and question", () => {
  const text = verificationReport(verification);
  expect(text).toContain("| P14 | the sync branch is there | ok | a \\| b c [1](https://github.com/r/1) |");
  expect(text).toContain("- a clean merge: [promoted](https://github.com/r/1)");
  expect(text).toMatch(/\| U1 \| .* \| \*\*cannot tell\*\* \|/);
  expect(text).toContain("Everything that it made is gone");
});

test("nothing is proved by a verification that was cut off, left something, or found something wrong", () => {
  expect(isProved(verification)).toBe(true);
  expect(isProved({ ...verification, criteria: [{ ...criterion, state: "cannot tell" }] })).toBe(true);
  expect(isProved({ ...verification, criteria: [{ ...criterion, state: "not ok" }] })).toBe(false);
  for (const change of [{ failure: "it was interrupted" }, { left: ["branch x"] }]) {
    expect(isProved({ ...verification, ...change })).toBe(false);
    expect(verificationReport({ ...verification, ...change })).toContain(Object.values(change).flat()[0]);
  }
});

test("what is left is named as people know it", () => {
  const words = throwawayWords({
    refs: ["refs/heads/upstream-sync-verify/a/sync", "refs/upstream-sync/verify-a/synced"],
    rulesets: [{ id: 1, name: "upstream-sync verify a: copy of x" }],
    ...{ pulls: [{ number: 3, body: "" }], issues: [{ number: 4, body: "" }], runs: [7] },
  });
  expect(words).toEqual([
    ...["run 7, which has not ended", "pull request #3", "issue #4", 'ruleset "upstream-sync verify a: copy of x"'],
    ...["branch upstream-sync-verify/a/sync", "refs/upstream-sync/verify-a/synced"],
  ]);
});

test("an answer is only given beside what had to be seen", () => {
  const started = (head_sha: string, conclusion: string | null = "success") => ({
    ...{ head_sha, status: "completed", conclusion, html_url: "u" },
  });
  expect(answerRefs([], [started("b")]).answer).toBe("yes");
  expect(answerRefs([started("a")], [started("b")]).answer).toBe("no");
  expect(answerClicks([started("old")], "tip").answer).toBe("cannot tell");
  expect(answerClicks([started("tip")], "tip").answer).toBe("yes");
  expect(answerClicks([started("tip", "action_required")], "tip").answer).toBe("no");
  const [accepted, refused] = [{ kind: "accepted" } as const, { kind: "refused", words: "" } as const];
  expect(answerStatus(refused, accepted, false).answer).toBe("yes");
  expect(answerStatus(refused, refused, false).answer).toBe("no");
  expect(answerStatus(accepted, accepted, false).answer).toBe("cannot tell");
  expect(answerStatus(refused, accepted, true).answer).toBe("cannot tell");
  expect(["disabled", "enabled", undefined].map((one) => answerSecrets(one).answer)).toEqual([
    ...["no", "cannot tell", "cannot tell"],
  ]);
  const refusals = [undefined, "Commits must have verified signatures.", "Pull Request is not mergeable"];
  expect(refusals.map((one) => answerSignatures(one).answer)).toEqual(["yes", "no", "cannot tell"]);
});
