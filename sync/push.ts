/** Moves refs of the fork: the only way this program does. */
import type { RefUpdate } from "./decide.ts";
import type { Git } from "./git.ts";
import { parseRefs } from "./refs.ts";
import { explainRefusal, stopForRefusal } from "./refusals.ts";

/**
 * All refs or none, each only if it still is where it was read (`--atomic --force-with-lease`).
 * `what` starts the sentence of a refusal: "the push of the candidate was refused".
 * @throws Stop when GitHub or git refuses.
 */
export type Push = (what: string, updates: readonly RefUpdate[]) => Promise<void>;

/** Where a push goes and what proves the right to it. */
export interface Remote {
  readonly url: string;
  /** Added to git's environment for the push alone. */
  readonly environment: Readonly<Record<string, string>>;
}

const TRIES = 3;

export function pushTo(git: Git, sleep: (milliseconds: number) => Promise<void>, remote: Remote): Push {
  return async (what, updates) => {
    if (updates.length === 0) return;
    const { environment } = remote;
    for (let attempt = 1; ; attempt += 1) {
      const result = await git.attempt(pushArguments(remote.url, updates), { environment });
      if (result.code === 0) return;
      const words = `${result.stderr}\n${result.stdout.toString("utf8")}`;
      if (explainRefusal(words).kind !== "unreachable" || attempt === TRIES) throw stopForRefusal(what, words);
      await sleep(2000 * attempt);
      // The answer may be what was lost, and not the push.
      if (await arrived(git, remote, updates)) return;
    }
  };
}

async function arrived(git: Git, { url, environment }: Remote, updates: readonly RefUpdate[]): Promise<boolean> {
  const result = await git.attempt(["ls-remote", "--refs", url, ...updates.map(({ ref }) => ref)], { environment });
  if (result.code !== 0) return false;
  const refs = parseRefs(result.stdout.toString("utf8"));
  return updates.every(({ ref, to }) => refs.get(ref) === to);
}

function pushArguments(url: string, updates: readonly RefUpdate[]): string[] {
  return [
    // Sparse packing sends more than it saves here: 14.5 MB against 11.5 MB on a 189 MB repository.
    "-c",
    "pack.useSparse=false",
    "push",
    "--porcelain",
    "--no-verify",
    "--atomic",
    ...updates.map(({ ref, from }) => `--force-with-lease=${ref}:${from ?? ""}`),
    url,
    ...updates.map(({ ref, to }) => `${to ?? ""}:${ref}`),
  ];
}
