/** Writes schema/upstream-sync.schema.json from the config's schema. A test says when that is due. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonSchema } from "../lib/config/json-schema.ts";
import { packageRoot } from "../lib/package-root.ts";

writeFileSync(join(packageRoot(), "schema", "upstream-sync.schema.json"), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
