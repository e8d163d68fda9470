/**
 * The sync program on a person's machine: the same fold and the same judgement as in the fork's workflow, in a clone, for
 * `upstream-sync sync --local`, `upstream-sync resolve` and `upstream-sync rehearse`. It adds objects to the clone and moves nothing.
 *
 *   node by-hand.js < request.json > answer.json
 *
 * Exit codes: 0 done, 1 stopped in words on standard error.
 */
import { text } from "node:stream/consumers";
import { type Commits, type DeriveSettings, derive } from "./derive.ts";
import { readRange } from "./finish-facts.ts";
import { parseFollow, tagsOf } from "./follow.ts";
import { gitIn } from "./git.ts";
import { chooseFollowed, type Followed } from "./look-up.ts";
import type { Conflict } from "./merge-step.ts";
import { parseRefs, refsOf } from "./refs.ts";
import { pause } from "./rest.ts";
import { type Risk, risksOf } from "./risks.ts";
import { wordsFor } from "./stop.ts";

/** Which of upstream's tags a run would take now. */
interface ChoiceRequest {
  readonly ask: "choice";
  /** As the workflow has it in UPSTREAM_FOLLOW, for releases or tags. */
  readonly follow: string;
  readonly upstream: { readonly url: string; readonly branch: string };
  readonly branches: { readonly sync: string; readonly target: string };
  /** What `git ls-remote` prints: of the fork's branches and our refs, and of upstream's tags. */
  readonly listings: { readonly fork: string; readonly tags: string };
}

/** What a run would make of these commits. */
interface FoldRequest extends Omit<DeriveSettings, "retest"> {
  readonly ask: "fold";
  /** The clone's git folder, absolute. */
  readonly gitFolder: string;
  readonly commits: Omit<Commits, "proposals" | "tested" | "held"> & {
    readonly tested?: string;
    readonly held?: string;
  };
  /** Commits that people want taken in, by what follows `<sync branch>-`. */
  readonly proposals: Readonly<Record<string, string>>;
}

interface FoldAnswer {
  /** The commit up to which everything went in; null when there is nothing to merge. */
  readonly tip: string | null;
  /** Of the first side that did not go in. */
  readonly conflicts: readonly Conflict[];
  /** Proposals that did not go in, and why. */
  readonly setAside: readonly { readonly name: string; readonly why: string; readonly files: readonly Conflict[] }[];
  readonly taken: readonly {
    readonly name: string;
    readonly conflicted: readonly string[];
    readonly oneSided: string | null;
  }[];
}

/** What upstream has that the target has not: as the pull request tells it. */
interface RangeRequest {
  readonly ask: "range";
  readonly gitFolder: string;
  readonly commits: { readonly target: string; readonly upstream: string };
}

interface RangeAnswer {
  readonly from: string;
  readonly to: string;
  readonly commits: number;
  readonly files: number;
  readonly bothChanged: readonly string[];
  readonly risks: readonly Risk[];
}

/** The route of a set-up: there is one. */
const ROUTE = "main";

function choice({ follow, upstream, branches, listings }: ChoiceRequest): Followed {
  const followed = parseFollow(follow);
  if (followed === undefined || followed.kind === "branch")
    throw new Error(`what is followed cannot be read: ${follow}`);
  const settings = { route: ROUTE, branches, upstream };
  const { tag } = refsOf(listings.fork, settings).recorded;
  return chooseFollowed(settings, { kind: "tags", follow: followed, tags: tagsOf(parseRefs(listings.tags)) }, tag);
}

async function fold(request: FoldRequest): Promise<FoldAnswer> {
  const { gitFolder, commits, proposals } = request;
  // In the git folder, git sees no work tree, as in the workflow: what is checked out decides nothing.
  const git = gitIn(gitFolder, { environment: process.env, sleep: pause });
  const { fold, taken } = await derive(
    git,
    { ...request, retest: false },
    { tested: undefined, held: undefined, ...commits, proposals: new Map(Object.entries(proposals)) },
  );
  return {
    tip: fold?.tip ?? null,
    conflicts: fold?.conflicts ?? [],
    setAside: (fold?.setAside ?? []).map(({ name, why, files }) => ({ name, why, files })),
    taken: taken.map(({ name, conflicted, oneSided }) => ({ name, conflicted, oneSided: oneSided ?? null })),
  };
}

async function range({ gitFolder, commits }: RangeRequest): Promise<RangeAnswer> {
  const git = gitIn(gitFolder, { environment: process.env, sleep: pause });
  const { target, upstream } = commits;
  const { range, changes, bothChanged } = await readRange(git, upstream, { target, there: [target] }, upstream);
  return { ...range, files: changes.length, bothChanged, risks: risksOf(changes) };
}

async function answer(
  request: ChoiceRequest | FoldRequest | RangeRequest,
): Promise<Followed | FoldAnswer | RangeAnswer> {
  if (request.ask === "choice") return choice(request);
  return request.ask === "fold" ? await fold(request) : await range(request);
}

try {
  const request = JSON.parse(await text(process.stdin)) as ChoiceRequest | FoldRequest | RangeRequest;
  process.stdout.write(JSON.stringify(await answer(request)));
} catch (error) {
  process.stderr.write(wordsFor(error));
  process.exitCode = 1;
}
