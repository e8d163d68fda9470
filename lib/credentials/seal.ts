/** Sealing for GitHub: only GitHub can open it again. */
import sodium from "libsodium-wrappers";

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
