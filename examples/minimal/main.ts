/** The CDKTF app: upstream-sync.yaml -> one stack a fork. Yours to extend; `upstream-sync plan` and `apply` work without it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import {
  formatProblems,
  programFile,
  readCredentials,
  renderFiles,
  resolveConfig,
  SyncCredentials,
  stepsFile,
  UpstreamSyncStack,
} from "upstream-sync";

const resolution = resolveConfig(readFileSync(join(__dirname, "upstream-sync.yaml"), "utf8"));
if (!resolution.ok) throw new Error(formatProblems(resolution.problems, "upstream-sync.yaml"));
const { forks, state } = resolution.config;

const app = new App();
for (const fork of forks) {
  const local = `${fork.owner}--${fork.name}.tfstate`;
  new UpstreamSyncStack(app, fork.repository, {
    fork,
    files: renderFiles(fork),
    programFile: programFile(),
    stepsFile: stepsFile(),
    credentials:
      fork.credentials === "github-token"
        ? SyncCredentials.githubToken()
        : SyncCredentials.fromFile(readCredentials(__dirname, fork)),
    state: state.backend === "local" ? { ...state, path: join(__dirname, state.path, local) } : state,
  });
}
app.synth();
