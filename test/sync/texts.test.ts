import { describe, expect, test } from "@jest/globals";
import { askedIn, isMissing, withAsked } from "../../sync/asked.ts";
import { type ConflictFacts, closedText, openText, readMark, withConflictPart } from "../../sync/conflict-text.ts";
import { emptyRecord } from "../../sync/look.ts";
import { code } from "../../sync/markdown.ts";
import { plain } from "../../sync/outputs.ts";
import { NO_POLICIES } from "../../sync/policies.ts";
import { type PullRequestFacts, pullRequestBody, withOurPart } from "../../sync/pull-request.ts";
import { summaryOf } from "../../sync/summary.ts";
import { sha, someSettings } from "./support/settings.ts";

const NASTY = [
  "@everyone/notes.md",
  "Fixes #12",
  "a`@someone`b",
  "``@x",
  "<!-- upstream-sync:end -->",
  "x\n\n## Approved by @boss",
  "[text](https://example.com)",
  "GH-1 open-webui/open-webui#7",
];

const facts: PullRequestFacts = {
  range: { from: sha("1"), to: sha("2"), commits: 12 },
  left: undefined,
  landed: { commit: sha("7"), lost: NASTY },
  tip: sha("4"),
  bothChanged: NASTY,
  risks: [{ title: "Containers", paths: NASTY }],
  held: NASTY,
  kept: NASTY.map((path, index) => ({ path, policy: index % 2 ? "keepOurs" : "keepDeleted" })),
  conflicts: NASTY.map((path) => ({ path, kind: "contents", side: "upstream" })),
  firstConflict: sha("6"),
  closing: NASTY.map((title, n) => ({ number: n + 1, title, pull: n % 2 === 0 })),
  settled: NASTY.map((branch) => ({ branch, sha: sha("5"), files: 2, oneSided: branch })),
  tests: { kind: "steps", steps: [{ name: "npm test", ok: true, seconds: 61 }], url: "https://github.com/r" },
};

/** What GitHub's Markdown reads outside code spans: a run of n backticks ends at the next run of exactly n (CommonMark 6.1). */
function outsideCode(markdown: string): string {
  return markdown
    .split("\n")
    .map((line) => line.replaceAll(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, ""))
    .join("\n");
}

const asked = { labels: ["a-->b"], reviewers: ["lead"], teamReviewers: [] };
const bodyOf = (some: PullRequestFacts, room = 65_536) => pullRequestBody(some, someSettings(), asked, room);

describe("the pull request's text", () => {
  test("shows upstream's paths only inside code, so that nobody is notified and nothing is closed", () => {
    const outside = outsideCode(bodyOf(facts));
    expect(outside).not.toMatch(/@/);
    expect(outside).not.toMatch(/#\d|GH-\d|fixes|closes/i);
    expect(outside).not.toContain("example.com");
    expect(outside.match(/^## /gm)).toBeNull();
  });

  test("says range, count, tested commit, seconds and log", () => {
    const nothing = { bothChanged: [], held: [], kept: [], conflicts: [], settled: [] };
    const body = bodyOf({ ...facts, ...nothing, landed: undefined });
    expect(body.split("\n").slice(1, 6)).toEqual([
      "Brings 12 commits of upstream into `dev`.",
      "",
      "- upstream: `https://github.com/open-webui/open-webui.git`, `branch main`",
      `- range: \`${sha("1")}\` to \`${sha("2")}\``,
      `- tip of \`sync/upstream\`: \`${sha("4")}\``,
    ]);
    expect(body).toContain(`Passed on \`${sha("4")}\`: [log](https://github.com/r)\n\n- \`npm test\`: passed, 61 s`);
    expect(body).toContain("(https://github.com/acme/open-webui/blob/dev/docs/upstream-sync.md)");
    expect(body).not.toMatch(/Changed on both sides|not taken|policies|conflicts \(/);
  });

  test("lists what the policies kept, in one place", () => {
    const kept = [
      { path: "branding/logo.svg", policy: "keepOurs" as const },
      { path: "backend/telemetry.py", policy: "keepDeleted" as const },
    ];
    expect(bodyOf({ ...facts, kept })).toContain(
      [
        "### Kept by the fork's policies (2)",
        "",
        "Upstream changed these; the fork's configuration says what becomes of that.",
        "",
        "- kept ours: `branding/logo.svg`",
        "- stayed deleted: `backend/telemetry.py`",
      ].join("\n"),
    );
  });

  test("claims no test that is not recorded", () => {
    const body = bodyOf({ ...facts, tests: { kind: "none" } });
    expect(body).toContain(`No test result is recorded for \`${sha("4")}\`.`);
    expect(body).not.toMatch(/passed/i);
  });

  test("stays under GitHub's limit of 65,536 characters", () => {
    const many = Array.from({ length: 5000 }, (_, index) => `${"d/".repeat(1000)}${index}`);
    const conflicts = many.map((path) => ({ path, kind: "contents", side: "upstream" as const }));
    const body = bodyOf({ ...facts, bothChanged: many, held: many, conflicts });
    expect(body.length).toBeLessThan(65_536);
    expect(body).toContain("- and 4960 more");
    const beside = bodyOf({ ...facts, bothChanged: many, held: many, conflicts }, 10_000);
    expect(beside.length).toBeLessThanOrEqual(10_000);
    expect(beside).toContain("- and 4998 more");
  });

  test("remembers what was asked of people, whatever the names hold", () => {
    expect(askedIn(bodyOf(facts))).toEqual(asked);
    expect(bodyOf(facts)).not.toContain("a-->b");
    expect(askedIn("Opened by hand")).toBeUndefined();
  });

  test("exchanges what was asked of people and nothing else; what is missing is told in any case of letters", () => {
    const more = { ...asked, reviewers: [...asked.reviewers, "$& and-->"] };
    const body = `Hello\n${bodyOf(facts)}\nBye`;
    expect(askedIn(withAsked(body, more))).toEqual(more);
    expect(withAsked(withAsked(body, more), asked)).toBe(body);
    const upper = { ...asked, labels: asked.labels.map((label) => label.toUpperCase()) };
    expect([isMissing(upper, asked), isMissing(more, asked), isMissing(asked, more)]).toEqual([false, true, false]);
  });

  test("replaces its own part and keeps what people wrote around it", () => {
    const [old, next] = [facts, { ...facts, tip: sha("9") }].map((one) => bodyOf(one));
    expect(withOurPart(`Hello\n\n${old}\n\nBye`, next ?? "")).toBe(`Hello\n\n${next}\n\nBye`);
    const quoted = "The part after `<!-- upstream-sync:begin -->` is not ours.";
    expect(withOurPart(`${quoted}\n${old}`, next ?? "")).toBe(`${quoted}\n${next}`);
    expect(withOurPart("Opened by hand", next ?? "")).toBe(`Opened by hand\n\n${next}`);
    expect(withOurPart("", next ?? "")).toBe(next);
  });
});

describe("a code span", () => {
  test.each([
    ["plain", "`plain`"],
    ["a`b", "`` a`b ``"],
    ["```", "```` ``` ````"],
    [" padded ", "`  padded  `"],
    ["a\nb\tc", "`a\\x0ab\\x09c`"],
    ["", "` `"],
    ["  ", "`\\x20\\x20`"],
  ])("of %j is %s", (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  test("is cut after what cannot be seen was written out, and so keeps to its length", () => {
    expect(code(" ".repeat(300))).toBe(`\`${"\\x20".repeat(70)}\\… (1200 characters)\``);
  });
});

describe("what a run prints", () => {
  test("is no workflow command when it comes from git", () => {
    const text = plain("remote: ok\n::error::x\n  ::set-env::y\nremote: ##[error]z");
    expect(text).not.toMatch(/^\s*::/m);
    expect(text).not.toContain("##[");
  });

  test("names each conflicting file with its side in the summary", () => {
    const conflicts = [{ path: "src/`a`.ts", kind: "modify/delete", side: "upstream" as const }];
    const summary = summaryOf({ ...emptyRecord(someSettings()), outcome: "conflict", conflicts }, someSettings(), []);
    expect(summary).toContain("## Conflict: people have to decide");
    expect(summary).toContain("- `` src/`a`.ts ``: modify/delete, with upstream");
  });
});

describe("a conflict's text", () => {
  const conflict = {
    branch: "sync/upstream-conflict-1",
    tip: sha("7"),
    with: { side: "upstream", commit: sha("3") },
    files: NASTY.map((path) => ({ path, kind: "contents", side: "upstream" })),
    first: {
      commit: sha("6"),
      author: "Fixes #1 @all",
      title: "closes #2 `x` ${{ github.token }}",
      files: NASTY.map((path) => ({ path, kind: "contents", side: "upstream" })),
    },
    standing: {
      kind: "tests",
      sha: sha("7"),
      steps: NASTY.map((name) => ({ name, ok: false, seconds: 1 })),
      url: "https://github.com/r",
    },
    upstream: sha("8"),
  } satisfies ConflictFacts;
  const places = [
    { kind: "pull", issue: 12 },
    { kind: "issue", pull: 11 },
  ] as const;

  test.each(places)("shows paths and names only inside code, on both places: %j", (place) => {
    const outside = outsideCode(openText(conflict, someSettings(), place)).replaceAll(/^```shell$.*?^```$/gms, "");
    expect(outside).not.toMatch(/@|#\d|GH-\d|fixes #|closes/i);
    expect(outside.match(/^## /gm)).toBeNull();
  });

  test.each(places)("stays under GitHub's limit for 900 long paths: %j", (place) => {
    const path = "x".repeat(4096);
    const files = Array.from({ length: 900 }, () => ({ path, kind: "contents", side: "upstream" as const }));
    const text = openText({ ...conflict, files, first: { ...conflict.first, files } }, someSettings(), place);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain("- and 840 more");
  });

  test("says which files git may name and nobody need settle", () => {
    const policies = { ...NO_POLICIES, keepOurs: ["/brand/"], keepDeleted: ["/cloud/"] };
    const text = openText(conflict, someSettings({ policies }), { kind: "pull", issue: 12 });
    expect(text).toContain("git may name files under `/brand/`, `/cloud/` as well: they stay as the fork has them");
    expect(openText(conflict, someSettings(), { kind: "pull", issue: 12 })).not.toContain("git may name files");
  });

  test("reads its mark back, whatever the branch is called, and keeps what people wrote around it", () => {
    const branch = "sync--x-->y-conflict-1";
    const mine = openText({ ...conflict, branch }, someSettings(), { kind: "pull", issue: 12 });
    expect(readMark(`Hello\r\n\n${mine}\n\nBye`)).toEqual({ branch, tip: sha("7"), issue: 12 });
    expect(mine.split("\n")[0]?.indexOf("-->")).toBe((mine.split("\n")[0]?.length ?? 0) - 3);
    const closed = closedText({ branch, tip: sha("7") }, someSettings(), { sync: sha("4"), contained: true });
    expect(withConflictPart(`Hello\n\n${mine}\n\nBye`, closed)).toBe(`Hello\n\n${closed}\n\nBye`);
    expect(readMark(closed)).toEqual({ branch, tip: sha("7"), closed: true });
    expect(readMark("<!-- upstream-sync:conflict v1 {} -->")).toBeUndefined();
  });
});
