/** `upstream-sync doctor` */
import { Command } from "commander";
import pc from "picocolors";
import { fixText } from "../lib/checks/check.ts";
import { selectForks } from "../lib/operations/context.ts";
import type { Doctor, DoctorCheck } from "../lib/operations/doctor.ts";
import { confirm } from "./confirm.ts";
import { exitCodes, follow, print, printJson } from "./output.ts";
import { openProject, type ProjectOptions, withProjectOptions } from "./project.ts";
import { legible, visible } from "./visible.ts";

interface DoctorOptions extends ProjectOptions {
  readonly fix?: boolean;
  readonly yes?: boolean;
}

export function doctorCommand(): Command {
  return withProjectOptions(new Command("doctor"))
    .description("look at the live forks, and say of each thing the process needs: ok, not ok, cannot tell")
    .argument("[fork...]", "forks of the config, all when none is named")
    .option("--fix", "show what can be switched on safely, ask, and do it; then look again")
    .option("-y, --yes", "with --fix: do not ask")
    .addHelpText(
      "after",
      `
Reads only, unless --fix is there: at most 15 requests a fork. Inside a clone of a fork it looks at the clone too.

Ends with 0 when nothing is wrong, with 3 when a check is not ok. "cannot tell" does not change that: it says what
GitHub keeps back, and how to find out.

Examples:
  upstream-sync doctor acme/open-webui
  upstream-sync doctor --fix
  upstream-sync doctor --json     { ok, checks: [{ fork, id, title, state, evidence, remedy }], requests }`,
    )
    .action(async (names: string[], options: DoctorOptions) => {
      const look = () => lookAt(names, options);
      let found = await look();
      const fixes = found.flatMap(({ checks }) => checks.flatMap(({ fixes }) => fixes ?? []));
      if (options.fix && fixes.length > 0) {
        process.stderr.write(`${["doctor --fix:", ...fixes.map((fix) => `  ${visible(fixText(fix))}`)].join("\n")}\n`);
        if (!options.yes) await confirm("doctor --fix changes forks", "do this?");
        const { carryOut } = await import("../lib/operations/doctor.ts");
        await follow(carryOut(await openProject(options), fixes));
        found = await look();
      }
      const checks = found.flatMap(({ checks }) => checks);
      const ok = !checks.some(({ state }) => state === "not ok");
      const requests = found.reduce((sum, one) => sum + one.requests, 0);
      if (options.json) printJson("doctor", { ok, checks: checks.map(checkJson), requests });
      else print(found.map(doctorText).join("\n\n"));
      if (!ok) process.exitCode = exitCodes.checksNotOk;
    });
}

async function lookAt(names: readonly string[], options: ProjectOptions): Promise<readonly Doctor[]> {
  const context = await openProject(options);
  const { doctor } = await import("../lib/operations/doctor.ts");
  const found: Doctor[] = [];
  for (const fork of selectForks(context.config, names)) {
    found.push(await follow(doctor(context, { fork, folder: process.cwd() })));
  }
  return found;
}

function checkJson({ fork, id, title, state, evidence, remedy }: DoctorCheck) {
  return { fork, id, title, state, evidence, ...(remedy === undefined ? {} : { remedy }) };
}

/** One line a check; what is not ok has its evidence and what to do below. */
export function doctorText(found: Doctor): string {
  const { repository, checks, requests } = legible(found);
  const count = (state: string) => checks.filter((check) => check.state === state).length;
  const unsure = count("cannot tell");
  const summary = `${count("ok")} ok, ${count("not ok")} not ok${unsure > 0 ? `, ${unsure} cannot tell` : ""} (${requests} requests)`;
  return [pc.bold(repository), ...checks.flatMap(checkLines), `  ${summary}`].join("\n");
}

function checkLines({ state, title, evidence, remedy }: DoctorCheck): string[] {
  if (state === "ok") return [`  ${pc.green("ok")}           ${title}: ${pc.dim(evidence)}`];
  const mark = state === "not ok" ? `${pc.red("not ok")}     ` : `${pc.yellow("cannot tell")}`;
  return [`  ${mark}  ${title}`, `               ${evidence}`, ...(remedy ? [`               fix: ${remedy}`] : [])];
}
