/** A clone of the fork on this machine, as far as the process depends on it. Reads only. */
import { execa } from "execa";

export interface Remote {
  readonly name: string;
  readonly fetch: string;
  readonly push: string;
  /** gh's own note of the repository that commands go to: `base` for the remote itself. */
  readonly ghResolved: string | undefined;
}

export interface CloneFacts {
  /** Its work tree's folder. */
  readonly folder: string;
  readonly remotes: readonly Remote[];
  /** The remote that is the fork. */
  readonly forkRemote: string;
  /** Checked out; undefined when no branch is. */
  readonly branch: string | undefined;
  /** Files with changes that are in no commit. */
  readonly changed: readonly string[];
  /** Local branches with commits their remote does not have. */
  readonly ahead: readonly string[];
}

/** @returns undefined outside a work tree, and in one that has no remote of this fork. */
export async function readClone(
  folder: string,
  forkUrl: string,
  env: NodeJS.ProcessEnv,
): Promise<CloneFacts | undefined> {
  const git = async (...args: string[]): Promise<string | undefined> => {
    const result = await execa("git", ["-C", folder, ...args], { reject: false, env: { ...env, LC_ALL: "C" } });
    return result.exitCode === 0 ? result.stdout : undefined;
  };
  const top = await git("rev-parse", "--show-toplevel");
  if (top === undefined) return undefined;
  const names = lines(await git("remote"));
  const remotes = await Promise.all(
    names.map(async (name) => ({
      name,
      fetch: (await git("remote", "get-url", name)) ?? "",
      push: (await git("remote", "get-url", "--push", name)) ?? "",
      ghResolved: await git("config", "--get", `remote.${name}.gh-resolved`),
    })),
  );
  const forkRemote = remotes.find(({ fetch }) => sameRepository(fetch, forkUrl))?.name;
  if (forkRemote === undefined) return undefined;
  const status = (await git("status", "--porcelain=v1", "-z")) ?? "";
  const tracked = lines(await git("for-each-ref", "--format=%(refname:short)%09%(upstream:track)", "refs/heads"));
  return {
    folder: top,
    remotes,
    forkRemote,
    branch: await git("symbolic-ref", "--quiet", "--short", "HEAD"),
    changed: status
      .split("\0")
      .filter(Boolean)
      .map((entry) => entry.slice(3)),
    ahead: tracked.filter((line) => /\tahead|\t\[ahead/.test(line)).map((line) => line.split("\t")[0] as string),
  };
}

/** `owner/name` of the repository on this server that a clone's origin is; undefined outside such a clone. */
export async function repositoryOfClone(folder: string, web: string): Promise<string | undefined> {
  const { exitCode, stdout } = await execa("git", ["-C", folder, "remote", "get-url", "origin"], { reject: false });
  if (exitCode !== 0) return undefined;
  const [, owner, name] = /([^/:]+)\/([^/]+?)(?:\.git)?\/?$/.exec(stdout.trim()) ?? [];
  return owner && name && sameRepository(stdout.trim(), `${web}/${owner}/${name}`) ? `${owner}/${name}` : undefined;
}

/** https, ssh and scp-like addresses of one repository are the same one. */
export function sameRepository(one: string, other: string): boolean {
  const bare = (url: string) =>
    url
      .replace(/^[a-z+]+:\/\/(?:[^@/]+@)?/i, "")
      .replace(/^[^@/]+@([^:/]+):/, "$1/")
      .replace(/(?:\.git)?\/?$/, "")
      .toLowerCase();
  return bare(one) === bare(other);
}

function lines(text: string | undefined): string[] {
  return (text ?? "").split("\n").filter(Boolean);
}
