/** `upstream-sync status` */
import { Command } from "commander";
import pc from "picocolors";
import { selectForks } from "../lib/operations/context.ts";
import type { Status, StatusRun } from "../lib/operations/status.ts";
import { follow, print, printJson } from "./output.ts";
import { openProject, type ProjectOptions, withProjectOptions } from "./project.ts";
import { legible } from "./visible.ts";

export function statusCommand(): Command {
  return withProjectOptions(new Command("status"))
    .description(
      "one screen a fork: last runs, distance, pull request, whether the deployed workflow is the configured one",
    )
    .argument("[fork...]", "forks of the config, all when none is named")
    .addHelpText("after", "\nReads only.\n\nExample:\n  upstream-sync status acme/open-webui")
    .action(async (names: string[], options: ProjectOptions) => {
      const context = await openProject(options);
      const { status } = await import("../lib/operations/status.ts");
      const found: Status[] = [];
      for (const fork of selectForks(context.config, names)) found.push(await follow(status(context, { fork })));
      if (options.json) printJson("status", { forks: found });
      else print(found.map((one) => statusText(one, Date.now())).join("\n\n"));
    });
}

/** @param now milliseconds since the epoch. */
export function statusText(status: Status, now: number): string {
  const shown = legible(status);
  const { repository, runs, pullRequest, workflow } = shown;
  const upstream = runs.find(({ record }) => record?.upstream.why)?.record?.upstream.why;
  return [
    pc.bold(repository),
    `  workflow      ${workflow === "as configured" ? workflow : `${workflow}: run upstream-sync plan`}`,
    ...(upstream ? [`  upstream      ${upstream}`] : []),
    `  behind        ${behindText(shown)}`,
    `  pull request  ${pullRequest ? `#${pullRequest.number} ${pullRequest.title} (checks: ${pullRequest.checks}) ${pullRequest.url}` : "none open"}`,
    ...(runs.length === 0
      ? ["  runs          none yet"]
      : ["  runs", ...runs.map((run) => `    ${runText(run, now)}`)]),
  ].join("\n");
}

function behindText({ behind, freshness: { days, commits }, overBudget }: Status): string {
  const limits = [...(days ? [`${days} d`] : []), ...(commits ? [`${commits} commits`] : [])].join(", ");
  const budget = limits === "" ? "" : ` (budget ${limits}${overBudget ? ": over" : ""})`;
  if (behind === null) return `not known${budget}`;
  const least = behind.atLeast ? "at least " : "";
  const lag = `${least}${behind.commits} ${behind.commits === 1 ? "commit" : "commits"}, oldest ${behind.days} d`;
  return overBudget ? pc.red(`${lag}${budget}`) : `${lag}${budget}`;
}

function runText(run: StatusRun, now: number): string {
  const age = ageText(now - Date.parse(run.startedAt));
  if (run.conclusion === null) return `${age.padStart(5)}  running        ${run.url}`;
  const outcome = run.record?.outcome ?? run.conclusion;
  return `${age.padStart(5)}  ${outcome.padEnd(13)}  ${run.record?.reason ?? "no record"}`;
}

function ageText(milliseconds: number): string {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  if (minutes < 60) return `${minutes} m`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} d`;
}
