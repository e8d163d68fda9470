/** Writes the schemas of the config and of what `--json` prints, and the page about the latter. Tests say when that is due. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonSchema } from "../lib/config/json-schema.ts";
import { packageRoot } from "../lib/package-root.ts";
import { resultsPage, resultsSchema } from "./results-schema.ts";

const write = (path: string, text: string) => writeFileSync(join(packageRoot(), path), text);
const asText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

write("schema/upstream-sync.schema.json", asText(jsonSchema()));

const results = resultsSchema(packageRoot());
write(
  "schema/results.schema.json",
  asText({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "What upstream-sync prints with --json, a definition a verb",
    $defs: results,
  }),
);
write("docs/json.md", resultsPage(results));
