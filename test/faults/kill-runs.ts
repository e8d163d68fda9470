/** A workflow run is killed at each request it makes; then the next run comes. */
import { forkState } from "./fork-state.ts";
import { type Lab, requestsOf, runWorkflow, type Start } from "./lab.ts";
import { judge, momentsOf, placeName, placesOf, type Story, type Trial } from "./trial.ts";

/**
 * `job`: the machine of the running job is gone, and the jobs that come always still come. `run`: nothing comes any more.
 */
const kinds = ["job", "run"] as const;

function killRun(name: string, start: Start): Story {
  return {
    name,
    async prepare(lab) {
      const { world } = lab;
      await lab.start(start);
      const before = await forkState(world);
      const requests = await requestsOf(lab, () => runWorkflow(lab));
      const expected = await forkState(world);
      // The dispatch is ours.
      const places = placesOf(requests).filter(({ route }) => !route.endsWith("/dispatches"));
      return places.flatMap((place) =>
        kinds.flatMap((kind) =>
          momentsOf(place).map(
            (when): Trial => ({
              id: `${name}: ${kind} killed ${when} ${placeName(place)}`,
              async run() {
                await lab.start(start);
                const fault = { ...place, kill: true, outage: kind === "run", when };
                await world.github.control("POST", "/faults", fault);
                await runWorkflow(lab);
                await world.github.control("DELETE", "/faults");
                await runWorkflow(lab);
                return judge(before, expected, await forkState(world), await problemsOf(lab));
              },
            }),
          ),
        ),
      );
    },
  };
}

/** Every commit that was promoted carries its proof. */
async function problemsOf({ world }: Lab): Promise<string[]> {
  const tip = (await world.refs())["refs/upstream-sync/main/tested"];
  if (tip === undefined) return ["nothing is recorded as tested"];
  const { statuses } = (await world.rest("administrator", "GET", `${world.forkPath}/commits/${tip}/status`)).data;
  const bad = statuses.filter(({ state }: { state: string }) => state !== "success");
  return bad.length === 0 ? [] : [`the tested commit has a status ${JSON.stringify(bad)}`];
}

export const firstRun = killRun("first run", "deployed");
export const promotion = killRun("promotion", "news");
export const conflict = killRun("conflict", "clash");
