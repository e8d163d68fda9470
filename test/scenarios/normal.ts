/** Days on which nothing is wrong. */
import { check, checkEqual } from "../../demo/check.ts";
import { lines } from "../sync/support/repository.ts";
import { expectGreen, expectRequests } from "./expect.ts";
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
  ],
};
