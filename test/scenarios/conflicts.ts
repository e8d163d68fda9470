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
  ],
};
