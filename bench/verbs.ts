/** `npm run verbs`: seconds and requests of each verb in one life of a fork on GitHub's stand-in, written into docs/verbs.md. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pocketBoard } from "../demo/pocket-board.ts";
import { moveUpstream } from "../demo/workflow-run.ts";
import type { World } from "../demo/world.ts";
import { packageRoot } from "../lib/package-root.ts";
import { inWorld, measured } from "./setting-up.ts";

interface Row {
  readonly typed: string;
  readonly when: string;
  readonly seconds: number;
  /** Of the person's token, by REST and GraphQL: Terraform's among them, the workflow's own not. */
  readonly requests: number;
  /** Look-ups, fetches and pushes by git on the person's machine. */
  readonly git: number;
}

const rows = await inWorld(pocketBoard, life);
const page = join(packageRoot(), "docs", "verbs.md");
const [before, , after] = readFileSync(page, "utf8").split(
  /(?<=<!-- figures -->\n)([\s\S]*?)(?=<!-- end of figures -->)/,
);
writeFileSync(page, `${before}${table(rows)}${after}`);

async function life(world: World): Promise<Row[]> {
  const fork = world.forkName;
  const rows: Row[] = [];
  const time = async (typed: string, when = "", expected = [0]) => {
    let exitCode = 0;
    let said = "";
    const { seconds, log } = await measured(world.github, async () => {
      ({ exitCode, stderr: said } = await world.upstreamSync(...typed.split(" ")));
    });
    if (!expected.includes(exitCode)) throw new Error(`${typed} ended with ${exitCode}:\n${said}`);
    const own = log.filter(({ actor }) => actor === "ada-admin");
    const git = log.filter((entry) => entry.git !== null && entry.git.transport === "http" && !isJob(entry.actor));
    const row = { typed, when, seconds, requests: own.filter((entry) => entry.git === null).length, git: git.length };
    rows.push(row);
    process.stderr.write(`verbs: ${typed}: ${row.requests} requests, ${seconds.toFixed(1)} s\n`);
  };

  rmSync(join(world.project, "upstream-sync.yaml"));
  await time(`init ${fork} --tests true --yes`);
  await time("credentials create");
  await time("plan", "nothing is there yet");
  await time("apply --yes", "the whole set-up, and the plan that proves it");
  await time("plan", "nothing to change");
  await time("doctor");
  await time("docs check");
  await time("credentials status");
  await time("sync", "nothing new");
  await moveUpstream(world, "moved");
  await time("sync", "an update: merged, tested, promoted");
  await time("status");
  await moveUpstream(world, "edited");
  await time("sync", "a conflict", [1]);
  await time("sync --local", "a conflict; makes the clone");
  await time("resolve", "prepares the conflict; makes the clone", [0, 1]);
  await time("credentials rotate");
  await time("apply --yes", "brings the new key in");
  await time("verify --yes", "the whole proof", [0, 3]);
  await time(`credentials revoke ${fork} --yes`);
  await time("credentials create", "after that");
  await time("destroy --yes");
  return rows;
}

/** Of a run: its job token, or the deploy key. */
function isJob(actor: string): boolean {
  return actor.includes("[bot]") || actor.startsWith("deploy-key");
}

function table(rows: readonly Row[]): string {
  const day = new Date().toISOString().slice(0, 10);
  const lines = rows.map(
    ({ typed, when, seconds, requests, git }) =>
      `| \`${typed.replace(/ (?:acme\/\S+|--yes|--tests true)/g, "")}\` | ${when} | ${requests} | ${git} | ${seconds.toFixed(1)} |`,
  );
  return [
    `Measured on ${day} on the stand-in, which answers at once: GitHub adds its own tenths of a second to each request.`,
    "",
    "| verb | | requests | by git | seconds |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
    "",
    "",
  ].join("\n");
}
