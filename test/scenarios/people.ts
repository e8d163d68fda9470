/** Living with people who touch what the sync made. */
import { check, checkEqual } from "../../demo/check.ts";
import { expectGreen, expectText } from "./expect.ts";
import type { Topic } from "./scenario.ts";

export const people: Topic = {
  title: "Living with people",
  scenarios: [
    {
      name: "the pull request is already open and people have edited it",
      peers: 4,
      situation:
        "The sync pull request is open; people changed its title, wrote into its text and took a label and a reviewer away.",
      happens: "It is updated in place. Their title and words stay; what they took away is not asked for again.",
      person: "Nothing.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        await world.run();
        const { number, body } = await world.syncPull();
        await world.must("developer", "PATCH", `/pulls/${number}`, {
          title: "Our own title",
          body: `Read this first.\n\n${body}`,
        });
        await world.must("developer", "DELETE", `/issues/${number}/labels/upstream-sync`);
        await world.must("developer", "DELETE", `/pulls/${number}/requested_reviewers`, { reviewers: ["tech-lead"] });
        world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
        const pull = await world.syncPull();
        checkEqual([pull.number, pull.title, pull.head.sha], [number, "Our own title", world.sync], "the pull request");
        expectText(pull.body, [/^Read this first\.\n\n<!-- upstream-sync:begin -->\nBrings 2 commits/], "its text");
        checkEqual(
          [pull.labels.map(({ name }) => name), pull.requested_reviewers.map(({ login }) => login)],
          [[], ["devops-lead"]],
          "labels and reviewers",
        );
      },
    },
    {
      name: "two runs are started at once",
      peers: 14,
      situation: "Somebody starts the workflow while a run is going.",
      happens: "The second waits for the first to end, and neither is cancelled; then it finds nothing new.",
      person: "Nothing.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        const from = await world.logEnd();
        let second = 0;
        const first = await world.run({}, async () => {
          second = await world.dispatch();
          const { status } = await world.must("developer", "GET", `/actions/runs/${second}`);
          check(["queued", "pending"].includes(status), "the second run to wait", status);
        });
        expectGreen(first, "promoted", "tests passed");
        expectGreen(await world.ended(second, from), "up-to-date", "nothing moved");
      },
    },
    {
      name: "the pull request belongs in the fork",
      peers: 15,
      situation:
        "A clone with a remote called `upstream` makes other tools open pull requests and issues in the upstream project.",
      happens:
        "Pull request, issue, labels and statuses are made in the fork. Not one write goes to upstream, whatever the outcome.",
      person: "Nothing.",
      async run(world) {
        const upstreamPath = `/repos/${world.upstreamName}`;
        world.upstream.commit({ branch: "main", files: { "page.txt": "another\n", "u.txt": "u\n" } });
        await world.run();
        await world.commit("dev", { "page.txt": "another\n" });
        await world.run();
        const { data } = await world.stage.github.rest(
          world.stage.people.upstream,
          "GET",
          `${upstreamPath}/issues?state=all`,
        );
        checkEqual(data, [], "issues and pull requests of the upstream");
        check((await world.pulls("state=all")).length >= 2, "pull requests in the fork");
        checkEqual(world.upstream.refs(), ["refs/heads/main"], "upstream's refs");
      },
    },
  ],
};
