/** Takes a fork's credential away at once, without Terraform: for a key that somebody else may have. */
import { type Octokit, RequestError } from "octokit";
import type { ForkConfig } from "../config/schema.ts";
import {
  type CredentialsFile,
  credentialsPath,
  hasCredentials,
  readCredentials,
  removeCredentials,
} from "../credentials/credentials-file.ts";
import { type DeployedKey, type DeployedSecret, readDeployed } from "../credentials/deployed.ts";
import { appSecret, credentialsEnvironment, upstreamTokenSecret } from "../credentials/names.ts";
import { InputFailure } from "../failure.ts";
import { connect, explain } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import type { Context } from "./context.ts";

/** What a revocation takes, and what comes of it: shown before anybody is asked. */
export interface Revocation {
  readonly repository: string;
  readonly keys: readonly DeployedKey[];
  readonly secrets: readonly DeployedSecret[];
  /** Path of the credentials file; with it the next apply would bring the same key back. */
  readonly file: string | undefined;
  /** What no longer works. */
  readonly stops: readonly string[];
  /** What this cannot do: people do it in GitHub's settings. */
  readonly byHand: readonly string[];
  /** How to come back. */
  readonly comeBack: readonly string[];
}

export async function* readRevocation(
  context: Context,
  options: { readonly fork: ForkConfig },
): AsyncGenerator<ProgressEvent, Revocation> {
  const { fork } = options;
  const { repository } = fork;
  if (fork.credentials === "github-token") {
    throw new InputFailure(
      `${repository} has no credential to revoke: got credentials: github-token, which ends with every job`,
      "switch the workflow off instead: gh workflow disable upstream-sync.yml",
    );
  }
  const file = fileOf(context, fork);
  yield { fork: repository, text: "reading what is on GitHub" };
  const found = await readDeployed(
    connect(context.env),
    fork,
    file?.kind === "deploy-key" ? file.publicKey : undefined,
  );
  const app = fork.credentials === "github-app" || found.secrets.some(({ name }) => name === appSecret);
  const token = found.secrets.some(({ name }) => name === upstreamTokenSecret);
  return {
    repository,
    keys: found.keys,
    secrets: found.secrets,
    file: hasCredentials(context.projectFolder, repository) ? credentialsPath(repository) : undefined,
    stops: [
      "runs of the workflow: the next one that has something to merge is red; nothing is merged, tested or promoted, and nothing else changes",
      ...(app ? [] : ["a run that is going now, as soon as it pushes"]),
    ],
    byHand: [
      ...(app
        ? [
            `delete the private key${file?.kind === "github-app" && file.keyFingerprint ? ` SHA256:${file.keyFingerprint}` : ""} at ${(file?.kind === "github-app" && file.settings) || "the App's settings page"} (Private keys): until then whoever has it can act as the App`,
          ]
        : []),
      ...(token ? ["end the token that reads the upstream, where it was made"] : []),
    ],
    comeBack: [
      `upstream-sync credentials create ${repository}${app ? " --app-id … --private-key-file …" : ""}${fork.upstream.private ? " --upstream-token" : ""}`,
      `upstream-sync apply ${repository}`,
    ],
  };
}

/** The key goes first, as it is the one that opens. What is gone already is no fault: a revocation that was cut off is run again. */
export async function* revokeCredentials(
  context: Context,
  options: { readonly fork: ForkConfig; readonly revocation: Revocation },
): AsyncGenerator<ProgressEvent, Revocation> {
  const { fork, revocation } = options;
  const octokit = connect(context.env);
  const place = { owner: fork.owner, repo: fork.name };
  for (const { id, fingerprint } of revocation.keys) {
    await gone(octokit.rest.repos.deleteDeployKey({ ...place, key_id: id }), `delete deploy key ${id}`, fork);
    yield { fork: fork.repository, text: `deploy key ${id} is deleted (${fingerprint})` };
  }
  for (const { name } of revocation.secrets) {
    const secret = { ...place, environment_name: credentialsEnvironment, secret_name: name };
    await gone(octokit.rest.actions.deleteEnvironmentSecret(secret), `delete secret ${name}`, fork);
    yield { fork: fork.repository, text: `secret ${name} is deleted` };
  }
  const path = removeCredentials(context.projectFolder, fork.repository);
  if (path) yield { fork: fork.repository, text: `${path} is removed` };
  return revocation;
}

async function gone(
  answer: ReturnType<
    Octokit["rest"]["repos"]["deleteDeployKey"] | Octokit["rest"]["actions"]["deleteEnvironmentSecret"]
  >,
  doing: string,
  fork: ForkConfig,
): Promise<void> {
  try {
    await answer;
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) return;
    explain(error, `${doing} of ${fork.repository}`);
  }
}

/** A file that cannot be read must not stand in the way of taking the key away. */
function fileOf(context: Context, fork: ForkConfig): CredentialsFile | undefined {
  try {
    return readCredentials(context.projectFolder, fork);
  } catch {
    return undefined;
  }
}
