import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { execa } from "execa";
import { packageRoot } from "../../lib/package-root.ts";

// Struck where something is being written. Another life by FAULTS_SEED, all of them by `npm run test:full`.
const seed = process.env.FAULTS_SEED ?? "54";

test(`one life, seed ${seed}: the deploy cut, a run killed, two runs at once, the destroy cut; everything is as it was`, async () => {
  const main = join(packageRoot(), "dist", "test", "faults", "main.js");
  const args = ["--labs", "1", "--story", "one life", "--sample", "1", "--seed", seed];
  const { exitCode, stdout, stderr } = await execa("node", [main, ...args], { reject: false });
  // The whole of stderr says which life it was and what differs.
  expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toBe(
    [
      "| story    | cut | converged | lost |",
      "| ---      | --: |       --: |  --: |",
      "| one life |   1 |         1 |    0 |",
      "| all      |   1 |         1 |    0 |",
      "1 passed, 0 failed",
    ].join("\n"),
  );
}, 180_000);
