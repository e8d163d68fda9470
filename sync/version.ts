/** Versions by semver.org 2.0.0, strictly, and ranges as comparators; pure. Compared with the library `semver` in its test. */

export interface Version {
  /** Major, minor, patch. */
  readonly numbers: readonly [number, number, number];
  /** Identifiers of the prerelease; empty for a release. What follows `+` has no say in the order. */
  readonly prerelease: readonly string[];
}

/** Each list is a set of conditions that hold together; one of the sets has to hold. */
export type Comparators = readonly (readonly Comparator[])[];

interface Comparator {
  readonly sign: "<" | "<=" | ">" | ">=" | "=";
  readonly version: Version;
}

const NUMBER = "0|[1-9]\\d*";
const IDENTIFIER = `(?:${NUMBER}|\\d*[A-Za-z-][0-9A-Za-z-]*)`;
const VERSION = new RegExp(
  `^(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/** Undefined for what is no version: `1.2`, `v1.2.3`, `01.2.3`. */
export function parseVersion(text: string): Version | undefined {
  // The library's own limits.
  const found = text.length > 256 ? null : VERSION.exec(text);
  if (found === null) return undefined;
  const [, major, minor, patch, prerelease] = found;
  const numbers = [Number(major), Number(minor), Number(patch)] as const;
  if (!numbers.every(Number.isSafeInteger)) return undefined;
  return { numbers, prerelease: prerelease?.split(".") ?? [] };
}

/** https://semver.org/#spec-item-11 @returns negative, zero or positive, as for `sort`. */
export function compareVersions(one: Version, other: Version): number {
  for (const [index, number] of one.numbers.entries()) {
    const difference = number - (other.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePrereleases(one.prerelease, other.prerelease);
}

function comparePrereleases(one: readonly string[], other: readonly string[]): number {
  // A release comes after its prereleases.
  if (one.length === 0 || other.length === 0) return other.length - one.length;
  for (const [index, identifier] of one.entries()) {
    const opposite = other[index];
    if (opposite === undefined) return 1;
    const difference = compareIdentifiers(identifier, opposite);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

function compareIdentifiers(one: string, other: string): number {
  const [number, otherNumber] = [/^\d+$/.test(one), /^\d+$/.test(other)];
  if (number && otherNumber) return one.length - other.length || order(one, other);
  if (number !== otherNumber) return number ? -1 : 1;
  return order(one, other);
}

function order(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/**
 * @param text a range as the library writes it out: `>=1.0.0 <2.0.0-0||>=3.0.0`; empty for every version.
 * @returns undefined for anything else.
 */
export function parseComparators(text: string): Comparators | undefined {
  const sets = text.split("||").map((set) =>
    set
      .split(" ")
      .filter((one) => one !== "")
      .map(parseComparator),
  );
  return sets.every((set): set is Comparator[] => set.every((one) => one !== undefined)) ? sets : undefined;
}

function parseComparator(text: string): Comparator | undefined {
  const [, sign = "", rest = ""] = /^(<=|>=|<|>|)(.*)$/.exec(text) ?? [];
  const version = parseVersion(rest);
  return version && { sign: (sign || "=") as Comparator["sign"], version };
}

export function isWithin(version: Version, comparators: Comparators): boolean {
  return comparators.some((set) => set.every((one) => fits(compareVersions(version, one.version), one.sign)));
}

function fits(difference: number, sign: Comparator["sign"]): boolean {
  switch (sign) {
    case "<":
      return difference < 0;
    case "<=":
      return difference <= 0;
    case ">":
      return difference > 0;
    case ">=":
      return difference >= 0;
    case "=":
      return difference === 0;
  }
}
