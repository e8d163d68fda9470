import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { packageRoot } from "../../lib/package-root.ts";
import { resultsPage, resultsSchema } from "../../tools/results-schema.ts";

const read = (path: string) => readFileSync(join(packageRoot(), path), "utf8");

test("schema and page of what --json prints are of today's types (npm run schema makes them)", () => {
  const results = resultsSchema(packageRoot());
  expect(JSON.parse(read("schema/results.schema.json")).$defs).toEqual(results);
  expect(read("docs/json.md")).toBe(resultsPage(results));
});
