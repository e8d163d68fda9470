/** Every verb, when GitHub does not take the token, does not let it, has had enough, or says nothing: one message, what to do, nothing written. */
import { cpSync, mkdtempSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execa } from "execa";
import { upstreamSyncCommand } from "../../cli/program.ts";
import { packageRoot } from "../../lib/package-root.ts";
import { TeamFork } from "./support/team-fork.ts";

const name = "acme/pocket-board";

/** How each verb is typed so that it needs GitHub and nobody to answer. `rights`: what somebody without any gets told; undefined: it only reads what is public. */
const verbs: readonly { readonly typed: string; readonly rights?: RegExp }[] = [
  { typed: `init ${name} --yes --dry-run` },
  { typed: `doctor ${name}` },
  { typed: `plan ${name}`, rights: /administ/ },
  { typed: `apply ${name} --yes`, rights: /administ/ },
  { typed: `destroy ${name} --yes`, rights: /administ/ },
  { typed: `sync ${name}`, rights: /GitHub answered 40[34]/ },
  { typed: `sync ${name} --local --in clones/local` },
  { typed: `resolve ${name} --in clones/resolve` },
  { typed: `status ${name}` },
  { typed: `verify ${name} --yes`, rights: /administration rights/ },
  { typed: `credentials create ${name} --replace`, rights: /GitHub answered 40[34]/ },
  { typed: `credentials rotate ${name}`, rights: /administ|GitHub answered 40[34]/ },
  { typed: `credentials revoke ${name} --yes`, rights: /GitHub answered 40[34]/ },
  { typed: `credentials status ${name}`, rights: /GitHub answered 40[34]/ },
  { typed: `docs check ${name}` },
];

let fork: TeamFork;
let silent: Server;

beforeAll(async () => {
  fork = await TeamFork.standUp();
  await fork.credentials();
  silent = createServer(() => undefined).listen(0, "127.0.0.1");
}, 60_000);
afterAll(async () => {
  silent.closeAllConnections();
  silent.close();
  await fork.takeDown();
});

interface Told {
  readonly typed: string;
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** All of them, a few at a time; most of the time they wait. */
async function typeAll(env: NodeJS.ProcessEnv, list = verbs, width = 3): Promise<readonly Told[]> {
  const waiting = [...list];
  const told: Told[] = [];
  const next = async (): Promise<void> => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      // A folder of its own: two Terraforms would meet in one.
      const folder = mkdtempSync(join(fork.world.project, "..", "project-"));
      cpSync(fork.world.project, folder, { recursive: true });
      const { exitCode, stdout, stderr } = await execa(
        "node",
        [join(packageRoot(), "dist/cli/main.js"), ...one.typed.split(" ")],
        {
          cwd: folder,
          reject: false,
          stdin: "ignore",
          env: {
            GITHUB_TOKEN: fork.world.people.administrator,
            GITHUB_API_URL: fork.world.github.api,
            NO_COLOR: "1",
            ...env,
          },
        },
      );
      told.push({ typed: one.typed, exitCode, stdout, stderr });
    }
  };
  await Promise.all(Array.from({ length: width }, next));
  return told.sort((one, other) => one.typed.localeCompare(other.typed));
}

/** The last two lines: what happened, and what to do. A stack, or a token, is never shown. */
function expectTold(told: readonly Told[], what: RegExp, remedy: RegExp): void {
  const seen = told.map(({ typed, exitCode, stderr }) => {
    const [error = "", fix = ""] = stderr.split("\n").slice(-2);
    const clean = !/\n {4}at |ghp_/.test(stderr);
    return { typed, exitCode, clean, error: what.test(error) || error, fix: remedy.test(fix) || fix };
  });
  expect(seen).toEqual(seen.map(({ typed }) => ({ typed, exitCode: 1, clean: true, error: true, fix: true })));
}

async function writes(since: number): Promise<string[]> {
  const { entries } = await fork.world.github.log(since);
  return entries
    .filter(
      ({ method, path, git, status }) =>
        status < 400 &&
        (git ? git.operation === "push" : !["GET", "HEAD"].includes(method) && !path.endsWith("/graphql")),
    )
    .map(({ method, path }) => `${method} ${path}`);
}

const next = async () => await fork.world.github.logEnd();

test("every verb that speaks with GitHub is in the table", () => {
  const leaves = upstreamSyncCommand().commands.flatMap((command) =>
    command.commands.length > 0 ? command.commands.map((sub) => `${command.name()} ${sub.name()}`) : [command.name()],
  );
  // completion and the sandbox speak with nobody, rehearse with the two repositories alone, by git.
  const alone = ["completion", "sandbox", "rehearse"];
  const missing = leaves.filter((leaf) => !alone.includes(leaf) && !verbs.some(({ typed }) => typed.startsWith(leaf)));
  expect(missing).toEqual([]);
});

test("a token that is not taken", async () => {
  const since = await next();
  const told = await typeAll({ GITHUB_TOKEN: "ghp_gone" });
  expectTold(
    told,
    /GitHub answered 401|HTTP 401|401 Bad credentials|could not read Username|Authentication failed/,
    /token/,
  );
  expect(await writes(since)).toEqual([]);
}, 120_000);

test("a token without the rights", async () => {
  const since = await next();
  const refused = verbs.filter(({ rights }) => rights !== undefined);
  const told = await typeAll({ GITHUB_TOKEN: fork.world.people.upstream }, refused);
  for (const { typed, exitCode, stderr } of told) {
    const rights = refused.find((verb) => verb.typed === typed)?.rights as RegExp;
    expect({ typed, exitCode, stderr }).toEqual({ typed, exitCode: 1, stderr: expect.stringMatching(rights) });
    expect({ typed, fix: stderr.includes("\nfix: ") || stderr.startsWith("fix: ") }).toEqual({ typed, fix: true });
  }
  expect(await writes(since)).toEqual([]);
}, 120_000);

test("a limit that is used up", async () => {
  const since = await next();
  await fork.world.github.control("PUT", "/rate-limits", { user: 0 });
  const overGit = /--local|^resolve/;
  const told = await typeAll(
    {},
    verbs.filter(({ typed }) => !overGit.test(typed)),
  );
  await fork.world.github.control("PUT", "/rate-limits", {});
  expectTold(told, /rate limit exceeded/i, /GitHub's rate limit is used up: run the same command again after 20/);
  expect(await writes(since)).toEqual([]);
}, 120_000);

test("a server that takes the question and says nothing", async () => {
  const { port } = silent.address() as AddressInfo;
  const told = await typeAll(
    { GITHUB_API_URL: `http://127.0.0.1:${port}/api/v3`, GIT_HTTP_LOW_SPEED_TIME: "5" },
    verbs,
    verbs.length,
  );
  expectTold(told, /GitHub gave no answer within 30 s|too slow/i, /githubstatus|check the network/);
}, 120_000);
