/** Upstream and the fork changed the same place. */
import { check, checkEqual } from "../../demo/check.ts";
import { lines } from "../sync/support/repository.ts";
import { expectGreen, expectRed, expectRequests, expectText } from "./expect.ts";
import type { Topic } from "./scenario.ts";
import type { Run, World } from "./world.ts";

const branch = "sync/upstream-conflict-1";
const both = lines({ 1: "the fork's line and upstream's" });
/** A commit that many conflicts begin with; its words must not appear anywhere. */
const message = "Fixes #1, thanks @everybody";

/** Upstream changes the line that the fork changed, and something else. */
async function meet(world: World, text = "upstream's line"): Promise<Run> {
  world.upstream.commit({ branch: "main", files: { "page.txt": lines({ 1: text }), "u.txt": `${text}\n` }, message });
  return await world.run();
}

function expectConflict(run: Run, files: readonly (readonly [path: string, kind: string])[], side = "upstream"): void {
  expectRed(run, "conflict", /conflict/);
  checkEqual(
    run.record.conflicts.map((one) => [one.path, one.kind, one.side]),
    files.map(([path, kind]) => [path, kind, side]),
    "conflicts of the record",
  );
}

/** After people have settled it: tested, promoted, and nothing is left for them to do. */
async function expectSettled(world: World, run: Run, words: RegExp = /^tests passed; with /): Promise<void> {
  expectGreen(run, "promoted", words);
  checkEqual(
    world.branches().filter((name) => name.startsWith("sync/")),
    ["sync/upstream"],
    "branches of the sync",
  );
  const { conflict, issues, sync } = await world.open();
  checkEqual([conflict, issues], [[], []], "what is open for the conflict");
  checkEqual(
    sync.map(({ head }) => head.sha),
    [world.sync],
    "the sync pull request",
  );
}

export const conflicts: Topic = {
  title: "Conflicts",
  scenarios: [
    {
      name: "both sides changed the same lines",
      peers: 5,
      situation: "Upstream and the fork changed the same lines of a file.",
      happens:
        "Red. A branch `sync/upstream-conflict-1` on upstream's commit, one draft pull request from it and one issue with the file, the kind and the commands. No markers are committed anywhere; the sync branch has nothing of it.",
      person: "Settle it: `upstream-sync resolve`, plain git, or **Resolve conflicts** in the browser.",
      async run(world) {
        const run = await meet(world);
        expectConflict(run, [["page.txt", "contents"]]);
        checkEqual(world.file("sync/upstream", "u.txt"), undefined, "upstream's file on the sync branch");
        const pull = await world.conflictPull();
        checkEqual([pull.head.ref, pull.draft, pull.mergeable], [branch, true, false], "branch, draft, mergeable");
        check(world.has(branch, world.upstream.ref("refs/heads/main") as string), "the branch to be upstream's commit");
        const issue = await world.issue(run.record.issue);
        for (const text of [pull.body, issue.body]) {
          expectText(text, ["- `page.txt`: contents, with upstream", `git switch ${branch}`], "the text");
          check(!/Fixes|@everybody/.test(text), "upstream's words to be nowhere", text);
        }
      },
    },
    {
      name: "nobody has settled a conflict yet",
      situation: "A conflict is open and nobody has done anything since.",
      happens: "Red by two look-ups, day after day. Nothing is fetched, pushed, commented or opened again.",
      person: "Settle it, or close the sync pull request to pause.",
      async run(world) {
        await meet(world);
        const before = [world.fork.git("for-each-ref"), await world.open()];
        const run = await world.run();
        expectRed(run, "conflict", "a conflict is open and waits for people; nothing moved since it was found");
        expectRequests(run, { fetches: 0, pushes: 0, writes: 0 });
        checkEqual([world.fork.git("for-each-ref"), await world.open()], before, "refs, pull requests and issues");
      },
    },
    {
      name: "a conflict is settled in the browser",
      situation: "Somebody presses **Resolve conflicts** on the draft pull request and commits the merge.",
      happens:
        "The next run tests exactly that, promotes it, closes draft and issue, removes the branch, opens the sync pull request.",
      person: "Review and merge the sync pull request.",
      async run(world) {
        await meet(world);
        const settled = await world.settle(branch, { "page.txt": both });
        await expectSettled(world, await world.run());
        check(world.has("sync/upstream", settled), "people's commit to be in the sync branch");
        checkEqual(world.file("sync/upstream", "page.txt"), both, "page.txt as people left it");
      },
    },
    {
      name: "a conflict is settled by the commands of the issue",
      situation: "Somebody types the issue's git commands, as they stand, into a clone.",
      happens: "The next run tests what was pushed, promotes it and tidies up.",
      person: "Review and merge the sync pull request.",
      async run(world) {
        const { record } = await meet(world);
        const { body } = await world.issue(record.issue);
        await world.type(body, "With git", { "page.txt": both });
        await expectSettled(world, await world.run());
        checkEqual(world.file("sync/upstream", "page.txt"), both, "page.txt as people left it");
        expectText(
          (await world.issue(record.issue)).body,
          [`Settled: \`${branch}\` was merged and tested`],
          "the issue",
        );
      },
    },
    {
      name: "conflict markers are left in a file",
      situation: "Somebody settles a conflict and leaves `<<<<<<<` in a file.",
      happens:
        "Red. What was pushed is not taken and stays where it is; pull request and issue say which files still have markers.",
      person: "Take the markers out and push again.",
      async run(world) {
        await meet(world);
        const markers = `<<<<<<< ours\nupstream's\n=======\nthe fork's\n>>>>>>> theirs\n${lines().slice(7)}`;
        const pushed = await world.settle(branch, { "page.txt": markers });
        const run = await world.run();
        expectRed(run, "conflict", new RegExp(`${branch} still has conflict markers`));
        checkEqual(world.tip(branch), pushed, "people's branch");
        const { body } = await world.issue(run.record.issue);
        expectText(
          body,
          [`**\`${branch}\` at \`${pushed}\` was not taken**: these files still have conflict markers.`],
          "the issue",
        );
        await world.commit(branch, { "page.txt": both });
        await expectSettled(world, await world.run());
      },
    },
    {
      name: "a conflict is settled on a branch of one's own",
      situation: "Somebody merges upstream on `sync/upstream-manual`, by the second list of commands of the issue.",
      happens: "The same: tested, promoted, the conflict's draft and issue closed, both branches gone.",
      person: "Review and merge the sync pull request.",
      async run(world) {
        const { record } = await meet(world);
        const { body } = await world.issue(record.issue);
        await world.type(body, "On a branch of your own", { "page.txt": both });
        await expectSettled(world, await world.run());
        expectText((await world.issue(record.issue)).body, ["No longer needed"], "the issue");
      },
    },
    {
      name: "everything is settled for one side",
      situation: "Somebody settles a conflict by taking upstream's version of every file.",
      happens:
        "It is taken, and called out in the record and on the sync pull request: check that nothing of the fork is missed.",
      person: "Check it in the review.",
      async run(world) {
        await meet(world);
        await world.settle(branch, { "page.txt": lines({ 1: "upstream's line" }) });
        const words =
          /^tests passed; with sync\/upstream-conflict-1, which has upstream's version of every conflicting file$/;
        await expectSettled(world, await world.run(), words);
        const { body } = await world.syncPull();
        expectText(body, ["**All of them have the version of `upstream`, as it was**"], "the sync pull request");
      },
    },
    {
      name: "a settled conflict fails the tests",
      situation: "Somebody settles a conflict, and the tests fail on the result.",
      happens:
        "Red. Nothing moves; people's branch stays, and its pull request says that the tests failed on the merge with it.",
      person: "Push a fix to the same branch.",
      async run(world) {
        await meet(world);
        const before = world.sync;
        const pushed = await world.settle(branch, { "page.txt": both, broken: "x\n" });
        const run = await world.run();
        expectRed(run, "tests-failed", `failed: sh tests.sh; with ${branch}`);
        checkEqual([world.sync, world.tip(branch)], [before, pushed], "the sync branch and people's");
        expectText((await world.conflictPull()).body, ["the tests failed on the merge with it"], "the pull request");
        await world.commit(branch, { broken: null });
        await expectSettled(world, await world.run());
      },
    },
    {
      name: "upstream goes on while a conflict waits",
      situation: "A conflict is open, and upstream gets further commits.",
      happens:
        "Branch, pull request and issue stay the same ones; the issue says how far upstream has gone. What came later is taken after the conflict is settled.",
      person: "Settle it on the same branch.",
      async run(world) {
        await meet(world);
        const tip = world.tip(branch);
        const later = world.upstream.commit({ branch: "main", files: { "later.txt": "l\n" } });
        const run = await world.run();
        expectRed(run, "conflict", /conflict/);
        checkEqual(world.tip(branch), tip, "the branch for people");
        expectText(
          (await world.issue(run.record.issue)).body,
          [`Upstream has gone on to \`${later}\` since`],
          "the issue",
        );
        await world.settle(branch, { "page.txt": both });
        await expectSettled(world, await world.run());
        check(world.has("sync/upstream", later), "the later commit to be in as well");
      },
    },
    {
      name: "the next conflict comes",
      situation: "A conflict was settled and landed, and later upstream conflicts again.",
      happens:
        "A new branch with the next number, a new draft and a new issue; nothing of the old one is opened again.",
      person: "Settle it.",
      async run(world) {
        await meet(world);
        await world.settle(branch, { "page.txt": both });
        await world.run();
        await world.land();
        const run = await meet(world, "upstream's third");
        expectConflict(run, [["page.txt", "contents"]]);
        checkEqual((await world.conflictPull()).head.ref, "sync/upstream-conflict-2", "the branch for people");
      },
    },
    {
      name: "a conflict is settled on the target",
      situation: "While a conflict is open, the team merges upstream into the target itself and settles it there.",
      happens: "Green: draft and issue are closed with a word, the branch goes.",
      person: "Nothing.",
      async run(world) {
        const { record } = await meet(world);
        const news = world.upstream.ref("refs/heads/main") as string;
        const files = { "page.txt": both, "u.txt": "upstream's line\n" };
        await world.commit("dev", files, { parents: [world.tip("dev"), news] });
        expectGreen(await world.run(), "up-to-date", /./);
        checkEqual(world.branches().includes(branch), false, "the branch for people is there");
        const issue = await world.issue(record.issue);
        checkEqual([issue.state, (await world.open()).conflict], ["closed", []], "the issue, and open pull requests");
        expectText(issue.body, ["No longer needed"], "the issue");
      },
    },
    {
      name: "the target itself conflicts with what was promoted",
      situation: "While a sync pull request waits, the team changes the same lines on the target.",
      happens:
        "Red. The conflict is named as one with the target, and the branch for people stands on the target's commit.",
      person: "Settle it the same ways.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "menu.txt": lines({ 5: "upstream's" }) } });
        await world.run();
        const dev = await world.commit("dev", { "menu.txt": lines({ 5: "the team's" }) });
        const late = world.upstream.commit({ branch: "main", files: { "late.txt": "l\n" } });
        expectConflict(await world.run(), [["menu.txt", "contents"]], "target");
        check(world.has(branch, dev), "the branch to be the target's commit");
        const settled = lines({ 5: "upstream's and the team's" });
        await world.settle(branch, { "menu.txt": settled });
        await expectSettled(world, await world.run());
        checkEqual(world.file("sync/upstream", "menu.txt"), settled, "menu.txt as people left it");
        check(world.has("sync/upstream", late), "upstream's later commit to be in");
      },
    },
    {
      name: "upstream removed a file that the fork changed",
      situation: "Upstream deleted a file in which the fork has changes.",
      happens: "Red, with the kind `modify/delete`. The file is neither dropped nor kept without somebody deciding.",
      person: "Decide: keep it, or remove it; with git, as the browser does not offer this.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "page.txt": null } });
        const run = await world.run();
        expectConflict(run, [["page.txt", "modify/delete"]]);
        await world.settle(branch, { "page.txt": null });
        expectGreen(await world.run(), "promoted", /^tests passed; with /);
        checkEqual(world.file("sync/upstream", "page.txt"), undefined, "page.txt after people removed it");
      },
    },
    {
      name: "upstream changed a file that the fork removed",
      situation: "The fork deleted a file without a policy for it, and upstream changes it.",
      happens: "Red, with the kind `modify/delete`; the pull request for people names it.",
      person: "Decide once, and write the path under `keepDeleted` when it is to stay away.",
      async run(world) {
        await world.commit("dev", { "cloud/client.txt": null });
        world.upstream.commit({ branch: "main", files: { "cloud/client.txt": lines({ 2: "upstream's" }) } });
        expectConflict(await world.run(), [["cloud/client.txt", "modify/delete"]]);
      },
    },
    {
      name: "both sides added a file of the same name",
      situation: "Upstream adds a file whose name the fork already uses for something else.",
      happens: "Red; the file is named, and both versions are in the branch's history for people to merge.",
      person: "Merge the two, or rename the fork's.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "fork.txt": "upstream's idea\n" } });
        expectConflict(await world.run(), [["fork.txt", "contents"]]);
        checkEqual(
          [world.file("sync/upstream", "fork.txt"), world.file(branch, "fork.txt")],
          ["the fork's own\n", "upstream's idea\n"],
          "both versions",
        );
      },
    },
    {
      name: "upstream renamed a file that the fork removed",
      situation: "The fork deleted a file; upstream gave it another name and changed it.",
      happens: "Red, with the kind `rename/delete`; nothing comes back unseen under the new name.",
      person: "Decide whether the renamed file is wanted.",
      async run(world) {
        await world.commit("dev", { "menu.txt": null });
        world.upstream.commit({
          branch: "main",
          files: { "menu.txt": null, "navigation.txt": lines({ 9: "upstream's" }) },
        });
        const run = await world.run();
        expectRed(run, "conflict", /conflict/);
        check(
          run.record.conflicts.some(({ kind }) => /rename\/delete|modify\/delete/.test(kind)),
          "a kind of renaming",
          run.record.conflicts,
        );
        checkEqual(world.file("sync/upstream", "navigation.txt"), undefined, "the renamed file on the sync branch");
      },
    },
    {
      name: "a folder of the fork stands where upstream has a file",
      situation: "Upstream adds a file where the fork has a folder of that name.",
      happens: "Red, with the kind `file/directory`; neither is moved aside in what is tested.",
      person: "Rename one of the two.",
      async run(world) {
        await world.commit("dev", { "tool/run.txt": "the fork's\n" });
        world.upstream.commit({ branch: "main", files: { tool: "upstream's\n" } });
        const run = await world.run();
        expectRed(run, "conflict", /conflict/);
        check(
          run.record.conflicts.some(({ kind }) => kind === "file/directory"),
          "file/directory",
          run.record.conflicts,
        );
        checkEqual(world.file("sync/upstream", "tool/run.txt"), "the fork's\n", "the fork's folder");
      },
    },
    {
      name: "both sides changed a picture",
      situation: "A binary file was changed on both sides.",
      happens: "Red, with the kind `binary`; no half of one and half of the other.",
      person: "Choose one with git, or make it anew.",
      async run(world) {
        const picture = (text: string) => `\x89PNG\0${text}\0`;
        await world.commit("dev", { "logo.png": picture("fork") });
        world.upstream.commit({ branch: "main", files: { "logo.png": picture("upstream") } });
        const run = await world.run();
        expectRed(run, "conflict", /conflict/);
        checkEqual(
          run.record.conflicts.map(({ path }) => path),
          ["logo.png"],
          "what conflicts",
        );
        checkEqual(
          world.file("sync/upstream", "logo.png"),
          Buffer.from(picture("fork"), "latin1").toString(),
          "the picture",
        );
      },
    },
    {
      name: "issues are switched off in the fork",
      situation: "There is a conflict, and the fork has no issues (as GitHub sets up a new fork).",
      happens:
        "Red all the same; the branch and the draft pull request are there, and the summary warns that no issue could be opened.",
      person: "Settle it on the pull request; switch issues on (`doctor --fix`).",
      async run(world) {
        await world.must("administrator", "PATCH", "", { has_issues: false });
        const run = await meet(world);
        expectConflict(run, [["page.txt", "contents"]]);
        checkEqual(run.record.issue, null, "the issue of the record");
        expectText((await world.conflictPull()).body, ["- `page.txt`: contents, with upstream"], "the pull request");
        check(
          run.annotations.some(
            ({ annotation_level, message }) => annotation_level === "warning" && /no issue was opened/.test(message),
          ),
          "a warning that there is no issue",
          run.annotations,
        );
      },
    },
  ],
};
