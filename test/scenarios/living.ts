/** Pauses, closing words, what is there twice, and how far behind is too far. */
import { check, checkEqual } from "../../demo/check.ts";
import { expectGreen, expectRequests, expectText } from "./expect.ts";
import type { Topic } from "./scenario.ts";

export const living: Topic = {
  title: "Pausing it, and keeping it fresh",
  scenarios: [
    {
      name: "paused by a label on the pull request",
      peers: 12,
      situation: "A release is near: somebody puts the label `pause-upstream-sync` on the sync pull request.",
      happens: "Runs are green, say what pauses them, test nothing and move nothing; one comment answers the label.",
      person: "Take the label off: the next run goes on.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        await world.run();
        const { number } = await world.syncPull();
        const before = world.sync;
        await world.must("developer", "POST", `/issues/${number}/labels`, { labels: ["pause-upstream-sync"] });
        world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        const words = `paused by the label pause-upstream-sync on pull request ${number}; take it off to go on`;
        expectGreen(await world.run(), "up-to-date", words);
        const quiet = await world.run();
        expectGreen(quiet, "up-to-date", words);
        expectRequests(quiet, { pushes: 0, writes: 0 });
        checkEqual([quiet.record.waits, world.sync], ["pause", before], "what waits, and the sync branch");
        checkEqual(quiet.record.behind?.commits, 2, "the distance");
        const comments = await world.must("developer", "GET", `/issues/${number}/comments`);
        checkEqual(comments.length, 1, "comments");
        await world.must("developer", "DELETE", `/issues/${number}/labels/pause-upstream-sync`);
        expectGreen(await world.run(), "promoted", "tests passed");
      },
    },
    {
      name: "paused by a variable",
      situation: "A script sets the Actions variable `UPSTREAM_SYNC_PAUSED` before there is any pull request.",
      happens: "Runs are green by two look-ups, whatever there is to do, and say which variable pauses them.",
      person: "Delete the variable, or set it to false.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        await world.must("administrator", "POST", "/actions/variables", {
          name: "UPSTREAM_SYNC_PAUSED",
          value: "true",
        });
        const paused = await world.run();
        expectGreen(paused, "up-to-date", /^paused by the variable UPSTREAM_SYNC_PAUSED; delete it/);
        expectRequests(paused, { pushes: 0, writes: 0 });
        await world.must("administrator", "DELETE", "/actions/variables/UPSTREAM_SYNC_PAUSED");
        expectGreen(await world.run(), "promoted", "tests passed");
      },
    },
    {
      name: "upstream's commit messages would close the fork's issues",
      situation: "A commit of upstream says `Fixes #1`, and the fork has an open issue of that number.",
      happens:
        "The pull request lists it. Landing closes it, as GitHub does with every commit; the next run opens it again and says why.",
      person: "Nothing. An issue that is done here as well is closed by hand, and stays closed.",
      config: { branches: { target: "main" }, document: { branches: ["main"] } },
      async run(world) {
        const { number } = await world.must("developer", "POST", "/issues", { title: "Our own", body: "ours" });
        const message = `Mend the page\n\nFixes #${number}`;
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" }, message });
        expectGreen(await world.run(), "promoted", "tests passed");
        const { body } = await world.syncPull();
        expectText(body, ["### Closed by words, and not meant (1)", `- issue \`#${number}\`: \`Our own\``], "its text");
        await world.land();
        checkEqual((await world.issue(number)).state, "closed", "the issue after the landing");
        const run = await world.run();
        expectGreen(run, "up-to-date", new RegExp(`opened again what upstream's words had closed: #${number}$`));
        checkEqual((await world.issue(number)).state, "open", "the issue after the next run");
        await world.must("developer", "PATCH", `/issues/${number}`, { state: "closed" });
        await world.run();
        checkEqual((await world.issue(number)).state, "closed", "what people closed");
      },
    },
    {
      name: "nobody merges, and the fork falls behind",
      peers: 5,
      situation: "The pull request waits for weeks; `freshness` allows the target to lack one commit.",
      happens: "Runs are red and say how far the target is behind, also those that promote or find nothing new.",
      person: "Land the pull request.",
      config: { freshness: { commits: 1 } },
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
        world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        const words = "over the freshness budget: dev lacks 2 commits of upstream (at most 1)";
        const promoted = await world.run();
        checkEqual([promoted.green, promoted.record.outcome], [false, "promoted"], "green, and outcome");
        const idle = await world.run();
        checkEqual([idle.green, idle.record.reason], [false, `nothing moved; ${words}`], "green, and reason");
        await world.land();
        expectGreen(await world.run(), "up-to-date", /landed/);
      },
    },
    {
      name: "a killed run has left its candidate",
      peers: 11,
      situation: "A run was killed after it had pushed a merge for the tests.",
      happens: "The next run finds it, does everything anew and takes the leftover away.",
      person: "Nothing.",
      async run(world) {
        await world.run();
        world.fork.git("update-ref", "refs/upstream-sync/candidate/999999999", world.sync);
        expectGreen(await world.run(), "up-to-date", /^upstream has nothing/);
        checkEqual((await world.run()).record.reason, "nothing moved", "what the next run says");
      },
    },
    {
      name: "the pull request goes to another branch than configured",
      situation: "Somebody changed the base of the sync pull request, or the configuration's target changed.",
      happens: "A pull request to the target is opened, and the other one of ours is closed with a word.",
      person: "Nothing.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        await world.run();
        const { number } = await world.syncPull();
        await world.must("developer", "PATCH", `/pulls/${number}`, { base: "main" });
        world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
        const old = await world.must("developer", "GET", `/pulls/${number}`);
        checkEqual(old.state, "closed", "the pull request to another branch");
        expectText(old.body, ["**Closed: the sync goes to `dev`"], "its text");
        check((await world.syncPull()).number !== number, "another pull request", number);
      },
    },
    {
      name: "nothing is pushed for a month",
      peers: 7,
      situation: "Upstream sleeps, and so does the fork. GitHub switches schedules off after 60 quiet days.",
      happens:
        "From day 30 on a run has a second job, which asks GitHub to switch the workflow on; else it stays idle.",
      person: "Nothing. `upstream-sync doctor` tells from day 45 on.",
      async run(world) {
        await world.run();
        const named = (run: Awaited<ReturnType<typeof world.run>>) =>
          run.jobs.filter(({ conclusion }) => conclusion !== "skipped").map(({ name }) => name);
        checkEqual(named(await world.run()), ["look"], "jobs of an idle run");
        const [ref = ""] = world.fork.refs().filter((one) => one.includes("/behind/"));
        const longAgo = ref.replace(/behind\/\d+/, (day) => `behind/${Number(day.slice(7)) - 31}`);
        world.fork.git("update-ref", longAgo, world.fork.ref(ref) ?? "");
        world.fork.git("update-ref", "-d", ref);
        const quiet = await world.run();
        expectGreen(quiet, "up-to-date", "nothing moved");
        checkEqual(named(quiet).sort(), ["heartbeat", "look"], "jobs of an idle run of a quiet fork");
        const asked = quiet.requests.filter(({ method }) => method === "PUT").map(({ path }) => path);
        checkEqual(
          [asked.length, asked[0]?.endsWith("/actions/workflows/upstream-sync.yml/enable")],
          [1, true],
          "what the heartbeat asked for",
        );
      },
    },
  ],
};
