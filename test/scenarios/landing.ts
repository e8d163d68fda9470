/** How the sync pull request lands, and how it is taken back. */
import { check, checkEqual } from "../../demo/check.ts";
import { lines } from "../sync/support/repository.ts";
import { expectGreen, expectRed, expectRequests, expectText } from "./expect.ts";
import type { Topic } from "./scenario.ts";
import type { Run, World } from "./world.ts";

const squashed = { landing: "squash" } as const;

/** Upstream changes two files and adds one; the next run proposes that. */
async function propose(world: World): Promise<void> {
  const files = { "page.txt": lines({ 9: "upstream's" }), "menu.txt": lines({ 1: "upstream's" }), "new.txt": "new\n" };
  world.upstream.commit({ branch: "main", files });
  expectGreen(await world.run(), "promoted", "tests passed");
}

const landed = {
  "page.txt": lines({ 1: "the fork's line", 9: "upstream's" }),
  "menu.txt": lines({ 1: "upstream's" }),
  "new.txt": "new\n",
};

function files(world: World, branch: string): Record<string, string | undefined> {
  return Object.fromEntries(Object.keys(landed).map((path) => [path, world.file(branch, path)]));
}

const tree = (world: World, branch: string) => world.fork.git("rev-parse", `${world.tip(branch)}^{tree}`);

/** The run found a landing without a merge commit, and its pull request joins the histories without changing a file. */
async function checkRepair(world: World, landing: string): Promise<void> {
  const run = await world.run();
  const words = `the last sync landed with ${landing.slice(0, 12)} without a merge commit`;
  expectGreen(run, "promoted", `tests passed; ${words}`);
  const warned = run.annotations.filter(({ annotation_level }) => annotation_level === "warning");
  checkEqual(
    warned.map(({ message }) => message),
    [`dev has the last sync since ${landing} without a merge commit: all of it arrived`],
    "warnings",
  );
  checkEqual(tree(world, "sync/upstream"), tree(world, "dev"), "tree of the sync branch: the target's");
  checkEqual(world.fork.git("rev-parse", `${world.sync}^2`), landing, "second parent of the sync branch's tip");
  const pull = await world.syncPull();
  checkEqual(pull.mergeable, true, "the repair can be merged");
  expectText(pull.body, ["every file of it is there, compared tree by tree", "Land it with a merge commit"], "it");
}

export const landing: Topic = {
  title: "Landing, and taking back",
  scenarios: [
    {
      name: "the pull request lands by a merge commit",
      situation: "The sync pull request was merged with a merge commit, the default.",
      happens: "The next run is green after one look-up of each side and one question, and repairs nothing.",
      person: "Nothing.",
      async run(world) {
        await propose(world);
        await world.land("merge");
        const run = await world.run();
        expectGreen(run, "up-to-date", "what was promoted has landed, and upstream did not move");
        expectRequests(run, { fetches: 0, pushes: 0, writes: 0 });
        world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
      },
    },
    {
      name: "the last pull request was squash-merged",
      peers: 11,
      situation: "Somebody pressed *Squash and merge* on the sync pull request, where merge commits are the rule.",
      happens:
        "The next run compares the trees, says that all of it arrived, and opens a pull request that joins the histories and changes no file.",
      person: "Merge that one with a merge commit.",
      async run(world) {
        await propose(world);
        await checkRepair(world, await world.land("squash"));
        const before = tree(world, "dev");
        await world.land("merge");
        checkEqual(tree(world, "dev"), before, "tree of the target after the repair");
        expectGreen(await world.run(), "up-to-date", /has landed/);
      },
    },
    {
      name: "the last pull request was rebase-merged",
      situation: "Somebody pressed *Rebase and merge* on the sync pull request.",
      happens: "As after a squash: found at the last of the copied commits, proven, and repaired by a pull request.",
      person: "Merge that one with a merge commit.",
      async run(world) {
        await propose(world);
        world.upstream.commit({ branch: "main", files: { "menu.txt": lines({ 1: "upstream's", 9: "again" }) } });
        expectGreen(await world.run(), "promoted", "tests passed");
        await checkRepair(world, await world.land("rebase"));
        await world.land("merge");
        expectGreen(await world.run(), "up-to-date", /has landed/);
      },
    },
    {
      name: "the team goes on in lines that landed by squash",
      situation: "The sync was squashed, then people changed the very lines it had brought; upstream goes on as well.",
      happens:
        "No conflict: the run merges up to the commit that landed the sync, then the rest. The team's lines stand.",
      person: "Merge the pull request with a merge commit.",
      async run(world) {
        await propose(world);
        await world.land("squash");
        await world.commit("dev", { "menu.txt": lines({ 1: "the team's, after it" }), "new.txt": "the team's\n" });
        world.upstream.commit({ branch: "main", files: { "menu.txt": lines({ 1: "upstream's", 9: "again" }) } });
        const run = await world.run();
        expectGreen(run, "promoted", /without a merge commit$/);
        checkEqual(run.record.conflicts, [], "conflicts");
        const menu = lines({ 1: "the team's, after it", 9: "again" });
        checkEqual(files(world, "sync/upstream"), { ...landed, "menu.txt": menu, "new.txt": "the team's\n" }, "files");
        checkEqual((await world.syncPull()).mergeable, true, "the pull request can be merged");
      },
    },
    {
      name: "a squash lost a file",
      situation: "Somebody squashed the sync by hand, and a file of it did not get into the commit.",
      happens: "The run names the file, on the pull request too; it comes again there, and nothing else does.",
      person: "Merge the pull request with a merge commit; take the file out again if that was the intention.",
      async run(world) {
        await propose(world);
        await world.shell("dev", [
          "git merge --squash origin/sync/upstream",
          "git checkout HEAD -- menu.txt",
          "git commit --message 'Take over upstream'",
          "git push origin dev",
        ]);
        expectGreen(await world.run(), "promoted", /without a merge commit, and 1 of its files did not arrive$/);
        const pull = await world.syncPull();
        expectText(
          pull.body,
          [/^### Did not arrive with the last sync, and come again \(1\)$/m, /^- `menu\.txt`$/m],
          "it",
        );
        checkEqual(world.fork.git("diff", "--name-only", "dev", "sync/upstream"), "menu.txt", "files it changes");
        await world.land("merge");
        checkEqual(files(world, "dev"), landed, "files on the target");
      },
    },
    {
      name: "only squash merging is allowed",
      peers: 23,
      situation: "The team may have no merge commits on the target, and says so: `landing: squash`.",
      happens:
        "Each sync is a merge from what landed: no conflict, no repair, and nothing to do on days without news, though the histories never meet.",
      person: "Squash and merge each sync pull request.",
      config: squashed,
      async run(world) {
        await world.must("administrator", "PATCH", "", { allow_merge_commit: false, allow_rebase_merge: false });
        await propose(world);
        for (const [round, line] of ["one", "two"].entries()) {
          const landing = await world.land("squash");
          const done = await world.run();
          expectGreen(done, "up-to-date", `what was promoted has landed with ${landing.slice(0, 12)}`);
          checkEqual([world.recorded("landed"), (await world.open()).sync], [landing, []], "the record, and no repair");
          await world.commit("dev", { "menu.txt": lines({ 1: `the team's ${line}` }) });
          const idle = await world.run();
          expectGreen(idle, "up-to-date", "what was promoted has landed, and upstream did not move");
          expectRequests(idle, { fetches: 0, pushes: 0, writes: 0 });
          world.upstream.commit({ branch: "main", files: { [`${line}.txt`]: "upstream's\n" } });
          const run = await world.run();
          expectGreen(run, "promoted", "tests passed");
          checkEqual(
            [run.record.conflicts, run.record.behind?.commits],
            [[], 1],
            `conflicts and distance, round ${round}`,
          );
          const pull = await world.syncPull();
          checkEqual(pull.mergeable, true, "the pull request can be merged");
          expectText(pull.body, ["Brings 1 commit of upstream into `dev`.", "**squash and merge**"], "it");
          checkEqual(world.fork.git("diff", "--name-only", "dev", "sync/upstream"), `${line}.txt`, "files it changes");
        }
        checkEqual(world.fork.git("rev-list", "--count", "--merges", "dev"), "0", "merge commits on the target");
      },
    },
    {
      name: "a generated file is made anew, and only squash merging is allowed",
      situation: "`landing: squash`, and `policies.regenerate` names a file that fork and upstream both change.",
      happens:
        "The file is made anew each time and is in the commit that is squashed; what landed is recognized, and the next sync conflicts in nothing.",
      person: "Squash and merge each sync pull request.",
      config: { ...squashed, policies: { regenerate: [{ paths: ["menu.txt"], run: "cat page.txt >menu.txt" }] } },
      async run(world) {
        for (const round of [1, 2]) {
          const changed = { "menu.txt": lines({ 5: `upstream's ${round}` }), "page.txt": lines({ 9: `new ${round}` }) };
          world.upstream.commit({ branch: "main", files: changed });
          await world.commit("dev", { "menu.txt": lines({ 5: `the team's ${round}` }) });
          const run = await world.run();
          expectGreen(run, "promoted", "tests passed");
          checkEqual(run.record.kept, [{ path: "menu.txt", policy: "regenerate" }], "what is listed");
          checkEqual((await world.syncPull()).mergeable, true, "the pull request can be merged");
          const landing = await world.land("squash");
          checkEqual(world.file("dev", "menu.txt"), world.file("dev", "page.txt"), "the generated file on the target");
          const done = await world.run();
          expectGreen(done, "up-to-date", `what was promoted has landed with ${landing.slice(0, 12)}`);
          checkEqual((await world.open()).sync, [], "repairs");
        }
      },
    },
    {
      name: "a sync was reverted, and that was wanted",
      peers: 13,
      situation: "A sync landed and people reverted it; now upstream has something new.",
      happens:
        "The run is red before anything is merged, and names the landing, the commit that took it back, and both ways on. After one push that says it was wanted, syncs go on without that update.",
      person: "Type the command from the run: push the target as it is as `sync/upstream-manual`.",
      async run(world) {
        await propose(world);
        const landing = await world.land("merge");
        await world.shell("dev", ["git revert --no-edit --mainline 1 HEAD", "git push origin dev"]);
        const reverted = world.tip("dev");
        world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        const before = world.sync;
        const red = await world.run();
        expectRed(red, "stopped", new RegExp(`took back the sync that had landed there with ${landing.slice(0, 12)}`));
        expectText(red.record.reason, ["3 of its 3 files", reverted, "sync-again"], "the reason");
        checkEqual(world.sync, before, "the sync branch");
        await world.shell("dev", [commandsIn(red)[1] as string]);
        const green = await world.run();
        expectGreen(green, "promoted", "tests passed; with sync/upstream-manual");
        const kept = { "page.txt": lines({ 1: "the fork's line" }), "menu.txt": lines(), "new.txt": undefined };
        checkEqual(files(world, "sync/upstream"), kept, "what was taken back stays out");
        checkEqual(world.file("sync/upstream", "two.txt"), "2\n", "what is new");
        check(!world.branches().includes("sync/upstream-manual"), "the branch to be gone", world.branches());
        await world.land("merge");
        world.upstream.commit({ branch: "main", files: { "three.txt": "3\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
        checkEqual(files(world, "sync/upstream"), kept, "and stays out for good");
      },
    },
    {
      name: "a sync was reverted by mistake",
      situation: "A sync landed and people reverted it, and want it back.",
      happens:
        "The red run has the commands that revert the revert; after that pull request, syncs go on with all of it.",
      person: "Type them, merge the pull request, start the workflow.",
      async run(world) {
        await propose(world);
        await world.land("merge");
        await world.shell("dev", ["git revert --no-edit --mainline 1 HEAD", "git push origin dev"]);
        world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        const red = await world.run();
        expectRed(red, "stopped", /took back the sync/);
        await world.shell("dev", [commandsIn(red)[0] as string]);
        const { number } = await world.must("developer", "POST", "/pulls", {
          ...{ title: "Revert the revert", head: "sync-again", base: "dev" },
        });
        await world.must("developer", "PUT", `/pulls/${number}/merge`, { merge_method: "squash" });
        expectGreen(await world.run(), "promoted", "tests passed");
        checkEqual(files(world, "sync/upstream"), landed, "files of the update");
        checkEqual(world.file("sync/upstream", "two.txt"), "2\n", "what is new");
      },
    },
    {
      name: "a squashed sync was reverted",
      situation: "With `landing: squash` a sync was squashed and that commit reverted; upstream goes on.",
      happens: "Red before merging, too: git would bring back what was just taken out.",
      person: "Choose one of the two ways that the run names.",
      config: squashed,
      async run(world) {
        await propose(world);
        const landing = await world.land("squash");
        await world.shell("dev", ["git revert --no-edit HEAD", "git push origin dev"]);
        world.upstream.commit({ branch: "main", files: { "two.txt": "2\n" } });
        const red = await world.run();
        expectRed(red, "stopped", new RegExp(`took back the sync that had landed there with ${landing.slice(0, 12)}`));
        await world.shell("dev", [commandsIn(red)[1] as string]);
        expectGreen(await world.run(), "promoted", "tests passed; with sync/upstream-manual");
        checkEqual(world.fork.git("diff", "--name-only", "dev", "sync/upstream"), "two.txt", "files that change");
      },
    },
  ],
};

/** What the run tells people to type: to have it again, and that it was wanted. */
function commandsIn({ record }: Run): string[] {
  return [...record.reason.matchAll(/run "(.*?)"/g)].map(([, commands]) => commands as string);
}
