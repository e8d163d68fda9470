/** The one read of the user's config from the disk. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { InputFailure } from "../failure.ts";
import { formatProblems } from "./problems.ts";
import { resolveConfig } from "./resolve.ts";
import type { Config } from "./schema.ts";

/**
 * @param file path of an upstream-sync.yaml.
 * @throws InputFailure with every problem of the config, or when there is no file.
 */
export function loadConfig(file: string): Config {
  const shown = relative(process.cwd(), file) || file;
  const resolution = resolveConfig(read(file, shown));
  if (resolution.ok) return resolution.config;
  const { problems } = resolution;
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  throw new InputFailure(formatProblems(problems, shown), `${count}; nothing was started`);
}

function read(file: string, shown: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOENT")
      throw new InputFailure(`${shown} cannot be read (${code})`, "make it a file that you may read");
    throw new InputFailure(`there is no config at ${shown}`, "write one: upstream-sync init OWNER/NAME");
  }
}
