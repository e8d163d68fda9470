/** The options every verb shares, and the project they lead to. */
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
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

/**
 * What an action needs is loaded in the action: the config's schema, octokit and CDKTF take longer to load than most commands to run.
 * @throws InputFailure with every problem of the config.
 */
export async function openProject(options: ProjectOptions): Promise<Context> {
  const { loadConfig } = await import("../lib/config/load.ts");
  const file = resolve(options.config);
  return { config: loadConfig(file), projectFolder: dirname(file), env: process.env };
}
