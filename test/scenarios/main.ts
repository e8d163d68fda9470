/** `npm run scenarios`: every situation of docs/scenarios.md by the executed workflow, on real repositories. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { packageRoot } from "../../lib/package-root.ts";
import { GitHubStandIn } from "../../lib/rehearsal/stand-in.ts";
import { documentOf } from "./document.ts";
import { scenarios, topics } from "./index.ts";
import { strayWrites } from "./requests.ts";
import { openStage } from "./staging.ts";
import { type Result, tellAll } from "./tell.ts";

interface Options {
  readonly only: string[];
  readonly lanes: number;
  readonly json?: boolean;
  readonly list?: boolean;
  readonly writeDocs?: boolean;
}

const command = new Command("npm run scenarios --")
  .description("puts a fork into every situation it gets into, runs its workflow, and checks what comes of it")
  .option(
    "--only <words>",
    "only those whose name has these words, may be repeated",
    (value, all: string[]) => [...all, value],
    [],
  )
  .option("--lanes <count>", "how many go side by side", Number, 3)
  .option("--json", "print { ok, scenarios: [{ name, ok, detail, seconds }], seconds } alone on stdout")
  .option("--list", "name them and run none")
  .option("--write-docs", "write docs/scenarios.md from the list and run none")
  .addHelpText("after", "\nExit codes: 0 all as told, 1 not so.")
  .action(run);

await command.parseAsync();

async function run({ only, lanes, json, list, writeDocs }: Options): Promise<void> {
  if (writeDocs) return writeFileSync(join(packageRoot(), "docs", "scenarios.md"), documentOf(topics));
  const chosen = scenarios.filter(({ name }) => only.length === 0 || only.some((words) => name.includes(words)));
  if (chosen.length === 0) command.error(`no scenario's name has the words ${only.join(", ")}`);
  if (list) return console.log(chosen.map(({ name }) => name).join("\n"));
  const say = (text: string) => (json ? process.stderr : process.stdout).write(`${text}\n`);
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-scenarios-"));
  const results: Result[] = [];
  try {
    const github = await GitHubStandIn.start(join(folder, "github"));
    // It is in a session of its own, so that no signal of a terminal reaches it.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end(github, folder));
    try {
      const stage = await openStage(github, join(folder, "stage"));
      const told = (result: Result) => {
        results.push(result);
        say(`${results.length}/${chosen.length} ${result.ok ? "ok" : "FAILED"} ${result.name} (${result.seconds} s)`);
        if (!result.ok) say(`    ${result.detail.replaceAll("\n", "\n    ")}`);
      };
      await tellAll(stage, chosen, lanes, told);
      const forks = results.map((_, index) => `acme/fork-${index + 1}`);
      const stray = strayWrites((await github.log(1)).entries, forks, ["ada-admin"]);
      if (stray.length > 0) throw new Error(`written to something else than a fork: ${JSON.stringify(stray, null, 2)}`);
    } finally {
      await github.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  const failed = results.filter(({ ok }) => !ok).length;
  const ok = failed === 0 && results.length === chosen.length;
  say(`${seconds} s`);
  say(`${results.length - failed} passed, ${failed} failed`);
  if (json) process.stdout.write(`${JSON.stringify({ ok, scenarios: results, seconds }, null, 2)}\n`);
  process.exitCode = ok ? 0 : 1;
}

async function end(github: GitHubStandIn, folder: string): Promise<never> {
  await github.stop().catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
}
