/** `upstream-sync resolve` */
import { Command } from "commander";
import { InputFailure } from "../lib/failure.ts";
import { selectForks } from "../lib/operations/context.ts";
import type { ResolveResult } from "../lib/operations/resolve.ts";
import { confirm } from "./confirm.ts";
import { exitCodes, follow, print, printJson } from "./output.ts";
import { openProject, type ProjectOptions, withProjectOptions } from "./project.ts";
import { syncText } from "./sync-text.ts";
import { legible } from "./visible.ts";

interface ResolveCommandOptions extends ProjectOptions {
  readonly in?: string;
  readonly yes?: boolean;
}

export function resolveCommand(): Command {
  return withProjectOptions(new Command("resolve"))
    .description(
      "settle a conflict here: prepares it in a clone; run again after editing, it checks, pushes and starts a run",
    )
    .argument("[fork]", "a fork of the config; may be left out when there is only one")
    .option(
      "--in <folder>",
      "a clone of the fork, made when it is not there (default: the current folder, else clones/)",
    )
    .option("-y, --yes", "do not ask whether one side in every file is meant")
    .addHelpText(
      "after",
      `
First it fetches, switches to the branch of the conflict and merges, so that git shows the conflict. Edit the files, run it again: it refuses
conflict markers, commits, pushes that branch, starts a run and follows it. A clone with changes in no commit is never touched.

Examples:
  upstream-sync resolve acme/open-webui
  upstream-sync resolve acme/open-webui --in ~/src/open-webui`,
    )
    .action(async (name: string | undefined, options: ResolveCommandOptions) => {
      const context = await openProject(options);
      const { resolve } = await import("../lib/operations/resolve.ts");
      const fork = onlyFork(selectForks(context.config, name === undefined ? [] : [name]));
      const given = { fork, here: process.cwd(), folder: options.in };
      let result = await follow(resolve(context, { ...given, oneSided: options.yes ?? false }));
      if (result.state === "one-sided") {
        const { side, files } = result;
        const all = files.length === 1 ? "the conflicting file is" : `all ${files.length} conflicting files are`;
        await confirm(
          "resolve takes one side",
          `${all} as ${side} has ${files.length === 1 ? "it" : "them"}. Is that meant?`,
        );
        result = await follow(resolve(context, { ...given, oneSided: true }));
      }
      if (options.json) printJson("resolve", result);
      else print(resolveText(result));
      if (result.state === "pushed-and-run" && result.sync.run.conclusion !== "success")
        process.exitCode = exitCodes.failed;
    });
}

function onlyFork<Fork extends { readonly repository: string }>(forks: readonly Fork[]): Fork {
  const [fork, ...others] = forks;
  if (fork && others.length === 0) return fork;
  throw new InputFailure(
    `resolve works on one fork: got ${forks.length} in the config, expected a name`,
    `name one of ${forks.map(({ repository }) => repository).join(", ")}`,
  );
}

export function resolveText(whole: ResolveResult): string {
  const result = legible(whole, ["log"]);
  const { repository } = result;
  switch (result.state) {
    case "nothing":
    case "pushed":
      return [`${repository}: ${result.why}`, ...result.next.map((step) => `  next: ${step}`)].join("\n");
    case "prepared":
      return [
        `${repository}: ${result.branch} is ready${result.files.length === 0 ? ", without a conflict" : ""}`,
        ...result.files.map(({ path, kind }) => `  conflict: ${JSON.stringify(path)} (${kind})`),
        ...result.next.map((step) => `  next: ${step}`),
      ].join("\n");
    case "one-sided":
      return `${repository}: nothing is pushed: every conflicting file is as ${result.side} has it`;
    case "pushed-and-run":
      return [`${repository}: pushed ${result.commit.slice(0, 12)} to ${result.branch}`, syncText(result.sync)].join(
        "\n",
      );
  }
}
