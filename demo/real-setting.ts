/** The same story on real repositories: bare copies are made, and nothing is ever written back to where they came from. */
import { basename, join } from "node:path";
import { commitOnto, git, revParse } from "./git.ts";
import type { Setting } from "./setting.ts";

/** How far back a made-up fork was forked, in first-parent commits. */
const forkedAgo = 20;

/** Upstream's file whose loss the fork's check notices. */
const probes = ["README.md", "README", "README.rst", "readme.md", "LICENSE", "package.json", "go.mod", "Cargo.toml"];

const checkPath = ".fork/check.sh";
const notesPath = "FORK.md";

/**
 * @param upstreamUrl git URL or path. @param forkUrl the same for the fork; without it one is made from an older commit.
 * @param tests commands of the test plan; without them the fork checks one file of upstream.
 */
export async function realRepositories(
  folder: string,
  upstreamUrl: string,
  forkUrl: string | undefined,
  tests: readonly string[],
): Promise<Setting> {
  const upstream = join(folder, "upstream.git");
  const fork = join(folder, "fork.git");
  await git(folder, ["clone", "--quiet", "--bare", "--", upstreamUrl, upstream]);
  const branch = await headBranch(upstream);
  const tip = await revParse(upstream, `refs/heads/${branch}`);
  const line = (await git(upstream, ["rev-list", "--first-parent", tip])).stdout.split("\n");
  const probe = await firstFile(upstream, tip);

  let from = branch;
  let forkedAt = line[Math.min(forkedAgo, line.length - 1)] as string;
  await git(folder, ["clone", "--quiet", "--bare", "--", forkUrl ?? upstream, fork]);
  if (forkUrl) {
    from = await headBranch(fork);
    await git(fork, ["fetch", "--quiet", upstream, `+refs/heads/${branch}:refs/demo/upstream`]);
    const base = await git(fork, ["merge-base", "refs/demo/upstream", `refs/heads/${from}`], { allowFailure: true });
    if (!base.ok) throw new Error(`${forkUrl} and ${upstreamUrl} have no commit in common: not a fork of it`);
    forkedAt = base.stdout;
  } else {
    await git(fork, ["update-ref", `refs/heads/${from}`, forkedAt]);
  }
  const date = 1_790_000_000;
  const own = await commitOnto(
    fork,
    await revParse(fork, `refs/heads/${from}`),
    {
      [notesPath]: "# Our fork\n\nWhat is different here, and why.\n",
      [checkPath]: `# Fails when upstream's ${probe} is gone or empty.\ntest -s ${quote(probe)}\n`,
    },
    "Describe our fork and check what we rely on",
    date,
  );
  await git(fork, ["update-ref", `refs/heads/${from}`, own]);
  const target =
    (await git(fork, ["rev-parse", "--verify", "--quiet", "refs/heads/dev"], { allowFailure: true })).ok && forkUrl
      ? from
      : "dev";
  if (target === "dev") {
    const dev = await commitOnto(
      fork,
      own,
      { ".fork/dev.md": "Work in progress.\n" },
      "Notes of the development branch",
      date + 60,
    );
    await git(fork, ["update-ref", "refs/heads/dev", dev]);
  }

  const news = line.slice(0, line.indexOf(forkedAt)).reverse();
  await git(upstream, ["fetch", "--quiet", fork, `+refs/heads/${target}:refs/demo/fork`]);
  const moved =
    (await lastCleanOf(upstream, news, "refs/demo/fork")) ??
    (await commitOnto(upstream, forkedAt, { "NEWS-demo.md": "One more thing.\n" }, "One more thing", date + 120));
  const broken = await commitOnto(upstream, moved, { [probe]: "" }, "Empty a file the fork relies on", date + 180);
  const conflicting = await commitOnto(
    upstream,
    moved,
    { [notesPath]: "# Forks\n\nUpstream now says something here.\n" },
    "Say something about forks",
    date + 240,
  );
  await git(upstream, ["update-ref", `refs/heads/${branch}`, forkedAt]);
  const stages = { start: forkedAt, moved, broken, conflicting };
  for (const [name, sha] of Object.entries(stages)) await git(upstream, ["update-ref", `refs/demo/${name}`, sha]);
  const name = basename(upstreamUrl.replace(/\/+$/, "")).replace(/\.git$/, "") || "project";
  return {
    upstream: {
      owner: "upstream-team",
      name: repositoryName(name),
      git: upstream,
      branch,
      stages,
    },
    fork: { owner: "acme", name: repositoryName(name), git: fork, branches: { from, target } },
    tests: tests.length > 0 ? tests : [`sh ${checkPath}`],
  };
}

async function headBranch(repository: string): Promise<string> {
  return (await git(repository, ["symbolic-ref", "--short", "HEAD"])).stdout;
}

/** The newest of `commits` (oldest first) that merges cleanly; found by halving, as conflicts seldom go away by themselves. */
async function lastCleanOf(repository: string, commits: readonly string[], ours: string): Promise<string | undefined> {
  let low = 0;
  let high = commits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const merged = await git(repository, ["merge-tree", "--write-tree", ours, commits[middle] as string], {
      allowFailure: true,
    });
    if (merged.ok) low = middle + 1;
    else high = middle;
  }
  return commits[low - 1];
}

async function firstFile(repository: string, commit: string): Promise<string> {
  const files = (await git(repository, ["ls-tree", "--name-only", commit])).stdout.split("\n");
  const blobs = (await git(repository, ["ls-tree", commit])).stdout
    .split("\n")
    .filter((line) => line.startsWith("100"))
    .map((line) => line.slice(line.indexOf("\t") + 1));
  const found = probes.find((probe) => files.includes(probe)) ?? blobs[0];
  if (!found) throw new Error(`${repository} has no file at its top: nothing to tell a story about`);
  return found;
}

function quote(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

function repositoryName(name: string): string {
  // Folders fetched for us are called "repo"; GitHub's repository names have these characters only.
  return name.replaceAll(/[^A-Za-z0-9._-]/g, "-");
}
