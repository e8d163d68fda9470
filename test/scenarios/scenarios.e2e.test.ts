import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { GitHubStandIn } from "../../lib/rehearsal/stand-in.ts";
import { scenarios } from "./index.ts";
import { sample } from "./sample.ts";
import { openStage } from "./staging.ts";
import { tellAll } from "./tell.ts";

// Other ones by SCENARIOS_SEED, all of them by `npm run scenarios`.
const seed = Number(process.env.SCENARIOS_SEED ?? Math.floor(Date.now() / 86_400_000));

test(`situations of docs/scenarios.md, seed ${seed}, by the executed workflow`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "scenarios-"));
  const github = await GitHubStandIn.start(join(folder, "github"));
  try {
    const chosen = sample(scenarios, 6, seed);
    const results = await tellAll(await openStage(github, join(folder, "stage")), chosen, 2, () => undefined);
    expect(results.map(({ name, ok, detail }) => ({ name, ok, detail }))).toEqual(
      results.map(({ name }) => ({ name, ok: true, detail: "" })),
    );
    expect(results.map(({ name }) => name).sort()).toEqual(chosen.map(({ name }) => name).sort());
  } finally {
    await github.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
