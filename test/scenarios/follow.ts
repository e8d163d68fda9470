/** Releases and tags instead of a branch. */
import { check, checkEqual } from "../../demo/check.ts";
import { lines } from "../sync/support/repository.ts";
import { expectGreen, expectRed, expectText } from "./expect.ts";
import type { Topic } from "./scenario.ts";
import type { World } from "./world.ts";

const releases = { follow: { releases: "^1.0.0" } };

/** Upstream releases what is on its branch, after a commit of its own. Gives the commit. */
function release(world: World, name: string, more: Partial<Parameters<World["upstream"]["commit"]>[0]> = {}): string {
  const commit = world.upstream.commit({ branch: "main", files: { "version.txt": `${name}\n` }, ...more });
  tag(world, name, commit);
  return commit;
}

/** An annotated tag; its words are upstream's and must not appear anywhere. */
function tag(world: World, name: string, commit: string): void {
  const who = ["-c", "user.name=Uma", "-c", "user.email=uma@example.com"];
  world.upstream.git(...who, "tag", "--force", "--annotate", "--message", "Fixes #1 @everybody", name, commit);
}

export const follow: Topic = {
  title: "Following releases and tags",
  scenarios: [
    {
      name: "a new release comes",
      situation: "The fork follows releases `^1.0.0`; upstream releases v1.1.0, and its branch is already ahead of it.",
      happens:
        "Exactly the release is taken. Pull request, summary and record say which and why; what is on the branch only stays out.",
      person: "Review and merge the pull request.",
      config: releases,
      async run(world) {
        const commit = release(world, "v1.1.0");
        const unreleased = world.upstream.commit({ branch: "main", files: { "next.txt": "n\n" } });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        const why = "release v1.1.0, the newest in ^1.0.0";
        checkEqual(run.record.upstream, { ref: "refs/tags/v1.1.0", sha: commit, why }, "upstream in the record");
        checkEqual(
          [world.has("sync/upstream", commit), world.has("sync/upstream", unreleased)],
          [true, false],
          "commits",
        );
        const { body } = await world.syncPull();
        expectText(body, [`\`${why}\``], "the pull request");
        check(!/Fixes|@everybody/.test(body), "the tag's words to be nowhere", body);
        expectGreen(await world.run(), "up-to-date", "nothing moved");
      },
    },
    {
      name: "a release is outside the range, or a prerelease",
      situation: "The fork follows `^1.0.0`; upstream releases v2.0.0 and v1.2.0-rc.1.",
      happens: "Neither is taken: green, nothing new.",
      person: "Widen `follow` and deploy when the time has come.",
      config: releases,
      async run(world) {
        release(world, "v1.1.0");
        await world.run();
        const tip = world.sync;
        release(world, "v2.0.0");
        release(world, "v1.2.0-rc.1");
        expectGreen(await world.run(), "up-to-date", "nothing moved");
        checkEqual(world.sync, tip, "the sync branch");
      },
    },
    {
      name: "prereleases are wanted",
      situation: "The fork follows `^1.0.0` with `prereleases: true`.",
      happens: "v1.2.0-rc.2 is taken, and v1.2.0 when it comes.",
      person: "Review and merge.",
      config: { follow: { releases: "^1.0.0", prereleases: true } },
      async run(world) {
        release(world, "v1.2.0-rc.1");
        const second = release(world, "v1.2.0-rc.2");
        const run = await world.run();
        checkEqual([run.record.outcome, run.record.upstream.sha], ["promoted", second], "outcome and commit");
        const final = release(world, "v1.2.0");
        checkEqual((await world.run()).record.upstream.sha, final, "the commit taken next");
      },
    },
    {
      name: "the newest release is of another line than the last one",
      situation: "The patch v1.0.1 was taken from an older line; v1.1.0 does not contain it.",
      happens: "v1.1.0 is merged as well; pull request and record say that it does not contain what was taken before.",
      person: "Check whether what the patch changed is in the newer release another way.",
      config: releases,
      async run(world) {
        const base = world.upstream.ref("refs/heads/main") as string;
        const patch = release(world, "v1.0.1", {
          branch: "line-1.0",
          parents: [base],
          files: { "menu.txt": lines({ 5: "fix" }) },
        });
        await world.run();
        const minor = release(world, "v1.1.0");
        expectGreen(await world.run(), "promoted", /it does not contain v1\.0\.1, which was taken before/);
        check(world.has("sync/upstream", patch) && world.has("sync/upstream", minor), "both to be in");
        expectText(
          (await world.syncPull()).body,
          ["- it does not contain `v1.0.1`, which was taken before"],
          "the pull request",
        );
      },
    },
    {
      name: "upstream withdraws a release that the fork has taken",
      situation: "Upstream deletes the tag v1.1.0 after the fork took it.",
      happens:
        "Red; it names the tag. Nothing older is taken after something newer. The next newer release is taken by itself.",
      person: "Ask upstream why; revert it on the target if it is bad.",
      config: releases,
      async run(world) {
        release(world, "v1.0.0");
        release(world, "v1.1.0");
        await world.run();
        const tip = world.sync;
        world.upstream.git("tag", "--delete", "v1.1.0");
        expectRed(await world.run(), "stopped", /withdrew its tag v1\.1\.0.*newest in \^1\.0\.0 is v1\.0\.0/);
        checkEqual(world.sync, tip, "the sync branch");
        release(world, "v1.1.1");
        expectGreen(await world.run(), "promoted", "tests passed");
      },
    },
    {
      name: "a release changes under its name",
      situation: "Upstream moves the tag v1.1.0 to another commit after the fork took it.",
      happens: "Red, with both commits: a release that changes may have been tampered with. It is not taken.",
      person: "Ask upstream. To take it as it is now, delete the ref that the run names.",
      config: releases,
      async run(world) {
        const first = release(world, "v1.1.0");
        await world.run();
        const tip = world.sync;
        const other = world.upstream.commit({ branch: "main", files: { "evil.txt": "e\n" } });
        tag(world, "v1.1.0", other);
        const run = await world.run();
        expectRed(run, "stopped", /moved its tag v1\.1\.0 after this fork had taken it/);
        expectText(run.record.reason, [first.slice(0, 12), other.slice(0, 12)], "the reason");
        checkEqual(world.sync, tip, "the sync branch");
      },
    },
    {
      name: "no release fits",
      situation: "The fork follows `^3.0.0` and upstream has not released such a version.",
      happens: "Red; it says which is the newest there is. A green run that can never do anything would be a lie.",
      person: "Mend `follow` and deploy, or disable the workflow until there is one.",
      config: { follow: { releases: "^3.0.0" } },
      async run(world) {
        release(world, "v1.1.0");
        expectRed(
          await world.run(),
          "stopped",
          /has no release in \^3\.0\.0: the newest version among its tags is v1\.1\.0/,
        );
      },
    },
    {
      name: "the range is narrowed after something newer was taken",
      situation: "v1.5.0 was taken; then `follow` is set to `~1.4.0` and deployed.",
      happens:
        "Red; it says that nothing newer fits, and which ref to delete to go on with the older line. Nothing goes back by itself.",
      person: "Include it again, or delete that ref.",
      config: { follow: { releases: "^1.0.0" } },
      async run(world) {
        release(world, "v1.4.0");
        release(world, "v1.5.0");
        await world.run();
        world.deploy({ follow: { releases: "~1.4.0" } });
        const run = await world.run();
        expectRed(run, "stopped", /has nothing to follow that is newer than v1\.5\.0/);
        expectText(run.record.reason, ["delete the ref refs/upstream-sync/main/tag/v1.5.0"], "the reason");
      },
    },
    {
      name: "nightly builds are followed",
      situation: "`follow: { tags: nightly-* }`; there are nightly-9 and nightly-10.",
      happens: "The greatest number is taken, not the last in the alphabet.",
      person: "Review and merge.",
      config: { follow: { tags: "nightly-*" } },
      async run(world) {
        const ten = release(world, "nightly-10");
        release(world, "nightly-9");
        const run = await world.run();
        checkEqual([run.record.outcome, run.record.upstream.sha], ["promoted", ten], "outcome and commit");
      },
    },
    {
      name: "one tag moves forward",
      situation: "`follow: { tags: stable }`; upstream moves that tag along its history, and later to somewhere else.",
      happens: "Forward it is followed like a branch. Moved to another history it is red and named as rewritten.",
      person: "Ask upstream what happened, when it is rewritten.",
      config: { follow: { tags: "stable" } },
      async run(world) {
        const base = world.upstream.ref("refs/heads/main") as string;
        release(world, "stable");
        await world.run();
        const forward = release(world, "stable");
        checkEqual((await world.run()).record.upstream.sha, forward, "the commit taken");
        const elsewhere = world.upstream.commit({ branch: "other", parents: [base], files: { "o.txt": "o\n" } });
        tag(world, "stable", elsewhere);
        expectRed(await world.run(), "stopped", /tag stable was rewritten/);
      },
    },
    {
      name: "the fork goes back from releases to the branch",
      situation: "Releases were followed; now `follow: branch` is deployed.",
      happens: "The branch is taken like any news; the memory of the release goes.",
      person: "Nothing.",
      config: releases,
      async run(world) {
        release(world, "v1.1.0");
        await world.run();
        const tip = world.upstream.commit({ branch: "main", files: { "next.txt": "n\n" } });
        world.deploy({ follow: "branch" });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        checkEqual([run.record.upstream.ref, run.record.upstream.sha], ["refs/heads/main", tip], "what was taken");
        checkEqual(world.recorded("tag/v1.1.0"), undefined, "the memory of the release");
      },
    },
  ],
};
