/** What the fork has decided once and for all. */
import { check, checkEqual } from "../../demo/check.ts";
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
    {
      name: "some paths stay the fork's",
      situation: "The fork's branding is declared under `keepOurs`; upstream changes, adds and removes files there.",
      happens:
        "The fork's files stay as they are and upstream's new ones do not come; each is listed on the pull request. Nobody is asked, even where both changed the same line.",
      person: "Nothing.",
      config: { policies: { keepOurs: ["/page.txt", "/brand/"] } },
      async run(world) {
        await world.commit("dev", { "brand/logo.txt": "the fork's\n", "brand/mark.txt": "the fork's\n" });
        const files = {
          "page.txt": lines({ 1: "upstream's" }),
          "brand/logo.txt": "upstream's\n",
          "brand/new.txt": "n\n",
        };
        world.upstream.commit({ branch: "main", files: { ...files, "new.txt": "n\n" } });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        checkEqual(
          ["page.txt", "brand/logo.txt", "brand/mark.txt", "brand/new.txt", "new.txt"].map((path) =>
            world.file("sync/upstream", path),
          ),
          [lines({ 1: "the fork's line" }), "the fork's\n", "the fork's\n", undefined, "n\n"],
          "files on the sync branch",
        );
        checkEqual(
          run.record.kept.map(({ path, policy }) => `${policy} ${path}`),
          ["keepOurs brand/logo.txt", "keepOurs brand/new.txt", "keepOurs page.txt"],
          "what the record says was kept",
        );
        expectText((await world.syncPull()).body, ["- kept ours: `brand/logo.txt`"], "the pull request");
      },
    },
    {
      name: "what must survive is kept by hand",
      situation:
        "A run was stopped by `mustSurvive`; somebody merges upstream on `sync/upstream-manual` and puts the text back.",
      happens: "Tested, promoted, the branch is gone; the text is there.",
      person: "Review and merge the sync pull request.",
      config: { policies: { mustSurvive: [{ path: "menu.txt", contains: "line 5" }] } },
      async run(world) {
        const news = world.upstream.commit({ branch: "main", files: { "menu.txt": "rewritten\n" } });
        expectRed(await world.run(), "stopped", /policies\.mustSurvive/);
        const parents = [world.sync, news];
        await world.commit("sync/upstream-manual", { "menu.txt": "rewritten, with line 5\n" }, { parents });
        expectGreen(await world.run(), "promoted", "tests passed; with sync/upstream-manual");
        checkEqual(world.file("sync/upstream", "menu.txt"), "rewritten, with line 5\n", "menu.txt");
        checkEqual(world.branches().includes("sync/upstream-manual"), false, "the branch is there");
      },
    },
    {
      name: "what must survive is not there at all",
      situation:
        "`mustSurvive` names a file that the target does not have, by a spelling mistake or since it was removed.",
      happens: "Green, with a warning: nothing watches there.",
      person: "Mend the path, or take it out of the config.",
      config: { policies: { mustSurvive: ["LICENCE"] } },
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        const warnings = run.annotations.filter(({ annotation_level }) => annotation_level === "warning");
        check(
          warnings.some(({ message }) => message.includes("dev has no LICENCE")),
          "a warning about LICENCE",
          warnings,
        );
      },
    },
    {
      name: "upstream is taken as far as it merges",
      situation: "`partial: true`; of four new commits the third conflicts.",
      happens:
        "The first two are tested and promoted in a pull request. The rest is the conflict; its issue names the first commit that does not merge, its author, and the files.",
      person: "Merge the part; settle the rest.",
      config: { policies: { partial: true } },
      async run(world) {
        const author = "Uma Upstream <uma@example.com>";
        world.upstream.commit({ branch: "main", files: { "one.txt": "1\n" } });
        const good = world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        const files = { "page.txt": lines({ 1: "upstream's" }) };
        const bad = world.upstream.commit({ branch: "main", files, author, message: "Rewrite the first line" });
        const last = world.upstream.commit({ branch: "main", files: { "four.txt": "4\n" } });
        const run = await world.run();
        expectRed(run, "conflict", `a part went in, the rest conflicts with upstream from ${bad.slice(0, 12)} on`);
        checkEqual(
          [run.record.firstConflict, world.recorded("synced")],
          [bad, good],
          "first conflict, and what was taken",
        );
        expectText(
          (await world.syncPull()).body,
          ["Brings 2 commits of upstream into `dev`."],
          "the sync pull request",
        );
        expectText(
          (await world.issue(run.record.issue)).body,
          [`\`${bad}\` by \`Uma Upstream\`, \`Rewrite the first line\``, "- `page.txt`: contents, with upstream"],
          "the issue",
        );
        await world.settle("sync/upstream-conflict-1", { "page.txt": lines({ 1: "both" }) });
        expectGreen(await world.run(), "promoted", /^tests passed; with /);
        check(world.has("sync/upstream", last), "all of upstream to be in");
      },
    },
  ],
};
