/** What every operation gets: the user's project and the world around it, read once by the caller. */
import type { Config, ForkConfig } from "../config/schema.ts";
import { InputFailure } from "../failure.ts";

export interface Context {
  readonly config: Config;
  /** Folder of the config file; `credentials/`, `state/` and `cdktf.out/` are in it. */
  readonly projectFolder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The forks named, all when none is. @throws InputFailure for a name the config does not have. */
export function selectForks(config: Config, names: readonly string[]): readonly ForkConfig[] {
  const unknown = names.filter((name) => !config.forks.some((fork) => fork.repository === name));
  if (unknown.length > 0) {
    throw new InputFailure(
      `no such fork in the config: got ${unknown.join(", ")}, expected one of ${config.forks.map((fork) => fork.repository).join(", ")}`,
      "name a fork as owner/name, as it stands under `forks:`",
    );
  }
  return names.length === 0 ? config.forks : config.forks.filter((fork) => names.includes(fork.repository));
}
