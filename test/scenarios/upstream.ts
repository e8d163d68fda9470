/** What may become of upstream itself. */
import { check, checkEqual } from "../../demo/check.ts";
import { lines } from "../sync/support/repository.ts";
import { expectGreen, expectRed, expectText } from "./expect.ts";
import type { Scenario, Topic } from "./scenario.ts";
import type { World } from "./world.ts";

/** Red in these words, and nothing of the fork has moved. */
async function expectStopped(world: World, words: RegExp): Promise<string> {
  const before = world.fork.git("for-each-ref", "refs/heads", "refs/upstream-sync/main");
  const run = await world.run();
  expectRed(run, "stopped", words);
  checkEqual(world.fork.git("for-each-ref", "refs/heads", "refs/upstream-sync/main"), before, "the fork's refs");
  // Only a rewritten history has a recipe: anything else would be merged by mistake.
  checkEqual(run.record.reason.includes("--delete"), /rewritten/.test(run.record.reason), "a recipe to go on");
  return run.record.reason;
}

/** The server's answers, each with its own words. */
function answers(
  status: number,
  words: RegExp,
  { name, situation, person, peers }: { name: string; situation: string; person: string; peers?: number },
): Scenario {
  return {
    name,
    ...(peers === undefined ? {} : { peers }),
    situation,
    happens: 'Red and in words, never "nothing new". Nothing moves; the next run tries again.',
    person,
    async run(world) {
      const taken = world.upstream.commit({ branch: "main", files: { "new.txt": "new\n" } });
      expectGreen(await world.run(), "promoted", "tests passed");
      world.upstream.commit({ branch: "main", files: { "newer.txt": "new\n" } });
      await world.upstreamAnswers(status);
      await expectStopped(world, words);
      checkEqual(world.recorded("synced"), taken, "the recorded commit of upstream");
    },
  };
}

export const upstream: Topic = {
  title: "What becomes of upstream",
  scenarios: [
    answers(503, /could not be read.*the server is in trouble itself.*Run the workflow again/, {
      name: "upstream cannot be reached",
      peers: 2,
      situation: "Upstream's server is down or in trouble.",
      person: "Nothing at first; if it stays so, look at the server's status page.",
    }),
    answers(404, /there is no repository at that address \(404\)/, {
      name: "upstream was deleted or moved away",
      situation: "There is no repository at upstream's address any more.",
      person: "Set its new address under `upstream` and deploy.",
    }),
    {
      name: "upstream rewrote its history",
      peers: 12,
      situation: "Upstream force-pushed: what the fork has taken is no longer in its branch.",
      happens:
        "Red with both commits and a recipe. Nothing moves, so nothing that upstream took out comes back unseen.",
      person:
        "Ask upstream what happened; then run the `git push --delete` of the summary to go on from the new history.",
      async run(world) {
        const base = world.upstream.ref("refs/heads/main") as string;
        const taken = world.upstream.commit({ branch: "main", files: { "secret.txt": "1\n" } });
        expectGreen(await world.run(), "promoted", "tests passed");
        const now = world.upstream.commit({ branch: "main", parents: [base], files: { "new.txt": "2\n" } });
        const reason = await expectStopped(world, /main was rewritten, or another branch is followed now/);
        expectText(reason, [taken.slice(0, 12)], "the reason");
        const [, ref = ""] = /push origin --delete (\S+)"/.exec(reason) ?? [];
        world.fork.git("update-ref", "-d", ref);
        expectGreen(await world.run(), "promoted", "tests passed");
        check(world.has("sync/upstream", now), "the new history to be in the sync branch");
      },
    },
    {
      name: "upstream renamed its branch",
      situation: "The branch that is followed was renamed, for example from `main` to `trunk`.",
      happens: "Red; it names the new default branch and the key to set.",
      person: "Set `upstream.branch` and deploy.",
      async run(world) {
        world.upstream.git("branch", "--move", "main", "trunk");
        await expectStopped(world, /has no branch main: its default branch is trunk.*`upstream\.branch: trunk`/);
        world.deploy({ upstream: { branch: "trunk" } });
        world.upstream.commit({ branch: "trunk", files: { "page.txt": lines({ 9: "upstream's" }) } });
        expectGreen(await world.run(), "promoted", "tests passed");
      },
    },
  ],
};
