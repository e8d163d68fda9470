import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { matcher } from "../../sync/patterns.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "patterns-"));
  spawnSync("git", ["init", "--quiet", folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What git says with the pattern in a `.gitignore`. */
function byGit(pattern: string, paths: readonly string[]): string[] {
  writeFileSync(join(folder, ".git/info/exclude"), `${pattern}\n`);
  const args = ["-C", folder, "check-ignore", "--no-index", "-z", "--stdin"];
  const { stdout } = spawnSync("git", args, { input: Buffer.from(paths.join("\0"), "latin1") });
  return stdout.toString("latin1").split("\0").filter(Boolean);
}

function ours(pattern: string, paths: readonly string[]): string[] {
  return paths.filter(matcher([pattern]));
}

const PATHS = [
  ...["a", "a.md", "a.b.md", "docs/a.md", "docs/deep/a.md", "src/docs/a.md", "docs", "docsx/a.md", "sp ace/a b"],
  ...["locales/de/x.json", "locales/x.json", "locales/de/at/x.json", "a/b/c", "b/c", "a/x/b/c", "a*b", "a?b", "axb"],
  ...["\xfcmlaut".normalize("NFC"), "bad\xff/x", "new\nline", "#hash", "x/#hash", "back\\slash", ".github/x"],
];

describe("a pattern takes in what git would ignore", () => {
  const patterns = [
    ...[
      "a.md",
      "*.md",
      "/*.md",
      "docs",
      "docs/",
      "/docs/",
      "docs/*.md",
      "docs/**",
      "docs/**/a.md",
      "**/docs/",
      "**/a.md",
    ],
    ...[
      "locales/*/x.json",
      "locales/**/x.json",
      "a/**/c",
      "a/**/b/c",
      "a\\*b",
      "a?b",
      "sp ace/",
      "a b",
      "*",
      "**",
      "/**",
    ],
    ...["bad*/x", "\\#hash", ".github/", "a*c", "d*s", "*o*s*", "?", "back\\\\slash", "a/b/", "**/b/**"],
  ];
  test.each(patterns)("%s", (pattern) => {
    expect(ours(pattern, PATHS)).toEqual(byGit(pattern, PATHS));
  });

  test("made of any signs and names", () => {
    const name = fc.stringMatching(/^[ab]{1,4}$/);
    // Two stars beside something else are read otherwise by git than by its manual; the configuration refuses them.
    const wild = fc.stringMatching(/^(\*?[ab?]){1,3}\*?$/);
    const part = fc.oneof(name, fc.constant("**"), wild);
    const pattern = fc
      .tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([top, parts, end]) => `${top ? "/" : ""}${parts.join("/")}${end ? "/" : ""}`);
    const paths = fc.array(
      fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
      {
        minLength: 20,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(pattern, paths, (one, many) => {
        expect(ours(one, many)).toEqual(byGit(one, many));
      }),
      { numRuns: 40 },
    );
  });
});

test("a pattern of many stars is answered at once", () => {
  const started = performance.now();
  expect(matcher([`${"*a".repeat(40)}b`])(`${"a".repeat(255)}/${"a".repeat(255)}`)).toBe(false);
  expect(matcher([`${"**/a/".repeat(20)}b`])("a/".repeat(400))).toBe(false);
  expect(performance.now() - started).toBeLessThan(500);
});

test("patterns are UTF-8 where paths are bytes", () => {
  const raw = (text: string) => Buffer.from(text, "utf8").toString("latin1");
  expect(matcher(["/Übersetzung/"])(raw("Übersetzung/de.json"))).toBe(true);
  expect(matcher(["/Übersetzung/"])(raw("Uebersetzung/de.json"))).toBe(false);
  expect(matcher([])("a")).toBe(false);
});
