/** What has to be true when a story is over, whatever it told. */
import { check, checkEqual } from "../check.ts";
import { findSecrets } from "../secret-search.ts";
import type { World } from "../world.ts";
import { isRestWrite } from "./expect.ts";
import type { Step } from "./step.ts";

export const nothingLeaked: Step = {
  name: "the private key is nowhere but sealed, people's tokens nowhere",
  run: secretSearch,
};

export const nothingToUpstream: Step = { name: "nothing was ever written to the upstream", run: upstreamUntouched };

async function secretSearch(world: World): Promise<string> {
  checkEqual(world.keys.size, 1, "private keys that the story has seen");
  const { files, found } = await findSecrets(world, [...world.keys]);
  checkEqual(found, [], "places that hold a key or a token");
  return `${files} files and everything printed searched for the key and ${Object.keys(world.people).length} tokens`;
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
