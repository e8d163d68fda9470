import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import semver from "semver";
import { compareVersions, isWithin, parseComparators, parseVersion, type Version } from "../../sync/version.ts";

const parsed = (text: string): Version => {
  const version = parseVersion(text);
  if (version === undefined) throw new Error(`no version: ${text}`);
  return version;
};

/** Small numbers meet each other often; identifiers are those that order differently as text and as numbers. */
const number = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(9, 10, 11, Number.MAX_SAFE_INTEGER));
const identifier = fc.constantFrom("0", "1", "2", "10", "alpha", "beta", "rc", "rc1", "rc-1", "-", "1a", "A");
const prerelease = fc.array(identifier, { minLength: 1, maxLength: 3 }).map((parts) => `-${parts.join(".")}`);
const build = fc.constantFrom("", "", "+build", "+1.2", "+0-a");
const version = fc
  .tuple(number, number, number, fc.oneof(fc.constant(""), prerelease), build)
  .map(([major, minor, patch, pre, meta]) => `${major}.${minor}.${patch}${pre}${meta}`);
const partial = fc.oneof(
  version.map((text) => text.replace(/\+.*/, "")),
  fc.tuple(number, number).map(([major, minor]) => `${major}.${minor}`),
  number.map(String),
  fc.constantFrom("1.x", "1.2.x", "*"),
);
const simple = fc
  .tuple(fc.constantFrom("^", "~", ">=", "<=", ">", "<", "=", ""), partial)
  .map((parts) => parts.join(""));
const range = fc.oneof(
  simple,
  fc.tuple(partial, partial).map(([from, to]) => `${from} - ${to}`),
  fc.tuple(simple, simple).map((parts) => parts.join(" ")),
  fc.tuple(simple, simple).map((parts) => parts.join(" || ")),
);

describe("versions, beside the library semver", () => {
  test("have the same order", () => {
    fc.assert(
      fc.property(version, version, (one, other) => {
        expect(Math.sign(compareVersions(parsed(one), parsed(other)))).toBe(semver.compare(one, other));
      }),
      { numRuns: 2000 },
    );
  });

  test("are in the same ranges, with prereleases and without", () => {
    fc.assert(
      fc.property(version, range, fc.boolean(), (text, wanted, includePrerelease) => {
        fc.pre(semver.validRange(wanted, { includePrerelease }) !== null);
        fc.pre(includePrerelease || semver.prerelease(text) === null);
        const comparators = parseComparators(new semver.Range(wanted, { includePrerelease }).range);
        expect(comparators && isWithin(parsed(text), comparators)).toBe(
          semver.satisfies(text, wanted, { includePrerelease }),
        );
      }),
      { numRuns: 5000 },
    );
  });

  test("are the same texts", () => {
    const text = fc.oneof(version, fc.string(), fc.stringMatching(/^v?\d{1,17}(\.\d{1,3}){1,3}(-[0-9a-z.-]{1,4})?$/));
    fc.assert(
      fc.property(text, (one) => {
        // The library forgives a leading v, = and space; a tag's own v is for the pattern.
        fc.pre(!/^[v=\s]|\s$/.test(one));
        expect(parseVersion(one) !== undefined).toBe(semver.valid(one) !== null);
      }),
      { numRuns: 2000 },
    );
  });
});

test.each([
  "1.2",
  "v1.2.3",
  "01.2.3",
  "1.2.3-01",
  "1.2.3-",
  "1.2.3-a..b",
  "9007199254740992.0.0",
  `1.2.3-${"a".repeat(300)}`,
])("%s is no version", (text) => expect(parseVersion(text)).toBeUndefined());

test("what is no list of comparators is refused as a whole", () => {
  expect(parseComparators(">=1.0.0 <2.x")).toBeUndefined();
  expect(parseComparators("^1.0.0")).toBeUndefined();
  expect(parseComparators("")).toEqual([[]]);
});
