/**
 * A generated project of the size at which the way a sync is done matters: an upstream with thousands of files and commits, and
 * a fork of it, always the same ones. Kept in the cache folder under their parameters.
 */
import { createCipheriv, createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { execa } from "execa";
import { git, revParse } from "../demo/git.ts";
import type { Setting } from "../demo/setting.ts";

export interface ProjectSize {
  readonly files: number;
  /** Of upstream before the news; each rewrites one file. */
  readonly commits: number;
  /** Lines a file has; 77 bytes each, which pack to 58. */
  readonly lines: number;
  /** Upstream's commits that the sync brings; each rewrites a tenth of one of `newsFiles` files. */
  readonly news: number;
  readonly newsFiles: number;
  /** The fork's own commits. */
  readonly own: number;
  /** Files that both sides changed, in different places. */
  readonly bothChanged: number;
}

/** About 190 MB packed, about 1.5 MB of news: the size of a popular project some years old. */
export const popular: ProjectSize = {
  files: 5000,
  commits: 5200,
  lines: 320,
  news: 200,
  newsFiles: 120,
  own: 40,
  bothChanged: 25,
};
/** Few bytes in a great many files and commits: the size at which trees and histories count. */
export const large: ProjectSize = { ...popular, files: 50_000, commits: 20_000, lines: 12 };
export const tiny: ProjectSize = { files: 60, commits: 40, lines: 40, news: 6, newsFiles: 4, own: 5, bothChanged: 3 };

/** Changes with what the generator makes of the same parameters. */
const generation = 5;

/** @throws when git does. @param cache folder that may keep it. @param say progress, a line each. */
export async function bigProject(cache: string, size: ProjectSize, say: (text: string) => void): Promise<Setting> {
  const key = createHash("sha256").update(JSON.stringify({ generation, size })).digest("hex").slice(0, 12);
  const folder = join(cache, "bench", key);
  if (!existsSync(folder)) {
    say(`generating a project of ${size.files} files and ${size.commits} commits (once)`);
    mkdirSync(join(cache, "bench"), { recursive: true, mode: 0o700 });
    const aside = mkdtempSync(`${folder}-`);
    try {
      await generate(aside, size);
      renameSync(aside, folder);
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  }
  return await settingOf(folder);
}

async function settingOf(folder: string): Promise<Setting> {
  const upstream = join(folder, "upstream.git");
  const [start, moved, edited] = await Promise.all([
    revParse(upstream, "refs/heads/main"),
    revParse(upstream, "refs/demo/moved"),
    revParse(upstream, "refs/demo/edited"),
  ]);
  return {
    upstream: {
      owner: "popular",
      name: "big-project",
      git: upstream,
      branch: "main",
      // Of the story's stages this upstream knows three.
      stages: { start, moved, edited } as Setting["upstream"]["stages"],
    },
    fork: {
      owner: "acme",
      name: "big-project",
      git: join(folder, "fork.git"),
      branches: { from: "main", target: "dev" },
    },
    held: [],
    conflicts: {} as Setting["conflicts"],
    tests: ["true"],
  };
}

async function generate(folder: string, size: ProjectSize): Promise<void> {
  const [upstream, fork] = [join(folder, "upstream.git"), join(folder, "fork.git")];
  await git(folder, ["init", "--quiet", "--bare", "--initial-branch=main", upstream]);
  await fastImport(upstream, upstreamStream(size));
  await git(folder, ["clone", "--quiet", "--bare", upstream, fork]);
  await fastImport(fork, forkStream(size));
}

async function fastImport(repository: string, stream: Iterable<Buffer | string>): Promise<void> {
  const args = ["-c", "pack.compression=1", "fast-import", "--quiet", "--done", "--date-format=raw"];
  await execa("git", args, {
    cwd: repository,
    input: Readable.from(batched(stream)),
    env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
  });
}

function* upstreamStream(size: ProjectSize): Generator<Buffer | string> {
  yield* commit("refs/heads/main", undefined, "Start", 0);
  for (let file = 0; file < size.files; file += 1) yield* modify(file, content(size, file, 0));
  for (let n = 1; n <= size.commits; n += 1) {
    yield* commit("refs/heads/main", undefined, `Rewrite ${n}`, n);
    // One after the other, so that each file has about as many revisions as every other.
    const file = (n * 7) % size.files;
    yield* modify(file, content(size, file, Math.ceil((n * 7) / size.files)));
  }
  yield* news(size, "refs/demo/moved", undefined);
  yield* news(size, "refs/demo/edited", Math.ceil(size.news * 0.6));
  yield "done\n";
}

/** @param clash the commit that changes what the fork changed too. */
function* news(size: ProjectSize, ref: string, clash: number | undefined): Generator<Buffer | string> {
  for (let n = 1; n <= size.news; n += 1) {
    yield* commit(ref, n === 1 ? "refs/heads/main" : undefined, `News ${n}`, size.commits + n);
    const tenth = Math.ceil(size.lines / 10);
    const from = Math.floor((n - 1) / size.newsFiles) * tenth;
    const file = ((n - 1) % size.newsFiles) + 1;
    yield* modify(file, edited(size, file, from, from + tenth));
    const clashing = size.newsFiles + 1;
    if (n === clash) yield* modify(clashing, edited(size, clashing, size.lines - 3, size.lines));
  }
}

function* forkStream(size: ProjectSize): Generator<Buffer | string> {
  for (let n = 1; n <= size.own; n += 1) {
    yield* commit("refs/heads/dev", n === 1 ? "refs/heads/main" : undefined, `Ours ${n}`, size.commits + n);
    // The first ones touch files that the news touch at their beginning; the others are files of the fork's own.
    if (n <= size.bothChanged) yield* modify(n, edited(size, n, size.lines - 2, size.lines));
    else yield* modify(size.files + n, content(size, size.files + n, 0));
    const clashing = size.newsFiles + 1;
    if (n === size.own) yield* modify(clashing, edited(size, clashing, size.lines - 2, size.lines));
  }
  yield "done\n";
}

function* commit(ref: string, from: string | undefined, message: string, n: number): Generator<string> {
  const date = `Robin Doe <robin@example.com> ${1_600_000_000 + n * 3600} +0000`;
  yield `commit ${ref}\ncommitter ${date}\ndata ${message.length}\n${message}\n${from ? `from ${from}\n` : ""}`;
}

function* modify(file: number, text: Buffer): Generator<Buffer | string> {
  const path = `src/part-${String(file % 50).padStart(2, "0")}/file-${String(file).padStart(5, "0")}.txt`;
  yield `M 100644 inline ${path}\ndata ${text.length}\n`;
  yield text;
  yield "\n";
}

/** Lines that cannot be packed further than their alphabet of 64 allows, the same for the same numbers. */
function content(size: ProjectSize, file: number, revision: number): Buffer {
  const nonce = Buffer.alloc(16);
  nonce.writeUInt32BE(file, 0);
  nonce.writeUInt32BE(revision, 4);
  const random = createCipheriv("aes-128-ctr", Buffer.alloc(16, "seed"), nonce).update(Buffer.alloc(size.lines * 57));
  return Buffer.from(random.toString("base64").replace(/.{76}/g, "$&\n"));
}

/** The file as upstream's history left it, with lines `from` to `to` written anew. */
function edited(size: ProjectSize, file: number, from: number, to: number): Buffer {
  const last = lastRevision(size, file);
  const lines = content(size, file, last).toString().split("\n");
  const fresh = content(size, file, last + 1000 + from)
    .toString()
    .split("\n");
  return Buffer.from(lines.map((line, index) => (index >= from && index < to ? fresh[index] : line)).join("\n"));
}

function lastRevision(size: ProjectSize, file: number): number {
  for (let n = size.commits; n > 0; n -= 1) if ((n * 7) % size.files === file) return Math.ceil((n * 7) / size.files);
  return 0;
}

/** A write of its own for every line would take longer than git does. */
function* batched(parts: Iterable<Buffer | string>): Generator<Buffer> {
  let batch: Buffer[] = [];
  let length = 0;
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    batch.push(bytes);
    length += bytes.length;
    if (length > 1_000_000) {
      yield Buffer.concat(batch);
      batch = [];
      length = 0;
    }
  }
  yield Buffer.concat(batch);
}
