import { describe, expect, test } from "@jest/globals";
import { resolveConfig } from "../../lib/config/resolve.ts";
import { followText } from "../../lib/render/follow.ts";
import { forkConfig } from "../support/fork-config.ts";

function problems(fork: object, defaults: object = {}) {
  const resolution = resolveConfig({ version: 1, defaults, forks: { "acme/app": { upstream: "up/app", ...fork } } });
  return resolution.ok ? [] : resolution.problems.map(({ path, expected }) => `${path}: ${expected}`);
}

describe("follow", () => {
  test.each<[unknown, unknown]>([
    [undefined, "branch"],
    ["branch", "branch"],
    [{ releases: "^1.0.0" }, { releases: "^1.0.0", prereleases: false }],
    [
      { releases: ">=1.0.0-rc.1", prereleases: true, tags: "server-v*" },
      { releases: ">=1.0.0-rc.1", prereleases: true, tags: "server-v*" },
    ],
    [{ releases: "1.2.3 - 2.3.4" }, { releases: "1.2.3 - 2.3.4", prereleases: false }],
    [{ tags: "nightly-*" }, { tags: "nightly-*" }],
    [{ tags: "stable" }, { tags: "stable" }],
  ])("%j is taken", (written, follow) => {
    expect(forkConfig(written === undefined ? {} : { follow: written }).follow).toEqual(follow);
  });

  test.each<[unknown, string]>([
    ["releases", "follow: branch, or keys and values"],
    [{}, "follow: releases or tags"],
    [{ releases: "latest" }, "follow.releases: a range of semantic versions"],
    [{ releases: "" }, "follow.releases: some text"],
    [{ releases: "0.0 - 0.0.9007199254740991" }, "follow.releases: a range of semantic versions"],
    [{ releases: ">=2.0.0-rc.1" }, "follow.releases: a range without a prerelease"],
    [{ releases: "*", tags: "v" }, "follow.tags: one *, which stands for the version"],
    [{ releases: "*", tags: "*-*" }, "follow.tags: one *, which stands for the version"],
    [{ tags: "a b" }, "follow.tags: letters, digits, @ . _ + / - and * for any of them"],
    [{ tags: "${{ x }}" }, "follow.tags: letters, digits, @ . _ + / - and * for any of them"],
    [{ tags: "****" }, "follow.tags: at most three *"],
    [{ tags: "n-*", prereleases: true }, "follow.prereleases: no such key without releases"],
    [{ release: "^1" }, "follow.release: one of releases, prereleases, tags"],
  ])("%j is refused in so many words", (follow, words) => {
    expect(problems({ follow })).toContain(`forks.acme/app.${words}`);
  });

  test("of a fork replaces that of the defaults as a whole", () => {
    const defaults = { follow: { releases: "^1.0.0", prereleases: true } };
    const forks = { "acme/app": { upstream: "up/app" }, "acme/b": { upstream: "up/b", follow: { tags: "n-*" } } };
    const resolution = resolveConfig({ version: 1, defaults, forks });
    expect(resolution.ok && resolution.config.forks.map(({ follow }) => follow)).toEqual([
      { releases: "^1.0.0", prereleases: true },
      { tags: "n-*" },
    ]);
  });

  test("reaches the workflow with its range written out", () => {
    expect(followText(forkConfig({ follow: { releases: "^1.0.0" } }).follow)).toBe(
      '{"releases":"^1.0.0","comparators":">=1.0.0 <2.0.0-0","prereleases":false}',
    );
    expect(followText(forkConfig({ follow: { releases: "1.x", prereleases: true, tags: "v*" } }).follow)).toBe(
      '{"releases":"1.x","comparators":">=1.0.0-0 <2.0.0-0","prereleases":true,"tags":"v*"}',
    );
    expect(followText(forkConfig().follow)).toBe("branch");
  });
});
