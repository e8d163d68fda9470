/** The shell commands of docs/guides and of the document in the fork, as they stand, one guide after the other, against the sandbox. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execa } from "execa";
import { pocketBoard } from "../../demo/pocket-board.ts";
import { standUp } from "../../demo/stand-up.ts";
import { moveUpstream } from "../../demo/workflow-run.ts";
import type { World } from "../../demo/world.ts";
import { packageRoot } from "../../lib/package-root.ts";
import { GitHubStandIn } from "../../lib/rehearsal/stand-in.ts";

let folder: string;
let github: GitHubStandIn;
let world: World;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-guides-"));
  github = await GitHubStandIn.start(join(folder, "github"));
  world = await standUp(github, folder, await pocketBoard(folder));
  mkdirSync(join(folder, "bin"));
  const script = (name: string, line: string) => {
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(folder, "bin", name), 0o700);
  };
  script("upstream-sync", `exec node '${join(packageRoot(), "dist", "cli", "main.js")}' "$@"`);
  script("gh", 'test "$1 $2" = "auth token" && cat "$TOKEN_FILE"');
  writeFileSync(join(folder, "token"), world.people.administrator, { mode: 0o600 });
}, 60_000);

afterAll(async () => {
  await github.stop();
  rmSync(folder, { recursive: true, force: true });
});

function commandsOf(guide: string): string[] {
  return commandsIn(readFileSync(join(packageRoot(), "docs", "guides", guide), "utf8"));
}

function commandsIn(text: string): string[] {
  return [...text.matchAll(/^```sh\n(?<commands>[\s\S]*?)^```$/gm)].map(({ groups }) => groups?.commands as string);
}

/** Runs all commands of a guide in one shell, like a person who copies them. */
async function follow(guide: string): Promise<string> {
  return await type(commandsOf(guide).join(""), guide);
}

async function type(commands: string, guide: string): Promise<string> {
  const shell = await execa("sh", ["-e", "-c", commands], {
    cwd: world.project,
    reject: false,
    all: true,
    stdin: "ignore",
    env: {
      PATH: `${join(folder, "bin")}:${process.env.PATH}`,
      GITHUB_API_URL: github.api,
      TOKEN_FILE: join(folder, "token"),
      NO_COLOR: "1",
      GIT_AUTHOR_NAME: "Dana",
      GIT_AUTHOR_EMAIL: "dana@example.com",
      GIT_COMMITTER_NAME: "Dana",
      GIT_COMMITTER_EMAIL: "dana@example.com",
    },
  });
  if (shell.exitCode !== 0) throw new Error(`${guide}: ${shell.all}`);
  return shell.all as string;
}

test("a fork is set up and compared, a conflict is settled, the key is exchanged, and all is taken away, by the guides' commands", async () => {
  // The guide makes the config.
  rmSync(join(world.project, "upstream-sync.yaml"));
  const started = await follow("start.md");
  expect(started).toContain("apply: done");
  expect(started).toContain("acme/pocket-board: up-to-date");

  expect(started).toMatch(/30 ok, 0 not ok/);
  await world.rest("administrator", "PATCH", world.forkPath, { has_issues: false });
  expect(await follow("doctor.md")).toContain('"has_issues":true');
  expect(JSON.parse(readFileSync(join(world.project, "doctor.json"), "utf8"))).toMatchObject({ ok: true });

  expect(await follow("document.md")).toContain("document and workflow: both carry digest");
  const page = (await world.rest("administrator", "GET", `${world.forkPath}/contents/docs/upstream-sync.md?ref=dev`))
    .data;
  const checked = await type(
    commandsIn(Buffer.from(page.content, "base64").toString()).join(""),
    "the fork's document",
  );
  expect(checked).toMatch(/acme\/pocket-board: \d+ things to remove/);
  expect(checked).toContain("document and workflow: both carry digest");

  await moveUpstream(world, "edited");
  expect((await world.upstreamSync("sync")).exitCode).toBe(1);
  const [prepare = "", finish = "", ...byHand] = commandsOf("conflicts.md");
  const { path, settled } = world.setting.conflicts.edited;
  expect(await type(prepare, "conflicts.md")).toContain(`conflict: "${path}" (both modified)`);
  writeFileSync(join(world.project, "clones", "acme--pocket-board", path), settled);
  expect(await type(finish, "conflicts.md")).toContain("acme/pocket-board: promoted");
  expect(await type(byHand.join(""), "conflicts.md")).toContain("nothing to merge");

  const keys = async () => (await world.rest("administrator", "GET", `${world.forkPath}/keys`)).data;
  const [first] = await keys();
  await follow("credentials.md");
  const [second, ...others] = await keys();
  expect(others).toEqual([]);
  expect(second.title).toBe("upstream-sync");
  expect(second.key).not.toBe(first.key);

  expect(await follow("rollback.md")).toContain("destroy: done");
  expect(await keys()).toEqual([]);
  expect(Object.keys(await world.refs()).filter((ref) => ref.includes("upstream-sync"))).toEqual([]);
}, 240_000);
