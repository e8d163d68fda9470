/** Sealing for GitHub: only GitHub can open it again. */
import sodium from "libsodium-wrappers";
import type { SealedSecret } from "./credentials-file.ts";

/** As `GET /repos/{owner}/{repo}/environments/{name}/secrets/public-key` gives it. */
export interface EnvironmentKey {
  /** Base64, Curve25519, 32 bytes. */
  readonly key: string;
  readonly key_id: string;
}

/** A secret of that environment, as the credentials file keeps it. */
export async function sealedFor(environment: EnvironmentKey, name: string, secret: string): Promise<SealedSecret> {
  return { name, keyId: environment.key_id, encrypted: await seal(secret, environment.key) };
}

/**
 * @param environmentKey base64 of the environment's public key (Curve25519, 32 bytes).
 * @returns base64 of the sealed box.
 */
export async function seal(secret: string, environmentKey: string): Promise<string> {
  await sodium.ready;
  const sealed = sodium.crypto_box_seal(
    sodium.from_string(secret),
    sodium.from_base64(environmentKey, sodium.base64_variants.ORIGINAL),
  );
  return sodium.to_base64(sealed, sodium.base64_variants.ORIGINAL);
}
