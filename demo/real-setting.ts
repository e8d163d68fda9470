/** The same story on real repositories: bare copies are made, and nothing is ever written back to where they came from. */
import { basename, join } from "node:path";
import { commitOnto, type FileChanges, git, revParse } from "./git.ts";
import type { Setting, Stage } from "./setting.ts";

/** How far back a made-up fork was forked, in first-parent commits. */
const forkedAgo = 20;

/** Upstream's file whose loss the fork's check notices. */
const probes = ["README.md", "README", "README.rst", "readme.md", "LICENSE", "package.json", "go.mod", "Cargo.toml"];

const checkPath = ".fork/check.sh";
const notesPath = "FORK.md";
const forkNotes = "# Our fork\n\nWhat is different here, and why.\n";
const checkText = (probe: string) => `# Fails when upstream's ${probe} is gone or empty.\ntest -s ${quote(probe)}\n`;

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
  const probe = await unchangedFile(fork, forkedAt, `refs/heads/${from}`);
  const date = 1_790_000_000;
  const own = await commitOnto(
    fork,
    await revParse(fork, `refs/heads/${from}`),
    {
      [notesPath]: forkNotes,
      [checkPath]: checkText(probe),
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
  const clean = (await lastCleanOf(upstream, news, "refs/demo/fork")) ?? forkedAt;
  const stages = await upstreamLife(upstream, forkedAt, clean, { probe, date: date + 120 });
  await git(upstream, ["update-ref", `refs/heads/${branch}`, forkedAt]);
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
    held: await workflowsUnlike(upstream, stages.moved, "refs/demo/fork"),
    conflicts: {
      edited: { path: notesPath, settled: `${forkNotes}Upstream's words on forks are in its own file.\n` },
      removed: { path: notesPath, settled: `${forkNotes}We keep these notes.\n` },
    },
    tests: tests.length > 0 ? tests : [`sh ${checkPath}`],
  };
}

/** What upstream does in the story: its own commits as far as they merge cleanly, then what the story needs, each on the last. */
async function upstreamLife(
  upstream: string,
  start: string,
  clean: string,
  { probe, date }: { probe: string; date: number },
): Promise<Record<Stage, string>> {
  const probeText = (await git(upstream, ["show", `${clean}:${probe}`])).stdout;
  let tip = clean;
  let clock = date;
  const next = async (message: string, files: FileChanges) => {
    clock += 60;
    tip = await commitOnto(upstream, tip, files, message, clock);
    return tip;
  };
  const workflow = "on: push\njobs:\n  news:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo news\n";
  return {
    start,
    moved: await next("News, and workflows", {
      "news of the demo.md": "One more thing.\n",
      ".github/workflows/demo-news.yml": workflow,
      ".github/workflows/upstream-sync.yml": workflow,
    }),
    broken: await next("Empty a file the fork relies on", { [probe]: "" }),
    edited: await next("Fill it again, and say something about forks", {
      [probe]: `${probeText}\n`,
      [notesPath]: "# Forks\n\nUpstream now says something here.\n",
    }),
    removed: await next("Say nothing about forks", { [notesPath]: null }),
  };
}

/** Workflow files of `commit` that `fork` has not, or has otherwise; ours is none of them. */
async function workflowsUnlike(repository: string, commit: string, fork: string): Promise<string[]> {
  const args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--diff-filter=AM", fork, commit];
  const listed = await git(repository, [...args, "--", ".github/workflows"]);
  const ours = ".github/workflows/upstream-sync.yml";
  return listed.stdout
    .split("\0")
    .filter((path) => path !== "" && path !== ours)
    .sort();
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

/** A file at the top that the fork has as upstream has it, so that what happens to it is upstream's doing. */
async function unchangedFile(repository: string, upstream: string, fork: string): Promise<string> {
  const blobs = async (commit: string) =>
    (await git(repository, ["ls-tree", "-z", commit])).stdout.split("\0").filter((line) => line.startsWith("100"));
  const theirs = new Set(await blobs(upstream));
  const files = (await blobs(fork)).filter((entry) => theirs.has(entry)).map((entry) => entry.replace(/^[^\t]*\t/, ""));
  const found = probes.find((probe) => files.includes(probe)) ?? files[0];
  if (!found) throw new Error(`${repository} has no file at its top that is upstream's: nothing to tell a story about`);
  return found;
}

function quote(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

function repositoryName(name: string): string {
  // Folders fetched for us are called "repo"; GitHub's repository names have these characters only.
  return name.replaceAll(/[^A-Za-z0-9._-]/g, "-");
}
