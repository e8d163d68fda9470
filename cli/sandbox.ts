/** `upstream-sync sandbox`: a GitHub of one's own, for rehearsing by hand. The sandbox is a package of its own and runs as its own process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Command } from "commander";
import pc from "picocolors";
import { Failure, InputFailure } from "../lib/failure.ts";
import { sandboxProgram } from "../lib/rehearsal/stand-in.ts";
import { print, printJson } from "./output.ts";

interface SandboxOptions {
  readonly data: string;
  readonly port: string;
  readonly validate?: boolean;
  readonly seed?: boolean;
  readonly json?: boolean;
}

interface Ready {
  readonly url: string;
  readonly ssh: string;
  readonly controlToken: string;
}

export function sandboxCommand(): Command {
  return new Command("sandbox")
    .description("run a stand-in for GitHub on this machine, to try things without GitHub")
    .requiredOption("-d, --data <dir>", "where it keeps its accounts and repositories; taken up again when there")
    .option("-p, --port <number>", "HTTP port, 0 for any free one", "0")
    .option("--validate", "compare every answer with GitHub's description of its API")
    .option("--seed", "make an example: an upstream, a fork of it, people and their tokens (once)")
    .option("--json", "print where it is as JSON, once it is ready")
    .option("--verbose", "with an error, show all that was said")
    .addHelpText(
      "after",
      `
It ends by Ctrl-C; what is in it stays in --data.

Example:
  upstream-sync sandbox --data /tmp/github --seed`,
    )
    .action(runSandbox);
}

async function runSandbox(options: SandboxOptions): Promise<void> {
  if (!/^\d+$/.test(options.port) || Number(options.port) > 65_535) {
    throw new InputFailure(`--port must be a number from 0 to 65535, got ${JSON.stringify(options.port)}`, "--port 0");
  }
  const data = resolve(options.data);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const readyFile = join(data, "ready.json");
  rmSync(readyFile, { force: true });
  const flags = ["--data", data, "--port", options.port, "--ready-file", readyFile];
  const child = spawn(process.execPath, [sandboxProgram(), ...flags, ...(options.validate ? ["--validate"] : [])], {
    stdio: ["ignore", "ignore", "inherit"],
    // A Ctrl-C at the terminal reaches both; it is passed on once, by us.
    detached: true,
  });
  const ended = once(child, "exit") as Promise<[number | null]>;
  const end = (): void => void child.kill("SIGTERM");
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  while (!existsSync(readyFile)) {
    if (child.exitCode !== null) throw new Failure("the sandbox did not start", "its message above says why");
    await setTimeout(20);
  }
  const ready = JSON.parse(readFileSync(readyFile, "utf8")) as Ready;
  try {
    const seeded = options.seed ? await seed(ready, data) : undefined;
    if (options.json) {
      const { url, ssh } = ready;
      printJson("sandbox", { url, api: `${url}/api/v3`, ssh, data, ready: readyFile, tokens: seeded?.file });
    } else print(greeting(ready, data, seeded));
  } catch (error) {
    end();
    throw error;
  }
  const [code] = await ended;
  if (code !== 0) throw new Failure(`the sandbox ended with ${code}`, "its message above says why");
}

async function control(ready: Ready, path: string, body: unknown, method = "POST"): Promise<Record<string, unknown>> {
  const response = await fetch(`${ready.url}/_sandbox${path}`, {
    method,
    headers: { authorization: `Bearer ${ready.controlToken}` },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok)
    throw new Failure(`the sandbox refused ${path}: ${text}`, "use another --data folder for a new seed");
  return text === "" ? {} : JSON.parse(text);
}

/** The tokens of the example, read by nobody else. */
interface Seed {
  readonly file: string;
  readonly tokens: Readonly<Record<string, string>>;
}

/** A project with a test, so that a sync has something to run. */
const board = {
  "README.md": "# board\n",
  "package.json": '{ "name": "board", "private": true, "scripts": { "test": "node --test" } }\n',
  "board.test.js": 'require("node:test")("the board is there", () => {});\n',
};

/** An upstream with a few files, a fork of it, who administers it and who reviews. Once: a second time only tells where the tokens are. */
async function seed(ready: Ready, data: string): Promise<Seed> {
  const file = join(data, "tokens.json");
  if (existsSync(file)) return { file, tokens: JSON.parse(readFileSync(file, "utf8")) };
  const people = ["ada", "rita", "uma"];
  for (const login of people) await control(ready, "/owners", { login, type: "User" });
  for (const login of ["upstream", "acme"]) await control(ready, "/owners", { login, type: "Organization" });
  const tokens: Record<string, string> = {};
  for (const login of people) tokens[login] = String((await control(ready, "/tokens", { login })).token);
  await control(ready, "/repositories", { owner: "upstream", name: "board" });
  const rights = [
    ["upstream", "uma", "admin"],
    ["acme", "ada", "admin"],
    ["acme", "rita", "write"],
  ] as const;
  const permit = ([owner, login, permission]: (typeof rights)[number]) =>
    control(ready, `/repositories/${owner}/board/collaborators/${login}`, { permission }, "PUT");
  await permit(rights[0]);
  for (const [path, text] of Object.entries(board)) {
    const made = await fetch(`${ready.url}/api/v3/repos/upstream/board/contents/${path}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${tokens.uma}` },
      body: JSON.stringify({ message: `add ${path}`, content: Buffer.from(text).toString("base64") }),
    });
    if (!made.ok) throw new Failure(`the sandbox refused ${path}: ${await made.text()}`, "report this");
  }
  await control(ready, "/repositories", { owner: "acme", name: "board", parent: "upstream/board" });
  await permit(rights[1]);
  await permit(rights[2]);
  writeFileSync(file, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return { file, tokens };
}

function greeting({ url }: Ready, data: string, seeded: Seed | undefined): string {
  const examples = seeded
    ? [
        `  tokens of ada (administrates acme/board), rita (reviews), uma (upstream): ${seeded.file}`,
        "",
        `  export GITHUB_TOKEN=$(node -p 'require("${seeded.file}").ada')`,
        `  export GITHUB_API_URL=${url}/api/v3`,
        `  git clone ${url}/acme/board.git`,
        `  curl -H "authorization: Bearer $GITHUB_TOKEN" $GITHUB_API_URL/repos/acme/board`,
        `  upstream-sync init acme/board`,
        `  terraform with provider "github" { base_url = "${url}/", owner = "acme" }`,
      ]
    : [
        "  nobody lives here yet; make accounts, tokens and repositories by its control plane, for example",
        "",
        `  control=$(node -p 'require("${join(data, "ready.json")}").controlToken')`,
        `  curl -H "authorization: Bearer $control" -d '{"login":"ada","type":"User"}' ${url}/_sandbox/owners`,
        `  curl -H "authorization: Bearer $control" -d '{"login":"ada"}' ${url}/_sandbox/tokens`,
        `  curl -H "authorization: Bearer $control" -d '{"owner":"ada","name":"board"}' ${url}/_sandbox/repositories`,
      ];
  return [`${pc.bold("GitHub stand-in")} at ${url} (Ctrl-C ends it, ${data} keeps it)`, "", ...examples].join("\n");
}
