/** `npm run setup`: everything the demo and the tests need that npm does not bring. Run again, it only looks. */
import { follow, reportFailure } from "../cli/output.ts";
import { cacheFolder, ensureProvider } from "../lib/terraform/provider.ts";
import { findTool } from "../lib/terraform/tool.ts";

try {
  const tool = await findTool();
  process.stderr.write(`setup: ${tool.name} ${tool.version}\n`);
  const { from } = await follow(ensureProvider(tool, cacheFolder()));
  process.stderr.write(`setup: GitHub provider ready (${from})\n`);
} catch (error) {
  process.exitCode = reportFailure(error, process.argv.includes("--verbose"));
}
