/** The CDKTF app: config -> stacks -> cdk.tf.json. `cdktf.json` names it; the config is upstream-sync.yaml unless an argument says otherwise. */
import { dirname, resolve } from "node:path";
import { loadConfig } from "./lib/config/load.ts";
import { Failure } from "./lib/failure.ts";
import { synthesize } from "./lib/synthesize.ts";

try {
  const file = resolve(process.argv[2] ?? "upstream-sync.yaml");
  synthesize(loadConfig(file), dirname(file));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`${error.message}\n${error.remedy}\n`);
  process.exitCode = 2;
}
