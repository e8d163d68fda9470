/** Real bare repositories with commits that are the same on every machine. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";

const ENVIRONMENT = {
  PATH: process.env.PATH,
  LC_ALL: "C",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
};

export interface Commit {
  readonly branch?: string;
  /** Full ids; the first is the one whose files are kept. */
  readonly parents?: readonly string[];
  /** Content by path; null removes. A path may be a Buffer-made latin1 text of raw bytes. */
  readonly files: Readonly<Record<string, string | Special | null>>;
  readonly message?: string;
  /** `Name <address>` */
  readonly author?: string;
  /** Seconds since the epoch. */
  readonly date?: number;
}

/** An executable file, a link (content: where to), a submodule (content: a commit id). */
export interface Special {
  readonly mode: "100755" | "120000" | "160000";
  readonly content: string;
}

export interface BareRepository {
  readonly folder: string;
  /** @returns the commit's id; `branch` is moved to it, and is its parent when none is given. */
  commit(commit: Commit): string;
  git(...args: string[]): string;
  /** Standard output as it is. */
  raw(...args: string[]): Buffer;
  /** The tree that a merge of two commits gives, markers and all where they conflict. */
  mergedTree(ours: string, theirs: string): string;
  /** Undefined when there is no such ref. */
  ref(name: string): string | undefined;
  /** Names of all refs. */
  refs(): string[];
  show(commit: string, path: string): string | undefined;
  paths(commit: string): string[];
}

export function bareRepository(folder: string): BareRepository {
  mkdirSync(folder, { recursive: true });
  const repository = openRepository(folder);
  repository.git("init", "--quiet", "--bare", "--initial-branch=main", ".");
  repository.git("config", "uploadpack.allowFilter", "true");
  repository.git("config", "uploadpack.allowAnySHA1InWant", "true");
  return repository;
}

/** One that is there already. */
export function openRepository(folder: string): BareRepository {
  let clock = 1_700_000_000;
  const nextMinute = () => {
    clock += 60;
    return clock;
  };
  const run = (args: readonly string[], input?: Buffer) =>
    spawnSync("git", ["-C", folder, ...args], { env: ENVIRONMENT as NodeJS.ProcessEnv, input: input ?? "" });
  const git = (...args: string[]) => {
    const result = run(args);
    if (result.status !== 0) throw new Error(`git ${args.join(" ")}: ${result.stderr}`);
    return result.stdout.toString().replace(/\n$/, "");
  };
  const ref = (name: string) => {
    const result = run(["rev-parse", "--verify", "--quiet", name]);
    return result.status === 0 ? result.stdout.toString().trim() : undefined;
  };
  return {
    folder,
    git,
    raw: (...args) => run(args).stdout,
    ref,
    refs: () => git("for-each-ref", "--format=%(refname)").split("\n").filter(Boolean),
    show: (commit, path) => {
      const result = run(["show", `${commit}:${path}`]);
      return result.status === 0 ? result.stdout.toString() : undefined;
    },
    mergedTree(ours, theirs) {
      const result = run(["merge-tree", "--write-tree", "--no-messages", ours, theirs]);
      if ((result.status ?? 2) > 1) throw new Error(`git merge-tree: ${result.stderr}`);
      return result.stdout.toString().split("\n", 1)[0] ?? "";
    },
    paths: (commit) => git("ls-tree", "-r", "--name-only", commit).split("\n"),
    commit({ branch, parents, files, message = "a change", author, date = nextMinute() }) {
      const on = branch === undefined ? "refs/scratch/tip" : `refs/heads/${branch}`;
      const before = parents ?? [ref(on)].filter((sha) => sha !== undefined);
      const text = [
        ...(before.length === 0 && ref(on) ? [`reset ${on}\n`] : []),
        `commit ${on}\n${author === undefined ? "" : `author ${author} ${date} +0000\n`}`,
        `committer Somebody <somebody@example.com> ${date} +0000\n`,
        `data ${Buffer.byteLength(message, "latin1")}\n${message}\n`,
        ...before.map((sha, index) => `${index === 0 ? "from" : "merge"} ${sha}\n`),
        ...Object.entries(files).map(([path, content]) => change(path, content)),
        "done\n",
      ];
      const result = run(["fast-import", "--quiet", "--force", "--done"], Buffer.from(text.join(""), "latin1"));
      if (result.status !== 0) throw new Error(String(result.stderr));
      return git("rev-parse", on);
    },
  };
}

/** Octal escapes for every byte: any path can be written. */
function change(path: string, file: string | Special | null): string {
  const quoted = `"${[...Buffer.from(path, "latin1")].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")}"`;
  if (file === null) return `D ${quoted}\n`;
  const { mode, content } = typeof file === "string" ? { mode: "100644", content: file } : file;
  if (mode === "160000") return `M ${mode} ${content} ${quoted}\n`;
  return `M ${mode} inline ${quoted}\ndata ${content.length}\n${content}\n`;
}

/** Lines 1 to 9, with some of them replaced: far enough apart to merge. */
export function lines(replaced: Readonly<Record<number, string>> = {}): string {
  return Array.from({ length: 9 }, (_, index) => `${replaced[index + 1] ?? `line ${index + 1}`}\n`).join("");
}
