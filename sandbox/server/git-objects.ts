/** Reading a repository: commits, trees, files, and how two commits relate. */
import { emptyTree, GitError, type GitRepository, git, gitBytes, listRefs, readRef, tryGit } from "./git.ts";
import { gitOfIds } from "./git-memory.ts";

export interface Person {
  name: string;
  email: string;
  /** UTC, "2026-11-23T10:00:00Z". */
  date: string;
}

export interface Commit {
  sha: string;
  tree: string;
  parents: string[];
  author: Person;
  committer: Person;
  message: string;
}

const shaPattern = /^[0-9a-f]{40}$/;

export function isSha(text: string): boolean {
  return shaPattern.test(text);
}

/** A branch, a tag, a full ref, or a commit id (also abbreviated), as REST parameters name commits; undefined when absent. */
export async function resolveCommit(at: GitRepository, name: string): Promise<string | undefined> {
  // No branch or tag is called like a full commit id: GitHub refuses such names.
  if (isSha(name)) return await commitOf(at, name);
  const candidates = /^[0-9a-f]{7,40}$/.test(name)
    ? [`refs/heads/${name}`, name]
    : [`refs/heads/${name}`, `refs/tags/${name}`];
  if (name.startsWith("refs/")) candidates.unshift(name);
  if (name === "HEAD") candidates.unshift("HEAD");
  for (const candidate of candidates) {
    // `~`, `^`, `:` and `@{` are revision syntax of git, which REST does not have.
    if (/[~^:\s]|@\{|\.\./.test(candidate)) continue;
    // A branch is at a commit, and never at a tag.
    if (candidate.startsWith("refs/heads/")) {
      const branch = await readRef(at, candidate);
      if (branch !== null) return branch;
      continue;
    }
    const result = await tryGit(at, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${candidate}^{commit}`]);
    if (result.exitCode === 0) return result.stdout.toString("utf8").trim();
  }
  return undefined;
}

/** The commit an id names, itself or through a tag. */
async function commitOf(at: GitRepository, sha: string): Promise<string | undefined> {
  try {
    const answer = await gitOfIds(at, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${sha}^{commit}`]);
    return answer.toString("utf8").trim();
  } catch (error) {
    if (error instanceof GitError) return undefined;
    throw error;
  }
}

const fields = ["%H", "%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B"];

function utc(date: string): string {
  return new Date(date).toISOString().replace(/\.\d+Z$/, "Z");
}

function parseCommits(text: string): Commit[] {
  const values = text.split("\0");
  const commits: Commit[] = [];
  for (let at = 0; at + fields.length <= values.length; at += fields.length) {
    const [sha = "", tree = "", parents = "", an = "", ae = "", ad = "", cn = "", ce = "", cd = "", message = ""] =
      values.slice(at, at + fields.length);
    commits.push({
      sha: sha.trim(),
      tree,
      parents: parents.split(" ").filter(Boolean),
      author: { name: an, email: ae, date: utc(ad) },
      committer: { name: cn, email: ce, date: utc(cd) },
      message: message.replace(/\n+$/, ""),
    });
  }
  return commits;
}

/** `git log` of revisions (never user text: ids, or `a..b` of ids); `path` narrows to commits that touch it. */
export async function log(
  at: GitRepository,
  revisions: readonly string[],
  options: { limit?: number; oldestFirst?: boolean; path?: string; since?: string; until?: string } = {},
): Promise<Commit[]> {
  const { limit, oldestFirst, path, since, until } = options;
  const args = [
    "--literal-pathspecs",
    "log",
    `--format=tformat:${fields.map((field) => `${field}%x00`).join("")}`,
    ...(limit === undefined ? [] : [`--max-count=${limit}`]),
    ...(oldestFirst ? ["--reverse", "--topo-order"] : []),
    ...(since ? [`--since=${since}`] : []),
    ...(until ? [`--until=${until}`] : []),
    "--end-of-options",
    ...revisions,
    "--",
    ...(path ? [path] : []),
  ];
  // `since` and `until` may be relative to now.
  const fixed = since === undefined && until === undefined && revisions.every(namesIds);
  return parseCommits((await (fixed ? gitOfIds : gitBytes)(at, args)).toString("utf8"));
}

function namesIds(revision: string): boolean {
  return revision
    .replace(/^\^/, "")
    .split(/\.{2,3}/)
    .every(isSha);
}

export async function commitInfo(at: GitRepository, sha: string): Promise<Commit> {
  const [commit] = await log(at, [sha], { limit: 1 });
  if (!commit) throw new Error(`no commit ${sha} in ${at.folder}`);
  return commit;
}

export async function hasCommit(at: GitRepository, sha: string): Promise<boolean> {
  return isSha(sha) && (await commitOf(at, sha)) !== undefined;
}

export async function isAncestor(at: GitRepository, older: string, newer: string): Promise<boolean> {
  const result = await tryGit(at, ["merge-base", "--is-ancestor", older, newer]);
  if (result.exitCode === 0 || result.exitCode === 1) return result.exitCode === 0;
  throw new Error(`git merge-base --is-ancestor ${older} ${newer}: ${result.stderr.trim()}`);
}

export async function mergeBase(at: GitRepository, one: string, other: string): Promise<string | undefined> {
  const ask = [one, other].every(isSha) ? gitOfIds : gitBytes;
  try {
    return (await ask(at, ["merge-base", one, other])).toString("utf8").trim();
  } catch (error) {
    if (error instanceof GitError) return undefined;
    throw error;
  }
}

export interface TreeEntry {
  mode: string;
  type: "blob" | "tree" | "commit";
  sha: string;
  /** Bytes; undefined for anything but a blob. */
  size: number | undefined;
  path: string;
}

/** Entries of a tree; `path` picks the entry of that name, with a slash at its end the entries of that folder. */
export async function listTree(
  at: GitRepository,
  tree: string,
  options: { recursive?: boolean; withTrees?: boolean; path?: string } = {},
): Promise<TreeEntry[]> {
  const args = [
    "ls-tree",
    "-z",
    "-l",
    "--full-tree",
    ...(options.recursive ? ["-r"] : []),
    ...(options.withTrees ? ["-t"] : []),
    tree,
    ...(options.path ? ["--", options.path] : []),
  ];
  return (await (isSha(tree) ? gitOfIds : gitBytes)(at, args))
    .toString("utf8")
    .split("\0")
    .filter(Boolean)
    .map((line) => {
      const [head = "", ...rest] = line.split("\t");
      const [mode = "", type = "blob", sha = "", size = "-"] = head.split(/ +/);
      const bytes = size === "-" ? undefined : Number(size);
      return { mode, type: type as TreeEntry["type"], sha, size: bytes, path: rest.join("\t") };
    });
}

export async function entryAt(at: GitRepository, tree: string, path: string): Promise<TreeEntry | undefined> {
  return (await listTree(at, tree, { path })).find((entry) => entry.path === path);
}

export async function readBlob(at: GitRepository, sha: string): Promise<Buffer> {
  return gitOfIds(at, ["cat-file", "blob", sha]);
}

/** A file's bytes at a branch, tag or commit; undefined when commit or file are not there. */
export async function readFile(at: GitRepository, name: string, path: string): Promise<Buffer | undefined> {
  const commit = await resolveCommit(at, name);
  const entry = commit && (await entryAt(at, commit, path));
  return entry && entry.type === "blob" ? readBlob(at, entry.sha) : undefined;
}

export interface ChangedFile {
  /** Blob after the change, before it when removed. */
  sha: string;
  filename: string;
  previous: string | undefined;
  status: "added" | "removed" | "modified" | "renamed" | "copied" | "changed";
  additions: number;
  deletions: number;
}

const statuses: Record<string, ChangedFile["status"]> = {
  A: "added",
  D: "removed",
  M: "modified",
  R: "renamed",
  C: "copied",
};

/** Files that differ between two trees or commits; `before` undefined = everything in `after` is new. */
export async function changedFiles(
  at: GitRepository,
  before: string | undefined,
  after: string,
): Promise<ChangedFile[]> {
  const trees = [before ?? emptyTree, after];
  const ask = trees.every(isSha) ? gitOfIds : gitBytes;
  const [raw, numbers] = await Promise.all([
    ask(at, ["diff-tree", "-r", "-M", "-z", "--raw", "--no-abbrev", ...trees]),
    ask(at, ["diff-tree", "-r", "-M", "-z", "--numstat", ...trees]),
  ]);
  const rawParts = raw.toString("utf8").split("\0").filter(Boolean);
  const numberParts = numbers.toString("utf8").split("\0");
  const files: ChangedFile[] = [];
  for (let at = 0, n = 0; at < rawParts.length; ) {
    const [, , oldSha = "", newSha = "", kind = "M"] = (rawParts[at++] ?? "").split(" ");
    const letter = kind.charAt(0);
    const first = rawParts[at++] ?? "";
    const moved = letter === "R" || letter === "C";
    const filename = moved ? (rawParts[at++] ?? "") : first;
    const [additions = "0", deletions = "0"] = (numberParts[n++] ?? "").split("\t");
    // numstat gives an empty path and then both names for a rename; "-" counts for binary files.
    if (moved) n += 2;
    files.push({
      sha: letter === "D" ? oldSha : newSha,
      filename,
      previous: moved ? first : undefined,
      status: statuses[letter] ?? "changed",
      additions: Number(additions) || 0,
      deletions: Number(deletions) || 0,
    });
  }
  return files;
}

export interface Comparison {
  mergeBase: string;
  ahead: number;
  behind: number;
  /** On head and not on base, oldest first, at most 250 as GitHub lists them. */
  commits: Commit[];
  /** Three-dot: what head changed since the merge base. */
  files: ChangedFile[];
}

/** undefined: the two histories have nothing in common. */
export async function compare(at: GitRepository, base: string, head: string): Promise<Comparison | undefined> {
  const common = await mergeBase(at, base, head);
  if (!common) return undefined;
  const [counts, commits, files] = await Promise.all([
    ([base, head].every(isSha) ? gitOfIds : gitBytes)(at, ["rev-list", "--left-right", "--count", `${base}...${head}`]),
    log(at, [`${base}..${head}`], { oldestFirst: true }),
    changedFiles(at, common, head),
  ]);
  const [behind = 0, ahead = 0] = counts.toString("utf8").split(/\s+/).map(Number);
  return { mergeBase: common, ahead, behind, commits: commits.slice(-250), files };
}

export type MergeResult = { clean: true; tree: string } | { clean: false; conflicts: string[] };

/** The tree of merging two commits, no work tree involved; unrelated histories count as a conflict without paths. */
export async function mergeTree(at: GitRepository, ours: string, theirs: string): Promise<MergeResult> {
  const args = ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ours, theirs];
  const result = await tryGit(at, args);
  const [tree = "", ...paths] = result.stdout.toString("utf8").split("\0");
  if (result.exitCode === 0 && isSha(tree)) return { clean: true, tree };
  // merge-tree also ends with 1 for a name it cannot resolve: only a tree id on the first line is a verdict.
  if (result.exitCode === 1 && isSha(tree)) return { clean: false, conflicts: paths.filter(Boolean) };
  if (!(await mergeBase(at, ours, theirs))) return { clean: false, conflicts: [] };
  throw new Error(`git merge-tree ${ours} ${theirs} ended with ${result.exitCode}: ${result.stderr.trim()}`);
}

/** New commits of an update with more than one parent. `before` null: everything that no branch holds yet. */
export async function mergeCommits(at: GitRepository, before: string | null, after: string): Promise<string[]> {
  const text = await git(at, ["rev-list", "--min-parents=2", after, ...(await known(at, before))]);
  return text.split("\n").filter(Boolean);
}

/** New commits of an update that carry no signature. */
export async function unsignedCommits(at: GitRepository, before: string | null, after: string): Promise<string[]> {
  const text = await git(at, ["rev-list", "--header", after, ...(await known(at, before))]);
  return text
    .split("\0")
    .map((record) => record.trimStart())
    .filter((record) => record !== "" && !/^gpgsig(-sha256)? /m.test(record.split("\n\n", 1)[0] ?? ""))
    .map((record) => record.slice(0, 40));
}

async function known(at: GitRepository, before: string | null): Promise<string[]> {
  if (before) return [`^${before}`];
  return (await listRefs(at, "refs/heads/")).map(({ sha }) => `^${sha}`);
}
