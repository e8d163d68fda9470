/** Makes a fork's credential: environment with its key pair on GitHub, deploy key sealed for it, public half in a file. */
import type { ForkConfig } from "../config/schema.ts";
import { credentialsPath, hasCredentials, writeCredentials } from "../credentials/credentials-file.ts";
import { createSealedDeployKey } from "../credentials/deploy-key.ts";
import { InputFailure } from "../failure.ts";
import { connect, explain } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import type { Context } from "./context.ts";

export const credentialsEnvironment = "upstream-sync";
export const deployKeySecret = "UPSTREAM_SYNC_DEPLOY_KEY";

export interface CreateCredentialsOptions {
  readonly fork: ForkConfig;
  /** Replace the file that is there: needed after a destroy, which takes the environment and its key pair away. */
  readonly replace: boolean;
}

export interface CreatedCredentials {
  readonly repository: string;
  readonly path: string;
  readonly publicKey: string;
}

export async function* createCredentials(
  context: Context,
  options: CreateCredentialsOptions,
): AsyncGenerator<ProgressEvent, CreatedCredentials> {
  const { fork } = options;
  if (!options.replace && hasCredentials(context.projectFolder, fork.repository)) {
    throw new InputFailure(
      `${credentialsPath(fork.repository)} is there already`,
      "keep it, or pass --replace to make a new key (the next apply exchanges it on GitHub)",
    );
  }
  const octokit = connect(context.env);
  const environment = { owner: fork.owner, repo: fork.name, environment_name: credentialsEnvironment };

  yield {
    fork: fork.repository,
    text: `environment ${credentialsEnvironment}: closed to every branch until the first apply`,
  };
  await octokit.rest.repos
    .createOrUpdateEnvironment({
      ...environment,
      deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
    })
    .catch((error) => explain(error, `make the environment ${credentialsEnvironment} in ${fork.repository}`));
  // The environment's own key, not the repository's: sealed with the wrong one, the job would get garbage (cli/cli#3831).
  const { data: key } = await octokit.rest.actions
    .getEnvironmentPublicKey(environment)
    .catch((error) => explain(error, `read the key of environment ${credentialsEnvironment} in ${fork.repository}`));

  yield { fork: fork.repository, text: "deploy key: made, and sealed for that environment" };
  const sealed = await createSealedDeployKey(key.key);
  const path = writeCredentials(context.projectFolder, {
    version: 1,
    kind: "deploy-key",
    repository: fork.repository,
    createdAt: new Date().toISOString(),
    environment: credentialsEnvironment,
    publicKey: sealed.publicKey,
    secret: { name: deployKeySecret, keyId: key.key_id, encrypted: sealed.encrypted },
  });
  return { repository: fork.repository, path, publicKey: sealed.publicKey };
}
