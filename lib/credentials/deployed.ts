/** What of a fork's credential is on GitHub, read with three requests. Secrets are told by name and date, never by value. */
import { createHash } from "node:crypto";
import { type Octokit, RequestError } from "octokit";
import type { ForkConfig } from "../config/schema.ts";
import { explain } from "../github.ts";
import { appSecret, credentialsEnvironment, deployKeySecret, deployKeyTitle, upstreamTokenSecret } from "./names.ts";
import type { EnvironmentKey } from "./seal.ts";

export interface DeployedKey {
  readonly id: number;
  /** "ssh-ed25519 AAAA…" */
  readonly publicKey: string;
  /** As GitHub shows it: "SHA256:…". */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** As GitHub reports it; null for a key that nobody used yet. */
  readonly lastUsed: string | null;
  readonly readOnly: boolean;
  /** False where the organization does not allow deploy keys. */
  readonly enabled: boolean;
}

export interface DeployedSecret {
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface DeployedCredential {
  /** Deploy keys with our title, and the one of the credentials file whatever its title. */
  readonly keys: readonly DeployedKey[];
  /** Undefined when there is no environment of ours. */
  readonly environment: EnvironmentKey | undefined;
  /** Ours alone. */
  readonly secrets: readonly DeployedSecret[];
}

export async function readDeployed(
  octokit: Octokit,
  fork: ForkConfig,
  publicKey: string | undefined,
): Promise<DeployedCredential> {
  const place = { owner: fork.owner, repo: fork.name };
  const keys = await octokit
    .paginate(octokit.rest.repos.listDeployKeys, { ...place, per_page: 100 })
    .catch((error) => explain(error, `list the deploy keys of ${fork.repository}`));
  const environment = await readEnvironmentKey(octokit, fork);
  const { secrets } = environment
    ? (
        await octokit.rest.actions
          .listEnvironmentSecrets({ ...place, environment_name: credentialsEnvironment, per_page: 30 })
          .catch((error) => explain(error, `list the secrets of environment ${credentialsEnvironment}`))
      ).data
    : { secrets: [] };
  return {
    keys: keys
      .filter(({ title, key }) => title === deployKeyTitle || material(key) === publicKey)
      .map((one) => ({
        id: one.id,
        publicKey: material(one.key),
        fingerprint: fingerprintOf(one.key),
        createdAt: one.created_at,
        lastUsed: one.last_used ?? null,
        readOnly: one.read_only,
        enabled: one.enabled ?? true,
      })),
    environment,
    secrets: secrets
      .filter(({ name }) => [deployKeySecret, appSecret, upstreamTokenSecret].includes(name))
      .map(({ name, created_at, updated_at }) => ({ name, createdAt: created_at, updatedAt: updated_at })),
  };
}

/** Undefined when there is no such environment. */
export async function readEnvironmentKey(octokit: Octokit, fork: ForkConfig): Promise<EnvironmentKey | undefined> {
  try {
    const { data } = await octokit.rest.actions.getEnvironmentPublicKey({
      owner: fork.owner,
      repo: fork.name,
      environment_name: credentialsEnvironment,
    });
    return data;
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) return undefined;
    return explain(error, `read the key of environment ${credentialsEnvironment} in ${fork.repository}`);
  }
}

/** Without the comment. */
function material(key: string): string {
  return key.trim().split(/\s+/).slice(0, 2).join(" ");
}

/** As `ssh-keygen -l` and GitHub's settings page print it. */
export function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}
