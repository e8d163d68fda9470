/** The connection is cut at each request of a command of the product, and stays cut until the command has ended; then it is run again. */
import { forkState } from "./fork-state.ts";
import { type Lab, type Stand, stepTo, struck } from "./lab.ts";
import { judge, momentsOf, placeName, placesOf, type Story, type Trial } from "./trial.ts";

interface More {
  /** What has to be possible afterwards; gives problems in words. */
  readonly also?: (lab: Lab) => Promise<string[]>;
  /** Where the same command leads on a plainer fork: what it asks there too is cut here only after a write, which is the worse half. */
  readonly plain?: Stand;
}

function cutCommand(name: string, to: Stand, { also = async () => [], plain }: More = {}): Story {
  const { from, command } = stepTo(to);
  if (from === undefined || command === undefined) throw new Error(`${to} is not reached by a command of the product`);
  return {
    name,
    async prepare(lab) {
      const { world } = lab;
      const before = await lab.state(from);
      const expected = await lab.state(to);
      const told = new Set(plain === undefined ? [] : await placesTo(lab, plain));
      const cuts = placesOf(lab.requests(to)).flatMap((place) =>
        momentsOf(place)
          .filter((when) => when === "after" || !told.has(placeName(place)))
          .map((when) => ({ place, when })),
      );
      return cuts.map(
        ({ place, when }): Trial => ({
          id: `${name}: cut ${when} ${placeName(place)}`,
          async run() {
            await lab.start(from);
            const how = { when, outage: true };
            await world.github.control("POST", "/faults", { ...place, ...how });
            const cut = await world.upstreamSync(...command);
            const { met, untouched } = await struck(lab, from, place, how);
            await world.github.control("DELETE", "/faults");
            // What comes now has been told already: it is the story undisturbed.
            if (untouched) return judge(before, before, await forkState(world));
            const again = await world.upstreamSync(...command);
            const after = await forkState(world);
            const problems = [
              ...(met ? [] : [`nothing was cut; the command ended with ${cut.exitCode}: ${cut.stderr}`]),
              ...(again.exitCode === 0 ? await also(lab) : [`run again it failed: ${again.stderr}`]),
            ];
            return judge(before, expected, after, problems);
          },
        }),
      );
    },
  };
}

async function placesTo(lab: Lab, stand: Stand): Promise<string[]> {
  await lab.state(stand);
  return placesOf(lab.requests(stand)).map(placeName);
}

async function planIsEmpty({ world }: Lab): Promise<string[]> {
  const { exitCode, stdout, stderr } = await world.upstreamSync("plan", "--json");
  if (exitCode !== 0) return [`the plan afterwards failed: ${stderr}`];
  const { changes } = JSON.parse(stdout).forks[0];
  return changes.length === 0 ? [] : [`the plan afterwards is not empty: ${JSON.stringify(changes)}`];
}

/** What was made can be used: sealed for the key that the environment has now. */
async function applies({ world }: Lab): Promise<string[]> {
  const { exitCode, stderr } = await world.upstreamSync("apply", "--yes");
  return exitCode === 0 ? [] : [`the apply afterwards failed: ${stderr}`];
}

export const credentials = cutCommand("credentials create", "credentials", { also: applies });
export const deploy = cutCommand("deploy", "deployed", { also: planIsEmpty });
export const deployProposed = cutCommand("deploy by pull request", "proposed", {
  also: planIsEmpty,
  plain: "deployed",
});
export const destroy = cutCommand("destroy", "destroyed");
export const destroyUnlanded = cutCommand("destroy with commits not landed", "destroyed-unlanded", {
  plain: "destroyed",
});
