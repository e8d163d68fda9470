/** What the tests say, and what they try. */
import { check, checkEqual } from "../../demo/check.ts";
import { expectGreen, expectRed, expectText } from "./expect.ts";
import type { Topic } from "./scenario.ts";

export const tests: Topic = {
  title: "Tests",
  scenarios: [
    {
      name: "the tests fail",
      peers: 8,
      situation: "Upstream's news merge, but the tests fail on the merge.",
      happens:
        "Red. No branch moves and no pull request is opened or changed; the failed test is named in the summary and as a failed status of that commit.",
      person:
        "Look at the log; fix it on the target or on `sync/upstream-manual`, or wait for upstream's fix. Each run tests again.",
      async run(world) {
        const before = [world.sync, world.tip("dev")];
        world.upstream.commit({ branch: "main", files: { broken: "x\n" } });
        const run = await world.run();
        expectRed(run, "tests-failed", "failed: sh tests.sh");
        checkEqual([world.sync, world.tip("dev")], before, "sync branch and target");
        checkEqual((await world.open()).sync, [], "pull requests");
        const { data } = await world.rest("developer", "GET", `/commits/${run.record.candidate}/status`);
        checkEqual(data.state, "failure", "the status of the tested commit");
        world.upstream.commit({ branch: "main", files: { broken: null, "fix.txt": "x\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
      },
    },
    {
      name: "upstream moves during the tests",
      peers: 9,
      situation: "Upstream gets another commit while the tests run.",
      happens: "What was tested is promoted, and nothing else; the rest is told and taken by the next run.",
      person: "Nothing.",
      async run(world) {
        const tested = world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        let late = "";
        const run = await world.run({}, async () => {
          late = world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        });
        expectGreen(run, "promoted", /upstream has more than was tested, the next run takes the rest/);
        checkEqual([world.sync, world.recorded("synced")], [run.record.candidate, tested], "what was promoted");
        check(!world.has("sync/upstream", late), "the untested commit not to be there");
        expectGreen(await world.run(), "promoted", "tests passed");
        check(world.has("sync/upstream", late), "the rest to be there after the next run");
      },
    },
    {
      name: "the target moves during the tests",
      peers: 10,
      situation: "The team merges something into the target while the tests run.",
      happens:
        "What was tested is promoted and said to be behind; the next run folds the target's news in and tests again.",
      person: "Nothing; better wait for the next run before merging the sync pull request.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        const run = await world.run({}, async () => {
          await world.commit("dev", { "team.txt": "t\n" });
        });
        expectGreen(run, "promoted", /the target moved during the tests, the next run folds it in/);
        checkEqual(world.file("sync/upstream", "team.txt"), undefined, "the untested file on the sync branch");
        expectGreen(await world.run(), "promoted", "tests passed");
        checkEqual(world.file("sync/upstream", "team.txt"), "t\n", "the team's file after the next run");
      },
    },
    {
      name: "upstream's tests look for the token",
      peers: 16,
      situation: "A test from upstream searches the environment, git's configuration and the disk for a credential.",
      happens: "There is none: not in the environment, not in a `.git`, not in the files of earlier steps.",
      person: "Nothing.",
      config: { tests: { run: ["sh tests.sh", "sh hunt.sh"] } },
      async run(world) {
        const hunt = [
          "echo the hunt begins",
          "env",
          "git config --list --show-origin 2>&1 || true",
          "find . .. -name .git -o -name config -path '*git*' 2>/dev/null",
          'cat "$RUNNER_TEMP"/* 2>/dev/null || true',
          "cat ~/.netrc ~/.git-credentials ~/.ssh/* 2>/dev/null || true",
          "tr '\\0' '\\n' </proc/$PPID/environ 2>/dev/null || true",
        ];
        world.upstream.commit({ branch: "main", files: { "hunt.sh": `${hunt.join("\n")}\n` } });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        const log = await world.log(run, "test");
        const [, found = ""] = log.split("the hunt begins");
        expectText(found, ["GITHUB_REPOSITORY="], "the log of the tests");
        // The runner masks what it knows as a secret, so a mask is a find as well.
        const seen = found
          .split("\n")
          .filter((line) => /\*\*\*|gh[ps]_\w{10}|PRIVATE KEY|Basic [\w+/=]{16}|_TOKEN=/.test(line));
        checkEqual(seen, [], "lines that tell a credential");
      },
    },
    {
      name: "upstream's tests print what looks like a result",
      situation:
        "A test from upstream prints a run record, `::set-output`, `::add-mask` and other commands of the runner.",
      happens: "Nothing of it counts: the record is the one of our own jobs, and what failed stays failed.",
      person: "Look at the log of the tests.",
      async run(world) {
        const fake = JSON.stringify({ v: 1, outcome: "promoted", reason: "trust me", run: 1 });
        const script = [
          `echo '::notice title=upstream-sync::${fake}'`,
          "echo '::set-output name=candidate::0000000000000000000000000000000000000000'",
          "echo '##[set-output name=tree]0000000000000000000000000000000000000000'",
          "echo '::stop-commands::never'",
          'echo "PATH=/evil" >>"${GITHUB_ENV:-/dev/null}"',
          "exit 1",
        ];
        const before = world.sync;
        world.upstream.commit({ branch: "main", files: { "tests.sh": `${script.join("\n")}\n` } });
        const run = await world.run();
        expectRed(run, "tests-failed", "failed: sh tests.sh");
        checkEqual([world.sync, await world.pulls()], [before, []], "the sync branch, and pull requests");
      },
    },
    {
      name: "a test tries to change the tests after it",
      situation: "The first test command of two writes to the runner's files for environment, path and outputs.",
      happens: "There are none for it: the second command runs as configured.",
      person: "Nothing.",
      config: { tests: { run: ["sh first.sh", 'test "$CANARY" = ""'] } },
      async run(world) {
        const script = [
          'for file in "$GITHUB_ENV" "$GITHUB_PATH" "$GITHUB_OUTPUT"; do [ -z "$file" ] || echo CANARY=dead >>"$file"; done',
        ];
        world.upstream.commit({ branch: "main", files: { "first.sh": `${script.join("\n")}\n` } });
        expectGreen(await world.run(), "promoted", "tests passed");
      },
    },
    {
      name: "the second test command fails",
      situation: "Of three test commands the second fails.",
      happens: "Red. Record, summary and status name that one; the third does not run.",
      person: "Look at its log.",
      config: { tests: { run: ["true", "test -e nowhere", "echo the third ran"] } },
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        const run = await world.run();
        expectRed(run, "tests-failed", "failed: test -e nowhere");
        checkEqual(
          run.record.tests.map(({ name, ok }) => [name, ok]),
          [
            ["true", true],
            ["test -e nowhere", false],
          ],
          "tests of the record",
        );
        check(!(await world.log(run, "test")).includes("the third ran\n"), "the third command not to run");
      },
    },
    {
      name: "upstream removes the tests",
      situation: "Upstream deletes the script that the tests begin with.",
      happens: "Red: a test that is not there does not pass.",
      person: "Adapt `tests` in the config, or keep the file (`policies.keepOurs`).",
      async run(world) {
        const before = world.sync;
        world.upstream.commit({ branch: "main", files: { "tests.sh": null } });
        const run = await world.run();
        expectRed(run, "tests-failed", /sh tests\.sh/);
        checkEqual([world.sync, await world.pulls()], [before, []], "the sync branch, and pull requests");
      },
    },
  ],
};
