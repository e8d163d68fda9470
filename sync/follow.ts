/** What of upstream is followed: a branch, its releases, or tags by pattern; from names to a choice, pure. */
import { parseJson } from "./environment.ts";
import { Stop } from "./stop.ts";
import {
  type Comparators,
  compareVersions,
  isWithin,
  parseComparators,
  parseVersion,
  type Version,
} from "./version.ts";

export type Follow =
  | { readonly kind: "branch" }
  | {
      readonly kind: "releases";
      /** As people wrote it. */
      readonly range: string;
      readonly comparators: Comparators;
      readonly prereleases: boolean;
      /** Patterns with one `*`, which stands for the version. */
      readonly patterns: readonly string[];
    }
  | {
      readonly kind: "tags";
      /** Each `*` stands for any characters; without one it names a single tag, which may move as a branch does. */
      readonly pattern: string;
    };

export type FollowedTags = Exclude<Follow, { kind: "branch" }>;

export interface Tag {
  readonly name: string;
  /** The commit, also of an annotated tag. */
  readonly sha: string;
}

/** Where a version stands in a tag's name when the configuration does not say. */
const USUAL_PATTERNS = ["*", "v*"];

/**
 * Only such names are followed: they are safe in a ref, a commit message, a shell and Markdown, and hold no word that GitHub
 * would act on.
 */
const PLAIN = /^[A-Za-z0-9@._+/-]{1,200}$/;

/** @param text `branch`, or JSON as lib/render/follow.ts writes it; undefined for anything else. */
export function parseFollow(text: string): Follow | undefined {
  if (text === "branch") return { kind: "branch" };
  const value = parseJson(text);
  if (typeof value !== "object" || value === null) return undefined;
  const { releases, comparators, prereleases, tags } = value as Record<string, unknown>;
  if (tags !== undefined && typeof tags !== "string") return undefined;
  if (releases === undefined) return tags === undefined ? undefined : { kind: "tags", pattern: tags };
  const parsed = typeof comparators === "string" ? parseComparators(comparators) : undefined;
  if (typeof releases !== "string" || typeof prereleases !== "boolean" || parsed === undefined) return undefined;
  const patterns = tags === undefined ? USUAL_PATTERNS : [tags];
  return { kind: "releases", range: releases, comparators: parsed, prereleases, patterns };
}

/** What is followed, before it is known which tag that is. */
export function followedRef(follow: Follow, branch: string): string {
  switch (follow.kind) {
    case "branch":
      return `refs/heads/${branch}`;
    case "releases":
      return `refs/tags/${follow.patterns.at(-1)}`;
    case "tags":
      return `refs/tags/${follow.pattern}`;
  }
}

/** `main` of `refs/heads/main`. */
export function shortName(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags)\//, "");
}

/** As in a commit message, where GitHub makes a mention of an @ that follows no letter or digit. */
export function withoutMention(name: string): string {
  return name.replaceAll(/(?<![A-Za-z0-9])@/g, "");
}

/** @param listing as `git ls-remote --tags` prints it: an annotated tag has a second line, `<commit>\t<ref>^{}`. */
export function tagsOf(listing: ReadonlyMap<string, string>): Tag[] {
  return [...listing].flatMap(([ref, sha]) => {
    if (!ref.startsWith("refs/tags/") || ref.endsWith("^{}")) return [];
    return [{ name: ref.slice("refs/tags/".length), sha: listing.get(`${ref}^{}`) ?? sha }];
  });
}

interface Candidate {
  readonly tag: Tag;
  readonly version: Version | undefined;
}

/** Undefined for a tag that cannot be brought into an order with those that are followed. */
function candidateOf(follow: Follow, tag: Tag): Candidate | undefined {
  if (!PLAIN.test(tag.name)) return undefined;
  switch (follow.kind) {
    case "branch":
      return undefined;
    case "tags":
      return matchOf(follow.pattern, tag.name) ? { tag, version: undefined } : undefined;
    case "releases": {
      const texts = follow.patterns.flatMap((pattern) => matchOf(pattern, tag.name)?.slice(1, 2) ?? []);
      const version = texts.map(parseVersion).find((one) => one !== undefined);
      return version && { tag, version };
    }
  }
}

function matchOf(pattern: string, name: string): RegExpExecArray | null {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+^$(){}[\]|\\?/-]/g, "\\$&"));
  return new RegExp(`^${parts.join("(.*)")}$`).exec(name);
}

function isFollowed(follow: Follow, { version }: Candidate): boolean {
  if (follow.kind !== "releases" || version === undefined) return true;
  return (follow.prereleases || version.prerelease.length === 0) && isWithin(version, follow.comparators);
}

/** By version, then by name. @returns negative, zero or positive, as for `sort`. */
function compare(one: Candidate, other: Candidate): number {
  const versions = one.version && other.version ? compareVersions(one.version, other.version) : 0;
  return versions || compareNames(one.tag.name, other.tag.name);
}

/** Numbers in names compare as numbers: `nightly-9` comes before `nightly-10`, and dates in order. */
export function compareNames(one: string, other: string): number {
  const [parts, others] = [partsOf(one), partsOf(other)];
  for (const [index, part] of parts.entries()) {
    const opposite = others[index];
    if (opposite === undefined) return 1;
    const difference = compareParts(part, opposite);
    if (difference !== 0) return difference;
  }
  return parts.length - others.length || byCharacters(one, other);
}

function partsOf(name: string): readonly string[] {
  return name.match(/\d+|\D+/g) ?? [];
}

function compareParts(one: string, other: string): number {
  if (!/^\d/.test(one) || !/^\d/.test(other)) return byCharacters(one, other);
  const plain = (digits: string) => digits.replace(/^0+(?=\d)/, "");
  return plain(one).length - plain(other).length || byCharacters(plain(one), plain(other));
}

function byCharacters(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

function newestOf(candidates: readonly Candidate[]): Candidate | undefined {
  return [...candidates].sort(compare).at(-1);
}

export interface ChoiceFacts {
  readonly follow: FollowedTags;
  /** Upstream's address, for words. */
  readonly url: string;
  readonly listed: readonly Tag[];
  /** The newest tag that was taken so far, as it was then. */
  readonly taken: Tag | undefined;
  /** The ref that says so. */
  readonly takenRef: string;
}

/**
 * The newest tag that fits, and never one that is older than what was taken. A tag that was taken and stands elsewhere now is
 * not taken again; once a newer one is there, `merge` judges whether that has what was taken.
 *
 * @throws Stop when there is nothing to follow: a green run that can never do anything would be a lie.
 */
export function chooseTag({ follow, url, listed, taken, takenRef }: ChoiceFacts): Tag {
  const candidates = listed.flatMap((tag) => candidateOf(follow, tag) ?? []);
  const newest = newestOf(candidates.filter((one) => isFollowed(follow, one)));
  const before = taken && candidateOf(follow, taken);
  const stands = listed.find(({ name }) => name === taken?.name);
  if (before !== undefined && (newest === undefined || compare(newest, before) < 0)) {
    throw stands === undefined
      ? withdrawn(url, follow, before.tag, newest?.tag, takenRef)
      : nothingNewer(url, follow, before.tag, newest?.tag, takenRef);
  }
  if (newest === undefined) throw nothingToFollow(url, follow, listed, newestOf(candidates)?.tag);
  const moved = newest.tag.name === taken?.name && newest.tag.sha !== taken.sha;
  if (moved && !isOneTag(follow)) throw movedTag(url, taken, newest.tag, takenRef);
  return newest.tag;
}

function isOneTag(follow: Follow): boolean {
  return follow.kind === "tags" && !follow.pattern.includes("*");
}

/** The tag at a commit that was given by hand: one that is followed before any other, the newest of them. */
export function tagAt(follow: Follow, listed: readonly Tag[], sha: string): Tag | undefined {
  const there = listed.filter((tag) => tag.sha === sha && PLAIN.test(tag.name));
  const followed = newestOf(there.flatMap((tag) => candidateOf(follow, tag) ?? []));
  return followed?.tag ?? [...there].sort((one, other) => compareNames(one.name, other.name)).at(-1);
}

/** What is remembered as the newest tag that was taken, once `ref` is in. */
export function rememberedTag(
  follow: Follow,
  before: Tag | undefined,
  now: { readonly ref: string; readonly sha: string },
): Tag | undefined {
  if (follow.kind === "branch") return undefined;
  const tag = now.ref.startsWith("refs/tags/")
    ? candidateOf(follow, { name: shortName(now.ref), sha: now.sha })
    : undefined;
  if (tag === undefined) return before;
  const old = before && candidateOf(follow, before);
  return old !== undefined && compare(tag, old) < 0 ? before : tag.tag;
}

/** Why this one: for the record and the pull request. */
export function whyFollowed(follow: Follow, ref: string, byHand: boolean): string {
  const name = shortName(ref);
  const tag = ref.startsWith("refs/tags/");
  if (byHand) return tag ? `tag ${name}, its commit given by hand` : `a commit given by hand, of branch ${name}`;
  switch (follow.kind) {
    case "branch":
      return `branch ${name}`;
    case "releases":
      return `release ${name}, the newest in ${lineOf(follow)}`;
    case "tags":
      return isOneTag(follow) ? `tag ${name}` : `tag ${name}, the newest of ${lineOf(follow)}`;
  }
}

function lineOf(follow: FollowedTags): string {
  if (follow.kind === "tags") return follow.pattern;
  return follow.prereleases ? `${follow.range} with prereleases` : follow.range;
}

/** `no release in ^1.0.0`, `no tag nightly-*`. */
function noneOf(follow: FollowedTags): string {
  return follow.kind === "tags" ? `no tag ${follow.pattern}` : `no release in ${lineOf(follow)}`;
}

function nothingToFollow(url: string, follow: FollowedTags, listed: readonly Tag[], near: Tag | undefined): Stop {
  const all = listed.length === 1 ? "the one tag there" : `all ${listed.length} tags there`;
  const others = near ? `the newest version among its tags is ${near.name}` : `${all} are named otherwise`;
  return new Stop({
    what: `upstream ${url} has ${noneOf(follow)}`,
    got: listed.length === 0 ? "it has no tags at all" : others,
    remedy:
      "Nothing can come until it has one. Compare `follow` in the configuration with upstream's tags and deploy again, or disable the workflow until then",
  });
}

function withdrawn(url: string, follow: FollowedTags, taken: Tag, left: Tag | undefined, takenRef: string): Stop {
  return new Stop({
    what: `upstream ${url} withdrew its tag ${taken.name}, which this fork has taken`,
    got: `${taken.sha.slice(0, 12)} is no longer tagged so, and ${leftWords(follow, left)}; nothing older is taken after it`,
    remedy: `Ask upstream why, and revert it on the target if it is bad; the next newer one is taken by itself. To go on without it, ${forget(takenRef)}`,
  });
}

function nothingNewer(url: string, follow: FollowedTags, taken: Tag, left: Tag | undefined, takenRef: string): Stop {
  return new Stop({
    what: `upstream ${url} has nothing to follow that is newer than ${taken.name}, which this fork has taken`,
    got: `${leftWords(follow, left)}; nothing older is taken after it`,
    remedy: `Let \`follow\` in the configuration include ${taken.name} and deploy again. To follow the older line from now on, ${forget(takenRef)}; what came with ${taken.name} stays until people revert it`,
  });
}

function leftWords(follow: FollowedTags, left: Tag | undefined): string {
  return left === undefined ? `there is ${noneOf(follow)}` : `the newest in ${lineOf(follow)} is ${left.name}`;
}

function movedTag(url: string, taken: Tag, now: Tag, takenRef: string): Stop {
  return new Stop({
    what: `upstream ${url} moved its tag ${taken.name} after this fork had taken it`,
    got: `it was ${taken.sha.slice(0, 12)} and is ${now.sha.slice(0, 12)} now`,
    remedy: `Ask upstream what happened: a release that changes under its name may have been tampered with. The next newer one is looked at by itself. To take this one as it is now, ${forget(takenRef)}`,
  });
}

function forget(ref: string): string {
  return `delete the ref ${ref} of the fork and run the workflow again`;
}
