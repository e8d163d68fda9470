/** `upstream-sync sync` */
import { Command } from "commander";
import { InputFailure } from "../lib/failure.ts";
import type { SyncResult } from "../lib/fork/follow-run.ts";
import { type Context, selectForks } from "../lib/operations/context.ts";
import type { SyncLocalResult } from "../lib/operations/sync-local.ts";
import { exitCodes, follow, print, printJson } from "./output.ts";
import { openProject, type ProjectOptions, withProjectOptions } from "./project.ts";
import { syncText } from "./sync-text.ts";
import { legible } from "./visible.ts";

interface SyncOptions extends ProjectOptions {
  readonly dryRun?: boolean;
  readonly upstreamCommit?: string;
  readonly retest?: boolean;
  readonly local?: boolean;
  readonly in?: string;
}

export function syncCommand(): Command {
  return withProjectOptions(new Command("sync"))
    .description("start a run of the workflow now and follow it to its end")
    .argument("[fork...]", "forks of the config, all when none is named")
    .option("--dry-run", "merge and test, but move nothing and open nothing")
    .option("--upstream-commit <sha>", "take this commit of upstream instead of what is followed")
    .option("--retest", "test again although nothing moved since")
    .option("--local", "instead of a run: merge in a clone, on the branch for manual syncs, by the same program")
    .option(
      "--in <folder>",
      "with --local: a clone of the fork, made when it is not there (default: the current folder)",
    )
    .addHelpText(
      "after",
      `
Ends with 0 when every run was green, else 1. With --local nothing outside the clone changes until you push.

Examples:
  upstream-sync sync acme/open-webui
  upstream-sync sync --dry-run --json
  upstream-sync sync acme/open-webui --local`,
    )
    .action(async (names: string[], options: SyncOptions) => {
      const context = await openProject(options);
      if (options.local) return await syncLocally(context, names, options);
      const { sync } = await import("../lib/operations/sync.ts");
      const results: SyncResult[] = [];
      for (const fork of selectForks(context.config, names)) {
        results.push(await follow(sync(context, { fork, inputs: inputsOf(options) })));
      }
      if (options.json) printJson("sync", { forks: results });
      else for (const result of results) print(syncText(result));
      if (results.some(({ run }) => run.conclusion !== "success")) process.exitCode = exitCodes.failed;
    });
}

/** Only what was asked for: a workflow deployed by an earlier version may not know the others. */
function inputsOf({ dryRun, upstreamCommit, retest }: SyncOptions): Record<string, string> {
  return {
    ...(dryRun ? { "dry-run": "true" } : {}),
    ...(upstreamCommit === undefined ? {} : { "upstream-commit": upstreamCommit }),
    ...(retest ? { retest: "true" } : {}),
  };
}

async function syncLocally(context: Context, names: string[], options: SyncOptions): Promise<void> {
  const { syncLocal } = await import("../lib/operations/sync-local.ts");
  if (options.dryRun || options.upstreamCommit !== undefined || options.retest) {
    throw new InputFailure(
      "--local starts no run: got an option of a run, expected none",
      "leave --dry-run, --upstream-commit and --retest out, or leave --local out",
    );
  }
  const here = process.cwd();
  const results: SyncLocalResult[] = [];
  for (const fork of selectForks(context.config, names)) {
    results.push(await follow(syncLocal(context, { fork, here, folder: options.in })));
  }
  if (options.json) return printJson("sync --local", { forks: results });
  for (const result of results) print(localText(result));
}

export function localText(result: SyncLocalResult): string {
  const { repository, state, branch, conflicts, next } = legible(result);
  const words = {
    nothing: "nothing to merge",
    merged: `everything is merged on ${branch}; nothing is pushed`,
    conflict: `what could be merged is on ${branch}; ${conflicts.length} left to you`,
  };
  return [
    `${repository}: ${words[state]}`,
    ...conflicts.map(({ path, kind, side }) => `  conflict: ${JSON.stringify(path)} (${kind}, with ${side})`),
    ...next.map((step) => `  next: ${step}`),
  ].join("\n");
}
