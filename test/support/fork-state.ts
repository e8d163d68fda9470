/** A fork as an outsider with administration rights sees it, without what differs between two equal set-ups: ids, dates, addresses. */
import { git } from "../../demo/git.ts";
import type { World } from "../../demo/world.ts";

// biome-ignore lint/suspicious/noExplicitAny: GitHub's answers, compared as a whole.
type Json = any;

const passing = /^(?:id|node_id|url|_links|.*_url|.*_at|sha|last_used|key_id)$/;

export async function forkState(world: World): Promise<Record<string, Json>> {
  const read = async (path: string): Promise<Json> => {
    const { status, data } = await world.rest("administrator", "GET", `${world.forkPath}${path}`);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(data)}`);
    return data;
  };
  const each = async (list: Json[], path: (one: Json) => string) => Promise.all(list.map((one) => read(path(one))));
  const { environments } = await read("/environments");
  return lasting({
    trees: await trees(world),
    repository: await read(""),
    labels: await read("/labels?per_page=100"),
    rulesets: await each(await read("/rulesets"), ({ id }) => `/rulesets/${id}`),
    keys: await read("/keys"),
    environments,
    branchPolicies: await each(environments, ({ name }) => `/environments/${name}/deployment-branch-policies`),
    secrets: await each(environments, ({ name }) => `/environments/${name}/secrets`),
    permissions: await read("/actions/permissions"),
    workflowPermissions: await read("/actions/permissions/workflow"),
    workflows: await read("/actions/workflows"),
    pulls: await read("/pulls?state=all"),
    issues: await read("/issues?state=all"),
  });
}

/** Ref -> path -> blob. Commits carry the time they were made at, files do not. */
async function trees(world: World): Promise<Json> {
  const token = world.people.administrator;
  const folder = world.fork.git;
  await git(folder, ["fetch", "--quiet", "--prune", world.github.gitUrl(world.fork), "+refs/*:refs/seen/*"], { token });
  const refs = (await git(folder, ["for-each-ref", "--format=%(refname)", "refs/seen"])).stdout.split("\n");
  const listed = refs.map(async (ref) => [
    ref.slice(10),
    (await git(folder, ["ls-tree", "-r", ref])).stdout.split("\n"),
  ]);
  return Object.fromEntries(await Promise.all(listed));
}

function lasting(value: Json): Json {
  // Terraform makes things in any order, and GitHub lists them in the order they were made.
  if (Array.isArray(value)) return value.map(lasting).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !passing.test(key))
      .map(([key, one]) => [key, lasting(one)]),
  );
}
