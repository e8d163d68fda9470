/** `npm run demo`: the whole life of a set-up, on a stand-in for GitHub, with real Terraform, the real provider and real git. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { GitHubStandIn } from "./github-stand-in.ts";
import { pocketBoard } from "./pocket-board.ts";
import { realRepositories } from "./real-setting.ts";
import type { Setting } from "./setting.ts";
import { story } from "./story.ts";
import { type StepResult, tell } from "./tell.ts";
import { createWorld } from "./world.ts";

interface Options {
  readonly json?: boolean;
  readonly keep?: boolean;
  readonly upstream?: string;
  readonly fork?: string;
  readonly test: string[];
}

const command = new Command("npm run demo --")
  .description("tells the life of a set-up on a stand-in for GitHub; writes nothing outside a temporary folder")
  .option("--json", "print { ok, steps: [{ name, ok, seconds, requests, detail }] } alone on stdout")
  .option("--keep", "leave the stand-in up and its folder in place; tokens are in sandbox.json there, mode 0600")
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
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-demo-"));
  const say = (text: string) => (options.json ? process.stderr : process.stdout).write(text);
  const started = performance.now();
  say("standing up GitHub\n");
  const told = await setting(folder, options);
  const github = await GitHubStandIn.start(join(folder, "github"));
  let results: StepResult[] = [];
  try {
    const world = await createWorld(github, folder, told);
    results = await tell(story, world, say);
  } finally {
    if (options.keep) {
      github.leave();
    } else {
      await github.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const ok = results.length === story.length && results.every((step) => step.ok);
  if (options.json) process.stdout.write(`${JSON.stringify({ ok, steps: results }, null, 2)}\n`);
  say(`${ok ? "all checks held" : "a check did not hold"}, ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  if (options.keep)
    say(
      `the stand-in is up: ${github.url}; ready file with tokens: ${github.readyFile}; project: ${join(folder, "project")}\n`,
    );
  process.exitCode = ok ? 0 : 1;
}

async function setting(folder: string, options: Options): Promise<Setting> {
  if (!options.upstream) return await pocketBoard(folder);
  const place = (urlOrPath: string) => (existsSync(urlOrPath) ? resolve(urlOrPath) : urlOrPath);
  return await realRepositories(folder, place(options.upstream), options.fork && place(options.fork), options.test);
}
