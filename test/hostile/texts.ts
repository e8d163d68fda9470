/** Pull request, issue, summary, record and log: nothing that upstream or people wrote becomes more than a text in them. */
import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { askedIn, askedLine, withAsked } from "../../sync/asked.ts";
import { type ConflictFacts, closedText, openText, readMark, withFittingPart } from "../../sync/conflict-text.ts";
import { emptyRecord } from "../../sync/look.ts";
import { code, LIMIT, shellWord, urlPart } from "../../sync/markdown.ts";
import type { Conflict } from "../../sync/merge-step.ts";
import { reportTo } from "../../sync/outputs.ts";
import { type PullRequestFacts, pullRequestBody, withFarewell, withOurPart } from "../../sync/pull-request.ts";
import { RECORD_LIMIT, type RunRecord, recordAnnotation } from "../../sync/record.ts";
import { summaryOf } from "../../sync/summary.ts";
import { clip, visible } from "../../sync/visible.ts";
import { sha, someSettings } from "../sync/support/settings.ts";
import { codeIn, outline } from "./document.ts";
import { type Property, property } from "./property.ts";
import { CANARY, hostile, hostiles, unseenIn } from "./words.ts";

/** GitHub keeps a summary of a step up to 1 MiB, and none that is longer. */
const SUMMARY_LIMIT = 1024 * 1024;

interface Words {
  readonly paths: string[];
  readonly names: [string, string, string, string];
}

const words: fc.Arbitrary<Words> = fc.record({
  paths: hostiles,
  names: fc.tuple(hostile, hostile, hostile, hostile),
});

const conflictsOf = (paths: readonly string[]): Conflict[] =>
  paths.map((path) => ({ path, kind: "contents", side: "upstream" }));

function pullFacts({ paths, names: [tag, step, branch, side] }: Words): PullRequestFacts {
  return {
    range: { from: sha("1"), to: sha("2"), commits: 12 },
    left: tag,
    landed: { commit: sha("7"), lost: paths },
    tip: sha("4"),
    bothChanged: paths,
    risks: paths.length === 0 ? [] : [{ title: "Containers", paths }],
    held: paths,
    kept: paths.map((path) => ({ path, policy: "keepOurs" })),
    conflicts: conflictsOf(paths),
    firstConflict: sha("6"),
    closing: [{ number: 12, title: step, pull: false }],
    settled: [{ branch, sha: sha("5"), files: 2, oneSided: side }],
    tests: { kind: "steps", steps: [{ name: step, ok: true, seconds: 61 }], url: "https://github.com/r" },
  };
}

function conflictFacts({ paths, names: [author, title, branch, step] }: Words): ConflictFacts {
  return {
    branch,
    tip: sha("7"),
    with: { side: "upstream", commit: sha("3") },
    files: conflictsOf(paths),
    first: { commit: sha("6"), author, title, files: conflictsOf(paths) },
    standing: {
      kind: "tests",
      sha: sha("7"),
      steps: [{ name: step, ok: false, seconds: 1 }],
      url: "https://github.com/r",
    },
    upstream: sha("8"),
  };
}

/** The same with nothing in it that means anything. */
function harmless({ paths }: Words): Words {
  return { paths: paths.map(() => "x"), names: ["x", "x", "x", "x"] };
}

const asked = { labels: ["upstream-sync"], reviewers: [], teamReviewers: [] };
const EVERYTHING = Number.POSITIVE_INFINITY;

/** Outside code there is nothing of the canary, nobody is mentioned, no issue is named, and no link leads away from the server. */
export function isNeutral(markdown: string, server = "https://github.com"): void {
  for (const line of outline(markdown)) {
    if (line.trimStart().startsWith(`link ${server}/`)) continue;
    ok(!line.includes(CANARY), line);
    ok(!/^\s*text .*(?:@|#\d|GH-\d|fixes|closes|resolves)/i.test(line), line);
    if (/^\s*html /.test(line)) ok(/"(?:<!-- upstream-sync:.* -->|<\/?sub>)"$/.test(line), line);
    ok(!/^\s*(?:link|image|definition)/.test(line), line);
  }
}

/** A cut text says how long it was, a cut list how many entries it had. */
function showsAll(markdown: string, texts: readonly string[]): void {
  const shown = new Set(codeIn(markdown));
  for (const text of texts) {
    const line = visible(text);
    const whole = clip(line.trim() === "" ? line.replaceAll(" ", "\\x20") : line, 300);
    ok(shown.has(whole), `not shown: ${JSON.stringify(whole)}`);
    ok(whole.includes("characters)") || whole.length >= text.length);
  }
}

function isSeen(text: string): void {
  deepStrictEqual(unseenIn(text.replaceAll("\n", "")), []);
}

/** As the runner reads a line that was printed; what has no width or counts as space is overlooked at worst. */
export function isCommand(line: string): boolean {
  const bare = [...line].filter((character) => unseenIn(character).length === 0).join("");
  return /^\s*::.*::/.test(bare) || bare.includes("##[");
}

/** As the runner reads the file of step outputs: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#environment-files */
function outputsIn(text: string): Record<string, string> {
  const lines = text.split(/\r\n|\r|\n/);
  return Object.fromEntries(lines.filter((line) => line !== "").map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

/** UTF-8 has no halves of characters. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Cs}/gu, "?");
}

/** Words for a shell, many in one process: they come out as they went in, and nothing else happens. */
async function staysInShell(texts: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "hostile-"));
  const given = texts.map(wellFormed);
  try {
    const script = join(folder, "script");
    writeFileSync(script, `printf '%s\\0' ${given.map(shellWord).join(" ")}\n`);
    const { stdout } = await execa("sh", [script], { cwd: folder, encoding: "buffer" });
    deepStrictEqual(Buffer.from(stdout).toString("utf8").split("\0").slice(0, -1), given);
    deepStrictEqual([...readdirSync(folder)], ["script"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const texts: readonly Property[] = [
  property("a code span holds a text and nothing leaves it", 24, hostile, (text) => {
    const line = `- ${code(text)}: kept`;
    deepStrictEqual(outline(line), outline("- `x`: kept"));
    isSeen(line);
    ok(code(text).length <= 300 * 3 + 4);
    showsAll(line, [text]);
  }),
  property("a link in which a name stands leads where it should", 4, hostile, (text) => {
    const url = `https://github.com/${urlPart(wellFormed(text))}/x`;
    deepStrictEqual(outline(`[How](${url})`), ["root", "  paragraph", `    link ${url}`, '      text "How"']);
  }),
  property("the sync pull request has the same outline whatever things are called", 16, words, (some) => {
    const body = (one: Words, room = EVERYTHING) => pullRequestBody(pullFacts(one), someSettings(), asked, room);
    deepStrictEqual(outline(body(some)), outline(body(harmless(some))));
    showsAll(body(some), [...some.paths.slice(0, 40), ...some.names]);
    for (const room of [LIMIT, 8000, 1500]) {
      const cut = body(some, room);
      ok(cut.length <= room);
      isSeen(cut);
      isNeutral(cut);
      deepStrictEqual(askedIn(cut), asked);
    }
  }),
  property("a conflict's pull request and issue too", 16, words, (some) => {
    const settings = someSettings();
    for (const place of [{ kind: "pull", issue: 12 } as const, { kind: "issue", pull: 11 } as const]) {
      const text = (one: Words, room = EVERYTHING) => openText(conflictFacts(one), settings, place, room);
      deepStrictEqual(outline(text(some)).slice(2), outline(text(harmless(some))).slice(2));
      showsAll(text(some), some.paths.slice(0, 60));
      for (const room of [LIMIT, 5000]) {
        const cut = text(some, room);
        ok(cut.length <= Math.max(room, 3000 + some.names[2].length * 6));
        isNeutral(cut.split("\n").slice(1).join("\n"));
      }
    }
  }),
  property("what we wrote is found again among what people wrote", 8, words, (some) => {
    const settings = someSettings();
    const conflict = conflictFacts({ ...some, names: [some.names[0], some.names[1], "sync/upstream-manual", "x"] });
    const mine = openText(conflict, settings, { kind: "pull", issue: 12 });
    const around = withFittingPart("Hello", () => mine);
    deepStrictEqual(readMark(around), { branch: conflict.branch, tip: conflict.tip, issue: 12 });
    const closed = closedText({ branch: conflict.branch, tip: sha("7") }, settings, {
      sync: sha("4"),
      contained: true,
    });
    strictEqual(
      withFittingPart(around, () => closed),
      `Hello\n\n${closed}`,
    );
    const [first, second] = [some, harmless(some)].map((one) =>
      pullRequestBody(pullFacts(one), settings, asked, LIMIT),
    );
    strictEqual(withOurPart(withOurPart("Hello", first ?? ""), second ?? ""), withOurPart("Hello", second ?? ""));
    ok(withFarewell(withOurPart("Hello", first ?? ""), some.names[0]).length <= LIMIT);
    const names = { labels: some.names, reviewers: [], teamReviewers: [] };
    deepStrictEqual(askedIn(withAsked(withOurPart("Hello", first ?? ""), names)), names);
    ok(!/[\r\n]|-->./.test(askedLine(names)));
  }),
  property("the step summary has the same outline, and fits", 8, words, (some) => {
    const record = ({ paths, names: [reason, why, step] }: Words): RunRecord => ({
      ...emptyRecord(someSettings()),
      outcome: "conflict",
      reason,
      upstream: { ref: "refs/heads/main", sha: sha("1"), why },
      tests: [{ name: step, ok: true, seconds: 1 }],
      conflicts: conflictsOf(paths),
      held: paths,
      kept: paths.map((path) => ({ path, policy: "keepDeleted" })),
      firstConflict: sha("2"),
    });
    const summary = (one: Words) => summaryOf(record(one), someSettings(), one.paths);
    deepStrictEqual(outline(summary(some)), outline(summary(harmless(some))));
    isNeutral(summary(some));
    isSeen(summary(some));
    ok(Buffer.byteLength(summary(some)) < SUMMARY_LIMIT);
  }),
  property("the record is one line that reads back, of 2 kB at most", 12, words, (some) => {
    const record: RunRecord = {
      ...emptyRecord(someSettings()),
      reason: some.names[0],
      tests: [{ name: some.names[1], ok: true, seconds: 1 }],
      conflicts: conflictsOf(some.paths),
      held: some.paths,
    };
    const line = recordAnnotation(record);
    isSeen(line);
    ok(!line.includes("##["));
    const message = line.slice("::notice title=upstream-sync::".length);
    ok(Buffer.byteLength(message) <= RECORD_LIMIT);
    const read = JSON.parse(
      message.replaceAll("%0A", "\n").replaceAll("%0D", "\r").replaceAll("%25", "%"),
    ) as RunRecord;
    for (const list of ["conflicts", "held"] as const) {
      strictEqual(read.of?.[list] ?? read[list].length, some.paths.length);
      read[list].forEach((one, index) => {
        const path = typeof one === "string" ? one : one.path;
        strictEqual(path, clip(some.paths[index] ?? "", 200));
      });
    }
    ok(read.reason === record.reason || read.reason.endsWith(`… (${record.reason.length} characters)`));
  }),
  property(
    "what a job prints is no command but its own, and its outputs are the ones it names",
    11,
    hostile,
    async (text) => {
      const folder = mkdtempSync(join(tmpdir(), "hostile-"));
      try {
        const files = { output: join(folder, "output"), summary: join(folder, "summary"), temporary: folder };
        const lines: string[] = [];
        const report = reportTo(files, (line) => lines.push(...line.split(/\r\n|\r|\n/)));
        report.log(text);
        report.log(`remote: ${text}`);
        for (const line of lines) ok(!isCommand(line), line);
        lines.length = 0;
        report.warning(text);
        report.error(text);
        deepStrictEqual(
          lines.map((line) => line.slice(0, 26)),
          ["::warning title=upstream-s", "::error title=upstream-syn"],
        );
        for (const line of lines) ok(!line.includes("##["), line);
        for (const line of lines) isSeen(line);
        await report.outputs({ go: "true", reason: text, sync: sha("1") });
        const read = outputsIn(readFileSync(files.output, "utf8"));
        deepStrictEqual(Object.keys(read), ["go", "reason", "sync"]);
        strictEqual(read.sync, sha("1"));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  ),
  property(
    "a word of a command is that word to a shell",
    1,
    fc.array(hostile, { minLength: 1, maxLength: 60 }),
    (some) => staysInShell(some.map((text) => text.slice(0, 1000))),
  ),
];
