import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { followText } from "../../lib/render/follow.ts";
import {
  chooseTag,
  compareNames,
  type Follow,
  type FollowedTags,
  parseFollow,
  rememberedTag,
  tagAt,
  tagsOf,
  whyFollowed,
  withoutMention,
} from "../../sync/follow.ts";
import { parseRefs } from "../../sync/refs.ts";
import { forkConfig } from "../support/fork-config.ts";
import { sha } from "./support/settings.ts";

/** As the configuration says it and the workflow hands it on. */
function follow(written: object): FollowedTags {
  const read = parseFollow(followText(forkConfig({ follow: written }).follow));
  if (read === undefined || read.kind === "branch") throw new Error("no tags");
  return read;
}

const url = "https://github.com/up/app.git";
const takenRef = "refs/upstream-sync/main/tag/x";
const named = (...names: string[]) => names.map((name) => ({ name, sha: sha("1") }));

function choose(written: object, names: readonly string[], taken?: string): string {
  const facts = {
    url,
    listed: named(...names),
    taken: taken === undefined ? undefined : { name: taken, sha: sha("1") },
  };
  return chooseTag({ follow: follow(written), takenRef, ...facts }).name;
}

describe("the newest release in a range", () => {
  const tags = ["v1.9.0", "v1.10.0", "v2.0.0", "v1.11.0-rc.1", "v1.2", "nightly", "1.9.5", "v01.99.0"];

  test.each<[object, string]>([
    [{ releases: "^1.0.0" }, "v1.10.0"],
    [{ releases: "^1.0.0", prereleases: true }, "v1.11.0-rc.1"],
    [{ releases: "*" }, "v2.0.0"],
    [{ releases: "~1.9 || >=3" }, "1.9.5"],
    [{ releases: "<2", tags: "v*" }, "v1.10.0"],
  ])("%j", (written, expected) => {
    expect(choose(written, tags)).toBe(expected);
    expect(choose(written, [...tags].reverse())).toBe(expected);
  });

  test("is found by the names that the configuration gives", () => {
    const monorepo = ["server-v1.2.0", "server-v1.3.0", "client-v9.0.0", "v8.0.0", "@acme/app@1.4.0"];
    expect(choose({ releases: "*", tags: "server-v*" }, monorepo)).toBe("server-v1.3.0");
    expect(choose({ releases: "*", tags: "@acme/app@*" }, monorepo)).toBe("@acme/app@1.4.0");
  });

  test("a name that is not plain is no release, whatever it says", () => {
    expect(choose({ releases: "*" }, ["v1.0.0", "v2.0.0+$(id)", "v3.0.0`", "v4.0.0'"])).toBe("v1.0.0");
  });
});

describe("the newest tag of a pattern", () => {
  test("is the one with the greatest numbers", () => {
    expect(choose({ tags: "nightly-*" }, ["nightly-2026-9-30", "nightly-2026-10-1", "weekly-2027"])).toBe(
      "nightly-2026-10-1",
    );
    expect(choose({ tags: "*" }, ["a.1", "a-2", "b"])).toBe("b");
    expect(choose({ tags: "r*.x" }, ["r9.x", "r10zx", "r10.x"])).toBe("r10.x");
  });

  test("comes out the same however the tags are listed", () => {
    const name = fc.stringMatching(/^[a-c0-2.-]{1,6}$/);
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(compareNames(a, b))).toBe(-Math.sign(compareNames(b, a)) + 0);
        if (compareNames(a, b) <= 0 && compareNames(b, c) <= 0) expect(compareNames(a, c)).toBeLessThanOrEqual(0);
        expect(compareNames(a, b) === 0).toBe(a === b);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("nothing older after something newer", () => {
  const range = { releases: "^1.0.0" };

  test("the same again is nothing new, a newer one is taken", () => {
    expect(choose(range, ["v1.0.0", "v1.1.0"], "v1.1.0")).toBe("v1.1.0");
    expect(choose(range, ["v1.0.0", "v1.1.0", "v1.2.0"], "v1.1.0")).toBe("v1.2.0");
  });

  test.each<[string, object, string[], string, RegExp]>([
    [
      "withdrawn",
      range,
      ["v1.0.0"],
      "v1.1.0",
      /withdrew its tag v1\.1\.0, which this fork has taken.*newest in \^1\.0\.0 is v1\.0\.0.*Ask upstream why.*delete the ref refs\/upstream-sync/,
    ],
    ["withdrawn, nothing left", range, [], "v1.1.0", /withdrew its tag v1\.1\.0.*there is no release in \^1\.0\.0/],
    [
      "the range was narrowed",
      { releases: "~1.0" },
      ["v1.0.9", "v1.1.0"],
      "v1.1.0",
      /nothing to follow that is newer than v1\.1\.0.*newest in ~1\.0 is v1\.0\.9.*Let `follow`.*include v1\.1\.0/,
    ],
    ["a pattern's tag withdrawn", { tags: "n-*" }, ["n-1"], "n-2", /withdrew its tag n-2.*newest in n-\* is n-1/],
  ])("%s: says so and stops", (_, written, names, taken, words) => {
    expect(() => choose(written, names, taken)).toThrow(words);
  });

  test("another naming of tags starts anew", () => {
    expect(choose({ releases: "*", tags: "server-v*" }, ["server-v0.1.0"], "v9.0.0")).toBe("server-v0.1.0");
  });

  test("a tag that moved after it was taken stops, unless a newer one is there or it is the one that is followed", () => {
    const at = (written: object, ...listed: { name: string; sha: string }[]) =>
      chooseTag({ follow: follow(written), url, takenRef, listed, taken: { name: "v1.1.0", sha: sha("2") } });
    expect(() => at(range, ...named("v1.1.0"))).toThrow(
      /moved its tag v1\.1\.0 after this fork had taken it: it was 222222222222 and is 111111111111 now/,
    );
    expect(at(range, ...named("v1.1.0", "v1.2.0")).name).toBe("v1.2.0");
    expect(at({ tags: "v1.1.0" }, ...named("v1.1.0")).sha).toBe(sha("1"));
  });
});

describe("nothing to follow is not green", () => {
  test.each<[string, object, string[], RegExp]>([
    ["no tags", { releases: "*" }, [], /has no release in \*: it has no tags at all\. Nothing can come/],
    [
      "none in the range",
      { releases: "^2" },
      ["v1.0.0", "v0.1.0"],
      /no release in \^2: the newest version .* is v1\.0\.0/,
    ],
    [
      "only prereleases",
      { releases: "*" },
      ["v1.0.0-rc.1"],
      /no release in \*: the newest version .* is v1\.0\.0-rc\.1/,
    ],
    ["no versions", { releases: "*" }, ["a", "b"], /all 2 tags there are named otherwise/],
    ["no such tag", { tags: "nightly-*" }, ["v1.0.0"], /no tag nightly-\*: the one tag there/],
  ])("%s", (_, written, names, words) => {
    expect(() => choose(written, names)).toThrow(words);
  });
});

test("an annotated tag is known by its commit", () => {
  const listing = [
    `${sha("a")}\trefs/tags/v1`,
    `${sha("b")}\trefs/tags/v1^{}`,
    `${sha("c")}\trefs/tags/x/refs/tags/v2`,
  ];
  expect(tagsOf(parseRefs(listing.join("\n")))).toEqual([
    { name: "v1", sha: sha("b") },
    { name: "x/refs/tags/v2", sha: sha("c") },
  ]);
});

/** Wherever a name gets to, ref, commit message, shell or Markdown, it means nothing there. */
test("nothing but a plain name is chosen or told", () => {
  const canaries = [
    "$(id)",
    "`id`",
    "${{ x }}",
    "##[error]",
    "::stop::",
    // With a word behind it: our own sentences have punctuation after a name as well.
    ...["\n", " ", '"', "'", ";", "&", "|", "<"].map((one) => `${one}id`),
    "#1",
    "\u202e",
    "%0A",
  ];
  const name = fc
    .tuple(fc.constantFrom("v1.0.", "n-", "zq"), fc.nat(9), fc.option(fc.constantFrom(...canaries), { nil: "" }))
    .map((parts) => parts.join(""));
  const written = fc.constantFrom({ releases: "*", prereleases: true }, { tags: "n-*" }, { tags: "*" });
  fc.assert(
    fc.property(written, fc.array(name), fc.option(name, { nil: undefined }), (what, names, taken) => {
      const odd = [...names, taken ?? ""].filter((one) => one !== "" && !/^[\w@.+/-]+$/.test(one));
      let told: string;
      try {
        told = choose(what, names, taken);
      } catch (error) {
        told = (error as Error).message;
      }
      expect(odd.filter((one) => told.includes(one))).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

describe("by hand", () => {
  const range = follow({ releases: "^1.0.0" });
  const listed = [
    { name: "v1.0.0", sha: sha("1") },
    { name: "v1.0.0-rc.1", sha: sha("1") },
    { name: "zz", sha: sha("1") },
    { name: "stable", sha: sha("2") },
  ];

  test("a commit is known by the tag at it, one that is followed first", () => {
    expect(tagAt(range, listed, sha("1"))?.name).toBe("v1.0.0");
    expect(tagAt(range, listed, sha("2"))?.name).toBe("stable");
    expect(tagAt(range, listed, sha("3"))).toBeUndefined();
  });

  test.each<[string, string | undefined, string | undefined]>([
    ["refs/tags/v1.2.0", undefined, "v1.2.0"],
    ["refs/tags/v1.2.0", "v1.1.0", "v1.2.0"],
    ["refs/tags/v1.0.0", "v1.1.0", "v1.1.0"],
    ["refs/tags/v2.0.0", "v1.1.0", "v2.0.0"],
    ["refs/tags/stable", "v1.1.0", "v1.1.0"],
    ["refs/heads/main", "v1.1.0", "v1.1.0"],
    ["refs/tags/v1.0.0", "other", "v1.0.0"],
  ])("after %s where %s was the newest, the newest is %s", (ref, before, after) => {
    const tag = before === undefined ? undefined : { name: before, sha: sha("1") };
    expect(rememberedTag(range, tag, { ref, sha: sha("2") })?.name).toBe(after);
  });

  test("where a branch is followed no tag is remembered", () => {
    const before = { name: "v1.0.0", sha: sha("1") };
    expect(rememberedTag({ kind: "branch" }, before, { ref: "refs/heads/main", sha: sha("2") })).toBeUndefined();
  });
});

test("why it is this one", () => {
  const branch: Follow = { kind: "branch" };
  const why = (what: Follow, ref: string, byHand = false) => whyFollowed(what, ref, byHand);
  expect([
    why(branch, "refs/heads/main"),
    why(branch, "refs/heads/main", true),
    why(follow({ releases: "^1.0.0" }), "refs/tags/v1.4.2"),
    why(follow({ releases: "^1.0.0" }), "refs/tags/v1.3.0", true),
    why(follow({ releases: "*", prereleases: true }), "refs/tags/v2.0.0-rc.1"),
    why(follow({ tags: "nightly-*" }), "refs/tags/nightly-7"),
    why(follow({ tags: "stable" }), "refs/tags/stable"),
  ]).toEqual([
    "branch main",
    "a commit given by hand, of branch main",
    "release v1.4.2, the newest in ^1.0.0",
    "tag v1.3.0, its commit given by hand",
    "release v2.0.0-rc.1, the newest in * with prereleases",
    "tag nightly-7, the newest of nightly-*",
    "tag stable",
  ]);
});

test("a name in a commit message mentions nobody", () => {
  expect(["@acme/app@1.0.0", "svelte@5.0.0", "a/@b"].map(withoutMention)).toEqual([
    "acme/app@1.0.0",
    "svelte@5.0.0",
    "a/b",
  ]);
});

test.each(["", "tags", "{}", "[]", '{"tags":1}', '{"releases":"*","comparators":"^1","prereleases":false}'])(
  "%j is nothing to follow",
  (text) => expect(parseFollow(text)).toBeUndefined(),
);
