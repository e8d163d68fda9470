/** What every part of the bench starts from: GitHub's stand-in with a fork that is set up, and a look at what a piece of work cost. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Setting } from "../demo/setting.ts";
import { standUp } from "../demo/stand-up.ts";
import type { World } from "../demo/world.ts";
import { GitHubStandIn, type LogEntry } from "../lib/rehearsal/stand-in.ts";

export type Say = (text: string) => void;

/** Stands everything up in a folder of its own, works there, and takes it down again whatever happens. */
export async function inWorld<T>(
  setting: (folder: string) => Promise<Setting>,
  work: (world: World, folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-bench-"));
  try {
    const told = await setting(folder);
    const github = await GitHubStandIn.start(join(folder, "github"));
    try {
      return await work(await standUp(github, folder, told), folder);
    } finally {
      await github.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds of a piece of work, and what GitHub's stand-in logged of it. */
export async function measured(
  github: GitHubStandIn,
  work: () => Promise<unknown>,
): Promise<{ seconds: number; log: LogEntry[] }> {
  const next = await github.logEnd();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  return { seconds, log: (await github.log(next)).entries };
}

export function bytesOf(log: readonly LogEntry[]): number {
  return log.reduce((sum, entry) => sum + entry.requestBytes + entry.responseBytes, 0);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[middle]];
  return (low + high) / 2;
}

/** Three significant digits: more would pretend to a precision that a shared machine does not have. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
