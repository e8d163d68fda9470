import { expect, test } from "@jest/globals";
import { diagnosticsIn, failureOf } from "../../lib/terraform/diagnostics.ts";

const event = (diagnostic: object) => JSON.stringify({ "@level": "error", type: "diagnostic", diagnostic });
const condition = (detail: string) => ({ severity: "error", summary: "Resource precondition failed", detail }) as const;

test("diagnostics are found among other events and a provider's panic", () => {
  const output = ['{"type":"version"}', "panic: runtime error", "{broken", event(condition("a. Fix: b"))].join("\n");
  expect(diagnosticsIn(output)).toEqual([condition("a. Fix: b")]);
});

test("a condition of our own is its words and its remedy, each once", () => {
  const failure = failureOf(
    "Terraform",
    "plan",
    [condition("a. Fix: b"), condition("c. Fix: b"), condition("a. Fix: b")],
    "",
  );
  expect([failure.message, failure.remedy]).toEqual(["a\nc", "b"]);
});

test("GitHub's words for a missing plan get a remedy", () => {
  const detail =
    "GET https://api.github.com/x: 403 Upgrade to GitHub Pro or make this repository public to enable this feature. []";
  const failure = failureOf("Terraform", "plan", [{ severity: "error", summary: detail }], "all of it");
  expect(failure).toMatchObject({
    message: `Terraform could not plan: ${detail}`,
    remedy: expect.stringContaining("make the fork public, or upgrade the account"),
    original: "all of it",
  });
});

test("anything else is named with its address, on one line", () => {
  const failure = failureOf(
    "Terraform",
    "plan",
    [{ severity: "error", address: "a.b", summary: "No", detail: "one\n  two" }],
    "",
  );
  expect(failure.message).toBe("Terraform could not plan: a.b: No: one two");
});
