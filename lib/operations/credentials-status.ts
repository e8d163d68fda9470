/** One look at a fork's credential: what the file says, what GitHub has, and whether they belong together. Reads only. */
import type { ForkConfig } from "../config/schema.ts";
import { type CredentialProblem, disagreements } from "../credentials/agreement.ts";
import {
  type CredentialsFile,
  credentialsPath,
  hasCredentials,
  readCredentials,
} from "../credentials/credentials-file.ts";
import { type DeployedKey, type DeployedSecret, readDeployed } from "../credentials/deployed.ts";
import { credentialsEnvironment } from "../credentials/names.ts";
import { connect } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import { workflowPath } from "../render/files.ts";
import type { Context } from "./context.ts";

export interface CredentialsStatus {
  readonly repository: string;
  readonly kind: ForkConfig["credentials"];
  readonly file: { readonly path: string; readonly createdAt: string; readonly ageDays: number } | undefined;
  /** Of a deploy key: the one of the file, or those of ours that are there instead. */
  readonly keys: readonly DeployedKey[];
  readonly app: { readonly id: number; readonly keyFingerprint?: string; readonly settings?: string } | undefined;
  readonly secrets: readonly DeployedSecret[];
  readonly usedBy: {
    readonly workflow: string;
    readonly jobs: readonly string[];
    readonly environment: string;
    /** The branch whose rules it passes. */
    readonly passes: string | undefined;
  };
  /** ISO 8601, as GitHub reports it; undefined where GitHub does not tell, as for an App. */
  readonly lastUsed: string | null | undefined;
  /** Whether file, key and secret belong together. */
  readonly agree: boolean;
  readonly problems: readonly CredentialProblem[];
}

export async function* credentialsStatus(
  context: Context,
  options: { readonly fork: ForkConfig },
): AsyncGenerator<ProgressEvent, CredentialsStatus> {
  const { fork } = options;
  const { repository, credentials: kind } = fork;
  const usedBy = {
    workflow: workflowPath,
    jobs: ["merge", "finish"],
    environment: credentialsEnvironment,
    passes: kind === "github-token" ? undefined : fork.branches.sync,
  };
  const nothing = { file: undefined, keys: [], app: undefined, secrets: [], lastUsed: undefined };
  // GitHub makes one for each job, and it ends with the job.
  if (kind === "github-token") return { repository, kind, usedBy, ...nothing, agree: true, problems: [] };

  const file = hasCredentials(context.projectFolder, repository)
    ? readCredentials(context.projectFolder, fork)
    : undefined;
  yield { fork: repository, text: "reading" };
  const publicKey = file?.kind === "deploy-key" ? file.publicKey : undefined;
  const deployed = await readDeployed(connect(context.env), fork, publicKey);
  const problems = disagreements(repository, file, deployed);
  const key = deployed.keys.find((one) => one.publicKey === publicKey) ?? deployed.keys[0];
  return {
    repository,
    kind,
    usedBy,
    file: file && {
      path: credentialsPath(repository),
      createdAt: file.createdAt,
      ageDays: Math.max(0, Math.floor((Date.now() - Date.parse(file.createdAt)) / 86_400_000)),
    },
    keys: deployed.keys,
    app: appOf(file),
    secrets: deployed.secrets,
    lastUsed: kind === "deploy-key" ? (key?.lastUsed ?? null) : undefined,
    agree: problems.length === 0,
    problems,
  };
}

function appOf(file: CredentialsFile | undefined): CredentialsStatus["app"] {
  if (file?.kind !== "github-app") return undefined;
  const { appId: id, keyFingerprint, settings } = file;
  return { id, ...(keyFingerprint ? { keyFingerprint } : {}), ...(settings ? { settings } : {}) };
}
