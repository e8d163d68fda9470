/** A folder that holds one rehearsal: stand-in, bare repositories and logs, and a small file that says so. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { InputFailure } from "../failure.ts";
import type { Placed, Sources } from "./place.ts";
import { GitHubStandIn } from "./stand-in.ts";

const repository = z.object({ owner: z.string(), name: z.string() });
const schema = z.object({
  version: z.literal(1),
  sources: z.object({ fork: z.string(), upstream: z.string() }),
  /** The config that was made where the person had none. */
  made: z.record(z.string(), z.unknown()).optional(),
  port: z.number(),
  placed: z.object({
    fork: repository,
    upstream: repository,
    defaultBranch: z.string(),
    tokens: z.object({ administrator: z.string(), person: z.string(), upstream: z.string() }),
  }),
});

export interface KeptRehearsal {
  readonly version: 1;
  readonly sources: Sources;
  readonly made?: Readonly<Record<string, unknown>> | undefined;
  /** Of the stand-in: addresses that stand in files and pull requests stay right. */
  readonly port: number;
  readonly placed: Placed;
}

const file = (folder: string) => join(folder, "rehearsal.json");
const standInFolder = (folder: string) => join(folder, "github");
export const logsFolder = (folder: string) => join(folder, "logs");

/**
 * Undefined for a folder that is empty or not there, or where copying was cut short.
 * @throws InputFailure for a folder that holds something else, or one that is in use.
 */
export function readKept(folder: string): KeptRehearsal | undefined {
  if (!existsSync(folder)) return undefined;
  let entries: string[];
  try {
    entries = readdirSync(folder);
  } catch (error) {
    throw new InputFailure(
      `--data ${folder} cannot be read (${(error as NodeJS.ErrnoException).code}): expected a folder`,
      "name a new folder, or one of an earlier rehearsal",
    );
  }
  if (entries.length === 0) return undefined;
  refuseInUse(folder);
  const kept = parse(folder);
  if (kept === "begun") return undefined;
  if (kept) return kept;
  throw new InputFailure(
    `--data ${folder} holds something else: got ${entries.slice(0, 4).join(", ")}, expected nothing or an earlier rehearsal (rehearsal.json)`,
    "name a new folder; nothing in this one was touched",
  );
}

function parse(folder: string): KeptRehearsal | "begun" | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file(folder), "utf8"));
    if (z.object({ begun: z.literal(true) }).safeParse(value).success) return "begun";
    return schema.safeParse(value).data;
  } catch {
    return undefined;
  }
}

function refuseInUse(folder: string): void {
  const pid = processOf(`${standInFolder(folder)}.json`);
  if (pid === undefined || !isAlive(pid)) return;
  throw new InputFailure(
    `--data ${folder} is in use: process ${pid} works on it`,
    "wait until the other rehearsal has ended, or use another folder",
  );
}

function processOf(readyFile: string): number | undefined {
  try {
    return Number(JSON.parse(readFileSync(readyFile, "utf8")).pid);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Before the first copy: a folder that says it was begun may be begun again. */
export function noteBegun(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const part of ["github", "github.json", "github.log", "logs"]) {
    rmSync(join(folder, part), { recursive: true, force: true });
  }
  write(folder, { begun: true });
}

export function noteKept(folder: string, kept: KeptRehearsal): void {
  write(folder, kept);
}

/** It holds tokens, of the stand-in alone. */
function write(folder: string, value: object): void {
  const aside = `${file(folder)}.new`;
  writeFileSync(aside, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(aside, file(folder));
}

/** What a stand-in needs of the person's environment; a token is not among it. */
const passedOn = ["PATH", "LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"];

/** On the port it had before, when that is free. */
export async function startStandIn(
  folder: string,
  port: number,
  given: NodeJS.ProcessEnv,
  onSpawned: (end: () => Promise<void>) => void,
): Promise<GitHubStandIn> {
  const env = Object.fromEntries(passedOn.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
  const start = (at: number) =>
    GitHubStandIn.start(standInFolder(folder), { port: at, validate: false, env, onSpawned });
  try {
    return await start(port);
  } catch (error) {
    if (port === 0) throw error;
    return await start(0);
  }
}
