/** The refs of the fork that the program reads and moves; pure. */
import type { Settings } from "./settings.ts";

export interface RemoteRefs {
  readonly sync: string | undefined;
  readonly target: string | undefined;
  /** What the last finished run recorded. */
  readonly recorded: {
    /** The upstream commit taken over. */
    readonly synced: string | undefined;
    /** The sync tip as promoted. */
    readonly tested: string | undefined;
    /** The target tip it was folded with. */
    readonly target: string | undefined;
  };
  /** Candidates by full ref name; one that is left over marks a run that did not finish. */
  readonly candidates: ReadonlyMap<string, string>;
}

export function recordRef(settings: Settings, name: "synced" | "tested" | "target"): string {
  return `refs/upstream-sync/${settings.route}/${name}`;
}

export function candidateRef(settings: Settings): string {
  return `${CANDIDATES}${settings.run.id}`;
}

/** Where a fetched ref is kept locally, so that the fork's names never mix with upstream's. */
export function refUnder(side: "fork", ref: string): string {
  return ref.replace(/^refs\//, `refs/${side}/`);
}

/**
 * @param listing lines of `<sha>\t<full ref>`, as `git ls-remote` prints. Names are compared whole: asked for `main`, git
 *   also answers `refs/heads/aaa/main`, and even `refs/heads/refs/heads/main`.
 */
export function refsOf(listing: string, settings: Settings): RemoteRefs {
  const refs = parseRefs(listing);
  return {
    sync: refs.get(`refs/heads/${settings.branches.sync}`),
    target: refs.get(`refs/heads/${settings.branches.target}`),
    recorded: {
      synced: refs.get(recordRef(settings, "synced")),
      tested: refs.get(recordRef(settings, "tested")),
      target: refs.get(recordRef(settings, "target")),
    },
    candidates: new Map([...refs].filter(([ref]) => ref.startsWith(CANDIDATES))),
  };
}

export function parseRefs(listing: string): Map<string, string> {
  return new Map(
    listing
      .split("\n")
      .filter((line) => line.includes("\t"))
      .map((line) => {
        const [sha = "", ref = ""] = line.split("\t");
        return [ref, sha] as const;
      }),
  );
}

const CANDIDATES = "refs/upstream-sync/candidate/";
