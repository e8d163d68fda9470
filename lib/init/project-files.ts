/** The files of a CDKTF project around a config: those of examples/minimal, as they are. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../package-root.ts";

/** name in the project -> name in the example; npm leaves files called .gitignore out of packages. */
const names: Readonly<Record<string, string>> = {
  "package.json": "package.json",
  "cdktf.json": "cdktf.json",
  "tsconfig.json": "tsconfig.json",
  "main.ts": "main.ts",
  ".gitignore": "gitignore",
};

export function projectFiles(): ReadonlyMap<string, string> {
  const example = join(packageRoot(), "examples", "minimal");
  return new Map(Object.entries(names).map(([name, source]) => [name, readFileSync(join(example, source), "utf8")]));
}
