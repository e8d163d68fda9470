/** `upstream-sync plan`, `apply` and `destroy` */
import { existsSync, statSync } from "node:fs";
import { Command } from "commander";
import { InputFailure } from "../lib/failure.ts";
import type { ApplyResult } from "../lib/operations/apply.ts";
import { selectForks } from "../lib/operations/context.ts";
import type { PlanResult } from "../lib/plan-result.ts";
import { confirm } from "./confirm.ts";
import { announce, exitCodes, follow, print, printJson } from "./output.ts";
import { openProject, type ProjectOptions, withProjectOptions } from "./project.ts";

const forksHelp = "forks of the config, all when none is named";

export function planCommand(): Command {
  return withProjectOptions(new Command("plan"))
    .description("show what an apply will change; changes nothing")
    .argument("[fork...]", forksHelp)
    .option("--destroy", "show what a destroy will take away instead")
    .option("-o, --out <file>", "keep the plan in a file, to be reviewed and then applied as it is")
    .option("--exit-code", "end with 4 when there is something to change")
    .addHelpText(
      "after",
      `
Examples:
  upstream-sync plan acme/open-webui --json
  upstream-sync plan --out review.plan && upstream-sync apply review.plan
  upstream-sync plan --exit-code --json       in CI: 0 nothing to do, 4 something to change`,
    )
    .action(async (names: string[], options: ProjectOptions & PlanOptions) => {
      const planned = await planAll(names, options, { destroy: options.destroy ?? false });
      if (options.out !== undefined) {
        const { savePlans } = await import("../lib/operations/saved-plans.ts");
        savePlans(planned, options.out);
      }
      if (options.json) printJson("plan", { forks: planned.map(planJson) });
      else {
        const { planText } = await import("./plan-text.ts");
        for (const result of planned) print(planText(result));
      }
      if (options.exitCode && planned.some(({ changes }) => changes.length > 0)) process.exitCode = exitCodes.changes;
    });
}

interface PlanOptions {
  readonly destroy?: boolean;
  readonly out?: string;
  readonly exitCode?: boolean;
}

export function applyCommand(): Command {
  return changingCommand("apply", "set the forks up as the config says", false)
    .argument("[fork-or-plan...]", `${forksHelp}; or one file that \`plan --out\` wrote: exactly that plan is applied`)
    .addHelpText("after", "  upstream-sync apply review.plan --yes");
}

export function destroyCommand(): Command {
  return changingCommand("destroy", "take the set-up away from the forks", true).argument("[fork...]", forksHelp);
}

function changingCommand(name: "apply" | "destroy", description: string, destroy: boolean): Command {
  return withProjectOptions(new Command(name))
    .description(`${description}: shows the plan, asks, then does exactly that plan`)
    .option("-y, --yes", "do not ask")
    .addHelpText("after", `\nExample:\n  upstream-sync ${name} acme/open-webui --yes`)
    .action(async (names: string[], options: ProjectOptions & { yes?: boolean }) => {
      const planned = destroy ? await planAll(names, options, { destroy }) : await openOrPlan(names, options);
      const { planText, removalLines } = await import("./plan-text.ts");
      if (!options.json || !options.yes) for (const result of planned) announce(planText(result), options);
      const changing = planned.filter((result) => result.changes.length > 0);
      if (changing.length > 0 && !options.yes) await confirm(`${name} changes forks`, question(name, changing));
      const { apply } = await import("../lib/operations/apply.ts");
      const context = await openProject(options);
      const results = new Map<string, ApplyResult>();
      for (const result of changing) results.set(result.repository, await follow(apply(context, result)));
      if (options.json) {
        const forks = planned.map((result) => {
          const applied = results.get(result.repository);
          if (applied === undefined) return planJson(result);
          const { removal, proof, report } = applied;
          return { ...planJson(result), removal, proof, report };
        });
        return printJson(name, { forks, done: true });
      }
      for (const { repository, removal, proof, report } of results.values()) {
        for (const line of removalLines(repository, removal)) print(line);
        if (proof) print(`${repository}: proved: a plan right after finds nothing to change (${proof.seconds} s)`);
        if (report) print(`${repository}: report: ${report}`);
      }
      if (changing.length === 0) print(`${name}: nothing to do`);
      else print(`${name}: done`);
    });
}

/** Names what would otherwise be found out too late. */
function question(name: string, planned: readonly PlanResult[]): string {
  const unlanded = planned.flatMap(({ preview }) => preview?.unlanded ?? []);
  return [...unlanded.map((sentence) => `${sentence}.`), `${name} this plan?`].join(" ");
}

/** A name on the command line is a fork of the config, or a single file with a saved plan. */
async function openOrPlan(names: string[], options: ProjectOptions): Promise<PlanResult[]> {
  const [file] = names;
  if (names.length !== 1 || file === undefined || !existsSync(file) || !statSync(file).isFile()) {
    return await planAll(names, options, { destroy: false, toApply: true });
  }
  const { openPlans } = await import("../lib/operations/saved-plans.ts");
  const opened = await follow(openPlans(await openProject(options), file));
  if (opened.some(({ destroy }) => destroy)) {
    throw new InputFailure(`${file} is the plan of a destroy`, "a destroy plans anew: upstream-sync destroy");
  }
  return opened;
}

async function planAll(
  names: string[],
  options: ProjectOptions,
  how: { readonly destroy: boolean; readonly toApply?: boolean },
): Promise<PlanResult[]> {
  const context = await openProject(options);
  const { plan } = await import("../lib/operations/plan.ts");
  const planned = [];
  for (const fork of selectForks(context.config, names)) planned.push(await follow(plan(context, { fork, ...how })));
  return planned;
}

function planJson(result: PlanResult) {
  return {
    repository: result.repository,
    summary: result.summary,
    changes: result.changes,
    found: result.found,
    ...(result.preview ? { preview: result.preview } : {}),
  };
}
