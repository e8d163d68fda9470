/** Days on which nothing is wrong. */
import { check, checkEqual } from "../../demo/check.ts";
import { lines } from "../sync/support/repository.ts";
import { expectGreen, expectRed, expectRequests, expectText } from "./expect.ts";
import type { Topic } from "./scenario.ts";

export const normal: Topic = {
  title: "Normal days",
  scenarios: [
    {
      name: "nothing is new upstream",
      peers: 1,
      situation: "Nothing is new on either side since the last run.",
      happens: "Green after one look-up of each side. Nothing is fetched, pushed or edited; the summary says so.",
      person: "Nothing.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "new\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
        const [refs, pull] = [world.fork.git("for-each-ref"), await world.syncPull()];
        const run = await world.run();
        expectGreen(run, "up-to-date", "nothing moved");
        checkEqual([world.fork.git("for-each-ref"), await world.syncPull()], [refs, pull], "refs and pull request");
        checkEqual(
          run.jobs.filter(({ conclusion }) => conclusion !== "skipped").map(({ name }) => name),
          ["look"],
          "jobs that ran",
        );
        expectRequests(run, { fetches: 0, pushes: 0, writes: 0 });
      },
    },
    {
      name: "upstream has something new that merges",
      peers: 3,
      situation: "Upstream has new commits and they merge.",
      happens:
        "The exact merge commit is tested before anything moves; then `sync/upstream` goes to that commit and one pull request to the target is opened.",
      person: "Review the pull request and merge it with a merge commit.",
      async run(world) {
        const upstream = world.upstream.commit({ branch: "main", files: { "page.txt": lines({ 9: "upstream's" }) } });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        checkEqual(world.sync, run.record.candidate, "the sync branch: the commit that was tested");
        check(world.has("sync/upstream", upstream), "upstream's commit to be in it");
        checkEqual(
          world.file("sync/upstream", "page.txt"),
          lines({ 1: "the fork's line", 9: "upstream's" }),
          "page.txt with both changes",
        );
        const pull = await world.syncPull();
        checkEqual([pull.head.sha, pull.base.ref, pull.mergeable], [world.sync, "dev", true], "the pull request");
        checkEqual(
          pull.labels.map(({ name }) => name),
          ["upstream-sync"],
          "its labels",
        );
        checkEqual(
          pull.requested_reviewers.map(({ login }) => login).sort(),
          ["devops-lead", "tech-lead"],
          "who is asked for a review",
        );
        const { data } = await world.rest("developer", "GET", `/commits/${world.sync}/status`);
        checkEqual(
          data.statuses.map(({ context, state }: { context: string; state: string }) => [context, state]),
          [["upstream-sync/tests", "success"]],
          "statuses of the tested commit",
        );
        await world.land();
        checkEqual(world.file("dev", "page.txt"), world.file("sync/upstream", "page.txt"), "page.txt on the target");
        expectGreen(await world.run(), "up-to-date", /has landed/);
      },
    },
    {
      name: "the very first run of a fork that is up to date",
      situation: "The set-up has just been applied and the fork has everything of upstream.",
      happens: "Green. Where both sides stand is recorded; no branch moves and no pull request is opened.",
      person: "Nothing.",
      async run(world) {
        const before = [world.sync, world.tip("dev")];
        const run = await world.run();
        expectGreen(run, "up-to-date", "upstream has nothing that is not taken over");
        checkEqual([world.sync, world.tip("dev"), await world.pulls()], [...before, []], "branches and pull requests");
        checkEqual(world.recorded("synced"), world.upstream.ref("refs/heads/main"), "the recorded commit of upstream");
        expectGreen(await world.run(), "up-to-date", "nothing moved");
      },
    },
    {
      name: "the schedule starts the run by itself",
      situation: "Nobody does anything; the clock comes to the time of the schedule.",
      happens: "The workflow of the default branch runs, merges, tests and opens the pull request.",
      person: "Nothing.",
      alone: true,
      config: { schedule: { cron: "*/5 * * * *" } },
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        const { run, event } = await world.strike();
        checkEqual(event, "schedule", "what started the run");
        expectGreen(run, "promoted", "tests passed");
        checkEqual((await world.syncPull()).head.sha, world.sync, "the pull request's commit");
      },
    },
    {
      name: "somebody wants to see what a sync would do",
      situation: "The workflow is started by hand with *dry-run*.",
      happens: "It merges and tests, and says what came of it; no branch, pull request, issue or status is touched.",
      person: "Look at the summary; start it without *dry-run* to let it happen.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        const before = world.fork.git("for-each-ref");
        const run = await world.run({ "dry-run": "true" });
        expectGreen(run, "up-to-date", "dry run, nothing was moved: tests passed");
        checkEqual([world.fork.git("for-each-ref"), await world.pulls()], [before, []], "refs and pull requests");
        const { data } = await world.rest("developer", "GET", `/commits/${run.record.candidate}/status`);
        checkEqual(data.statuses ?? [], [], "statuses of what was tested");
        expectGreen(await world.run(), "promoted", "tests passed");
      },
    },
    {
      name: "the tests are wanted again",
      situation: "A test failed by chance, or something around the tests was repaired; nothing moved.",
      happens:
        "Started with *retest*, it tests what is on the sync branch once more and writes the result on the same commit.",
      person: "Start the workflow with *retest*.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        await world.run();
        const tip = world.sync;
        expectGreen(await world.run(), "up-to-date", "nothing moved");
        const run = await world.run({ retest: "true" });
        expectGreen(run, "promoted", "tests passed");
        checkEqual([world.sync, run.record.candidate], [tip, tip], "the sync branch, and what was tested");
        const { total_count } = await world.must("developer", "GET", `/commits/${tip}/status`);
        check(total_count >= 1, "the commit to have a status", total_count);
      },
    },
    {
      name: "upstream is taken up to a chosen commit",
      situation: "The workflow is started with a commit of upstream, because what comes after it is not wanted yet.",
      happens: "It goes up to exactly that commit. The next ordinary run takes the rest.",
      person: "Start the workflow with *upstream-commit*.",
      async run(world) {
        const chosen = world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        const later = world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        const more = "tests passed; upstream has more than was tested, the next run takes the rest";
        expectGreen(await world.run({ "upstream-commit": chosen }), "promoted", more);
        checkEqual(
          [world.has("sync/upstream", chosen), world.has("sync/upstream", later)],
          [true, false],
          "commits that are in",
        );
        expectGreen(await world.run(), "promoted", "tests passed");
        check(world.has("sync/upstream", later), "the rest to be in after the next run");
      },
    },
    {
      name: "the chosen commit is not upstream's",
      situation: "The workflow is started with a commit that upstream does not have, by mistake or on purpose.",
      happens: "Red, in words; nothing moves.",
      person: "Start it again with a commit of upstream, or without one.",
      async run(world) {
        const before = [world.sync, world.tip("dev")];
        const strange = await world.commit("somebody/work", { "strange.txt": "s\n" });
        expectRed(await world.run({ "upstream-commit": strange }), "stopped", /the commit given by hand is another's/);
        checkEqual([world.sync, world.tip("dev")], before, "sync branch and target");
      },
    },
    {
      name: "the team has merged upstream by hand already",
      situation: "Somebody merged upstream into the target before the run.",
      happens:
        "Green: nothing is left to take. No conflict is raised between the fork's own branches, no pull request is opened.",
      person: "Nothing.",
      async run(world) {
        const news = world.upstream.commit({ branch: "main", files: { "page.txt": lines({ 1: "upstream's" }) } });
        await world.commit("dev", { "page.txt": lines({ 1: "both" }) }, { parents: [world.tip("dev"), news] });
        expectGreen(await world.run(), "up-to-date", "upstream has nothing that is not taken over");
        checkEqual([await world.pulls(), world.recorded("synced")], [[], news], "pull requests, and what is recorded");
      },
    },
    {
      name: "both sides made the same change",
      situation: "The fork had fixed something and upstream took the same fix.",
      happens: "It merges without a conflict; the file is there once, as both have it.",
      person: "Review and merge the pull request.",
      async run(world) {
        world.upstream.commit({
          branch: "main",
          files: { "page.txt": lines({ 1: "the fork's line" }), "new.txt": "n\n" },
        });
        expectGreen(await world.run(), "promoted", "tests passed");
        checkEqual(world.file("sync/upstream", "page.txt"), lines({ 1: "the fork's line" }), "page.txt");
      },
    },
    {
      name: "the team goes on working while a pull request waits",
      situation: "The sync pull request is open and the team merges other work into the target.",
      happens:
        "The next run folds that in and tests the two together, so the pull request stays mergeable and what was tested is what lands.",
      person: "Nothing.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        await world.run();
        const { number } = await world.syncPull();
        const work = await world.commit("dev", { "team.txt": "t\n" });
        expectGreen(await world.run(), "promoted", "tests passed");
        check(world.has("sync/upstream", work), "the team's work to be in the sync branch");
        const pull = await world.syncPull();
        checkEqual([pull.number, pull.mergeable, pull.head.sha], [number, true, world.sync], "the pull request");
      },
    },
    {
      name: "the fork is weeks behind",
      situation: "Upstream has gone on for weeks, with merges of its own branches.",
      happens:
        "All of it comes in one tested pull request that says how many commits it brings, which files both sides changed, and what to look at with care.",
      person: "Read the lists of the pull request first.",
      async run(world) {
        const first = world.upstream.ref("refs/heads/main") as string;
        for (let n = 1; n <= 12; n += 1) {
          world.upstream.commit({ branch: "main", files: { [`src/part-${n}.txt`]: `${n}\n` } });
        }
        const side = world.upstream.commit({
          branch: "topic",
          parents: [first],
          files: { "package-lock.json": "{}\n" },
        });
        const parents = [world.upstream.ref("refs/heads/main") as string, side];
        const files = { "package-lock.json": "{}\n", "page.txt": lines({ 9: "upstream's" }) };
        world.upstream.commit({ branch: "main", parents, files });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        checkEqual(run.record.behind?.commits, 14, "the commits the target lacks");
        expectText(
          (await world.syncPull()).body,
          [
            "Brings 14 commits of upstream into `dev`.",
            "### Changed on both sides (1)",
            "- `page.txt`",
            "`package-lock.json`",
          ],
          "the pull request",
        );
      },
    },
  ],
};
