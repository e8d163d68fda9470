#!/usr/bin/env node
/** The one binary. Arguments, printing and exit codes; what happens is decided in `lib/operations`. */
import { Command, CommanderError } from "commander";
import { packageVersion } from "../lib/package-root.ts";
import { credentialsCommand } from "./credentials.ts";
import { applyCommand, destroyCommand, planCommand } from "./deploy.ts";
import { docsCommand } from "./docs.ts";
import { doctorCommand } from "./doctor.ts";
import { initCommand } from "./init.ts";
import { exitCodes, reportFailure } from "./output.ts";
import { resolveCommand } from "./resolve.ts";
import { sandboxCommand } from "./sandbox.ts";
import { statusCommand } from "./status.ts";
import { syncCommand } from "./sync.ts";

const program = new Command("upstream-sync")
  .description(
    "Keeps a GitHub fork current as infrastructure: branch, rules, credential and workflow in one reviewed plan",
  )
  .version(packageVersion())
  .showHelpAfterError("(see upstream-sync --help)")
  .exitOverride()
  .addCommand(initCommand())
  .addCommand(doctorCommand())
  .addCommand(planCommand())
  .addCommand(applyCommand())
  .addCommand(destroyCommand())
  .addCommand(syncCommand())
  .addCommand(resolveCommand())
  .addCommand(statusCommand())
  .addCommand(credentialsCommand())
  .addCommand(docsCommand())
  .addCommand(sandboxCommand())
  .addHelpText(
    "after",
    `
Examples:
  upstream-sync init acme/open-webui                 write upstream-sync.yaml for a fork
  upstream-sync credentials create acme/open-webui   make the key the workflow pushes with
  upstream-sync doctor                               see what the fork lacks
  upstream-sync plan                                 see what an apply will do
  upstream-sync apply                                do it, after a question
  upstream-sync sync                                 start a run now and follow it
  upstream-sync resolve                              settle a conflict in a clone
  upstream-sync status                               see how the forks stand
  upstream-sync destroy                              take it all away again
  upstream-sync sandbox --data /tmp/github --seed    try all of it without GitHub

Exit codes: 0 done, 1 failed, 2 wrong input, 3 a check is not ok; plan --exit-code: 4 something to change.`,
  );
for (const command of program.commands) {
  command.exitOverride();
  for (const sub of command.commands) sub.exitOverride();
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.wrongInput;
  else process.exitCode = reportFailure(error, process.argv.includes("--verbose"));
}
