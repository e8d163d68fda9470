/** What may become of upstream itself. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, checkEqual } from "../../demo/check.ts";
import { lines } from "../sync/support/repository.ts";
import { expectGreen, expectRed, expectText } from "./expect.ts";
import { mentions } from "./requests.ts";
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
    answers(401, /asks who we are \(401\).*private: true/, {
      name: "upstream became private",
      situation: "Upstream asks for a login since yesterday.",
      person:
        "Write `private: true`, seal a token with `upstream-sync credentials create --upstream-token`, deploy; or set the new address.",
    }),
    answers(403, /the server refuses access \(403\)/, {
      name: "upstream was blocked",
      situation: "The server refuses access to upstream, as to a repository that was taken down.",
      person: "Open the address in a browser and see why.",
    }),
    answers(429, /asked too often \(429\)/, {
      name: "upstream's server is asked too often",
      situation: "The server limits how often it may be asked.",
      person: "Nothing: the next run asks again.",
    }),
    {
      name: "upstream is private, with a token of its own",
      situation: "`upstream.private: true`; the token that reads it is sealed in the fork.",
      happens:
        "Upstream is read with that token and nothing else is; the test job never gets it. When the token is no longer accepted, the run is red and says which command seals a new one.",
      person: "Seal a new token when it runs out.",
      config: { upstream: { private: true } },
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        const readers = run.requests.filter((entry) => mentions(entry, world.upstreamName) && entry.status < 400);
        checkEqual([...new Set(readers.map(({ actor }) => actor))], ["uma-upstream"], "who read upstream");
        await world.stage.github.control("PUT", `/repositories/${world.upstreamName}/collaborators/uma-upstream`, {
          permission: "read",
        });
        await world.upstreamAnswers(401);
        await expectStopped(world, /did not accept the token.*credentials create --upstream-token/);
      },
    },
    {
      name: "upstream is empty",
      situation: "Upstream's repository is there and has no branch any more.",
      happens: "Red, in these words; nothing moves.",
      person: "Check the address; ask upstream what became of the project.",
      async run(world) {
        world.upstream.git("update-ref", "-d", "refs/heads/main");
        await expectStopped(world, /is empty: .*without a single branch/);
      },
    },
    {
      name: "the followed branch was deleted",
      situation: "The branch that is followed is gone, others go on.",
      happens: "Red; it names the default branch there is.",
      person: "Set `upstream.branch` to the one to follow and deploy.",
      config: { upstream: { branch: "next" } },
      async run(world) {
        await expectStopped(world, /has no branch next: its default branch is main/);
      },
    },
    {
      name: "another project is at upstream's address",
      situation: "Upstream began its history anew, or another project took its name.",
      happens: "Red: unrelated histories. They are never merged, and no recipe is given for it.",
      person: "Set the right address under `upstream` and deploy.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        await world.run();
        world.upstream.git("update-ref", "-d", "refs/heads/main");
        world.upstream.commit({ branch: "main", parents: [], files: { "other.txt": "another project\n" } });
        await expectStopped(world, /have unrelated histories: it has no commit in common.*never merges/);
      },
    },
    {
      name: "upstream is a shallow copy",
      situation: "The address is that of a mirror which has the newest commits only.",
      happens: "Red: it says that the history below is missing, and how whoever keeps that copy makes it whole.",
      person: "Set the project's own address.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        const tip = world.upstream.ref("refs/heads/main") as string;
        writeFileSync(join(world.upstream.folder, "shallow"), `${tip}\n`);
        await expectStopped(world, /cannot be merged.*that repository is shallow.*--unshallow/);
      },
    },
    {
      name: "upstream rewrites its history during the tests",
      situation: "Upstream force-pushes while the run is testing what was there before.",
      happens: "Red: what was tested is no longer upstream's, so it is not promoted.",
      person: "Ask upstream what happened.",
      async run(world) {
        const base = world.upstream.ref("refs/heads/main") as string;
        const before = world.sync;
        world.upstream.commit({ branch: "main", files: { "secret.txt": "1\n" } });
        const run = await world.run({}, async () => {
          world.upstream.commit({ branch: "main", parents: [base], files: { "new.txt": "2\n" } });
        });
        expectRed(run, "stopped", /upstream rewrote its branch during the tests/);
        checkEqual(world.sync, before, "the sync branch");
      },
    },
  ],
};
