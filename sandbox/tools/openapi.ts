/**
 * Writes `openapi.json`: of GitHub's own description of its REST API, the operations this sandbox serves, and nothing that
 * validation does not need. `npm run openapi`; the description comes from npm (29 MB), so it is no dependency.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { registerJsonImports } from "../runner/json-imports.ts";
import { templateKey, trimmed } from "./trim-description.ts";

const source = "@octokit/openapi@23.0.2";
const inside = "package/generated/api.github.com.json";

function download(folder: string): string {
  const file = join(folder, inside);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  execFileSync("npm", ["pack", source, "--silent", "--pack-destination", folder], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (!archive) throw new Error(`npm pack ${source} left no archive in ${folder}`);
  execFileSync("tar", ["-xzf", join(folder, archive), "-C", folder, inside]);
  return file;
}

/** "GET /repos/:owner/:repo/…" of everything served, as keys that compare with the description's templates. */
async function servedOperations(): Promise<Map<string, string>> {
  registerJsonImports();
  const { restRoutes } = await import("../server/rest-routes.ts");
  const served = restRoutes(undefined as never, () => "").flatMap((routes) => routes.routes);
  return new Map(served.map(({ method, path }) => [`${method} ${templateKey(path)}`, `${method} ${path}`]));
}

const [cache, target] = process.argv.slice(2);
if (!cache || !target) throw new Error("usage: openapi.js CACHE_FOLDER TARGET_FILE");
const description = JSON.parse(readFileSync(download(cache), "utf8"));
const served = await servedOperations();
const { operations, schemas, described } = trimmed(description, new Set(served.keys()));
const lines = (entries: Record<string, unknown>): string =>
  Object.keys(entries)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(entries[key])}`)
    .join(",\n");
const text = `{"source":${JSON.stringify(source)},\n"operations":{\n${lines(operations)}\n},\n"schemas":{\n${lines(schemas)}\n}}\n`;
writeFileSync(target, text);
const missing = [...served].filter(([key]) => !described.has(key)).map(([, route]) => route);
process.stdout.write(
  `${Object.keys(operations).length} operations, ${Object.keys(schemas).length} schemas, ${text.length} bytes\n`,
);
for (const route of missing) process.stdout.write(`not in the description: ${route}\n`);
