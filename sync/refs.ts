/** The refs of the fork that the program reads and moves; pure. */
import type { RefUpdate } from "./decide.ts";
import { type Distance, parseDistance } from "./distance.ts";
import { SHA } from "./environment.ts";
import type { Tag } from "./follow.ts";
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
    /** While upstream's workflow files are held: the upstream commit up to which the fork has them. */
    readonly held: string | undefined;
    /** Where the sync tip is expected to land by squash: the commit of the target that landed it. */
    readonly landed: string | undefined;
    /** The newest of upstream's tags that was taken, where tags are followed. */
    readonly tag: Tag | undefined;
  };
  /** How far the target was behind when a run last counted: one, but for a moment of trouble. */
  readonly distances: readonly Distance[];
  /** Tips of the default branch up to which issues that upstream's words closed were looked for, and the ref's own commit: one at most. */
  readonly closings: ReadonlyMap<string, string>;
  /** Candidates by full ref name; one that is left over marks a run that did not finish. */
  readonly candidates: ReadonlyMap<string, string>;
  /** Tip of the branch on which the fork's own CI tests a candidate. */
  readonly candidateBranch: string | undefined;
  /** Tips of the branches for people, by what follows the sync branch's name: `conflict-1`, `manual`. */
  readonly proposals: ReadonlyMap<string, string>;
  /**
   * What the last run that needs people had judged: `upstream`, `sync` and `target` while a conflict is open, and the
   * branches for people under their names as in `proposals`.
   */
  readonly seen: ReadonlyMap<string, string>;
}

export function recordRef(
  settings: Pick<Settings, "route">,
  name: Exclude<keyof RemoteRefs["recorded"], "tag">,
): string {
  return `refs/upstream-sync/${settings.route}/${name}`;
}

/** The tag's name stands in the ref's, so that `look` reads it without a clone; a comma is in no name that is followed. */
export function tagRecordRef(settings: Pick<Settings, "route">, name: string): string {
  return `refs/upstream-sync/${settings.route}/tag/${name.replaceAll("/", ",")}`;
}

export function distanceRef(settings: Pick<Settings, "route">, name: string): string {
  return `refs/upstream-sync/${settings.route}/behind/${name}`;
}

export function closingsRef(settings: Pick<Settings, "route">, tip: string): string {
  return `refs/upstream-sync/${settings.route}/closings/${tip}`;
}

export function seenRef(settings: Pick<Settings, "route">, name: string): string {
  return `refs/upstream-sync/${settings.route}/seen/${name}`;
}

/** One tag is remembered at most. */
export function tagRecordUpdates(
  settings: Pick<Settings, "route">,
  before: Tag | undefined,
  after: Tag | undefined,
): RefUpdate[] {
  const ref = ({ name }: Tag) => tagRecordRef(settings, name);
  if (before?.name === after?.name) {
    return before && after && before.sha !== after.sha ? [{ ref: ref(after), from: before.sha, to: after.sha }] : [];
  }
  return [
    ...(before ? [{ ref: ref(before), from: before.sha, to: undefined }] : []),
    ...(after ? [{ ref: ref(after), from: undefined, to: after.sha }] : []),
  ];
}

/** The branch for people of this name: `conflict-1`, `manual`. */
export function proposalBranch(settings: Pick<Settings, "branches">, name: string): string {
  return `${settings.branches.sync}-${name}`;
}

/** Where the fork's own CI finds the candidate (`tests.checks`). */
export function candidateBranch({ branches }: Pick<Settings, "branches">): string {
  return `${branches.sync}-candidate`;
}

/** 1 for `conflict-1`; 0 for `manual`. */
export function conflictNumber(name: string): number {
  return Number(/^conflict-(\d+)$/.exec(name)?.[1] ?? 0);
}

/** What follows `<sync branch>-` in the names of the branches for people. */
export const PROPOSAL = /^(?:conflict-[1-9]\d{0,8}|manual)$/;

/** Patterns for the branches that the program reads, as git's refspecs and `ls-remote` take them; both may match more. */
export function branchPatterns({ sync, target }: Settings["branches"]): string[] {
  const names = [sync, target, `${sync}-conflict-*`, `${sync}-manual*`, `${sync}-candidate*`];
  return names.map((name) => `refs/heads/${name}`);
}

export function candidateRef(settings: Pick<Settings, "route" | "run">): string {
  return `${candidatesOf(settings)}${settings.run.id}`;
}

/** A verification has a place of its own: a candidate that is left over makes the next run of its route look again. */
function candidatesOf({ route }: Pick<Settings, "route">): string {
  return route === "main" ? "refs/upstream-sync/candidate/" : `refs/upstream-sync/${route}/candidate/`;
}

/** Where a fetched ref is kept locally, so that the fork's names never mix with upstream's. */
export function refUnder(side: "fork", ref: string): string {
  return ref.replace(/^refs\//, `refs/${side}/`);
}

/**
 * @param listing lines of `<sha>\t<full ref>`, as `git ls-remote` prints. Names are compared whole: asked for `main`, git
 *   also answers `refs/heads/aaa/main`, and even `refs/heads/refs/heads/main`.
 */
export function refsOf(listing: string, settings: Pick<Settings, "route" | "branches">): RemoteRefs {
  const refs = parseRefs(listing);
  const candidates = candidatesOf(settings);
  return {
    sync: refs.get(`refs/heads/${settings.branches.sync}`),
    target: refs.get(`refs/heads/${settings.branches.target}`),
    recorded: {
      synced: refs.get(recordRef(settings, "synced")),
      tested: refs.get(recordRef(settings, "tested")),
      target: refs.get(recordRef(settings, "target")),
      held: refs.get(recordRef(settings, "held")),
      landed: refs.get(recordRef(settings, "landed")),
      tag: recordedTag(refs, settings),
    },
    candidates: new Map([...refs].filter(([ref]) => ref.startsWith(candidates))),
    candidateBranch: refs.get(`refs/heads/${candidateBranch(settings)}`),
    closings: below(refs, closingsRef(settings, ""), (name) => SHA.test(name)),
    distances: [...below(refs, distanceRef(settings, ""), () => true)].flatMap(
      ([name, sha]) => parseDistance(name, sha) ?? [],
    ),
    proposals: below(refs, `refs/heads/${settings.branches.sync}-`, (name) => PROPOSAL.test(name)),
    seen: below(refs, seenRef(settings, ""), () => true),
  };
}

function recordedTag(refs: ReadonlyMap<string, string>, settings: Pick<Settings, "route">): Tag | undefined {
  const [last] = [...below(refs, tagRecordRef(settings, ""), () => true)].slice(-1);
  return last && { name: last[0].replaceAll(",", "/"), sha: last[1] };
}

function below(refs: ReadonlyMap<string, string>, start: string, fits: (name: string) => boolean): Map<string, string> {
  const named = [...refs].filter(([ref]) => ref.startsWith(start)).map(([ref, sha]) => [ref.slice(start.length), sha]);
  return new Map((named as [string, string][]).filter(([name]) => fits(name)));
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
