/** Opens a fork's stack for the IaC tool: synthesize, find the tool, make the provider available. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ForkConfig } from "./config/schema.ts";
import type { Context } from "./operations/context.ts";
import type { ProgressEvent } from "./progress.ts";
import { cacheFolder, ensureProvider } from "./terraform/provider.ts";
import { toolEnvironment, type Workspace } from "./terraform/run.ts";
import { findTool } from "./terraform/tool.ts";
import { readToken } from "./token.ts";

export async function* openWorkspace(context: Context, fork: ForkConfig): AsyncGenerator<ProgressEvent, Workspace> {
  const token = readToken(context.env);
  yield { fork: fork.repository, text: "synthesizing" };
  // Only now: CDKTF takes most of a second to load, and most commands do not need it.
  const { stackFolder, synthesize } = await import("./synthesize.ts");
  synthesize({ ...context.config, forks: [fork] }, context.projectFolder);
  const tool = await findTool(context.env);
  const folder = stackFolder(context.projectFolder, fork.repository);
  if (tool.name === "OpenTofu") leaveOutImports(folder);
  const mirror = yield* ensureProvider(tool, cacheFolder(context.env));
  return {
    tool,
    mirror,
    folder,
    env: { ...toolEnvironment(context.env, mirror), GITHUB_TOKEN: token },
  };
}

/** OpenTofu 1.11 refuses an import whose `for_each` comes from a read: "will be known only after apply". */
function leaveOutImports(folder: string): void {
  const file = join(folder, "cdk.tf.json");
  const { import: _, ...rest } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify(rest, null, 2));
}
