/** What people do with a conflict: the commands of the issue, as they stand there, in a clone of the fork. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const ENVIRONMENT = {
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  LC_ALL: "C",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Dana",
  GIT_AUTHOR_EMAIL: "dana@example.com",
  GIT_COMMITTER_NAME: "Dana",
  GIT_COMMITTER_EMAIL: "dana@example.com",
} as NodeJS.ProcessEnv;

/** A clone of GitHub's is read and written with a token. */
function environmentOf(token: string | undefined): NodeJS.ProcessEnv {
  if (token === undefined) return ENVIRONMENT;
  return {
    ...ENVIRONMENT,
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "http.extraHeader",
    GIT_CONFIG_VALUE_0: `Authorization: Bearer ${token}`,
  };
}

/**
 * Runs the commands below a heading of the text. At the line that asks people to edit, the files are written, if the merge
 * before stopped as git does at a conflict.
 *
 * @param fork folder or address.
 * @param files content by path (raw: latin1 text, one character a byte).
 * @param token for an address that wants one.
 */
export async function followCommands(
  fork: string,
  text: string,
  heading: string,
  files: Readonly<Record<string, string>>,
  token?: string,
): Promise<void> {
  const environment = environmentOf(token);
  const git = (folder: string, args: readonly string[]) => start(folder, "git", args, environment);
  const shell = (folder: string, command: string) => start(folder, "bash", ["-ec", command], environment);
  const commands = commandsBelow(text, heading);
  const edit = commands.findIndex((line) => line.startsWith("#"));
  const folder = mkdtempSync(join(tmpdir(), "people-"));
  try {
    await git(folder, ["clone", "--quiet", fork, "."]);
    const before = commands.slice(0, edit);
    for (const command of before.slice(0, -1)) await shell(folder, command);
    await shell(folder, before.at(-1) ?? "").catch((error: { stdout?: string }) => {
      if (!/^CONFLICT /m.test(String(error.stdout))) throw error;
    });
    for (const [path, content] of Object.entries(files)) {
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, "latin1")]), content);
    }
    for (const command of commands.slice(edit + 1)) await shell(folder, command);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs commands in a clone of the fork that has `branch` checked out. @param fork, token as for `followCommands`. */
export async function inClone(
  fork: string,
  branch: string,
  commands: readonly string[],
  token?: string,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "people-"));
  const environment = environmentOf(token);
  try {
    await start(folder, "git", ["clone", "--quiet", "--branch", branch, fork, "."], environment);
    await start(folder, "bash", ["-ec", commands.join("\n")], environment);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function commandsBelow(text: string, heading: string): string[] {
  const block = new RegExp(`^### ${heading}$.*?^\`\`\`shell\\n(.*?)^\`\`\`$`, "ms").exec(text)?.[1];
  if (block === undefined) throw new Error(`no commands below "${heading}" in:\n${text}`);
  return block.trimEnd().split("\n");
}

function start(folder: string, program: string, args: readonly string[], environment: NodeJS.ProcessEnv) {
  return promisify(execFile)(program, args, { cwd: folder, env: environment });
}
