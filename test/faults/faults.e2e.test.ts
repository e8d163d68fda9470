import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { execa } from "execa";
import { packageRoot } from "../../lib/package-root.ts";

// Killed somewhere in a run. Other places by FAULTS_SEED, all of them and of all stories by `npm run test:full`.
const seed = process.env.FAULTS_SEED ?? "54";

test(`a run is killed at two of its requests, seed ${seed}; the next one brings everything to where it should be`, async () => {
  const main = join(packageRoot(), "dist", "test", "faults", "main.js");
  const args = ["--labs", "1", "--story", "promotion", "--sample", "2", "--seed", seed];
  const { exitCode, stdout, stderr } = await execa("node", [main, ...args], { reject: false });
  // The whole of stderr says which places they were and what differs.
  expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toBe(
    [
      "| story     | cut | converged | lost |",
      "| ---       | --: |       --: |  --: |",
      "| promotion |   2 |         2 |    0 |",
      "| all       |   2 |         2 |    0 |",
      "2 passed, 0 failed",
    ].join("\n"),
  );
}, 180_000);
