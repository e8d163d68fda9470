/** `npm run demo`: the whole life of a set-up, on a stand-in for GitHub, with real Terraform, the real provider and real git. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { GitHubStandIn } from "./github-stand-in.ts";
import { pocketBoard } from "./pocket-board.ts";
import { realRepositories } from "./real-setting.ts";
import type { Setting } from "./setting.ts";
import { standUp } from "./stand-up.ts";
import { story } from "./story/index.ts";
import { type StepResult, stepsOf, tell } from "./tell.ts";

interface Options {
  readonly json?: boolean;
  readonly keep?: boolean;
  readonly upstream?: string;
  readonly fork?: string;
  readonly test: string[];
}

const command = new Command("npm run demo --")
  .description("tells the life of a set-up on a stand-in for GitHub; writes nothing outside a temporary folder")
  .option("--json", "print { ok, steps: [{ chapter, name, ok, seconds, requests, detail }] } alone on stdout")
  .option(
    "--keep",
    "leave the stand-in up and its folder in place; people's tokens are in tokens.json there, mode 0600",
  )
  .option("--upstream <git url or path>", "tell it on copies of this repository instead of the built-in project")
  .option("--fork <git url or path>", "its fork; without it one is made from an older commit with local changes")
  .option(
    "--test <command>",
    "a command of the test plan, may be repeated",
    (value, all: string[]) => [...all, value],
    [],
  )
  .action(run);

await command.parseAsync();

async function run(options: Options): Promise<void> {
  if (options.fork && !options.upstream) command.error("--fork needs --upstream: got no upstream to follow");
  const say = (text: string) => (options.json ? process.stderr : process.stdout).write(text);
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-demo-"));
  const started = performance.now();
  let results: StepResult[] = [];
  try {
    results = await live(folder, options, say);
  } catch (error) {
    say(`the story could not begin: ${error instanceof Error ? error.message : String(error)}\n`);
  } finally {
    if (!options.keep) rmSync(folder, { recursive: true, force: true });
  }
  const ok = results.length === stepsOf(story).length && results.every((step) => step.ok);
  if (options.json) process.stdout.write(`${JSON.stringify({ ok, steps: results }, null, 2)}\n`);
  say(`${ok ? "all checks held" : "a check did not hold"}, ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  process.exitCode = ok ? 0 : 1;
}

/** Stands GitHub up, tells the story, and takes GitHub down again unless it is to be kept. */
async function live(folder: string, options: Options, say: (text: string) => void): Promise<StepResult[]> {
  say("copying the repositories and standing up GitHub\n");
  const told = await setting(folder, options);
  const github = await GitHubStandIn.start(join(folder, "github"));
  const interrupted = (signal: NodeJS.Signals) => {
    github.stop().finally(() => {
      rmSync(folder, { recursive: true, force: true });
      process.kill(process.pid, signal);
    });
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    const world = await standUp(github, folder, told);
    const results = await tell(story, world, say);
    if (options.keep) {
      const tokens = join(folder, "tokens.json");
      writeFileSync(tokens, `${JSON.stringify(world.people, null, 2)}\n`, { mode: 0o600 });
      say(`the stand-in is up: ${github.url} (its ready file: ${github.readyFile})\n`);
      say(`people's tokens: ${tokens}, mode 0600; project: ${world.project}\n`);
    }
    return results;
  } finally {
    if (options.keep) github.leave();
    else await github.stop();
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
  }
}

async function setting(folder: string, options: Options): Promise<Setting> {
  if (!options.upstream) return await pocketBoard(folder);
  const place = (urlOrPath: string) => (existsSync(urlOrPath) ? resolve(urlOrPath) : urlOrPath);
  return await realRepositories(folder, place(options.upstream), options.fork && place(options.fork), options.test);
}
