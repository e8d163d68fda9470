/** The words of GitHub that the catalogue holds, each with its source, and what the sync program makes of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { packageRoot } from "../../lib/package-root.ts";
import { explainRefusal } from "../../sync/refusals.ts";

interface Entry {
  readonly id: string;
  readonly door: "push" | "fetch" | "rest";
  readonly status?: number;
  readonly text: string;
  /** What it means to the sync program; left out where the program never meets it. */
  readonly kind?: string;
}

const catalogue: Entry[] = JSON.parse(readFileSync(join(packageRoot(), "sandbox", "catalogue.json"), "utf8"));
const met = catalogue.filter(({ kind }) => kind !== undefined);

/** As git prints it, or as `rest.ts` hands it on. */
function asMet({ door, status, text }: Entry): string {
  if (door === "rest") return `HTTP ${status} ${text}`;
  return text
    .split("\n")
    .map((line) => `remote: ${line}`)
    .join("\n");
}

test.each(met.map((entry) => [entry.id, entry] as const))("%s", (_id, entry) => {
  const { kind, remedy } = explainRefusal(asMet(entry));
  expect(kind).toBe(entry.kind);
  expect(remedy).toMatch(/\w{3,}/);
});

test("a refusal is never taken for a server that cannot be reached, which would be tried again", () => {
  const again = catalogue.filter((entry) => explainRefusal(asMet(entry)).kind === "unreachable");
  expect(again).toEqual([]);
});
