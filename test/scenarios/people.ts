/** Living with people who touch what the sync made. */
import { check, checkEqual } from "../../demo/check.ts";
import { expectGreen, expectRed, expectText } from "./expect.ts";
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
    {
      name: "the pull request is approved",
      situation: "The sync pull request has an approval, and upstream goes on.",
      happens:
        "Green: nothing is added to what was approved, and no test runs. What comes later waits until it has landed.",
      person: "Merge it; or set `pullRequest.whenApproved: update` and deploy.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        await world.run();
        const { number } = await world.syncPull();
        await world.must("administrator", "POST", `/pulls/${number}/reviews`, { event: "APPROVE" });
        const tip = world.sync;
        const late = world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        const run = await world.run();
        expectGreen(run, "up-to-date", `pull request ${number} is approved: it is not changed before it has landed`);
        checkEqual(
          [world.sync, (await world.syncPull()).head.sha],
          [tip, tip],
          "the sync branch, and the pull request",
        );
        await world.land();
        expectGreen(await world.run(), "promoted", "tests passed");
        check(world.has("sync/upstream", late), "what waited to be in");
      },
    },
    {
      name: "an approved pull request may still change",
      situation: "`whenApproved: update`; the pull request is approved and upstream goes on.",
      happens: "What comes is tested and added to the approved pull request.",
      person: "Look at what came since the approval.",
      config: { pullRequest: { whenApproved: "update" } },
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        await world.run();
        const { number } = await world.syncPull();
        await world.must("administrator", "POST", `/pulls/${number}/reviews`, { event: "APPROVE" });
        const late = world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
        const pull = await world.syncPull();
        checkEqual(
          [pull.number, pull.head.sha, world.has("sync/upstream", late)],
          [number, world.sync, true],
          "the pull request",
        );
      },
    },
    {
      name: "the pull request is closed",
      situation: "Somebody closes the sync pull request without merging it.",
      happens:
        "The sync is paused and says so in one comment, once. Runs are green and touch nothing until it is reopened.",
      person: "Reopen it, or start the workflow with *retest*, to go on.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        await world.run();
        const { number } = await world.syncPull();
        await world.must("developer", "PATCH", `/pulls/${number}`, { state: "closed" });
        world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        const tip = world.sync;
        for (let day = 1; day <= 2; day += 1) {
          expectGreen(
            await world.run(),
            "up-to-date",
            new RegExp(`^paused: pull request ${number} was closed without landing`),
          );
        }
        const comments: unknown[] = await world.must("developer", "GET", `/issues/${number}/comments`);
        checkEqual(
          [world.sync, comments.length, (await world.pulls()).length],
          [tip, 1, 0],
          "branch, comments, open pull requests",
        );
        await world.must("developer", "PATCH", `/pulls/${number}`, { state: "open" });
        expectGreen(await world.run(), "promoted", "tests passed");
        checkEqual((await world.syncPull()).number, number, "the pull request that goes on");
      },
    },
    {
      name: "somebody opens the sync pull request first",
      situation: "A developer has opened a pull request from `sync/upstream` to the target, with words of their own.",
      happens: "It is taken as the one pull request: our part is put under theirs, and no second one is opened.",
      person: "Nothing.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        await world.run();
        const first = await world.syncPull();
        await world.must("developer", "PATCH", `/pulls/${first.number}`, { body: "Our weekly merge." });
        world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
        const pull = await world.syncPull();
        checkEqual([pull.number, pull.head.sha], [first.number, world.sync], "the pull request");
        expectText(pull.body, [/^Our weekly merge\.\n\n<!-- upstream-sync:begin -->/], "its text");
      },
    },
    {
      name: "somebody pushes a fix on the sync branch",
      peers: 6,
      situation: "`protection.sync.mode: minimal`; a developer pushes a fix to `sync/upstream` itself.",
      happens:
        "It stays: the next run tests it together with what is new and goes on from it. Nothing is ever pushed over it.",
      person: "Nothing. With `strict`, the default, GitHub refuses such a push; `sync/upstream-manual` is for that.",
      config: { protection: { sync: { mode: "minimal" } } },
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        await world.run();
        const fix = await world.commit("sync/upstream", { "fix.txt": "f\n" });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        checkEqual([world.sync, run.record.candidate], [fix, fix], "the sync branch: the fix, tested");
        const late = world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
        check(world.has("sync/upstream", fix) && world.has("sync/upstream", late), "fix and news to be in");
      },
    },
    {
      name: "somebody pushes to the sync branch during the tests",
      peers: 6,
      situation: "A developer's push reaches `sync/upstream` while a run is testing.",
      happens: "Red: the run stops instead of pushing over it. The next one starts from there.",
      person: "Nothing.",
      config: { protection: { sync: { mode: "minimal" } } },
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        await world.run();
        const late = world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        let fix = "";
        const run = await world.run({}, async () => {
          fix = await world.commit("sync/upstream", { "fix.txt": "f\n" });
        });
        expectRed(run, "stopped", /the sync branch moved during the tests/);
        checkEqual(world.sync, fix, "the sync branch: where people left it");
        expectGreen(await world.run(), "promoted", "tests passed");
        check(world.has("sync/upstream", fix) && world.has("sync/upstream", late), "fix and news to be in");
      },
    },
    {
      name: "somebody pushes to the protected sync branch",
      situation: "An administrator pushes to `sync/upstream`, forces it, or tries to delete it.",
      happens:
        "GitHub refuses each: two rulesets hold for administrators too, and only the workflow's key passes the gate.",
      person: "Use a branch `sync/upstream-manual`: the next run takes it in.",
      async run(world) {
        const before = world.sync;
        const work = await world.commit("somebody/work", { "work.txt": "w\n" }, { parents: [before] });
        const branch = "/git/refs/heads/sync/upstream";
        const answers = [
          await world.rest("administrator", "PATCH", branch, { sha: work }),
          await world.rest("administrator", "PATCH", branch, {
            sha: world.fork.git("rev-parse", "dev~1"),
            force: true,
          }),
          await world.rest("administrator", "DELETE", branch),
        ];
        check(
          answers.every(({ status }) => status === 422 || status === 409),
          "GitHub to refuse each",
          answers,
        );
        checkEqual(world.sync, before, "the sync branch");
        await world.move("sync/upstream-manual", work);
        expectGreen(await world.run(), "promoted", "tests passed; with sync/upstream-manual");
        check(world.has("sync/upstream", work), "the work to be in the sync branch");
      },
    },
    {
      name: "a manual branch has nothing to do with the fork",
      situation: "Somebody pushes a branch `sync/upstream-manual` with a history of its own.",
      happens: "Red, in words: unrelated histories are never taken in. Nothing moves, the branch stays.",
      person: "Make the branch again from the sync branch, or delete it.",
      async run(world) {
        const before = world.sync;
        const strange = world.fork.commit({ parents: [], files: { "strange.txt": "s\n" } });
        await world.move("sync/upstream-manual", strange);
        expectRed(await world.run(), "stopped", /sync\/upstream-manual.*unrelated histories/);
        checkEqual(
          [world.sync, world.tip("sync/upstream-manual")],
          [before, strange],
          "the sync branch and the manual one",
        );
      },
    },
  ],
};
