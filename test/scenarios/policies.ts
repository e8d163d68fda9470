/** What the fork has decided once and for all. */
import { checkEqual } from "../../demo/check.ts";
import { lines } from "../sync/support/repository.ts";
import { expectGreen, expectRed, expectText } from "./expect.ts";
import type { Topic } from "./scenario.ts";

export const policies: Topic = {
  title: "Decided once: policies",
  scenarios: [
    {
      name: "upstream changes a file that the fork has deleted for good",
      peers: 19,
      situation: "The fork deleted a folder and declared it under `keepDeleted`; upstream goes on changing it.",
      happens: "It stays deleted, also what is new in it; the pull request lists each file. Nobody is asked.",
      person: "Nothing.",
      config: { policies: { keepDeleted: ["/cloud/"] } },
      async run(world) {
        await world.commit("dev", { "cloud/client.txt": null });
        const files = { "cloud/client.txt": lines({ 2: "upstream's" }), "cloud/new.txt": "n\n", "new.txt": "n\n" };
        world.upstream.commit({ branch: "main", files });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        checkEqual(
          run.record.kept,
          ["cloud/client.txt", "cloud/new.txt"].map((path) => ({ path, policy: "keepDeleted" })),
          "what the record says was kept",
        );
        checkEqual(
          world.fork.paths(world.sync).filter((path) => path.startsWith("cloud")),
          [],
          "files of the folder",
        );
        expectText(
          (await world.syncPull()).body,
          ["- stayed deleted: `cloud/client.txt`\n- stayed deleted: `cloud/new.txt`"],
          "the pull request",
        );
      },
    },
    {
      name: "a clean merge would take away what must survive",
      peers: 20,
      situation:
        "The fork's `mustSurvive` names a text in a file; upstream rewrites that file, and the merge is clean.",
      happens: "Red before any test. The file, the text and upstream's commit are named; nothing moves.",
      person: "Merge by hand on `sync/upstream-manual` and keep it there, or take it out of the config.",
      config: { policies: { mustSurvive: [{ path: "menu.txt", contains: "line 5" }] } },
      async run(world) {
        const before = [world.sync, world.tip("dev")];
        const culprit = world.upstream.commit({ branch: "main", files: { "menu.txt": "rewritten\n" } });
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        expectRed(
          await world.run(),
          "stopped",
          new RegExp(`"line 5" in menu.txt, removed by upstream's commit ${culprit}`),
        );
        checkEqual([world.sync, world.tip("dev")], before, "sync branch and target");
        checkEqual((await world.pulls()).length, 0, "pull requests");
      },
    },
  ],
};
