/** Config -> cdk.tf.json, one stack a fork: rendered files and credentials are read here and handed to the constructs. */
import { join, relative } from "node:path";
import { App } from "cdktf";
import type { Config, StateConfig } from "./config/schema.ts";
import { SyncCredentials } from "./constructs/sync-credentials.ts";
import { UpstreamSyncStack } from "./constructs/upstream-sync-stack.ts";
import { readCredentials } from "./credentials/credentials-file.ts";
import { renderFiles } from "./render/files.ts";
import { programFile, readProgram, stepsFile } from "./render/template-source.ts";

const outputFolder = "cdktf.out";

/** Where CDKTF puts a stack: characters it does not take in a folder name become `--`. */
export function stackFolder(projectFolder: string, repository: string): string {
  return join(projectFolder, outputFolder, "stacks", repository.replace("/", "--"));
}

/** @throws InputFailure when a fork has no credentials file. */
export function synthesize(config: Config, projectFolder: string): void {
  const program = readProgram();
  // Validations that start `terraform version` for single resources are not wanted (reference: cdktf.md §2, cost trap); the
  // config is checked before, and the tool's version by `findTool`.
  const app = new App({ outdir: join(projectFolder, outputFolder), skipValidation: true });
  for (const fork of config.forks) {
    new UpstreamSyncStack(app, fork.repository, {
      fork,
      files: renderFiles(fork, program),
      credentials:
        fork.credentials === "github-token"
          ? SyncCredentials.githubToken()
          : SyncCredentials.fromFile(readCredentials(projectFolder, fork)),
      programFile: programFile(),
      stepsFile: stepsFile(),
      state: stateFor(config.state, projectFolder, fork.repository),
    });
  }
  app.synth();
}

/**
 * A local path is meant from the config's folder, but Terraform takes it from the stack's; and each fork has its own file.
 * (A path inside cdktf.out would be deleted with it, reference: cdktf.md §3.)
 */
function stateFor(state: StateConfig, projectFolder: string, repository: string): StateConfig {
  if (state.backend !== "local") return state;
  const file = join(projectFolder, state.path, `${repository.replace("/", "--")}.tfstate`);
  return { ...state, path: relative(stackFolder(projectFolder, repository), file) };
}
