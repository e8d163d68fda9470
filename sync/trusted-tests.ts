/** Tests that are the fork's own (`tests.trusted: fork`): the test job lays them over the candidate as the target has them. */
import type { Git } from "./git.ts";
import { changesBetween, readable, type Sha } from "./graph.ts";
import { Stop } from "./stop.ts";

/** @throws Stop when the target lacks one: then nothing says what the tests are. */
export async function requireTests(git: Git, trusted: readonly string[], target: Sha, name: string): Promise<void> {
  const there = await Promise.all(trusted.map(async (path) => (await find(git, target, path)) !== undefined));
  const missing = trusted.filter((_, index) => !there[index]);
  if (missing.length === 0) return;
  throw new Stop({
    what: `${name} lacks what the tests are taken from (tests.trusted)`,
    got: `no ${missing.join(", ")} at ${target}`,
    remedy: `Bring it to ${name}, or take it out of tests.entry and deploy; nothing is tested by upstream's version alone`,
  });
}

/** Files among the trusted ones that `tip` has otherwise than the target, for people: what came was not what ran. */
export async function replacedTests(git: Git, trusted: readonly string[], tip: Sha, target: Sha): Promise<string[]> {
  if (trusted.length === 0) return [];
  const changed = (await changesBetween(git, target, tip)).map(({ path }) => readable(path));
  return changed.filter((path) => trusted.some((one) => path === one || path.startsWith(`${one}/`)));
}

async function find(git: Git, commit: Sha, path: string): Promise<Sha | undefined> {
  const { code, stdout } = await git.attempt(["rev-parse", "--verify", "--quiet", `${commit}:${path}`]);
  return code === 0 ? stdout.toString("utf8").trim() : undefined;
}
