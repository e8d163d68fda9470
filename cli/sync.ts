/** `upstream-sync sync` */
import { Command } from "commander";
import { selectForks } from "../lib/operations/context.ts";
import type { SyncResult } from "../lib/operations/sync.ts";
import { exitCodes, follow, print, printJson } from "./output.ts";
import { openProject, type ProjectOptions, withProjectOptions } from "./project.ts";

interface SyncOptions extends ProjectOptions {
  readonly dryRun?: boolean;
  readonly upstreamCommit?: string;
  readonly retest?: boolean;
}

export function syncCommand(): Command {
  return withProjectOptions(new Command("sync"))
    .description("start a run of the workflow now and follow it to its end")
    .argument("[fork...]", "forks of the config, all when none is named")
    .option("--dry-run", "merge and test, but move nothing and open nothing")
    .option("--upstream-commit <sha>", "take this commit of upstream's branch instead of its tip")
    .option("--retest", "test again although nothing moved since")
    .addHelpText(
      "after",
      `
Ends with 0 when every run was green, else 1.

Examples:
  upstream-sync sync acme/open-webui
  upstream-sync sync --dry-run --json`,
    )
    .action(async (names: string[], options: SyncOptions) => {
      const context = await openProject(options);
      const { sync } = await import("../lib/operations/sync.ts");
      const results: SyncResult[] = [];
      for (const fork of selectForks(context.config, names)) {
        results.push(await follow(sync(context, { fork, inputs: inputsOf(options) })));
      }
      if (options.json) printJson({ forks: results });
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

function syncText({ repository, run, record, pullRequest, issue, failed }: SyncResult): string {
  return [
    `${repository}: ${record ? `${record.outcome}: ${record.reason}` : `run ended as "${run.conclusion}" without a record`}`,
    ...(record?.conflicts ?? []).map(
      ({ path, kind, side }) => `  conflict: ${JSON.stringify(path)} (${kind}, with ${side})`,
    ),
    ...(pullRequest === undefined ? [] : [`  pull request: ${pullRequest}`]),
    ...(issue === undefined ? [] : [`  issue: ${issue}`]),
    `  run: ${run.url}`,
    ...(failed
      ? [`  failed: ${failed.job}, ${failed.step}`, ...failed.log.split("\n").map((line) => `    | ${line}`)]
      : []),
  ].join("\n");
}
