/** Sealed boxes: how GitHub takes secrets, and how it opens them. */
import { createHash } from "node:crypto";
import sodium from "libsodium-wrappers";

export interface KeyPair {
  /** Base64, 32 bytes each. */
  publicKey: string;
  privateKey: string;
  /** GitHub's are long decimal numbers. */
  keyId: string;
}

function pairOf(keys: { publicKey: Uint8Array; privateKey: Uint8Array }): KeyPair {
  const id = createHash("sha256").update(keys.publicKey).digest().readBigUInt64BE() >> 1n;
  return {
    publicKey: Buffer.from(keys.publicKey).toString("base64"),
    privateKey: Buffer.from(keys.privateKey).toString("base64"),
    keyId: String(id),
  };
}

export async function newKeyPair(): Promise<KeyPair> {
  await sodium.ready;
  return pairOf(sodium.crypto_box_keypair());
}

/** Always the same pair for the same seed text, so that it need not be kept. */
export async function keyPairFrom(seed: string): Promise<KeyPair> {
  await sodium.ready;
  return pairOf(sodium.crypto_box_seed_keypair(createHash("sha256").update(seed).digest()));
}

/** The sealed text, or undefined when it was not sealed for this pair. */
export async function unseal(
  pair: Pick<KeyPair, "publicKey" | "privateKey">,
  sealed: string,
): Promise<string | undefined> {
  await sodium.ready;
  try {
    const opened = sodium.crypto_box_seal_open(
      Buffer.from(sealed, "base64"),
      Buffer.from(pair.publicKey, "base64"),
      Buffer.from(pair.privateKey, "base64"),
    );
    return Buffer.from(opened).toString();
  } catch {
    return undefined;
  }
}
