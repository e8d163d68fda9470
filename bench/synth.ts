/** Synthesis of many forks, each time in a process of its own, beside writing the same JSON. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { packageRoot } from "../lib/package-root.ts";
import { median, rounded, type Say } from "./setting-up.ts";

export interface SynthFigures {
  readonly forks: number;
  readonly timeRatio: number;
  /** The process from its start to its end. */
  readonly seconds: number;
  readonly peakMegabytes: number;
}

interface Usage {
  readonly seconds: number;
  readonly peakMegabytes: number;
}

const dist = (...path: string[]) => join(packageRoot(), "dist", ...path);

/** @param credentials text of a credentials file of any fork: everybody gets the same. */
export async function benchSynth(forks: number, credentials: string, rounds: number, say: Say): Promise<SynthFigures> {
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-bench-"));
  try {
    makeProject(folder, forks, credentials);
    const synths: Usage[] = [];
    const writes: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      synths.push((await usageOf(folder, [dist("main.js")])).usage);
      const stacks = join(folder, "cdktf.out", "stacks");
      const written = await usageOf(folder, [dist("bench", "write-json.js"), stacks, join(folder, `written-${round}`)]);
      writes.push(written.usage.seconds - Number(written.stdout));
    }
    const seconds = median(synths.map((one) => one.seconds));
    const peakMegabytes = median(synths.map((one) => one.peakMegabytes));
    say(`synth of ${forks}: ${seconds.toFixed(2)} s, ${peakMegabytes.toFixed(0)} MB`);
    return {
      forks,
      timeRatio: rounded(seconds / median(writes)),
      seconds: rounded(seconds),
      peakMegabytes: Math.round(peakMegabytes),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeProject(folder: string, count: number, credentials: string): void {
  const names = Array.from({ length: count }, (_, index) => `acme/project-${index + 1}`);
  const fork = { upstream: "popular/project", pullRequest: { reviewers: ["devops-lead", "tech-lead"] } };
  const config = { version: 1, forks: Object.fromEntries(names.map((name) => [name, fork])) };
  writeFileSync(join(folder, "upstream-sync.yaml"), stringify(config, { aliasDuplicateObjects: false }));
  mkdirSync(join(folder, "credentials"));
  const model = JSON.parse(credentials);
  for (const repository of names) {
    const file = join(folder, "credentials", `${repository.replace("/", "--")}.json`);
    writeFileSync(file, JSON.stringify({ ...model, repository }), { mode: 0o600 });
  }
}

async function usageOf(folder: string, args: string[]): Promise<{ usage: Usage; stdout: string }> {
  const file = join(folder, "usage.json");
  const { stdout } = await execa("node", ["--import", dist("bench", "report-usage.js"), ...args], {
    cwd: folder,
    env: { BENCH_USAGE: file },
  });
  return { usage: JSON.parse(readFileSync(file, "utf8")), stdout };
}
