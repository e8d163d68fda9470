/** The tree of commands, as `--help`, completion and the tests see it. */
import { Command } from "commander";
import { packageVersion } from "../lib/package-root.ts";
import { completionCommand } from "./completion.ts";
import { credentialsCommand } from "./credentials.ts";
import { applyCommand, destroyCommand, planCommand } from "./deploy.ts";
import { docsCommand } from "./docs.ts";
import { doctorCommand } from "./doctor.ts";
import { initCommand } from "./init.ts";
import { rehearseCommand } from "./rehearse.ts";
import { resolveCommand } from "./resolve.ts";
import { sandboxCommand } from "./sandbox.ts";
import { statusCommand } from "./status.ts";
import { syncCommand } from "./sync.ts";
import { verifyCommand } from "./verify.ts";

export function upstreamSyncCommand(): Command {
  const program = new Command("upstream-sync")
    .description(
      "Keeps a GitHub fork current as infrastructure: branch, rules, credential and workflow in one reviewed plan",
    )
    .version(packageVersion())
    .showHelpAfterError("(see upstream-sync --help)")
    .addCommand(initCommand())
    .addCommand(doctorCommand())
    .addCommand(planCommand())
    .addCommand(applyCommand())
    .addCommand(destroyCommand())
    .addCommand(syncCommand())
    .addCommand(resolveCommand())
    .addCommand(statusCommand())
    .addCommand(verifyCommand())
    .addCommand(rehearseCommand())
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
  upstream-sync verify                               prove on a live fork that all of it works
  upstream-sync rehearse                             see what the next sync does, on copies
  upstream-sync destroy                              take it all away again
  upstream-sync sandbox --data /tmp/github --seed    try all of it without GitHub

Exit codes: 0 done, 1 failed, 2 wrong input, 3 a check is not ok; plan --exit-code: 4 something to change.
Completion: upstream-sync completion bash | zsh | fish prints a script for your shell.`,
    );
  program.addCommand(completionCommand(program), { hidden: true });
  throwInsteadOfExit(program);
  return program;
}

/** Commander would end the process with its own code. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const sub of command.commands) throwInsteadOfExit(sub);
}
