/** The options every verb shares, and the project they lead to. */
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { loadConfig } from "../lib/config/load.ts";
import type { Context } from "../lib/operations/context.ts";

export interface ProjectOptions {
  readonly config: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

export function withProjectOptions(command: Command): Command {
  return command
    .option("-c, --config <file>", "the config", "upstream-sync.yaml")
    .option("--json", "print the result as JSON on stdout")
    .option("--verbose", "with an error, show all that GitHub, git or Terraform said");
}

/** @throws InputFailure with every problem of the config. */
export function openProject(options: ProjectOptions): Context {
  const file = resolve(options.config);
  return { config: loadConfig(file), projectFolder: dirname(file), env: process.env };
}
