/** What holds after every run, in whatever situation. */
import { check, checkEqual } from "../../demo/check.ts";
import { isWrite, mentions } from "./requests.ts";
import type { Run, World } from "./world.ts";

/** How things stood before a run. */
export interface Standing {
  readonly sync: string | undefined;
  readonly target: string | undefined;
  readonly upstream: string;
}

export function standing({ fork, upstream, config: { branches } }: World): Standing {
  return {
    sync: fork.ref(`refs/heads/${branches.sync}`),
    target: fork.ref(`refs/heads/${branches.target}`),
    upstream: upstream.git("for-each-ref"),
  };
}

/** @param surroundings `undisturbed`: nobody but the run did anything meanwhile. */
export function checkPromises(
  world: World,
  before: Standing,
  run: Run,
  { undisturbed }: { readonly undisturbed: boolean },
): void {
  const { outcome, reason, over } = run.record;
  const after = standing(world);
  checkEqual(
    run.conclusion,
    (outcome === "promoted" || outcome === "up-to-date") && over === undefined ? "success" : "failure",
    `colour of a run that is "${outcome}" (${reason})`,
  );
  if (undisturbed) {
    checkEqual(after.target, before.target, "the target, which only people move");
    checkEqual(after.upstream, before.upstream, "upstream's refs");
  }
  if (after.sync !== undefined) {
    if (before.sync !== undefined) checkForward(world, before.sync, after.sync);
    checkEqual(filesWithMarkers(world, after.sync), [], "files with conflict markers on the sync branch");
  }
  if (outcome !== "stopped") {
    const left = world.fork.refs().filter((ref) => ref.startsWith("refs/upstream-sync/candidate/"));
    checkEqual(left, [], "candidates left behind");
  }
}

function checkForward({ fork }: World, before: string, after: string): void {
  const lost = fork.git("rev-list", "--max-count=1", before, `^${after}`);
  checkEqual(lost, "", `commits the sync branch lost on its way from ${before} to ${after}`);
}

function filesWithMarkers({ fork }: World, commit: string): string[] {
  try {
    return fork.git("grep", "--name-only", "-E", "^(<{7}|>{7}) ", commit).split("\n");
  } catch {
    // git grep ends with 1 when it finds nothing.
    return [];
  }
}

/** What holds at the end of a scenario. */
export async function checkEnd(world: World): Promise<void> {
  const requests = await world.requests();
  const ofUpstream = requests.filter((entry) => mentions(entry, world.upstreamName));
  checkEqual(ofUpstream.filter(isWrite), [], "writes to the upstream");
  const { routes } = (await world.stage.github.control("GET", "/unknown")).data;
  checkEqual(routes, [], "routes the stand-in does not know");
  const { sync, conflict, issues } = await world.open();
  const titles = (all: readonly { readonly title: string }[]) => all.map(({ title }) => title);
  check(sync.length <= 1, "at most one sync pull request", titles(sync));
  check(conflict.length <= 1, "at most one pull request for people to settle a conflict", titles(conflict));
  const ours = issues.filter(({ body }) => body?.includes("<!-- upstream-sync:"));
  check(ours.length <= 1, "at most one issue of ours", titles(ours));
}
