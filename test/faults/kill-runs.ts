/** A workflow run is killed at each request it makes; then the next run comes. */
import { forkState } from "./fork-state.ts";
import { type Lab, runWorkflow, type Stand, stepTo, struck } from "./lab.ts";
import { isRead, judge, momentsOf, oneOf, type Place, placeName, placesOf, type Story, type Trial } from "./trial.ts";

/**
 * `job`: the machine of the running job is gone, and the jobs that come always still come. `run`: nothing comes any more.
 */
const kinds = ["job", "run"] as const;

/** Between two writes the fork stands still: of the reads there each would end as the one before it, so the kinds take turns. */
function kindsAt(place: Place): readonly (typeof kinds)[number][] {
  if (!isRead(place.route)) return kinds;
  const turn = oneOf(kinds.length, placeName(place));
  return kinds.filter((_, index) => index === turn);
}

function killRun(name: string, to: Stand): Story {
  const { from } = stepTo(to);
  if (from === undefined) throw new Error(`no run leads to ${to}`);
  return {
    name,
    async prepare(lab) {
      const { world } = lab;
      const before = await lab.state(from);
      const expected = await lab.state(to);
      // The dispatch is ours.
      const places = placesOf(lab.requests(to)).filter(({ route }) => !route.endsWith("/dispatches"));
      return places.flatMap((place) =>
        kindsAt(place).flatMap((kind) =>
          momentsOf(place).map(
            (when): Trial => ({
              id: `${name}: ${kind} killed ${when} ${placeName(place)}`,
              async run() {
                await lab.start(from);
                const how = { when, outage: kind === "run" };
                await world.github.control("POST", "/faults", { ...place, ...how, kill: true });
                await runWorkflow(lab);
                const { met, untouched } = await struck(lab, from, place, how);
                await world.github.control("DELETE", "/faults");
                // What comes now has been told already: it is the story undisturbed.
                if (untouched) return judge(before, before, await forkState(world));
                await runWorkflow(lab);
                const problems = [...(met ? [] : ["nothing was killed"]), ...(await recordProblems(lab))];
                return judge(before, expected, await forkState(world), problems);
              },
            }),
          ),
        ),
      );
    },
  };
}

/** Every commit that was promoted carries its proof. */
export async function recordProblems({ world }: Lab): Promise<string[]> {
  const tip = (await world.refs())["refs/upstream-sync/main/tested"];
  if (tip === undefined) return ["nothing is recorded as tested"];
  const { statuses } = (await world.rest("administrator", "GET", `${world.forkPath}/commits/${tip}/status`)).data;
  const bad = statuses.filter(({ state }: { state: string }) => state !== "success");
  return bad.length === 0 ? [] : [`the tested commit has a status ${JSON.stringify(bad)}`];
}

export const firstRun = killRun("first run", "recorded");
export const promotion = killRun("promotion", "promoted");
export const conflict = killRun("conflict", "asked");
export const resolution = killRun("resolution", "resolved");
