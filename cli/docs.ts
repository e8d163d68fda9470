/** `upstream-sync docs check` */
import { Command } from "commander";
import pc from "picocolors";
import type { FileFinding } from "../lib/checks/set-up-files.ts";
import { selectForks } from "../lib/operations/context.ts";
import type { DocsCheck } from "../lib/operations/docs-check.ts";
import { exitCodes, follow, print, printJson } from "./output.ts";
import { openProject, type ProjectOptions, withProjectOptions } from "./project.ts";
import { legible, visibleLines } from "./visible.ts";

interface CheckOptions extends ProjectOptions {
  readonly diff?: boolean;
  readonly local?: string;
}

export function docsCommand(): Command {
  return new Command("docs").description("the process document: check").addCommand(checkCommand());
}

function checkCommand(): Command {
  return withProjectOptions(new Command("check"))
    .description(
      "compare document and workflow with each other and with what the config renders, and name what differs",
    )
    .argument("[fork...]", "forks of the config, all when none is named")
    .option("--diff", "show the lines, from what was found to what the config renders")
    .option("--local <folder>", "look into a work tree of the fork instead of asking GitHub; name one fork")
    .addHelpText(
      "after",
      `
Reads only: two requests a fork, and one more for each branch of the document. With --local no network and no token.

Ends with 0 when everything fits, with 3 when something does not. An older document on a branch further on is no
fault: the newest comes there by pull request.

Examples:
  upstream-sync docs check acme/open-webui --diff
  upstream-sync docs check acme/open-webui --local ../open-webui     in the fork's CI, on what is checked out
  upstream-sync docs check --json     { ok, forks: [{ repository, digest, files, agreement }] }`,
    )
    .action(async (names: string[], options: CheckOptions) => {
      const context = await openProject(options);
      const forks = selectForks(context.config, names);
      const { docsCheck, oneFork } = await import("../lib/operations/docs-check.ts");
      if (options.local !== undefined) oneFork(forks);
      const found: DocsCheck[] = [];
      for (const fork of forks) found.push(await follow(docsCheck(context, { fork, local: options.local })));
      const ok = found.every(fits);
      if (options.json) printJson("docs check", { ok, forks: found });
      else print(found.map((one) => docsCheckText(one, options.diff ?? false)).join("\n\n"));
      if (!ok) process.exitCode = exitCodes.checksNotOk;
    });
}

function fits({ files, agreement }: DocsCheck): boolean {
  return [...files, ...(agreement ? [agreement] : [])].every(({ state }) => state === "ok");
}

/** One line a file; what is not ok has what was seen and what to do below. */
export function docsCheckText(found: DocsCheck, diff: boolean): string {
  const { repository, digest, files, agreement } = legible(found, ["diff"]);
  const both = agreement && { ...agreement, title: "document and workflow", diff: "" };
  const lines = [...files.map((file) => ({ ...file, title: fileTitle(file) })), ...(both ? [both] : [])];
  return [
    `${pc.bold(repository)}  the config renders digest ${digest.slice(0, 12)}`,
    ...lines.flatMap(({ state, title, evidence, remedy, diff: patch }) => [
      ...(state === "ok"
        ? [`  ${pc.green("ok")}      ${title}: ${pc.dim(evidence)}`]
        : [`  ${pc.red("not ok")}  ${title}`, `          ${evidence}`, `          fix: ${remedy}`]),
      ...(diff && patch !== "" && state !== "ok" ? visibleLines(patch.trimEnd()) : []),
    ]),
  ].join("\n");
}

function fileTitle({ path, place }: FileFinding): string {
  return `${path} ${place}`;
}
