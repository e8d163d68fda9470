/** Makes a fork's credential: environment with its key pair on GitHub, secrets sealed for it, what is public in a file. */
import type { ForkConfig } from "../config/schema.ts";
import {
  type CredentialsFile,
  credentialsPath,
  hasCredentials,
  writeCredentials,
} from "../credentials/credentials-file.ts";
import { createSealedDeployKey } from "../credentials/deploy-key.ts";
import { type AppFacts, checkApp } from "../credentials/github-app.ts";
import { appSecret, credentialsEnvironment, deployKeySecret, upstreamTokenSecret } from "../credentials/names.ts";
import { type EnvironmentKey, sealedFor } from "../credentials/seal.ts";
import { InputFailure } from "../failure.ts";
import { connect, explain } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import type { Context } from "./context.ts";

export interface CreateCredentialsOptions {
  readonly fork: ForkConfig;
  /** Replace the file that is there: needed after a destroy, which takes the environment and its key pair away. */
  readonly replace: boolean;
  /** For `credentials: github-app`: the App's number and its private key, PEM. */
  readonly app?: { readonly id: number; readonly privateKey: string } | undefined;
  /** For `upstream.private`: a token that may read the upstream. */
  readonly upstreamToken?: string | undefined;
}

export interface CreatedCredentials {
  readonly repository: string;
  readonly path: string;
  readonly kind: CredentialsFile["kind"];
  /** Of a deploy key. */
  readonly publicKey?: string;
  readonly appId?: number;
}

export async function* createCredentials(
  context: Context,
  options: CreateCredentialsOptions,
): AsyncGenerator<ProgressEvent, CreatedCredentials> {
  const { fork } = options;
  refuseWrongInput(context, options);
  let app: AppFacts | undefined;
  if (options.app) {
    yield {
      fork: fork.repository,
      text: `App ${options.app.id}: asking GitHub whether it is installed, and what it may do`,
    };
    app = await checkApp(context.env, fork, options.app.id, options.app.privateKey);
  }
  if (!app) await refuseForbiddenKeys(context, fork);
  if (!options.replace) await refuseSomebodysEnvironment(context, fork);
  const key = yield* makeEnvironment(context, fork);

  const common = {
    version: 1,
    repository: fork.repository,
    createdAt: new Date().toISOString(),
    environment: credentialsEnvironment,
    ...(options.upstreamToken === undefined
      ? {}
      : { upstreamToken: await sealedFor(key, upstreamTokenSecret, options.upstreamToken) }),
  } as const;
  if (options.app) {
    yield { fork: fork.repository, text: "the App's private key: sealed for that environment" };
    const { id: appId, privateKey } = options.app;
    const secret = await sealedFor(key, appSecret, JSON.stringify({ appId, privateKey }));
    const path = writeCredentials(context.projectFolder, { ...common, kind: "github-app", appId, ...app, secret });
    return { repository: fork.repository, path, kind: "github-app", appId };
  }
  yield { fork: fork.repository, text: "deploy key: made, and sealed for that environment" };
  const { publicKey, encrypted } = await createSealedDeployKey(key.key);
  const secret = { name: deployKeySecret, keyId: key.key_id, encrypted };
  const path = writeCredentials(context.projectFolder, { ...common, kind: "deploy-key", publicKey, secret });
  return { repository: fork.repository, path, kind: "deploy-key", publicKey };
}

/** Everything that can be known before GitHub is asked. */
function refuseWrongInput(context: Context, { fork, replace, app, upstreamToken }: CreateCredentialsOptions): void {
  const { repository, credentials, upstream } = fork;
  if (credentials === "github-token") {
    throw new InputFailure(
      `${repository} needs no credential: got credentials: github-token, which is the workflow's own token`,
      "run `upstream-sync apply`, or write credentials: deploy-key",
    );
  }
  if (!replace && hasCredentials(context.projectFolder, repository)) {
    throw new InputFailure(
      `${credentialsPath(repository)} is there already`,
      "keep it, or pass --replace to make a new one (the next apply exchanges it on GitHub)",
    );
  }
  if (credentials === "github-app" && !app) {
    throw new InputFailure(
      `${repository} pushes with a GitHub App: got no App, expected its number and its private key`,
      "pass --app-id and --private-key-file; both come from the App's settings page",
    );
  }
  if (credentials !== "github-app" && app) {
    throw new InputFailure(
      `${repository} pushes with a deploy key: got an App, expected none`,
      "write credentials: github-app, or leave --app-id and --private-key-file out",
    );
  }
  if (upstream.private && upstreamToken === undefined) {
    throw new InputFailure(
      `the upstream of ${repository} is private: got no token that may read it`,
      "pass --upstream-token, with the token on standard input or in UPSTREAM_SYNC_UPSTREAM_TOKEN",
    );
  }
  if (!upstream.private && upstreamToken !== undefined) {
    throw new InputFailure(
      `the upstream of ${repository} is read without a token: got one, expected none`,
      "write private: true below upstream, or leave --upstream-token out",
    );
  }
}

/** GitHub tells the setting to members of the organization alone, and a person's account has none: then nothing is known. */
async function refuseForbiddenKeys(context: Context, { owner, repository }: ForkConfig): Promise<void> {
  const organization = await connect(context.env)
    .rest.orgs.get({ org: owner })
    .catch((error: { status?: number }) => {
      if (error.status === 404 || error.status === 403) return undefined;
      return explain(error, `read the settings of ${owner}`);
    });
  const { deploy_keys_enabled_for_repositories: enabled } = organization?.data ?? {};
  if (enabled !== false) return;
  throw new InputFailure(
    `the organization ${owner} forbids deploy keys: nothing was made for ${repository}`,
    "let an owner of the organization allow them (its settings, Deploy keys), or write credentials: github-app",
  );
}

/** One that has what we never give it is somebody's; else it may be left of a run of ours that was cut short, or of a key that was revoked. */
async function refuseSomebodysEnvironment(context: Context, fork: ForkConfig): Promise<void> {
  const { rest } = connect(context.env);
  const environment = { owner: fork.owner, repo: fork.name, environment_name: credentialsEnvironment };
  const unreadable = (error: unknown) =>
    explain(error, `read the environment ${credentialsEnvironment} of ${fork.repository}`);
  const found = await rest.repos.getEnvironment(environment).catch((error: { status?: number }) => {
    if (error.status === 404) return undefined;
    return unreadable(error);
  });
  if (!found) return;
  const [repository, policies, secrets] = await Promise.all([
    rest.repos.get(environment).catch(unreadable),
    rest.repos.listDeploymentBranchPolicies(environment).catch(unreadable),
    rest.actions.listEnvironmentSecrets(environment).catch(unreadable),
  ]);
  const { protection_rules: rules = [], deployment_branch_policy: branches } = found.data;
  const signs = [
    ...rules.flatMap(({ type }) => (type === "branch_policy" ? [] : [`the rule ${type}`])),
    ...(branches?.custom_branch_policies ? [] : ["deployments from other branches than selected ones"]),
    ...policies.data.branch_policies.flatMap(({ name }) =>
      name === repository.data.default_branch ? [] : [`deployments from ${name}`],
    ),
    ...secrets.data.secrets.map(({ name }) => `the secret ${name}`),
  ];
  if (signs.length === 0) return;
  throw new InputFailure(
    `the environment ${credentialsEnvironment} of ${fork.repository} is there already: got one with ${signs.join(", ")}, expected none`,
    "rename or remove it in the fork's settings; or, when it is upstream-sync's own or may become that, pass --replace: a destroy removes it then",
  );
}

async function* makeEnvironment(context: Context, fork: ForkConfig): AsyncGenerator<ProgressEvent, EnvironmentKey> {
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
  const { data } = await octokit.rest.actions
    .getEnvironmentPublicKey(environment)
    .catch((error) => explain(error, `read the key of environment ${credentialsEnvironment} in ${fork.repository}`));
  return data;
}
