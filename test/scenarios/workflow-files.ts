/** Files that GitHub runs. */
import { check, checkEqual } from "../../demo/check.ts";
import { expectGreen, expectText } from "./expect.ts";
import type { Topic } from "./scenario.ts";

const ci = ".github/workflows/ci.yml";
const theirs = "on: push\njobs: { a: { runs-on: ubuntu-latest, steps: [{ run: exit 1 }] } }\n";

export const workflowFiles: Topic = {
  title: "Workflow files",
  scenarios: [
    {
      name: "upstream changes workflow files",
      peers: 7,
      situation: "Upstream adds or changes files below `.github/workflows`.",
      happens:
        "The rest is taken; these are held back and listed in the pull request, so nothing of them runs in the fork, and no push is refused because of them.",
      person:
        "Look at them; put the label `accept-upstream-workflows` on the pull request to take them with the next run.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { [ci]: theirs, "new.txt": "n\n" } });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        checkEqual(run.record.held, [ci], "held files of the record");
        checkEqual(
          [world.file("sync/upstream", ci), world.file("sync/upstream", "new.txt")],
          [undefined, "n\n"],
          "files",
        );
        const pull = await world.syncPull();
        expectText(pull.body, ["### Upstream's workflow files, not taken (1)", `- \`${ci}\``], "the pull request");
        const { workflow_runs } = await world.must("developer", "GET", "/actions/runs");
        checkEqual(
          workflow_runs.filter(({ path }: { path: string }) => !path.endsWith("/upstream-sync.yml")),
          [],
          "runs of upstream's workflows",
        );
        await world.must("developer", "POST", `/issues/${pull.number}/labels`, {
          labels: ["accept-upstream-workflows"],
        });
        expectGreen(await world.run(), "promoted", "tests passed");
        checkEqual(world.file("sync/upstream", ci), theirs, "the file once it is accepted");
        check(!(await world.syncPull()).body.includes("not taken"), "the list to be gone");
      },
    },
    {
      name: "upstream's workflow files are accepted for good",
      situation: "`upstreamWorkflows: accept`; upstream changes workflow files.",
      happens: "They come in like any file and are listed among what to look at with care.",
      person: "Look at them in the review: what is in there runs with the fork's rights once it has landed.",
      config: { upstreamWorkflows: "accept" },
      async run(world) {
        world.upstream.commit({ branch: "main", files: { [ci]: theirs } });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        checkEqual([run.record.held, world.file("sync/upstream", ci)], [[], theirs], "held files, and the file");
        expectText((await world.syncPull()).body, ["### Look at these with care", `\`${ci}\``], "the pull request");
      },
    },
    {
      name: "upstream ships a workflow of our name",
      situation: "Upstream has files at the paths of our workflow and program, and workflow files are accepted.",
      happens: "Ours stay ours, whatever is accepted.",
      person: "Nothing.",
      config: { upstreamWorkflows: "accept" },
      async run(world) {
        const own = [".github/workflows/upstream-sync.yml", ".github/upstream-sync/upstream-sync.mjs"];
        const before = own.map((path) => world.file("main", path));
        world.upstream.commit({ branch: "main", files: Object.fromEntries(own.map((path) => [path, "theirs\n"])) });
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
        checkEqual(
          own.map((path) => world.file("sync/upstream", path)),
          [undefined, undefined],
          "ours on the sync branch",
        );
        await world.land();
        checkEqual(
          own.map((path) => world.file("main", path)),
          before,
          "ours on the default branch",
        );
        expectGreen(await world.run(), "up-to-date", /has landed/);
      },
    },
    {
      name: "both sides changed the same workflow file",
      situation: "The fork has changed a workflow file of upstream's, and upstream changes it as well.",
      happens: "No conflict: the fork's version stays while upstream's is held back, and it is on the list.",
      person: "Bring over by hand what is wanted of it.",
      config: { upstreamWorkflows: "hold" },
      async run(world) {
        await world.commit("dev", { [ci]: `${theirs}# the fork's\n` });
        world.upstream.commit({ branch: "main", files: { [ci]: `${theirs}# upstream's\n` } });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        checkEqual(
          [run.record.held, world.file("sync/upstream", ci)],
          [[ci], `${theirs}# the fork's\n`],
          "held, and the file",
        );
      },
    },
  ],
};
