/** The shell commands of docs/guides and of the document in the fork, as they stand, one guide after the other, against the sandbox. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execa } from "execa";
import { gitEnvironment } from "../../demo/git.ts";
import { pocketBoard } from "../../demo/pocket-board.ts";
import { standUp } from "../../demo/stand-up.ts";
import { atTerminal } from "../../demo/terminal.ts";
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
  // What `gh` does by these two, by its manual; the branch of a dispatch is the default one.
  script(
    "gh",
    [
      'case "$1 $2 $4" in',
      '"auth token "*) cat "$TOKEN_FILE" ;;',
      `"workflow run --repo") curl --silent --fail --request POST --header "authorization: Bearer $(cat "$TOKEN_FILE")" --data '{"ref":"main"}' "$GITHUB_API_URL/repos/$5/actions/workflows/$3/dispatches" ;;`,
      "*) exit 2 ;;",
      "esac",
    ].join("\n"),
  );
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

const environment = () => ({
  PATH: `${join(folder, "bin")}:${process.env.PATH}`,
  GITHUB_API_URL: github.api,
  TOKEN_FILE: join(folder, "token"),
  NO_COLOR: "1",
  GIT_AUTHOR_NAME: "Dana",
  GIT_AUTHOR_EMAIL: "dana@example.com",
  GIT_COMMITTER_NAME: "Dana",
  GIT_COMMITTER_EMAIL: "dana@example.com",
});

/** In a clone git is asked for who pushes, as by a credential helper. */
async function typeInClone(commands: string, clone: string): Promise<string> {
  return await type(commands, "the document, in a clone", clone, gitEnvironment({ token: world.people.administrator }));
}

async function type(commands: string, guide: string, cwd = world.project, more = {}): Promise<string> {
  const shell = await execa("sh", ["-e", "-c", commands], {
    cwd,
    reject: false,
    all: true,
    stdin: "ignore",
    env: { ...environment(), ...more },
  });
  if (shell.exitCode !== 0) throw new Error(`${guide}: ${shell.all}`);
  return shell.all as string;
}

/** Until it says that it is there, and what is to be done then; gives what it said. */
async function practise(command: string, cwd: string, meanwhile = async () => {}): Promise<string> {
  const sandbox = execa("sh", ["-c", `exec ${command}`], { cwd, env: environment(), reject: false });
  let said = "";
  for await (const line of createInterface({ input: sandbox.stdout })) {
    said += `${line}\n`;
    if (line.includes("terraform")) break;
  }
  try {
    await meanwhile();
  } finally {
    sandbox.kill("SIGINT");
    await sandbox;
  }
  return said;
}

/** Commands within a sentence of the fork's document; each is given out once, and all have to be. */
class InlineCommands {
  readonly left: Set<string>;

  constructor(page: string) {
    const prose = page.replace(/^```[\s\S]*?^```$/gm, "");
    this.left = new Set(
      [...prose.matchAll(/`((?:upstream-sync|npx|git|gh) [^`]+)`/g)].map(([, text]) => text as string),
    );
  }

  take(command: string): string {
    if (!this.left.delete(command)) throw new Error(`${command} is not among ${[...this.left].join("; ")}`);
    return command;
  }
}

test("a fork is set up and compared, a conflict is settled, the key is exchanged, and all is taken away, by the guides' commands", async () => {
  // The guide makes the config.
  rmSync(join(world.project, "upstream-sync.yaml"));
  const started = await follow("start.md");
  expect(started).toContain("apply: done");
  expect(started).toContain("acme/pocket-board: up-to-date");

  expect(started).toMatch(/31 ok, 0 not ok/);
  await world.rest("administrator", "PATCH", world.forkPath, { has_issues: false });
  expect(await follow("doctor.md")).toContain('"has_issues":true');
  expect(JSON.parse(readFileSync(join(world.project, "doctor.json"), "utf8"))).toMatchObject({ ok: true });

  expect(await follow("document.md")).toContain("document and workflow: both carry digest");
  const page = (await world.rest("administrator", "GET", `${world.forkPath}/contents/docs/upstream-sync.md?ref=dev`))
    .data;
  const text = Buffer.from(page.content, "base64").toString();
  const inline = new InlineCommands(text);
  // In a conflict with the target, in place of two lines: test/render/document.test.ts types it.
  inline.take("git merge origin/dev");
  const read = [
    "upstream-sync docs check",
    "upstream-sync doctor acme/pocket-board",
    "upstream-sync docs check acme/pocket-board",
  ];
  const checked = await type(
    [...commandsIn(text), ...read.map((command) => inline.take(command))].join("\n"),
    "the document",
  );
  expect(checked).toMatch(/acme\/pocket-board: \d+ things to remove/);
  expect(checked.match(/document and workflow: both carry digest/g)).toHaveLength(3);
  expect(checked).toMatch(/31 ok, 0 not ok/);
  const clone = join(folder, "clone");
  await type(`git clone --quiet --branch dev ${github.gitUrl(world.fork)} ${clone}`, "a clone");
  expect(await type(inline.take("git log -- docs/upstream-sync.md"), "the document", clone)).toMatch(
    /\n {4}docs: update upstream-sync\.md - settings [0-9a-f]{12}/,
  );
  // After a revert that was wanted; that the next run takes it for that, test/sync tells.
  const wanted = "git push origin origin/dev:refs/heads/sync/upstream-manual";
  await typeInClone([inline.take("git fetch origin"), inline.take(wanted)].join("\n"), clone);
  expect((await world.refs())["refs/heads/sync/upstream-manual"]).toBe((await world.refs())["refs/heads/dev"]);
  await typeInClone("git push origin --delete sync/upstream-manual", clone);
  await type(inline.take("gh workflow run upstream-sync.yml --repo acme/pocket-board"), "the document");
  const runs = `${world.forkPath}/actions/runs?event=workflow_dispatch`;
  const dispatched = (await world.rest("administrator", "GET", runs)).data.total_count;
  expect(await type(inline.take("upstream-sync sync acme/pocket-board"), "the document")).toContain("up-to-date");
  expect((await world.rest("administrator", "GET", runs)).data.total_count).toBe(dispatched + 1);
  expect(await practise(inline.take("upstream-sync sandbox --data practice --seed"), folder)).toContain(
    "tokens of ada",
  );

  await moveUpstream(world, "edited");
  expect((await world.upstreamSync("sync")).exitCode).toBe(1);
  const [prepare = "", finish = "", ...byHand] = commandsOf("conflicts.md");
  const { path, settled } = world.setting.conflicts.edited;
  expect(await type(prepare, "conflicts.md")).toContain(`conflict: "${path}" (both modified)`);
  writeFileSync(join(world.project, "clones", "acme--pocket-board", path), settled);
  // The guide's for a config with one fork, the document's with its name.
  expect(finish).toBe("upstream-sync resolve\n");
  const named = inline.take("upstream-sync resolve acme/pocket-board");
  const issues = (await world.rest("administrator", "GET", `${world.forkPath}/issues?labels=upstream-sync`)).data;
  const told = issues.find((one: { pull_request?: object }) => one.pull_request === undefined);
  expect(told.body).toContain(`\n\`${named}\`, in the folder of upstream-sync.yaml:`);
  expect(await type(named, "the document")).toContain("acme/pocket-board: promoted");
  expect(await type(byHand.join(""), "conflicts.md")).toContain("nothing to merge");
  expect(await type(inline.take("upstream-sync sync acme/pocket-board --local"), "the document")).toContain(
    "nothing to merge",
  );

  const keys = async () => (await world.rest("administrator", "GET", `${world.forkPath}/keys`)).data;
  const [first] = await keys();
  await follow("credentials.md");
  const [second, ...others] = await keys();
  expect(others).toEqual([]);
  expect(second.title).toBe("upstream-sync");
  expect(second.key).not.toBe(first.key);

  // What comes of a yes, test/e2e/verify.e2e.test.ts sees.
  const verify = inline.take("upstream-sync verify acme/pocket-board");
  const declined = await atTerminal(verify, ["no"], { cwd: world.project, env: environment() });
  expect(declined).toEqual({ exitCode: 2, shown: expect.stringContaining("(yes/no)") });
  const destroy = inline.take("upstream-sync destroy acme/pocket-board");
  const refused = await atTerminal(destroy, ["no"], { cwd: world.project, env: environment() });
  expect(refused).toEqual({ exitCode: 2, shown: expect.stringContaining("destroy this plan? (yes/no)") });
  expect(refused.shown).toContain("nothing was changed");
  expect(await keys()).toHaveLength(1);
  expect([...inline.left]).toEqual([]);

  expect(await follow("rollback.md")).toContain("destroy: done");
  expect(await keys()).toEqual([]);
  expect(Object.keys(await world.refs()).filter((ref) => ref.includes("upstream-sync"))).toEqual([]);
}, 240_000);

test("somebody new goes from nothing to a pull request that landed, and back, by the guide for that", async () => {
  const place = join(folder, "new");
  mkdirSync(place);
  const [sandbox = "", ...others] = commandsOf("try.md");
  let seen = "";
  await practise(sandbox.trim(), place, async () => {
    seen = await type(others.join(""), "try.md", place);
  });
  for (const words of ["0 not ok", "acme/board: promoted: tests passed", "pull/1", "up-to-date", "destroy: done"]) {
    expect(seen).toContain(words);
  }
  expect(readdirSync(place).sort()).toEqual([
    "cdktf.out",
    "credentials",
    "github",
    "reply.json",
    "reports",
    "state",
    "upstream-sync.yaml",
  ]);
}, 180_000);
