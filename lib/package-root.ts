/** Where this package is installed: templates, examples and the built sync program lie below it, beside both lib/ and dist/lib/. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const packageName = "upstream-sync";

interface Manifest {
  readonly name?: string;
  readonly version?: string;
}

/** The nearest folder above this file whose package.json carries our name; absolute. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (manifestOf(folder)?.name === packageName) return folder;
    if (folder === dirname(folder)) {
      throw new Error(
        `no package.json named ${packageName} above ${fileURLToPath(import.meta.url)}: reinstall the package`,
      );
    }
  }
}

/** Semantic version of this package, for example "0.1.0". */
export function packageVersion(): string {
  const version = manifestOf(packageRoot())?.version;
  if (version === undefined)
    throw new Error(`${join(packageRoot(), "package.json")} has no version: reinstall the package`);
  return version;
}

function manifestOf(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
