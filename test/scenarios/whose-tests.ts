/** Whose tests count, and files that a command makes. */
import { check, checkEqual } from "../../demo/check.ts";
import { lines } from "../sync/support/repository.ts";
import { expectGreen, expectRed, expectText } from "./expect.ts";
import type { Topic } from "./scenario.ts";
import type { World } from "./world.ts";

/** A workflow of the fork's own that tests what is pushed to the candidate's branch, and GitHub that starts it. */
async function ownCi(world: World, branch = "sync/upstream-candidate"): Promise<void> {
  const fetch = 'git fetch --quiet --depth=1 "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git" "$GITHUB_SHA"';
  const workflow = [
    `on: { push: { branches: [${branch}] } }`,
    "permissions: { contents: read }",
    "jobs:",
    "  ci:",
    "    runs-on: ubuntu-latest",
    "    steps:",
    `      - run: git init --quiet . && ${fetch} && git checkout --quiet FETCH_HEAD`,
    "      - run: sh tests.sh",
    "",
  ];
  world.fork.commit({ branch: "dev", files: { ".github/workflows/ci.yml": workflow.join("\n") } });
  await world.stage.github.control("PATCH", `/repositories/${world.config.repository}`, { pushWorkflows: true });
}

const candidateBranches = (world: World) => world.branches().filter((name) => name.endsWith("-candidate"));

export const whoseTests: Topic = {
  title: "Whose tests, and generated files",
  scenarios: [
    {
      name: "upstream weakens the fork's tests",
      situation:
        "`tests.trusted` is `fork`. Upstream breaks the program and, with it, the test that would have found it.",
      happens: "Red: the tests ran as the target has them. What upstream changed of them is named in the record.",
      person: "Read upstream's change; where its tests should never come, list the path in `policies.keepOurs` too.",
      config: { tests: { run: ["sh tests.sh"], trusted: "fork", entry: ["tests.sh"] } },
      async run(world) {
        world.upstream.commit({ branch: "main", files: { broken: "x\n", "tests.sh": "exit 0\n" } });
        const run = await world.run();
        expectRed(run, "tests-failed", "failed: sh tests.sh");
        checkEqual(run.record.trusted, ["tests.sh"], "tests that did not run as they come");
        world.upstream.commit({ branch: "main", files: { broken: null } });
        expectGreen(await world.run(), "promoted", "tests passed");
        expectText(
          (await world.syncPull())?.body ?? "",
          ["once landed, these are what the next run tests with", "`tests.sh`"],
          "the pull request",
        );
      },
    },
    {
      name: "the fork's own CI tests the merge",
      situation: "`tests.checks` names a job of the fork's own workflow. Once it succeeds, once it fails.",
      happens:
        "The merge is pushed as `sync/upstream-candidate`, the CI runs there, and its result is the result: promoted, or red with nothing moved. The branch goes with the run.",
      person: "As with any other test: look at the log of the CI.",
      config: { tests: { checks: ["ci"], timeoutMinutes: 3 } },
      async run(world) {
        await ownCi(world);
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        const good = await world.run();
        expectGreen(good, "promoted", "tests passed");
        checkEqual(
          good.record.tests.map(({ name, ok }) => [name, ok]),
          [["ci", true]],
          "the tests of the record",
        );
        const before = world.sync;
        world.upstream.commit({ branch: "main", files: { broken: "x\n" } });
        expectRed(await world.run(), "tests-failed", "failed: ci");
        checkEqual([world.sync, candidateBranches(world)], [before, []], "the sync branch, and branches of candidates");
      },
    },
    {
      name: "the fork's own CI never reports",
      situation: "`tests.checks` names a job whose workflow does not run for the candidate's branch.",
      happens: 'Red as "stopped", never green: what did not report is named, with what to do. Nothing moves.',
      person: "Let the workflow run for pushes to `sync/upstream-candidate`, or mend the name.",
      config: { tests: { checks: ["ci"], timeoutMinutes: 1 } },
      async run(world) {
        await ownCi(world, "main");
        const before = world.sync;
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        expectRed(await world.run(), "stopped", /ci never reported.*run for pushes to sync\/upstream-candidate/);
        checkEqual(world.sync, before, "the sync branch");
      },
    },
    {
      name: "a generated file conflicts",
      situation: "Fork and upstream both changed a generated file, which `policies.regenerate` names with its command.",
      happens:
        'No conflict: the file is made anew from the merge, tested with it and promoted as a commit of its own. It is listed as "made anew". What else the command changes is not taken.',
      person: "Look at the file on the pull request.",
      config: {
        policies: { regenerate: [{ paths: ["menu.txt"], run: "cat page.txt >menu.txt\necho more >>fork.txt" }] },
      },
      async run(world) {
        await world.commit("dev", { "menu.txt": lines({ 5: "fork" }) });
        world.upstream.commit({
          branch: "main",
          files: { "menu.txt": lines({ 5: "upstream" }), "page.txt": lines({ 9: "upstream" }) },
        });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        const sync = "sync/upstream";
        checkEqual(world.file(sync, "menu.txt"), world.file(sync, "page.txt"), "the generated file");
        checkEqual(world.file(sync, "fork.txt"), "the fork's own\n", "a file that is not declared");
        checkEqual(run.record.kept, [{ path: "menu.txt", policy: "regenerate" }], "what is listed");
        check((await world.log(run, "regenerate")).includes('not taken: "fork.txt"'), "the log to name the other file");
        expectText((await world.syncPull())?.body ?? "", ["- made anew: `menu.txt`"], "the pull request");
      },
    },
    {
      name: "the command for a generated file fails",
      situation: "Upstream's change breaks the command that makes a generated file.",
      happens: "Red: the command is named, nothing moves, and the tests do not run.",
      person: "Look at the log of the job `regenerate`; mend the command or the files it reads.",
      config: { policies: { regenerate: [{ paths: ["menu.txt"], run: "test ! -e broken" }] } },
      async run(world) {
        const before = world.sync;
        world.upstream.commit({ branch: "main", files: { broken: "x\n" } });
        expectRed(await world.run(), "tests-failed", "generated files could not be made anew: test ! -e broken");
        checkEqual(world.sync, before, "the sync branch");
      },
    },
  ],
};
