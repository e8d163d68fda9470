/** Taking it all away again. */
import { check, checkEqual } from "../check.ts";
import { differences, snapshotFork } from "../fork-snapshot.ts";
import { git } from "../git.ts";
import { findSecret } from "../secret-search.ts";
import type { World } from "../world.ts";
import { isRestWrite } from "./expect.ts";
import type { Chapter } from "./step.ts";

export const rollBack: Chapter = {
  title: "Going back",
  steps: [
    { name: "the private key is nowhere but sealed", run: secretSearch },
    { name: "destroy", run: destroy },
    { name: "the fork compared with before", run: compare },
    { name: "nothing was ever written to the upstream", run: upstreamUntouched },
  ],
};

async function secretSearch(world: World): Promise<string> {
  const searched = await findSecret(world);
  checkEqual(searched.found, [], "places that hold the key");
  return `${searched.files} files and everything printed searched`;
}

async function destroy(world: World): Promise<string> {
  const { forks } = await world.upstreamSyncJson("destroy", "--yes");
  const { create, update, delete: removed } = forks[0].summary;
  check(create === 0 && update === 0 && removed > 0, "a plan that only removes", forks[0].summary);
  return `${removed} removed`;
}

async function compare(world: World): Promise<string> {
  const after = await snapshotFork(world.github, world.fork, world.people.administrator);
  const { from, target } = world.fork.branches;
  const own = [from, target].map((branch) => `refs/heads/${branch}`);
  // What people landed stays, and so do the sync program's own refs: they name commits, and moving on from them is safe.
  const unexpected = differences(world.before, after).filter(
    ({ thing }) => !own.includes(thing) && !thing.startsWith("refs/upstream-sync/"),
  );
  checkEqual(unexpected, [], "differences");
  for (const branch of new Set([from, target])) await expectOwnFiles(world, branch);
  return `as before; what is new on ${target} is what the team landed`;
}

/** The files of a branch differ from before only by what people landed. */
async function expectOwnFiles(world: World, branch: string): Promise<void> {
  const { fork, upstream } = world.setting;
  await git(fork.git, ["fetch", "--quiet", world.github.gitUrl(fork), `+refs/heads/${branch}:refs/demo/after`]);
  const listed = await git(fork.git, [
    "diff",
    "--name-only",
    "-z",
    world.before[`refs/heads/${branch}`] as string,
    "refs/demo/after",
  ]);
  const changed = listed.stdout.split("\0").filter((path) => path !== "");
  const { start, added } = upstream.stages;
  // Each commit's own changes: what one brought and a later one took away again counts as well.
  const log = await git(upstream.git, ["log", "--name-only", "-z", "--format=", `${start}..${added}`]);
  const news = log.stdout.split("\0");
  const expected = branch === fork.branches.target ? changed.filter((path) => news.includes(path)) : [];
  checkEqual(changed, expected, `files of ${branch} that differ from before without having come from upstream`);
}

async function upstreamUntouched(world: World): Promise<string> {
  const { upstream } = world.setting;
  const { entries } = await world.github.log(0);
  const ofUpstream = entries.filter((entry) => `${entry.path}/`.includes(`/${upstream.owner}/`));
  check(ofUpstream.length > 0, "the log to know of the upstream", entries.length);
  const written = ofUpstream.filter((entry) => isRestWrite(entry) || entry.git?.operation === "push");
  // The only ones who wrote are the upstream's own people, in this story by git.
  checkEqual(
    written.filter((entry) => entry.actor !== "uma-upstream" || entry.git?.operation !== "push"),
    [],
    "writes",
  );
  const unknown = (await world.github.control("GET", "/unknown")).data.routes;
  checkEqual(unknown, [], "routes GitHub's stand-in does not know");
  return `${ofUpstream.length} requests went there, ${written.length} pushes by its own people; ${entries.length} requests in all, every one known`;
}
