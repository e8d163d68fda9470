/** A CDKTF app of your own, as `cdktf init --template=typescript` makes one, with a fork's stack in it. */
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

// The same keys as in upstream-sync.yaml; every problem is reported at once.
const resolution = resolveConfig({
  version: 1,
  forks: { "acme/open-webui": { upstream: "open-webui/open-webui" } },
});
if (!resolution.ok) throw new Error(formatProblems(resolution.problems, "main.ts"));

const app = new App();
for (const fork of resolution.config.forks) {
  new UpstreamSyncStack(app, fork.repository, {
    fork,
    files: renderFiles(fork),
    programFile: programFile(),
    stepsFile: stepsFile(),
    // Written by `upstream-sync credentials create`; holds no secret.
    credentials: SyncCredentials.fromFile(readCredentials(__dirname, fork)),
    state: { backend: "local", path: join(__dirname, "state", `${fork.owner}--${fork.name}.tfstate`) },
  });
}
app.synth();
