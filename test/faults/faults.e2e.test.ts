import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { execa } from "execa";
import { packageRoot } from "../../lib/package-root.ts";

test("a sample of the faults: cut or killed, and done again, everything is as it should be", async () => {
  const main = join(packageRoot(), "dist", "test", "faults", "main.js");
  const stories = ["deploy", "promotion"].flatMap((name) => ["--story", name]);
  const args = ["--labs", "1", "--sample", "1", "--seed", "1", ...stories];
  const { exitCode, stdout, stderr } = await execa("node", [main, ...args], { reject: false });
  // The whole of stderr says which trial it was and what differs.
  expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toBe(
    [
      "| story     | cut | converged | lost |",
      "| ---       | --: |       --: |  --: |",
      "| deploy    |   1 |         1 |    0 |",
      "| promotion |   1 |         1 |    0 |",
      "| all       |   2 |         2 |    0 |",
      "2 passed, 0 failed",
    ].join("\n"),
  );
}, 180_000);
