/** `upstream-sync rehearse` */
import { existsSync } from "node:fs";
import { Command } from "commander";
import { exitCodes, follow, print, printJson } from "./output.ts";
import { openProject } from "./project.ts";
import { rehearsalText } from "./rehearse-text.ts";

interface RehearseCommandOptions {
  readonly config?: string;
  readonly fork?: string;
  readonly upstream?: string;
  readonly data?: string;
  readonly tests?: boolean;
  readonly exitCode?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

const defaultConfig = "upstream-sync.yaml";

export function rehearseCommand(): Command {
  return new Command("rehearse")
    .description("see what the next sync does, on copies of your repositories in a stand-in for GitHub on this machine")
    .argument("[fork]", "a fork of the config; may be left out when there is only one")
    .option("-c, --config <file>", `the config (default: ${defaultConfig} when it is there)`)
    .option("--fork <path or address>", "the fork to copy (default: the config's, from GitHub)")
    .option("--upstream <path or address>", "the upstream to copy (default: the config's)")
    .option("-d, --data <dir>", "keep everything there, and go on with it the next time")
    .option("--tests", "run the test plan too, on this machine (default: only commands of tests.run)")
    .option("--no-tests", "run no tests")
    .option("--exit-code", "end with 3 when the outcome is conflict, tests-failed or stopped")
    .option("--json", "print the result as JSON on stdout")
    .option("--verbose", "with an error, show all that git said")
    .addHelpText(
      "after",
      `
Both repositories are only read; no token is needed for public ones. With --data you may change the bare repositories it names by git
and rehearse again: push to the branch of a conflict, merge the sync branch, let upstream move.

Examples:
  upstream-sync rehearse
  upstream-sync rehearse --fork ~/src/open-webui --upstream https://github.com/open-webui/open-webui.git
  upstream-sync rehearse --data /tmp/practice --json
  upstream-sync rehearse acme/open-webui --no-tests --exit-code`,
    )
    .action(async (name: string | undefined, options: RehearseCommandOptions) => {
      const { rehearse } = await import("../lib/operations/rehearse.ts");
      const { data, tests, fork, upstream } = options;
      const sources = { ...(fork === undefined ? {} : { fork }), ...(upstream === undefined ? {} : { upstream }) };
      const given = { forks: await forksOf(name, options), sources, data, tests, env: process.env };
      const result = await unlessInterrupted((onStarted) => follow(rehearse({ ...given, onStarted })));
      if (options.json) printJson("rehearse", result);
      else print(rehearsalText(result));
      const bad = ["conflict", "tests-failed", "stopped"].includes(result.outcome);
      if (options.exitCode && bad) process.exitCode = exitCodes.checksNotOk;
    });
}

async function forksOf(name: string | undefined, options: RehearseCommandOptions) {
  const config = options.config ?? (existsSync(defaultConfig) || name !== undefined ? defaultConfig : undefined);
  if (config === undefined) return undefined;
  const { selectForks } = await import("../lib/operations/context.ts");
  const context = await openProject({ config });
  return selectForks(context.config, name === undefined ? [] : [name]);
}

/** Neither a process nor a folder stays behind. What breaks because the stand-in ends is no failure: nobody is told, the process ends. */
async function unlessInterrupted<Result>(work: (onStarted: (end: () => Promise<void>) => void) => Promise<Result>) {
  let interrupted = false;
  const onStarted = (end: () => Promise<void>): void => {
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      process.once(signal, () => {
        interrupted = true;
        void end().finally(() => process.exit(code));
      });
    }
  };
  try {
    return await work(onStarted);
  } catch (error) {
    if (interrupted) await new Promise(() => undefined);
    throw error;
  }
}
