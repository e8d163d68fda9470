/** `upstream-sync verify` */
import { Command } from "commander";
import pc from "picocolors";
import { selectForks } from "../lib/operations/context.ts";
import type { VerifyPlan, VerifyResult } from "../lib/operations/verify.ts";
import { confirm } from "./confirm.ts";
import { announce, exitCodes, follow, print, printJson } from "./output.ts";
import { openProject, type ProjectOptions, withProjectOptions } from "./project.ts";

interface VerifyOptions extends ProjectOptions {
  readonly probe?: boolean;
  readonly clean?: boolean;
  readonly yes?: boolean;
}

export function verifyCommand(): Command {
  return withProjectOptions(new Command("verify"))
    .description("prove on the live fork that the set-up works, on branches of its own that are taken away again")
    .argument("[fork...]", "forks of the config, all when none is named")
    .option("--probe", "also find out what GitHub's documents leave open (docs/limits.md)")
    .option("--clean", "only take away what an earlier verification left")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
Starts the deployed workflow four times, three of them with the fork's test plan: a clean merge, a conflict, its resolution,
a sync by hand. Nothing of the fork's own moves, and upstream is not touched. A report is written to reports/.

Ends with 0 when nothing is wrong, with 3 when something is not ok, with 1 when it could not be done.

Examples:
  upstream-sync verify acme/open-webui
  upstream-sync verify --yes --json     { ok, forks: [{ repository, ok, criteria: [{ id, state, evidence, links }], … }] }
  upstream-sync verify --clean`,
    )
    .action(async (names: string[], options: VerifyOptions) => {
      const context = await openProject(options);
      const { cleanUp, planVerify, verify } = await import("../lib/operations/verify.ts");
      const forks = selectForks(context.config, names);
      if (options.clean) {
        const cleaned = [];
        for (const fork of forks)
          cleaned.push({ repository: fork.repository, ...(await follow(cleanUp(context, { fork }))) });
        if (options.json)
          printJson("verify", { ok: cleaned.every(({ left }) => left.length === 0), forks: [], cleaned });
        else for (const { repository, removed, left } of cleaned) print(cleanText(repository, removed, left));
        if (cleaned.some(({ left }) => left.length > 0)) process.exitCode = exitCodes.failed;
        return;
      }
      const common = { probe: options.probe ?? false };
      const plans: VerifyPlan[] = [];
      for (const fork of forks) plans.push(await follow(planVerify(context, { fork, ...common })));
      announce(plans.map(planText).join("\n"), options);
      if (!options.yes) await confirm("verify writes to forks", "do this?");
      const { signal, done } = interruptible();
      const results: VerifyResult[] = [];
      for (const plan of plans) {
        if (!signal.aborted) results.push(await follow(verify(context, plan, { fork: plan.fork, ...common, signal })));
      }
      done();
      if (options.json) printJson("verify", { ok: results.every(({ ok }) => ok), forks: results });
      else print(results.map(verifyText).join("\n\n"));
      if (results.some(({ failure }) => failure !== undefined)) process.exitCode = exitCodes.failed;
      else if (results.some(({ ok }) => !ok)) process.exitCode = exitCodes.checksNotOk;
    });
}

/** Control and C once: what was made is taken away first. A second time ends it at once. */
function interruptible(): { readonly signal: AbortSignal; done(): void } {
  const controller = new AbortController();
  const stop = () => {
    process.stderr.write("stopping; what was made is taken away first (once more ends it at once)\n");
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const one of signals) process.once(one, stop);
  const done = () => {
    for (const one of signals) process.off(one, stop);
  };
  return { signal: controller.signal, done };
}

function planText({ fork, makes, starts, leftOver }: VerifyPlan): string {
  return [
    `verify ${fork.repository}`,
    "  makes, and takes away again:",
    ...makes.map((line) => `    ${line}`),
    "  starts:",
    ...starts.map((line) => `    ${line}`),
    ...(leftOver.length === 0
      ? []
      : ["  takes away what an earlier one left:", ...leftOver.map((line) => `    ${line}`)]),
  ].join("\n");
}

function cleanText(repository: string, removed: readonly string[], left: readonly string[]): string {
  if (removed.length + left.length === 0) return `${repository}: nothing is left of a verification`;
  return [
    `${repository}: ${removed.length} taken away, ${left.length} left`,
    ...removed.map((one) => `  removed: ${one}`),
    ...left.map((one) => `  left: ${one}`),
  ].join("\n");
}

const colours = { ok: pc.green, "not ok": pc.red, "cannot tell": pc.yellow };

function verifyText({ repository, criteria, probes, left, requests, failure, reports }: VerifyResult): string {
  return [
    pc.bold(repository),
    ...criteria.flatMap(({ state, title, evidence, remedy }) => [
      `  ${colours[state](state.padEnd(11))}  ${title}: ${pc.dim(evidence)}`,
      ...(remedy === undefined ? [] : [`               fix: ${remedy}`]),
    ]),
    ...probes.map(({ id, question, seen, answer }) => `  ${answer.padEnd(11)}  ${id} ${question}: ${pc.dim(seen)}`),
    ...left.map((one) => `  ${pc.red("left")}         ${one}`),
    ...(failure === undefined ? [] : [`  ${pc.red("cut off")}      ${failure}`]),
    `  ${requests} requests; ${reports.join(", ")}`,
  ].join("\n");
}
