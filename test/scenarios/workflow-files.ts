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
  ],
};
