/** Looks for the workflow's private key everywhere it must not be. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { World } from "./world.ts";

export interface SecretSearch {
  readonly files: number;
  readonly found: string[];
}

/**
 * Searches the user's project (state, plans, credentials), the logs of all runs, the request log and all that was printed for any
 * line of the private key. The key itself is read from the stand-in, which opened the sealed box as GitHub does.
 */
export async function findSecret(world: World): Promise<SecretSearch> {
  const state = readFileSync(join(world.github.folder, "state.json"), "utf8");
  const key = /-----BEGIN OPENSSH PRIVATE KEY-----(?:\\n|[A-Za-z0-9+/=])+-----END OPENSSH PRIVATE KEY-----/.exec(
    state,
  )?.[0];
  if (!key) throw new Error("GitHub's stand-in holds no private key: the search means nothing");
  // The first line of every OpenSSH key is the same header, so it says nothing.
  const lines = key.split("\\n").slice(2, -1);

  const places = new Map<string, string>([
    ["what upstream-sync printed", world.printed.join("\n")],
    ["the request log", JSON.stringify(await world.github.log(0))],
  ]);
  for (const folder of [world.project, join(world.github.folder, "logs")]) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      // The provider's binary is linked into the project by `terraform init`; it cannot hold a key made later.
      if (entry.isFile() && !file.includes("/.terraform/providers/")) places.set(file, readFileSync(file, "latin1"));
    }
  }
  const found = [...places].filter(([, text]) => lines.some((line) => text.includes(line))).map(([place]) => place);
  return { files: places.size - 2, found };
}
