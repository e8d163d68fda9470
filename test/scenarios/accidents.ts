/** Runs that are cut short, and things that disappear. */
import { check, checkEqual } from "../../demo/check.ts";
import { expectGreen, expectRed, expectText } from "./expect.ts";
import type { Topic } from "./scenario.ts";

const candidates = (refs: readonly string[]) => refs.filter((ref) => ref.startsWith("refs/upstream-sync/candidate/"));

export const accidents: Topic = {
  title: "Accidents",
  scenarios: [
    {
      name: "a run is cancelled during its tests",
      situation: "Somebody cancels the run while it is testing.",
      happens: "Red; nothing was promoted. The next run does it again and clears away what the first one left.",
      person: "Nothing.",
      async run(world) {
        const before = world.sync;
        const news = world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        const run = await world.cancelled();
        checkEqual(run, "cancelled", "how GitHub shows the run");
        checkEqual([world.sync, (await world.pulls()).length], [before, 0], "sync branch and pull requests");
        expectGreen(await world.run(), "promoted", "tests passed");
        check(world.has("sync/upstream", news), "the news to be in");
        checkEqual(candidates(world.fork.refs()), [], "candidates left behind");
      },
    },
    {
      name: "a runner dies in the middle",
      situation: "The machine that runs the workflow is gone between the promotion and the pull request.",
      happens:
        "The next run finishes what is missing: it opens the pull request with the recorded test result. Nothing is tested or made twice.",
      person: "Nothing.",
      alone: true,
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        await world.fault("POST", `${world.path}/pulls`, { cut: true, outage: true, kill: true });
        await world.dispatch();
        // Nobody can ask while it is down.
        await world.stage.github.control("POST", "/settle", { timeoutSeconds: 120 });
        await world.stage.github.control("DELETE", "/faults");
        const promoted = world.sync;
        checkEqual((await world.pulls()).length, 0, "pull requests after the accident");
        const run = await world.run();
        checkEqual([run.green, world.sync], [true, promoted], "the next run, and the sync branch");
        checkEqual(run.jobs.find(({ name }) => name === "test")?.conclusion, "skipped", "the test job of the next run");
        expectText((await world.syncPull()).body, [`Status of \`${promoted}\`: \`success\``], "the pull request");
      },
    },
    {
      name: "the sync branch is gone",
      situation: "An administrator took the rules away and deleted `sync/upstream`.",
      happens: "Red, in words. It is not made anew by a run: whoever deleted it may have meant it.",
      person: "Restore the branch on GitHub, or apply again.",
      async run(world) {
        const tip = world.sync;
        const rulesets: { id: number }[] = await world.must("administrator", "GET", "/rulesets");
        for (const { id } of rulesets) await world.must("administrator", "DELETE", `/rulesets/${id}`);
        await world.must("administrator", "DELETE", "/git/refs/heads/sync/upstream");
        const red = await world.run();
        expectRed(red, "stopped", /has no sync branch sync\/upstream/);
        await world.move("sync/upstream", tip);
        checkEqual((await world.run()).green, true, "the run after it was restored is green");
      },
    },
    {
      name: "the target branch was renamed",
      situation: "The team renamed `dev` to `develop` and forgot the config.",
      happens: "Red: it names the branch that is missing. Nothing moves.",
      person: "Set `branches.target` and apply.",
      async run(world) {
        const before = world.sync;
        await world.move("develop", world.tip("dev"));
        await world.must("administrator", "DELETE", "/git/refs/heads/dev");
        expectRed(await world.run(), "stopped", /has no target branch dev/);
        checkEqual(world.sync, before, "the sync branch");
      },
    },
    {
      name: "merged branches are deleted automatically",
      peers: 22,
      situation: 'The setting "Automatically delete head branches" is on, and the sync pull request is merged.',
      happens: "The sync branch survives: its ruleset forbids the deletion. The next sync goes on from it.",
      person: "Nothing.",
      async run(world) {
        await world.must("administrator", "PATCH", "", { delete_branch_on_merge: true });
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        await world.run();
        const tip = world.sync;
        await world.land();
        checkEqual(world.sync, tip, "the sync branch after the merge");
        world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
        check(world.has("sync/upstream", tip), "the branch to go on");
      },
    },
    {
      name: "the workflow was switched off by GitHub",
      peers: 17,
      situation: "Nothing happened in the repository for 60 days, and GitHub disabled the scheduled workflow.",
      happens:
        "`upstream-sync doctor` says so, ends with 3 and names the command that switches it on; after `doctor --fix` the workflow runs again.",
      person: "`upstream-sync doctor --fix`.",
      async run(world) {
        const path = ".github/workflows/upstream-sync.yml";
        await world.stage.github.control("PATCH", `/repositories/${world.config.repository}`, {
          workflowStates: { [path]: "disabled_inactivity" },
        });
        const workflow = async (...flags: string[]) => {
          const { exitCode, stdout, stderr } = await world.upstreamSync("doctor", ...flags, "--json");
          check(stdout.startsWith("{"), "doctor to print JSON", stderr);
          const { checks } = JSON.parse(stdout) as { checks: { id: string; state: string; evidence: string }[] };
          return { exitCode, ...checks.find(({ id }) => id === "workflow") };
        };
        const off = await workflow();
        checkEqual([off.exitCode, off.state], [3, "not ok"], "exit code, and the check of the workflow");
        expectText(off.evidence ?? "", ["disabled_inactivity"], "the check");
        checkEqual((await workflow("--fix", "--yes")).state, "ok", "the check after --fix");
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
      },
    },
    {
      name: "the set-up is taken away while a sync has not landed",
      peers: 18,
      situation: "`upstream-sync destroy` while the sync branch holds commits that nobody has merged yet.",
      happens:
        "The set-up goes; what has not landed is kept under a backup branch and named. Every branch of the team is as it was.",
      person: "Open a pull request from the backup branch, or leave it.",
      bare: true,
      async run(world) {
        const before = world.branches().map((name) => `${name} ${world.tip(name)}`);
        await world.must("administrator", "PUT", "/actions/permissions", { enabled: true, allowed_actions: "all" });
        for (const args of [
          ["credentials", "create"],
          ["apply", "--yes"],
        ]) {
          const { exitCode, stderr } = await world.upstreamSync(...args);
          checkEqual([exitCode, exitCode === 0 ? "" : stderr], [0, ""], args.join(" "));
        }
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
        const [tip, dev] = [world.sync, world.tip("dev")];
        const { exitCode, stdout, stderr } = await world.upstreamSync("destroy", "--yes", "--json");
        checkEqual([exitCode, exitCode === 0 ? "" : stderr], [0, ""], "destroy");
        const [kept] = JSON.parse(stdout).forks[0].removal.kept;
        check(/^sync\/upstream-backup-\d{8}$/.test(kept?.as), "the backup branch to be named", stdout);
        checkEqual(world.tip(kept.as), tip, "what has not landed");
        check(
          world.has("dev", before.find((one) => one.startsWith("dev "))?.slice(4) as string),
          "the team's work on dev",
          dev,
        );
        checkEqual(world.branches(), ["dev", "main", kept.as].sort(), "branches after the destroy");
        checkEqual((await world.open()).sync, [], "open pull requests");
      },
    },
  ],
};
