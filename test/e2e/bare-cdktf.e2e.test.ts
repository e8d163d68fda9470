import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { pocketBoard } from "../../demo/pocket-board.ts";
import { standUp } from "../../demo/stand-up.ts";
import type { World } from "../../demo/world.ts";
import { packageRoot } from "../../lib/package-root.ts";
import { GitHubStandIn } from "../../lib/rehearsal/stand-in.ts";
import { cacheFolder } from "../../lib/terraform/provider.ts";
import { forkState } from "../support/fork-state.ts";

const page = readFileSync(join(packageRoot(), "docs", "bare-cdktf.md"), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "gm"))].map((match) => match[1] as string);
const [environment = "", mirror = "", commands = ""] = blocks("sh");
const [diff = "", deploy = "", destroy = ""] = commands.trim().split("\n");

let folder: string;
let github: GitHubStandIn;
let world: World;

/** One command of the page, in a shell that has what the page exports and nothing of this machine's. */
async function shell(command: string): Promise<string> {
  const script = [environment, mirror, command.replaceAll("acme--open-webui", "acme--pocket-board")].join("\n");
  const result = await execa("bash", ["-euo", "pipefail", "-c", script], {
    cwd: world.project,
    extendEnv: false,
    reject: false,
    stdin: "ignore",
    all: true,
    env: {
      PATH: `${join(folder, "bin")}:${process.env.PATH}`,
      HOME: join(folder, "home"),
      UPSTREAM_SYNC_CACHE: cacheFolder(),
      GITHUB_OWNER: "somebody-else",
      GITHUB_BASE_URL: `${github.url}/`,
      ...(process.env.TERRAFORM_BINARY_NAME ? { TERRAFORM_BINARY_NAME: process.env.TERRAFORM_BINARY_NAME } : {}),
    },
  });
  if (result.exitCode !== 0) throw new Error(`${command} ended with ${result.exitCode}:\n${result.all}`);
  return stripVTControlCharacters(result.all);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-cdktf-"));
  github = await GitHubStandIn.start(join(folder, "github"));
  world = await standUp(github, folder, await pocketBoard(folder));
  for (const name of ["bin", "home", "project/node_modules"]) mkdirSync(join(folder, name));
  writeFileSync(
    join(folder, "bin", "gh"),
    `#!/bin/sh\ntest "$*" = "auth token" && echo ${world.people.administrator}\n`,
  );
  chmodSync(join(folder, "bin", "gh"), 0o755);
  writeFileSync(join(world.project, "cdktf.json"), blocks("json")[0] as string);
  symlinkSync(packageRoot(), join(world.project, "node_modules", "upstream-sync"));
  symlinkSync(join(packageRoot(), "node_modules", ".bin"), join(world.project, "node_modules", ".bin"));
}, 60_000);
afterAll(async () => {
  await github.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("docs/bare-cdktf.md: cdktf deploy, diff and destroy", () => {
  test("do what ours do, ask nothing, and give the fork back", async () => {
    const before = await forkState(world);
    await world.upstreamSyncJson("credentials", "create");
    await github.control("POST", "/snapshots", { name: "credential" });
    await world.upstreamSyncJson("apply", "--yes");
    const ours = await forkState(world);
    rmSync(join(world.project, "state"), { recursive: true });
    rmSync(join(world.project, "cdktf.out"), { recursive: true });
    await github.control("POST", "/snapshots/credential/restore");

    expect(await shell(deploy)).toContain("Apply complete!");
    expect(await forkState(world)).toEqual(ours);
    expect(ours).not.toEqual(before);
    expect(await shell(diff)).toContain("No changes. Your infrastructure matches the configuration.");
    expect(await shell(destroy)).toContain("Destroy complete!");
    expect(await forkState(world)).toEqual(before);
  }, 300_000);
});
