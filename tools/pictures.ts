/**
 * Makes docs/pictures: what the commands print at a terminal, on a fork that lives on the sandbox. The sandbox's address is shown as
 * GitHub's; nothing else is touched. Look at them before they are committed.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pocketBoard } from "../demo/pocket-board.ts";
import { standUp } from "../demo/stand-up.ts";
import { atTerminal } from "../demo/terminal.ts";
import { moveUpstream } from "../demo/workflow-run.ts";
import type { World } from "../demo/world.ts";
import { packageRoot } from "../lib/package-root.ts";
import { GitHubStandIn } from "../lib/rehearsal/stand-in.ts";
import { terminalSvg } from "./terminal-svg.ts";

const columns = 132;

/** @param answers what is typed at the questions. */
async function make(world: World, name: string, title: string, args = name, answers: readonly string[] = []) {
  const { github, project, people } = world;
  const binary = join(packageRoot(), "dist", "cli", "main.js");
  const env = {
    GITHUB_TOKEN: people.administrator,
    GITHUB_API_URL: github.api,
    TERM: "xterm-256color",
    NO_COLOR: "",
    CI: "",
  };
  const { shown } = await atTerminal(`exec node '${binary}' ${args}`, answers, { cwd: project, env });
  const typed = `\u001b[2m$\u001b[0m \u001b[1mupstream-sync ${args}\u001b[0m\n`;
  const output = `${typed}${shown.replaceAll(github.url, "https://github.com")}`;
  const folder = join(packageRoot(), "docs", "pictures");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.svg`), terminalSvg({ title, output, columns }));
}

async function story(world: World): Promise<void> {
  const { forkName, forkPath } = world;
  rmSync(join(world.project, "upstream-sync.yaml"));
  const answers = ["", "", "npm test", "devops-lead, tech-lead", ""];
  await make(world, "init", "upstream-sync init asks five questions", `init ${forkName}`, answers);
  await world.upstreamSyncJson("credentials", "create");
  await make(world, "plan", "upstream-sync plan on a fork that is to be set up");
  await world.upstreamSyncJson("apply", "--yes");
  await world.upstreamSyncJson("sync");
  await moveUpstream(world, "moved");
  await world.upstreamSyncJson("sync");
  await make(world, "status", "upstream-sync status after an update was promoted");
  await world.rest("administrator", "PATCH", forkPath, { has_issues: false });
  await make(world, "doctor", "upstream-sync doctor names a check that is not ok, and its fix");
}

const folder = mkdtempSync(join(tmpdir(), "upstream-sync-pictures-"));
const github = await GitHubStandIn.start(join(folder, "github"));
try {
  await story(await standUp(github, folder, await pocketBoard(folder)));
} finally {
  await github.stop();
  rmSync(folder, { recursive: true, force: true });
}
