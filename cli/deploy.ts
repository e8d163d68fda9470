/** `upstream-sync plan`, `apply` and `destroy` */
import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import pc from "picocolors";
import { InputFailure } from "../lib/failure.ts";
import { apply } from "../lib/operations/apply.ts";
import { selectForks } from "../lib/operations/context.ts";
import { type PlanResult, plan } from "../lib/operations/plan.ts";
import { follow, print, printJson } from "./output.ts";
import { planText } from "./plan-text.ts";
import { openProject, type ProjectOptions, withProjectOptions } from "./project.ts";

const forksHelp = "forks of the config, all when none is named";

export function planCommand(): Command {
  return withProjectOptions(new Command("plan"))
    .description("show what an apply will change; changes nothing")
    .argument("[fork...]", forksHelp)
    .option("--destroy", "show what a destroy will take away instead")
    .addHelpText("after", "\nExample:\n  upstream-sync plan acme/open-webui --json")
    .action(async (names: string[], options: ProjectOptions & { destroy?: boolean }) => {
      const planned = await planAll(names, options, options.destroy ?? false);
      if (options.json) printJson({ forks: planned.map(planJson) });
      else for (const result of planned) print(planText(result));
    });
}

export function applyCommand(): Command {
  return changingCommand("apply", "set the forks up as the config says", false);
}

export function destroyCommand(): Command {
  return changingCommand("destroy", "take the set-up away from the forks", true);
}

function changingCommand(name: string, description: string, destroy: boolean): Command {
  return withProjectOptions(new Command(name))
    .description(`${description}: shows the plan, asks, then does exactly that plan`)
    .argument("[fork...]", forksHelp)
    .option("-y, --yes", "do not ask")
    .addHelpText("after", `\nExample:\n  upstream-sync ${name} acme/open-webui --yes`)
    .action(async (names: string[], options: ProjectOptions & { yes?: boolean }) => {
      const planned = await planAll(names, options, destroy);
      if (!options.json) for (const result of planned) print(planText(result));
      const changing = planned.filter((result) => result.changes.length > 0);
      if (changing.length > 0 && !options.yes) await confirm(name);
      for (const result of changing) await follow(apply(result));
      if (options.json) printJson({ forks: planned.map(planJson), done: true });
      else print(changing.length > 0 ? `${name}: done` : `${name}: nothing to do`);
    });
}

async function planAll(names: string[], options: ProjectOptions, destroy: boolean): Promise<PlanResult[]> {
  const context = openProject(options);
  const planned = [];
  for (const fork of selectForks(context.config, names)) planned.push(await follow(plan(context, { fork, destroy })));
  return planned;
}

/** @throws InputFailure unless a person at a terminal answers yes. */
async function confirm(name: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new InputFailure(
      `${name} changes forks: got no terminal to ask at`,
      `pass --yes to ${name} without a question`,
    );
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`${pc.bold(`${name} this plan?`)} (yes/no) `).finally(() => prompt.close());
  if (answer.trim() !== "yes")
    throw new InputFailure(`not confirmed: got ${JSON.stringify(answer)}, expected yes`, "nothing was changed");
}

function planJson(result: PlanResult) {
  return { repository: result.repository, summary: result.summary, changes: result.changes };
}
