import { describe, expect, test } from "@jest/globals";
import { RECORD_LIMIT, type RunRecord, recordAnnotation } from "../../sync/record.ts";
import { sha } from "./support/settings.ts";

const record: RunRecord = {
  v: 1,
  outcome: "conflict",
  reason: "a part went in, the rest conflicts",
  run: 77,
  upstream: { ref: "refs/heads/main", sha: sha("3") },
  sync: { before: sha("1"), after: sha("4") },
  target: sha("2"),
  candidate: sha("4"),
  tests: [{ name: "npm test", ok: true, seconds: 3 }],
  conflicts: [{ path: "src/a.ts", kind: "contents", side: "upstream" }],
  trusted: [],
  held: [".github/workflows/a.yml"],
  kept: [{ path: "branding/logo.svg", policy: "keepOurs" }],
  firstConflict: sha("6"),
  pr: 12,
  issue: null,
  behind: { commits: 3, days: 1 },
};
const PREFIX = "::notice title=upstream-sync::";

/** As the runner reads it: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
function read(annotation: string): unknown {
  expect(annotation.startsWith(PREFIX)).toBe(true);
  const message = annotation.slice(PREFIX.length);
  return JSON.parse(message.replaceAll("%0A", "\n").replaceAll("%0D", "\r").replaceAll("%25", "%"));
}

describe("the record of a run", () => {
  test("is one annotation line that reads back as it was", () => {
    expect(read(recordAnnotation(record))).toEqual(record);
  });

  test("cannot start another workflow command, whatever upstream calls its files", () => {
    const paths = ["##[error]x", "a\n::set-output name=go::true", "100%0A::error::x", "\r::stop-commands::y"];
    const conflicts = paths.map((path) => ({ path, kind: "contents", side: "upstream" as const }));
    const annotation = recordAnnotation({ ...record, conflicts });
    expect(annotation).not.toMatch(/[\r\n]/);
    expect(annotation).not.toContain("##[");
    expect(read(annotation)).toEqual({ ...record, conflicts });
  });

  test("stays within 2 kB by cutting lists, and keeps their lengths", () => {
    const conflicts = Array.from({ length: 900 }, (_, index) => ({
      path: `static/i18n/%${index}.json`,
      kind: "contents",
      side: "upstream" as const,
    }));
    const held = Array.from({ length: 40 }, (_, index) => `.github/workflows/${index}.yml`);
    const kept = Array.from({ length: 40 }, (_, index) => ({ path: `locales/${index}`, policy: "keepOurs" as const }));
    const annotation = recordAnnotation({ ...record, conflicts, held, kept });
    expect(Buffer.byteLength(annotation.slice(PREFIX.length))).toBeLessThanOrEqual(RECORD_LIMIT);
    const short = read(annotation) as RunRecord;
    expect(short.of).toEqual({ conflicts: 900, held: 40, kept: 40 });
    expect(short.conflicts.length).toBeGreaterThan(3);
    expect(short.held.length).toBeGreaterThan(3);
    expect(short.kept.length).toBeGreaterThan(3);
    expect(short).toMatchObject({ outcome: "conflict", pr: 12, tests: record.tests, behind: record.behind });
  });

  test("has the whole reason of a stop, in which the remedy comes last", () => {
    const stopped = { ...record, outcome: "stopped" as const, tests: [], conflicts: [], held: [] };
    const reason = `${"what ".repeat(120)}and what to do`;
    expect(read(recordAnnotation({ ...stopped, reason }))).toEqual({ ...stopped, reason });
    for (const long of ["ü".repeat(3000), "%".repeat(3000)]) {
      const annotation = recordAnnotation({ ...stopped, reason: long });
      expect(Buffer.byteLength(annotation.slice(PREFIX.length))).toBeLessThanOrEqual(RECORD_LIMIT);
    }
    const wide = read(recordAnnotation({ ...stopped, reason: "€".repeat(3000) })) as RunRecord;
    expect(wide.reason).toBe(`${"€".repeat(281)}… (3000 characters)`);
  });

  test("stays within 2 kB for a path of 4,096 bytes and a long reason", () => {
    const conflicts = [{ path: "ü".repeat(2048), kind: "contents", side: "target" as const }];
    const annotation = recordAnnotation({ ...record, conflicts, reason: "%".repeat(5000) });
    expect(Buffer.byteLength(annotation.slice(PREFIX.length))).toBeLessThanOrEqual(RECORD_LIMIT);
    expect((read(annotation) as RunRecord).conflicts[0]?.path).toMatch(/^ü+… \(2048 characters\)$/);
  });
});
