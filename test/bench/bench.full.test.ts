import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { execa } from "execa";
import { packageRoot } from "../../lib/package-root.ts";
import { cacheFolder } from "../../lib/terraform/provider.ts";

test("the bench measures all it promises, on a tiny project", async () => {
  // A cache of its own, so that the project is generated here and now; the provider is the one that is there.
  const cache = mkdtempSync(join(tmpdir(), "upstream-sync-cache-"));
  symlinkSync(join(cacheFolder(), "providers"), join(cache, "providers"));
  const bench = join(packageRoot(), "dist", "bench", "main.js");
  const { stdout, stderr } = await execa("node", [bench, "--quick", "--json"], { env: { UPSTREAM_SYNC_CACHE: cache } });
  rmSync(cache, { recursive: true });
  const cost = { requests: expect.any(Number), seconds: expect.any(Number) };
  const figures = JSON.parse(stdout);
  expect(figures).toEqual({
    sync: { timeRatio: expect.any(Number), bytesRatio: expect.any(Number) },
    idle: { refLookups: 2, packBytes: 0 },
    policies: { timeRatio: expect.any(Number), bytesRatio: expect.any(Number) },
    conflict: { timeRatio: expect.any(Number), partialTimeRatio: expect.any(Number) },
    large: { files: 60, commits: 40, seconds: expect.any(Number), peakMegabytes: expect.any(Number) },
    deploy: { resources: expect.any(Number), plan: cost, apply: cost, destroy: cost },
    synth: [
      { forks: 1, timeRatio: expect.any(Number), seconds: expect.any(Number), peakMegabytes: expect.any(Number) },
    ],
  });
  const { plan, apply, resources } = figures.deploy;
  expect(plan.requests / resources).toBeLessThanOrEqual(1.5);
  expect(apply.requests / resources).toBeLessThanOrEqual(3);
  expect(stderr).toContain("bench: generating a project of 60 files and 40 commits (once)\n");
}, 240_000);
