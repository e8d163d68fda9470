/** `npm run demo`: the whole life of a set-up, on a stand-in for GitHub, with real Terraform, the real provider and real git. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { GitHubStandIn } from "../lib/rehearsal/stand-in.ts";
import { pocketBoard } from "./pocket-board.ts";
import { realRepositories } from "./real-setting.ts";
import type { Setting } from "./setting.ts";
import { standUp } from "./stand-up.ts";
import { stories } from "./story/index.ts";
import { type StepResult, stepsOf, type Told, tell } from "./tell.ts";
import type { World } from "./world.ts";

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
    "leave the stand-ins up and their folders in place; people's tokens are in tokens.json there, mode 0600",
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
  const ok = results.length === stepsOf(stories).length && results.every((step) => step.ok);
  if (options.json) process.stdout.write(`${JSON.stringify({ ok, steps: results }, null, 2)}\n`);
  say(`${ok ? "all checks held" : "a check did not hold"}, ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  process.exitCode = ok ? 0 : 1;
}

/** Stands GitHub up once a story, tells them, and takes GitHub down again unless it is to be kept. */
async function live(folder: string, options: Options, say: (text: string) => void): Promise<StepResult[]> {
  say("copying the repositories and standing up GitHub, once a fork\n");
  const standIns: GitHubStandIn[] = [];
  const stop = () => Promise.all(standIns.map((github) => github.stop()));
  const interrupted = (signal: NodeJS.Signals) => {
    stop().finally(() => {
      rmSync(folder, { recursive: true, force: true });
      process.kill(process.pid, signal);
    });
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    const told = await setting(folder, options);
    const ready: Told[] = await Promise.all(
      stories.map(async (story) => {
        const place = join(folder, story.owner);
        mkdirSync(place);
        const github = await GitHubStandIn.start(join(place, "github"));
        standIns.push(github);
        return { ...story, world: await standUp(github, place, forkOf(told, story.owner, place)) };
      }),
    );
    const results = await tell(ready, say);
    if (options.keep) for (const { world } of ready) sayWhereItIs(world, say);
    return results;
  } finally {
    if (options.keep) for (const github of standIns) github.leave();
    else await stop();
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
  }
}

/** The fork under another owner, with a copy of its repository that only one story fetches into. */
function forkOf(told: Setting, owner: string, place: string): Setting {
  const git = join(place, "fork.git");
  cpSync(told.fork.git, git, { recursive: true });
  return { ...told, fork: { ...told.fork, owner, git } };
}

function sayWhereItIs({ github, people, project, forkName }: World, say: (text: string) => void): void {
  const tokens = join(project, "..", "tokens.json");
  writeFileSync(tokens, `${JSON.stringify(people, null, 2)}\n`, { mode: 0o600 });
  say(`the stand-in of ${forkName} is up: ${github.url} (its ready file: ${github.readyFile})\n`);
  say(`people's tokens: ${tokens}, mode 0600; project: ${project}\n`);
}

async function setting(folder: string, options: Options): Promise<Setting> {
  if (!options.upstream) return await pocketBoard(folder);
  const place = (urlOrPath: string) => (existsSync(urlOrPath) ? resolve(urlOrPath) : urlOrPath);
  return await realRepositories(folder, place(options.upstream), options.fork && place(options.fork), options.test);
}
