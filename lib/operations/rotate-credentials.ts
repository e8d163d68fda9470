/**
 * Makes a new credential beside the one that is in use. Nothing changes on GitHub: the next apply brings the new one in, and only after
 * that the old one goes (`lib/constructs/sync-credentials.ts`).
 */
import type { ForkConfig } from "../config/schema.ts";
import {
  type CredentialsFile,
  type GitHubAppFile,
  hasCredentials,
  readCredentials,
  writeCredentials,
} from "../credentials/credentials-file.ts";
import { createSealedDeployKey } from "../credentials/deploy-key.ts";
import { fingerprintOf, readEnvironmentKey } from "../credentials/deployed.ts";
import { checkApp } from "../credentials/github-app.ts";
import { upstreamTokenSecret } from "../credentials/names.ts";
import { type EnvironmentKey, sealedFor } from "../credentials/seal.ts";
import { Failure, InputFailure } from "../failure.ts";
import { connect, explain } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import type { Context } from "./context.ts";

export interface RotateCredentialsOptions {
  readonly fork: ForkConfig;
  /** For an App: a second private key of it, PEM, and its number when that is to be checked. */
  readonly app?: { readonly id?: number | undefined; readonly privateKey: string } | undefined;
  /** Another token for a private upstream; without one the sealed one stays. */
  readonly upstreamToken?: string | undefined;
}

export interface RotatedCredentials {
  readonly repository: string;
  readonly path: string;
  readonly kind: CredentialsFile["kind"];
  /** Fingerprints as GitHub shows them; undefined for an App's key that an earlier version sealed. */
  readonly from: string | undefined;
  readonly to: string;
  /** What is left to do, in order. */
  readonly next: readonly string[];
}

export async function* rotateCredentials(
  context: Context,
  options: RotateCredentialsOptions,
): AsyncGenerator<ProgressEvent, RotatedCredentials> {
  const { fork } = options;
  const file = refuseWrongInput(context, options);
  const environment = await readEnvironmentKey(connect(context.env), fork);
  if (environment === undefined) await refuseStranger(context, fork);
  if (environment?.key_id !== file.secret.keyId) {
    throw new Failure(
      `there is nothing to rotate on ${fork.repository}: got ${environment ? "an environment with another key pair" : "no environment"}, expected the one that the credentials file was sealed for`,
      `run \`upstream-sync credentials create ${fork.repository} --replace\`, then apply`,
    );
  }
  const upstreamToken =
    options.upstreamToken === undefined
      ? file.upstreamToken
      : await sealedFor(environment, upstreamTokenSecret, options.upstreamToken);
  const kept = { createdAt: new Date().toISOString(), ...(upstreamToken ? { upstreamToken } : {}) };
  const apply = `upstream-sync apply ${fork.repository}`;
  if (file.kind === "github-app") return yield* rotateApp(context, options, file, environment, kept, apply);
  yield { fork: fork.repository, text: "deploy key: a new one made, and sealed for the environment" };
  const { publicKey, encrypted } = await createSealedDeployKey(environment.key);
  const path = writeCredentials(context.projectFolder, {
    ...file,
    ...kept,
    publicKey,
    secret: { ...file.secret, encrypted },
  });
  return {
    repository: fork.repository,
    path,
    kind: file.kind,
    from: fingerprintOf(file.publicKey),
    to: fingerprintOf(publicKey),
    next: [`commit ${path}`, `${apply}: brings the new key in, exchanges the secret, then removes the old key`],
  };
}

/** To everybody who may not read it, GitHub says that there is no such environment. */
async function refuseStranger(context: Context, { owner, name, repository }: ForkConfig): Promise<void> {
  const { data } = await connect(context.env)
    .rest.repos.get({ owner, repo: name })
    .catch((error) => explain(error, `read ${repository}`));
  if (data.permissions?.admin) return;
  throw new Failure(
    `the environment of ${repository} cannot be read: got a token of somebody who does not administer it`,
    "use the token of an administrator: one that may read and write environments",
  );
}

async function* rotateApp(
  context: Context,
  { fork, app }: RotateCredentialsOptions,
  file: GitHubAppFile,
  environment: EnvironmentKey,
  kept: Pick<GitHubAppFile, "createdAt" | "upstreamToken">,
  apply: string,
): AsyncGenerator<ProgressEvent, RotatedCredentials> {
  const { appId, secret, keyFingerprint: before } = file;
  const privateKey = app?.privateKey ?? "";
  yield { fork: fork.repository, text: `App ${appId}: asking GitHub whether it takes the new private key` };
  const facts = await checkApp(context.env, fork, appId, privateKey);
  if (facts.keyFingerprint === before) {
    throw new InputFailure(
      `that private key of App ${appId} is the one that is sealed already: SHA256:${before}`,
      `generate another one at ${facts.settings} (Private keys), and name its file`,
    );
  }
  const sealed = await sealedFor(environment, secret.name, JSON.stringify({ appId, privateKey }));
  const path = writeCredentials(context.projectFolder, { ...file, ...kept, ...facts, secret: sealed });
  const old = before ? `SHA256:${before}` : "the older one";
  return {
    repository: fork.repository,
    path,
    kind: file.kind,
    from: before && `SHA256:${before}`,
    to: `SHA256:${facts.keyFingerprint}`,
    next: [
      `commit ${path}`,
      `${apply}: exchanges the secret; until the next step both keys work`,
      `after that, when no run is going: delete ${old} by hand at ${facts.settings} (Private keys)`,
    ],
  };
}

/** Everything that can be known before GitHub is asked. */
function refuseWrongInput(context: Context, { fork, app, upstreamToken }: RotateCredentialsOptions): CredentialsFile {
  const { repository } = fork;
  if (fork.credentials === "github-token") {
    throw new InputFailure(
      `${repository} has no credential to rotate: got credentials: github-token, which GitHub makes anew for every job`,
      "leave this fork out",
    );
  }
  if (!hasCredentials(context.projectFolder, repository)) {
    throw new InputFailure(
      `${repository} has no credential to rotate: got no credentials file`,
      `run \`upstream-sync credentials create ${repository}\``,
    );
  }
  const file = readCredentials(context.projectFolder, fork);
  if (file.kind === "github-app" && !app) {
    throw new InputFailure(
      `${repository} pushes with a GitHub App: got no private key, expected a second one of App ${file.appId}`,
      `generate it at ${file.settings ?? "the App's settings page"} (Private keys), then pass --private-key-file; the one in use stays until you delete it`,
    );
  }
  if (file.kind === "github-app" && app?.id !== undefined && app.id !== file.appId) {
    throw new InputFailure(
      `${repository} pushes with App ${file.appId}: got App ${app.id}`,
      "leave --app-id out, or change the App with `upstream-sync credentials create --replace`",
    );
  }
  if (file.kind === "deploy-key" && app) {
    throw new InputFailure(
      `${repository} pushes with a deploy key: got an App, expected none`,
      "leave --app-id and --private-key-file out",
    );
  }
  if (!fork.upstream.private && upstreamToken !== undefined) {
    throw new InputFailure(
      `the upstream of ${repository} is read without a token: got one, expected none`,
      "write private: true below upstream, or leave --upstream-token out",
    );
  }
  return file;
}
