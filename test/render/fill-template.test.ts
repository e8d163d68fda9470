import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parse } from "yaml";
import { expression, fillTemplate, type HoleValue } from "../../lib/render/fill-template.ts";

describe("filling a YAML template", () => {
  test("whole scalars are replaced, lists take the place of their item, comments and order stay", () => {
    const template = [
      "# made by us",
      "on:",
      "  schedule:",
      "    - cron: __CRON__ # minute hour",
      "",
      "minutes: __MINUTES__",
      "dry: __DRY__",
      "steps:",
      "  # first",
      "  - run: git init",
      "  # the plan",
      "  - __STEPS__",
      "  - run: |",
      "      last",
      "if: __IF__",
      "",
    ].join("\n");
    const values = {
      CRON: "17 0 * * *",
      MINUTES: 45,
      DRY: false,
      STEPS: [{ name: "a", run: "one\ntwo\n" }, { run: "three" }],
      IF: expression("${{ always() }}"),
    };
    expect(fillTemplate(template, values)).toBe(
      [
        "# made by us",
        "on:",
        "  schedule:",
        '    - cron: "17 0 * * *" # minute hour',
        "",
        "minutes: 45",
        "dry: false",
        "steps:",
        "  # first",
        "  - run: git init",
        "  # the plan",
        '  - name: "a"',
        "    run: |",
        "      one",
        "      two",
        '  - run: "three"',
        "  - run: |",
        "      last",
        "if: ${{ always() }}",
        "",
      ].join("\n"),
    );
  });

  test("long lines are not folded", () => {
    const long = "word ".repeat(100).trim();
    expect(fillTemplate("a: __A__\n", { A: long })).toBe(`a: "${long}"\n`);
  });

  test("any text comes back from the YAML as it went in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        fc.pre(!text.includes("${{"));
        const parsed = parse(fillTemplate("a: __A__\nl:\n  - __L__\n", { A: text, L: [{ run: text }] })) as unknown;
        expect(parsed).toEqual({ a: text, l: [{ run: text }] });
      }),
    );
  });

  test.each([
    "on",
    "1e3",
    "12:30",
    "null",
    "- a",
    "# a",
    "a: b",
    " a ",
    'say "x"',
    "it's",
    "a\nb",
    "a\n\n",
    "\ta\n b",
    "__A__",
    "__B__",
  ])("the text %j stays that text", (text) => {
    expect(parse(fillTemplate("a: __A__\nb: [__L__]\n", { A: text, L: [text] }))).toEqual({ a: text, b: [text] });
  });

  test.each<[string, Record<string, HoleValue>, RegExp]>([
    ["a: __A__\nb: __B__\n", { A: "x" }, /hole __B__ has no value/],
    ["a: __A__\n", { A: "x", C: "y" }, /value C has no hole/],
    ["a: pre __A__\n", { A: "x" }, /whole YAML value.*__A__/],
    ["__A__: x\n", { A: "x" }, /whole YAML value.*__A__/],
    ["# __A__\nb: c\n", { A: "x" }, /whole YAML value.*__A__/],
    ["a: __A__\nb: x __A__\n", { A: "x" }, /whole YAML value.*__A__/],
    ["a: __A__\n", { A: ["x"] }, /has to be an item of a list/],
    ["a:\n  - __A__\n", { A: [] }, /empty list/],
    ["a: __A__\n", { A: "x ${{ github.token }}" }, /GitHub Actions evaluates/],
    ["a:\n  - __A__\n", { A: [{ run: "echo ${{ github.token }}" }] }, /GitHub Actions evaluates/],
    ["a: [\n", {}, /not valid YAML/],
  ])("%j with %j is refused", (template, values, message) => {
    expect(() => fillTemplate(template, values)).toThrow(message);
  });
});
