/** `npm run setup`: everything the demo and the tests need that npm does not bring. Run again, it only looks. */
import { Failure } from "../lib/failure.ts";
import { cacheFolder, ensureProvider } from "../lib/terraform/provider.ts";
import { findTool } from "../lib/terraform/tool.ts";

try {
  const tool = await findTool();
  process.stderr.write(`setup: ${tool.name} ${tool.version}\n`);
  const provider = ensureProvider(tool, cacheFolder());
  let step = await provider.next();
  for (; !step.done; step = await provider.next()) process.stderr.write(`setup: ${step.value}\n`);
  process.stderr.write(`setup: GitHub provider ready (${step.value.from})\n`);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`setup: ${error.message}\nfix: ${error.remedy}\n`);
  process.exitCode = 1;
}
