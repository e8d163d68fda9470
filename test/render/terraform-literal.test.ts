import { describe, expect, test } from "@jest/globals";
import { Lazy, Token } from "cdktf";
import fc from "fast-check";
import { terraformLiteral } from "../../lib/render/terraform-literal.ts";

/** How Terraform reads a quoted template without expressions: `$${` and `%%{` are `${` and `%{`, anything else is itself. */
function readByTerraform(template: string): string {
  let text = "";
  for (let at = 0; at < template.length; ) {
    const next = template.slice(at, at + 3);
    if (next === "$${" || next === "%%{") {
      text += next.slice(1);
      at += 3;
      continue;
    }
    if (/^[$%]\{/.test(next)) throw new Error(`an expression begins at ${at} of ${JSON.stringify(template)}`);
    text += template[at];
    at += 1;
  }
  return text;
}

describe("text for Terraform", () => {
  test.each([
    ["${{ github.token }}", "$${{ github.token }}"],
    ["%{http_code}", "%%{http_code}"],
    ["$HOME $(date) 100% $", "$HOME $(date) 100% $"],
    ["${a${b}}", "$${a$${b}}"],
  ])("%s is written %s", (text, literal) => {
    expect(terraformLiteral(text)).toBe(literal);
  });

  test("Terraform reads any text as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("$", "%", "{", "}", '"', "\\", "~", "a", "\n", "é") }), (text) => {
        expect(readByTerraform(terraformLiteral(text))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["string", Token.asString(Lazy.anyValue({ produce: () => "x" }))],
    ["list", Token.asList(Lazy.anyValue({ produce: () => ["x"] })).join()],
  ])("a CDKTF %s token is refused", (_, text) => {
    expect(() => terraformLiteral(`before ${text} after`)).toThrow(/CDKTF token at character 7/);
  });
});
