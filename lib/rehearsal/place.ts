/** Puts copies of a fork and its upstream into the stand-in, with the people that the config names. */
import { join } from "node:path";
import type { ForkConfig } from "../config/schema.ts";
import { Failure } from "../failure.ts";
import { copyRepository } from "./copy.ts";
import type { GitHubStandIn } from "./stand-in.ts";

export interface Sources {
  /** Path or address of a git repository each; both are only read. */
  readonly fork: string;
  readonly upstream: string;
}

export interface Repository {
  readonly owner: string;
  readonly name: string;
}

/** What was placed; plain data, so that it can be written down and taken up again. Holds tokens, of the stand-in alone. */
export interface Placed {
  readonly fork: Repository;
  readonly upstream: Repository;
  /** HEAD of the fork. */
  readonly defaultBranch: string;
  readonly tokens: {
    /** Administers the fork. */
    readonly administrator: string;
    /** May write to the fork, and reviews. */
    readonly person: string;
    /** Administers the upstream. */
    readonly upstream: string;
  };
}

/** Who acts in the rehearsal besides the people of the config. */
export const actors = { administrator: "fork-admin", person: "fork-person", upstream: "upstream-person" } as const;

/**
 * Copies both repositories and makes the accounts around them. The fork is called as in the config, so that the generated workflow runs
 * there; the upstream as in the config too, or after its owner where it has an address alone.
 * @param env for access to the sources as the person has it.
 * @throws InputFailure when a source cannot be read, Failure when a repository of that name is there already.
 */
export async function place(
  standIn: GitHubStandIn,
  config: ForkConfig,
  sources: Sources,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Placed> {
  const fork = { owner: config.owner, name: config.name };
  const upstream = upstreamOf(config);
  const incoming = (what: string) => join(standIn.folder, "incoming", `${fork.owner}--${fork.name}-${what}.git`);
  const people = await makeAccounts(standIn, config, upstream);

  const upstreamCopy = { source: sources.upstream, what: "upstream", to: incoming("upstream"), env };
  const upstreamBranch = await copyRepository(upstreamCopy);
  await adopt(standIn, upstream, { adopt: upstreamCopy.to, defaultBranch: upstreamBranch });
  const borrow = standIn.repositoryFolder(upstream);
  const forkCopy = { source: sources.fork, what: "fork", to: incoming("fork"), borrow, env };
  const defaultBranch = await copyRepository(forkCopy);
  await adopt(standIn, fork, {
    adopt: forkCopy.to,
    defaultBranch,
    parent: `${upstream.owner}/${upstream.name}`,
  });

  await permit(standIn, upstream, actors.upstream, "admin");
  await permit(standIn, fork, actors.administrator, "admin");
  for (const login of [actors.person, ...people]) await permit(standIn, fork, login, "write");
  return {
    fork,
    upstream,
    defaultBranch,
    tokens: {
      administrator: await tokenOf(standIn, actors.administrator),
      person: await tokenOf(standIn, actors.person),
      upstream: await tokenOf(standIn, actors.upstream),
    },
  };
}

/** A token of the stand-in for somebody who has an account there, such as a reviewer of the config. */
export async function tokenOf(standIn: GitHubStandIn, login: string): Promise<string> {
  return (await standIn.control("POST", "/tokens", { login })).data.token;
}

function upstreamOf({ owner, name, upstream }: ForkConfig): Repository {
  const [given, called] = upstream.repository?.split("/") ?? ["upstream", name];
  const plain = { owner: given ?? "upstream", name: called ?? name };
  // Two of one owner cannot be in the same network of forks.
  return plain.owner.toLowerCase() === owner.toLowerCase() ? { ...plain, owner: `${plain.owner}-upstream` } : plain;
}

/** People whom the config names by login: reviewers and owners of files. */
function peopleOf({ pullRequest, owners }: ForkConfig): string[] {
  const ofFiles = Object.values(owners)
    .flat()
    .flatMap((owner) => /^@(?<login>[^/]+)$/.exec(owner)?.groups?.login ?? []);
  return [...new Map([...pullRequest.reviewers, ...ofFiles].map((login) => [login.toLowerCase(), login])).values()];
}

async function makeAccounts(standIn: GitHubStandIn, config: ForkConfig, upstream: Repository): Promise<string[]> {
  const people = peopleOf(config);
  for (const login of [...Object.values(actors), ...people]) await ensureOwner(standIn, login, "User");
  // Who reviews for the owner of the fork is a person; a fork whose owner is named nowhere belongs to an organization.
  await ensureOwner(standIn, config.owner, "Organization");
  await ensureOwner(standIn, upstream.owner, "Organization");
  return people.filter((login) => login.toLowerCase() !== config.owner.toLowerCase());
}

async function ensureOwner(standIn: GitHubStandIn, login: string, type: "User" | "Organization"): Promise<void> {
  const { status } = await standIn.rest("", "GET", `/users/${login}`);
  if (status !== 200) await standIn.control("POST", "/owners", { login, type, plan: "team" });
}

async function adopt(standIn: GitHubStandIn, repository: Repository, rest: Record<string, string>): Promise<void> {
  await standIn.control("POST", "/repositories", { ...repository, ...rest }).catch((error: Error) => {
    throw new Failure(
      `${repository.owner}/${repository.name} could not be placed in the stand-in: ${error.message}`,
      "use another --data folder, or another name for one of the two",
    );
  });
  const path = `/repositories/${repository.owner}/${repository.name}`;
  await standIn.control("PATCH", path, { directPushes: true });
}

async function permit(standIn: GitHubStandIn, { owner, name }: Repository, login: string, permission: string) {
  await standIn.control("PUT", `/repositories/${owner}/${name}/collaborators/${login}`, { permission });
}

/** Makes people whom a changed config names anew. */
export async function admitPeople(standIn: GitHubStandIn, config: ForkConfig): Promise<void> {
  for (const login of peopleOf(config)) {
    await ensureOwner(standIn, login, "User");
    if (login.toLowerCase() !== config.owner.toLowerCase()) await permit(standIn, config, login, "write");
  }
}
