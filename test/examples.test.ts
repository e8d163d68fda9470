import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { projectFiles } from "../lib/init/project-files.ts";
import { packageRoot } from "../lib/package-root.ts";

const folder = join(packageRoot(), "examples");
const read = (...path: string[]) => readFileSync(join(packageRoot(), ...path), "utf8");
const configs = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
  /^[^/]+\/[^/]+\.yaml$/.test(path),
);

/** What an editor says about a config that names our schema in its first line. */
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
const accepts = ajv.compile(JSON.parse(read("schema", "upstream-sync.schema.json")));

describe("the JSON Schema, strict mode, by ajv", () => {
  test.each(configs)("accepts examples/%s", (path) => {
    accepts(parse(read("examples", path)));
    expect(accepts.errors ?? []).toEqual([]);
  });

  test("refuses a misspelt key", () => {
    const config = parse(read("examples", "minimal", "upstream-sync.yaml"));
    config.forks["acme/open-webui"].upstraem = "open-webui/open-webui";
    expect(accepts(config)).toBe(false);
  });
});

describe("examples/minimal, the project that `init` writes", () => {
  test("names the versions this package is built and tested with", () => {
    const own = JSON.parse(read("package.json"));
    const { dependencies, devDependencies } = JSON.parse(read("examples", "minimal", "package.json"));
    const known = { ...own.devDependencies, ...own.dependencies, [own.name]: own.version };
    const named = Object.entries({ ...dependencies, ...devDependencies }).filter(([name]) => name in known);
    expect(named.length).toBeGreaterThanOrEqual(6);
    expect(named.filter(([name, version]) => known[name] !== version)).toEqual([]);
  });

  test("is all there, with the names it has in a project", () => {
    const files = projectFiles();
    expect([...files.keys()].sort()).toEqual([".gitignore", "cdktf.json", "main.ts", "package.json", "tsconfig.json"]);
    expect(files.get("main.ts")).toContain('from "upstream-sync"');
  });
});
