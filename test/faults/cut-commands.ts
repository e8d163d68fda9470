/** The connection is cut at each request of a command of the product, and stays cut until the command has ended; then it is run again. */
import { forkState } from "./fork-state.ts";
import { type Lab, requestsOf, type Start } from "./lab.ts";
import { judge, momentsOf, placeName, placesOf, type Story, type Trial } from "./trial.ts";

interface CutCommand {
  readonly name: string;
  readonly start: Start;
  readonly command: readonly string[];
  /** What has to be so afterwards beside the fork itself. @returns problems in words. */
  readonly also?: (lab: Lab) => Promise<string[]>;
}

function cutCommand({ name, start, command, also = async () => [] }: CutCommand): Story {
  return {
    name,
    async prepare(lab) {
      const { world } = lab;
      await lab.start(start);
      const before = await forkState(world);
      const requests = await requestsOf(lab, () => world.upstreamSyncJson(...command));
      const expected = await forkState(world);

      const trials = placesOf(requests).flatMap((place) =>
        momentsOf(place).map(
          (when): Trial => ({
            id: `${name}: cut ${when} ${placeName(place)}`,
            async run() {
              await lab.start(start);
              await world.github.control("POST", "/faults", { ...place, outage: true, when });
              await world.upstreamSync(...command);
              await world.github.control("DELETE", "/faults");
              const again = await world.upstreamSync(...command);
              const problems = again.exitCode === 0 ? await also(lab) : [`run again it failed: ${again.stderr}`];
              return judge(before, expected, await forkState(world), problems);
            },
          }),
        ),
      );
      return trials;
    },
  };
}

async function planIsEmpty({ world }: Lab): Promise<string[]> {
  const { exitCode, stdout, stderr } = await world.upstreamSync("plan", "--json");
  if (exitCode !== 0) return [`the plan afterwards failed: ${stderr}`];
  const { changes } = JSON.parse(stdout).forks[0];
  return changes.length === 0 ? [] : [`the plan afterwards is not empty: ${JSON.stringify(changes)}`];
}

export const deploy = cutCommand({ name: "deploy", start: "before", command: ["apply", "--yes"], also: planIsEmpty });

export const destroy = cutCommand({ name: "destroy", start: "recorded", command: ["destroy", "--yes"] });

export const destroyUnlanded = cutCommand({
  name: "destroy with commits not landed",
  start: "promoted",
  command: ["destroy", "--yes"],
});
