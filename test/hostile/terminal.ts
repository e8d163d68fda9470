/** What the command line prints: text of others stays one line in it, and a terminal is told nothing by it. */
import { deepStrictEqual, ok, strictEqual } from "node:assert";
import fc from "fast-check";
import { docsCheckText } from "../../cli/docs.ts";
import { doctorText } from "../../cli/doctor.ts";
import { planText, removalLines } from "../../cli/plan-text.ts";
import { resolveText } from "../../cli/resolve.ts";
import { statusText } from "../../cli/status.ts";
import { localText } from "../../cli/sync.ts";
import { syncText } from "../../cli/sync-text.ts";
import { guarded, legibleJson } from "../../cli/visible.ts";
import type { SyncResult } from "../../lib/fork/follow-run.ts";
import type { RunRecord } from "../../lib/fork/run-record.ts";
import type { Doctor } from "../../lib/operations/doctor.ts";
import type { PlanResult } from "../../lib/plan-result.ts";
import { type Property, property } from "./property.ts";
import { hostile, unseenIn } from "./words.ts";

type Words = [string, string, string, string];

const sha = "a".repeat(40);

function recordOf([reason, path, name, why]: Words): RunRecord {
  return {
    v: 1,
    outcome: "stopped",
    reason,
    run: 1,
    upstream: { ref: "refs/heads/main", sha, why },
    sync: { before: sha, after: sha },
    target: sha,
    candidate: null,
    tests: [{ name, ok: true, seconds: 1 }],
    conflicts: [{ path, kind: "contents", side: "upstream" }],
    trusted: [path],
    held: [path],
    kept: [],
    firstConflict: null,
    pr: 1,
    issue: null,
    behind: null,
  };
}

function syncResult(words: Words): SyncResult {
  const [one, , three, four] = words;
  return {
    repository: "acme/fork",
    run: { id: 1, url: "https://github.com/r/1", conclusion: "failure" },
    record: recordOf(words),
    pullRequest: "https://github.com/p/1",
    issue: undefined,
    failed: { job: three, step: four, log: one.replaceAll(/[\r\n]/g, "") },
  };
}

function planResult([one, two, three, four]: Words): PlanResult {
  const fields = [
    { path: "description", before: one.replaceAll(/[\r\n]/g, ""), after: two.replaceAll(/[\r\n]/g, "") },
    { path: "content", before: `a\n= ${three.replaceAll(/[\r\n]/g, "")}`, after: "a\nb" },
  ];
  const change = { address: `github_x.y["${four}"]`, type: "x", action: "update" as const, fields, risks: [two] };
  return {
    repository: "acme/fork",
    destroy: false,
    changes: [change],
    summary: { create: 0, update: 1, delete: 0 },
    found: { imported: [one], adopted: [two], leftAlone: [three], waiting: [four], warnings: [one] },
  } as unknown as PlanResult;
}

function doctorOf([one, two, three, four]: Words): Doctor {
  const check = (state: string) => ({ fork: "acme/fork", id: "x", title: one, state, evidence: two, remedy: three });
  const checks = ["ok", "not ok", "cannot tell"].map(check);
  return { repository: "acme/fork", requests: 3, checks: [...checks, { ...check("ok"), title: four }] } as Doctor;
}

/** Every text that the command line makes of a result. */
const printed: Readonly<Record<string, (words: Words) => string>> = {
  status: (words) =>
    statusText(
      {
        repository: "acme/fork",
        workflow: "differs",
        behind: null,
        freshness: {},
        overBudget: false,
        pullRequest: { number: 1, url: words[1], title: words[0], state: "open", checks: words[2] },
        runs: [
          {
            id: 1,
            url: words[3],
            startedAt: "2026-03-02T11:30:00Z",
            event: "schedule",
            conclusion: "failure",
            record: recordOf(words),
          },
        ],
      },
      Date.parse("2026-03-02T12:00:00Z"),
    ),
  sync: (words) => syncText(syncResult(words)),
  "sync --local": ([one, two, three, four]) =>
    localText({
      repository: "acme/fork",
      state: "conflict",
      folder: one,
      branch: two,
      tip: null,
      conflicts: [{ path: three, kind: "contents", side: "upstream" }],
      next: [four],
    } as Parameters<typeof localText>[0]),
  resolve: ([one, two, three, four]) =>
    resolveText({
      repository: "acme/fork",
      state: "prepared",
      folder: one,
      branch: two,
      files: [{ path: three, kind: "both modified" }],
      next: [four],
    }),
  plan: (words) => planText(planResult(words)),
  "the end of a destroy": ([one, two, three, four]) =>
    removalLines("acme/fork", {
      removed: [one],
      closed: [two],
      restored: [{ thing: three, to: four }],
      kept: [{ thing: one, as: two, why: three }],
    }).join("\n"),
  doctor: (words) => doctorText(doctorOf(words)),
  "docs check": ([one, two, three, four]) =>
    docsCheckText(
      {
        repository: "acme/fork",
        digest: sha,
        files: [{ path: one, place: two, state: "not ok", evidence: three, remedy: four, diff: "" }],
        agreement: undefined,
      } as unknown as Parameters<typeof docsCheckText>[0],
      true,
    ),
};

/** Without the colours we write ourselves. */
function bare(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours begin with
  return text.replaceAll(/\u001b\[(?:1|2|22|31|32|33|39)m/g, "");
}

export const terminal: readonly Property[] = [
  property(
    "what a command prints has as many lines as ever",
    60,
    fc.tuple(hostile, hostile, hostile, hostile),
    (words) => {
      for (const [name, text] of Object.entries(printed)) {
        const [seen, expected] = [text(words), text(["x", "x1", "x2", "x3"])].map((one) => bare(one).split("\n"));
        strictEqual(seen?.length, expected?.length, name);
        for (const line of seen ?? []) deepStrictEqual(unseenIn(line), [], name);
        // As it reaches the terminal, nothing more is to be done about it.
        strictEqual(bare(guarded(text(words))), bare(text(words)), name);
      }
    },
  ),
  property("whatever else is printed holds nothing that a terminal obeys", 20, hostile, (text) => {
    for (const line of bare(guarded(text)).split("\n")) deepStrictEqual(unseenIn(line), []);
  }),
  property("JSON shows everything, and reads back as it was", 20, hostile, (text) => {
    const json = legibleJson({ title: text });
    deepStrictEqual(JSON.parse(json), { title: text });
    for (const line of json.split("\n")) deepStrictEqual(unseenIn(line), []);
    ok(json.split("\n").length === 3);
  }),
];
