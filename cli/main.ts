#!/usr/bin/env node
/** The one binary. Arguments, printing and exit codes; what happens is decided in `lib/operations`. */
import { CommanderError } from "commander";
import { exitCodes, reportFailure } from "./output.ts";
import { upstreamSyncCommand } from "./program.ts";

// Whoever reads the result may stop before its end, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  await upstreamSyncCommand().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.wrongInput;
  else process.exitCode = reportFailure(error, process.argv.includes("--verbose"));
}
