/** How most stories of the sync program begin, and what their tests look at. */
import { lines } from "./repository.ts";
import { type World, world } from "./workflow-run.ts";

type Files = Readonly<Record<string, string>>;

export interface Forked {
  readonly w: World;
  /** The commit that fork and upstream share. */
  readonly base: string;
}

/** Fork and upstream share one commit with `files`; sync/upstream is made from main; dev has a commit with `own` on it, if there is any. */
export async function forkedWorld(files: Files, own?: Files): Promise<Forked> {
  const w = await world();
  const base = w.upstream.commit({ branch: "main", files });
  w.fork.git("fetch", "--quiet", w.upstream.folder, "main:main");
  w.fork.git("branch", "sync/upstream", base);
  if (own === undefined) w.fork.git("branch", "dev", base);
  else w.fork.commit({ branch: "dev", parents: [base], files: own });
  return { w, base };
}

/** The one that most begin with: dev changed line 1 of a. */
export const twoFiles = () => forkedWorld({ a: lines(), b: lines() }, { a: lines({ 1: "dev" }) });

export const CONFLICT = "sync/upstream-conflict-1";

/** @param now the world of the test that asks. */
export function looksAt(now: () => World) {
  const tip = (branch: string) => now().fork.ref(`refs/heads/${branch}`) ?? "";
  const refs = () => now().fork.refs();
  return {
    tip,
    recorded: (name: string) => now().fork.ref(`refs/upstream-sync/main/${name}`),
    branches: () => refs().filter((ref) => ref.startsWith("refs/heads/sync/")),
    seen: () => refs().flatMap((ref) => ref.split("/seen/")[1] ?? []),
    candidates: () => refs().filter((ref) => ref.startsWith("refs/upstream-sync/candidate/")),
    conflictPulls: () => now().github.pulls.filter(({ base: { ref } }) => ref === "sync/upstream"),
    syncPulls: () => now().github.pulls.filter(({ base: { ref } }) => ref === "dev"),
    /** Upstream changes what dev changed, and something else. */
    upstreamConflicts(text = "upstream"): string {
      const files = { a: lines({ 1: text }), u: `${text}\n` };
      return now().upstream.commit({ branch: "main", files, message: "Fixes #1 @all" });
    },
    /** What GitHub's web editor makes: a merge of the base into the head, with the conflicts settled. */
    webEditor(files: Readonly<Record<string, string | null>>, head = CONFLICT): string {
      const parents = [tip(head), tip("sync/upstream")];
      return now().fork.commit({ branch: head, parents, files, message: "Merge branch 'sync/upstream'" });
    },
  };
}
