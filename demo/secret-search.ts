/** Looks for the workflow's private keys and people's tokens everywhere they must not be. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { World } from "./world.ts";

/**
 * The private keys sealed for the forks, as the stand-in has opened them like GitHub does; a destroy takes them away with their
 * environments. Its own host key is none of them.
 */
export function workflowKeys(world: World): string[] {
  const { repositories } = JSON.parse(readFileSync(join(world.github.folder, "state.json"), "utf8"));
  const environments = repositories.flatMap((one: { environments: { secrets: object }[] }) => one.environments);
  return environments
    .flatMap((one: { secrets: Record<string, { value: string }> }) => Object.values(one.secrets))
    .map(({ value }: { value: string }) => value)
    .filter((value: string) => value.includes("PRIVATE KEY"));
}

/**
 * Searches the user's project (state, plans, credentials), the logs of all runs, the request log and all that was printed.
 * @returns how many files were searched, and the places that hold a token or a line of a key.
 */
export async function findSecrets(
  world: World,
  keys: readonly string[],
): Promise<{ readonly files: number; readonly found: string[] }> {
  // The first line of every OpenSSH key is the same header, so it says nothing.
  const lines = keys.flatMap((key) => key.trim().split("\n").slice(2, -1));
  const secrets = [...lines, ...Object.values(world.people)];
  const places = new Map<string, string>([
    ["what upstream-sync printed", world.printed.join("\n")],
    ["the request log", JSON.stringify(await world.github.log(0))],
  ]);
  // A story without a run has no logs.
  for (const folder of [world.project, join(world.github.folder, "logs")].filter(existsSync)) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      // The provider's binary is linked into the project by `terraform init`; it cannot hold a key made later.
      if (entry.isFile() && !file.includes("/.terraform/providers/")) places.set(file, readFileSync(file, "latin1"));
    }
  }
  const found = [...places].filter(([, text]) => secrets.some((secret) => text.includes(secret)));
  return { files: places.size - 2, found: found.map(([place]) => place) };
}
