/** What becomes of upstream: its history against what was taken, and why it cannot be read. */
import { describe, expect, test } from "@jest/globals";
import { refusalOfHistory, takenBefore } from "../../sync/decide-history.ts";
import type { Follow } from "../../sync/follow.ts";
import { refsOf, tagRecordRef, tagRecordUpdates } from "../../sync/refs.ts";
import { stopForUpstream } from "../../sync/upstream-trouble.ts";
import { sha, someSettings } from "./support/settings.ts";

const releases: Follow = { kind: "releases", range: "*", comparators: [[]], prereleases: false, patterns: ["v*"] };
const upstream = someSettings().upstream;
const branch = someSettings();
const tags = someSettings({ upstream: { ...upstream, follow: releases, ref: "refs/tags/v2.0.0" } });
const tag = { name: "v1.0.0", sha: sha("1") };

describe("a history that does not have what was taken", () => {
  const gone = { taken: sha("1"), contained: false, related: true, tag: undefined, tagNow: undefined };

  test.each<[string, ReturnType<typeof someSettings>, object, RegExp | undefined]>([
    ["has it", branch, { contained: true }, undefined],
    [
      "a branch was rewritten",
      branch,
      {},
      /main was rewritten, or another.*push origin --delete refs\/upstream-sync\/main\/synced"/,
    ],
    [
      "nothing in common",
      branch,
      { related: false },
      /unrelated histories: it has no commit in common with 1{40}.*never merges/,
    ],
    ["a branch after tags that stand", branch, { tag, tagNow: tag.sha }, undefined],
    ["a branch after a tag that is gone", branch, { tag }, /withdrew its tag v1\.0\.0.*main goes on without it/],
    ["another release line", tags, { tag, tagNow: tag.sha }, undefined],
    ["releases after a branch", tags, {}, undefined],
    ["releases of another project", tags, { tag, tagNow: tag.sha, related: false }, /unrelated histories/],
    [
      "the tag was moved",
      tags,
      { tag, tagNow: sha("2") },
      /moved its tag v1\.0\.0.*not in v2\.0\.0.*--delete refs\/upstream-sync\/main\/tag\/v1\.0\.0"/,
    ],
    [
      "the tag is gone",
      tags,
      { tag },
      /withdrew its tag v1\.0\.0, which this fork has taken, and v2\.0\.0 goes on without it/,
    ],
    [
      "the one tag itself",
      tags,
      { tag: { ...tag, name: "v2.0.0" }, tagNow: sha("2") },
      /upstream's tag v2\.0\.0 was rewritten/,
    ],
  ])("%s", (_, settings, facts, words) => {
    const refusal = refusalOfHistory(settings, { ...gone, ...facts });
    if (words === undefined) expect(refusal).toBeUndefined();
    else expect(refusal?.message).toMatch(words);
    // A recipe for a history that was not rewritten would merge strangers.
    expect(/--delete/.test(refusal?.message ?? "")).toBe(words !== undefined && !/unrelated/.test(words.source));
  });

  test("goes on from the newest tag where tags are followed, else from the last commit", () => {
    const recorded = { synced: sha("2"), tag };
    expect(takenBefore(releases, recorded)).toEqual({ taken: tag.sha, tag });
    expect(takenBefore({ kind: "branch" }, recorded)).toEqual({ taken: sha("2"), tag: undefined });
    expect(takenBefore({ kind: "branch" }, { synced: tag.sha, tag })).toEqual({ taken: tag.sha, tag });
    expect(takenBefore(releases, { synced: sha("2"), tag: undefined })).toEqual({ taken: sha("2"), tag: undefined });
    expect(takenBefore(releases, { synced: undefined, tag: undefined })).toBeUndefined();
  });
});

describe("the newest tag that was taken", () => {
  const ref = (name: string) => tagRecordRef(branch, name);

  test("stands in a ref's name, of which git can always make a file", () => {
    expect(ref("@acme/app@1.0.0")).toBe("refs/upstream-sync/main/tag/@acme,app@1.0.0");
    const listing = `${sha("1")}\t${ref("@acme/app@1.0.0")}`;
    expect(refsOf(listing, branch).recorded.tag).toEqual({ name: "@acme/app@1.0.0", sha: sha("1") });
  });

  test("is remembered alone", () => {
    const other = { name: "v1.1.0", sha: sha("2") };
    expect(tagRecordUpdates(branch, undefined, tag)).toEqual([{ ref: ref("v1.0.0"), from: undefined, to: tag.sha }]);
    expect(tagRecordUpdates(branch, tag, other)).toEqual([
      { ref: ref("v1.0.0"), from: tag.sha, to: undefined },
      { ref: ref("v1.1.0"), from: undefined, to: other.sha },
    ]);
    expect(tagRecordUpdates(branch, tag, { ...tag, sha: sha("3") })).toEqual([
      { ref: ref("v1.0.0"), from: tag.sha, to: sha("3") },
    ]);
    expect(tagRecordUpdates(branch, tag, undefined)).toEqual([{ ref: ref("v1.0.0"), from: tag.sha, to: undefined }]);
    expect(tagRecordUpdates(branch, tag, tag)).toEqual([]);
  });
});

describe("upstream cannot be read", () => {
  const unable = "fatal: unable to access 'https://github.com/up/app.git/': ";
  const withToken = someSettings({ upstream: { ...upstream, token: "secret" } });

  /** git 2.39 and curl 7.88, word for word. */
  test.each<[string, string, RegExp]>([
    ["no such name", `${unable}Could not resolve host: github.com`, /not known to the network.*Check the address/],
    ["no answer", `${unable}Failed to connect to github.com port 443 after 134 ms: Connection timed out`, /in time/],
    ["no progress", `${unable}Operation too slow. Less than 1000 bytes/sec transferred the last 60 seconds`, /in time/],
    [
      "refused",
      `${unable}Failed to connect to github.com port 443 after 0 ms: Couldn't connect to server`,
      /no connection/,
    ],
    [
      "certificate",
      `${unable}SSL certificate problem: unable to get local issuer certificate`,
      /who it is.*certificates/,
    ],
    [
      "gone",
      "fatal: repository 'https://github.com/up/app.git/' not found",
      /no repository at that address \(404\).*renamed/,
    ],
    ["forbidden", `${unable}The requested URL returned error: 403`, /refuses access \(403\).*private: true/],
    ["too often", `${unable}The requested URL returned error: 429`, /asked too often \(429\).*in an hour/],
    ["in trouble", `${unable}The requested URL returned error: 502`, /in trouble itself.*Run the workflow again/],
    [
      "moved",
      `fatal: unable to update url base from redirection:\n  asked for: https://a`,
      /leads on to another.*new address/,
    ],
    ["broke", "fatal: the remote end hung up unexpectedly", /no connection came about, or it broke/],
    ["unheard of", "fatal: protocol error: bad line", /reason this program does not know.*Read the log/],
  ])("%s", (_, stderr, words) => {
    const { message } = stopForUpstream("upstream X could not be read", stderr, branch);
    expect(message).toMatch(/^upstream X could not be read: /);
    expect(message).toMatch(words);
    expect(message).not.toMatch(/--delete/);
  });

  test("for want of a token, and with one that is refused", () => {
    const asked = "fatal: could not read Username for 'https://github.com': terminal prompts disabled";
    expect(stopForUpstream("X", asked, branch).message).toMatch(/answer for a repository that is gone.*private: true/);
    const refused = "fatal: Authentication failed for 'https://github.com/up/app.git/'";
    expect(stopForUpstream("X", refused, withToken).message).toMatch(/did not accept the token.*Seal a new one/);
  });
});
