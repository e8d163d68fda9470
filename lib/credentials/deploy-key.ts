/** Makes a deploy key and seals its private half. The private key lives in memory only, for the length of one call. */
import ssh2 from "ssh2";
import { seal } from "./seal.ts";

export interface SealedDeployKey {
  /** "ssh-ed25519 AAAA…", no comment: GitHub keeps none, and the provider compares the text. */
  readonly publicKey: string;
  /** Base64 of the sealed box over the private key in OpenSSH format. */
  readonly encrypted: string;
}

/** @param environmentKey base64 of the environment's public key (Curve25519, 32 bytes). */
export async function createSealedDeployKey(environmentKey: string): Promise<SealedDeployKey> {
  const pair = createKeyPair();
  const [type, key] = pair.public.split(" ");
  return { publicKey: `${type} ${key}`, encrypted: await seal(pair.private, environmentKey) };
}

/** About one pair in 256 comes out unreadable: ssh2 1.17 drops a leading zero byte. Such a pair is thrown away. */
function createKeyPair(): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519");
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
