import { execFileSync } from "node:child_process";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { code, fillMarkdown, shellWord } from "../../lib/render/fill-markdown.ts";

describe("filling a Markdown template", () => {
  test("a value in a table stays in its cell; elsewhere it is put in as it is", () => {
    expect(fillMarkdown("| __A__ | b |\n__A__ and __A__\n", { A: "x | y\nz" })).toBe(
      "| x \\| y z | b |\nx | y\nz and x | y\nz\n",
    );
  });

  test("a value that looks like a hole stays a value", () => {
    expect(fillMarkdown("__A__ __B__", { A: "__B__", B: "$& $1" })).toBe("__B__ $& $1");
  });

  test.each([
    ["__A__ __B__", { A: "x" }, /hole __B__ has no value/],
    ["__A__", { A: "x", B: "y" }, /value B has no hole/],
  ])("%j with %j is refused", (template, values, message) => {
    expect(() => fillMarkdown(template, values)).toThrow(message);
  });

  // https://spec.commonmark.org/0.31.2/#code-spans
  test.each([
    ["dev", "`dev`"],
    ["a`b", "``a`b``"],
    ["`x`", "`` `x` ``"],
  ])("%j as code is %s", (text, span) => {
    expect(code(text)).toBe(span);
  });

  test("a shell reads a word as exactly that text", () => {
    const text = fc.string({ unit: fc.constantFrom(..."ab $`\"'\\;&|(){}*?~#!<>\n-=") });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
        const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`], {
          encoding: "utf8",
        });
        expect(printed.split("\0").slice(0, -1)).toEqual(words);
      }),
      { numRuns: 40 },
    );
  });
});
