import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { renderFiles } from "../../lib/render/files.ts";
import { forkConfig } from "../support/fork-config.ts";

const upstreamUrl = "https://git.example.org/upstream.git";
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-document-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, arguments_: readonly string[], cwd: string): string {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "Dev",
    GIT_AUTHOR_EMAIL: "dev@example.org",
    GIT_AUTHOR_DATE: "2026-11-01T00:00:00Z",
    GIT_COMMITTER_NAME: "Dev",
    GIT_COMMITTER_EMAIL: "dev@example.org",
    GIT_COMMITTER_DATE: "2026-11-01T00:00:00Z",
    GIT_EDITOR: "true",
    // The document names the upstream by its address; here that address is a folder.
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `url.${join(folder, "upstream")}.insteadOf`,
    GIT_CONFIG_VALUE_0: upstreamUrl,
  };
  return execFileSync(program, arguments_, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

const git = (cwd: string, ...arguments_: string[]) => run("git", arguments_, cwd).trim();

function commit(cwd: string, path: string, content: string): void {
  writeFileSync(join(cwd, path), content);
  git(cwd, "add", "--all");
  git(cwd, "commit", "--quiet", "--message", `change ${path}`);
}

/** Upstream and fork changed the same line; a run has put the fork's on the sync branch and made the conflict branch. */
function conflictingFork(name: string): { readonly upstream: string; readonly work: string } {
  const [upstream, fork, work] = ["upstream", `${name}.git`, name].map((one) => join(folder, one)) as [
    string,
    string,
    string,
  ];
  rmSync(upstream, { recursive: true, force: true });
  mkdirSync(upstream);
  git(upstream, "init", "--quiet", "--initial-branch=main");
  commit(upstream, "app.txt", "start\n");
  git(folder, "clone", "--quiet", "--bare", upstream, fork);
  git(folder, "clone", "--quiet", fork, work);
  git(work, "switch", "--quiet", "--create", "dev");
  commit(work, "app.txt", "ours\n");
  git(work, "push", "--quiet", "origin", "dev", "dev:sync/upstream");
  commit(upstream, "app.txt", "theirs\n");
  git(upstream, "push", "--quiet", fork, "main:sync/upstream-conflict-1");
  return { upstream, work };
}

test.each([
  ["conflict-1", 0],
  ["manual", 1],
])("the commands for a conflict, as the document has them, settle it on sync/upstream-%s", (name, block) => {
  const { upstream, work } = conflictingFork(name);
  const { content } = renderFiles(forkConfig({ upstream: { url: upstreamUrl } }), "").document;
  const blocks = [...content.matchAll(/```shell\n([\s\S]*?)```/g)].map(([, commands]) => commands as string);
  expect(blocks).toHaveLength(2);
  const [merge = "", finish = ""] = (blocks[block] as string).split(/^# edit .*$/m);

  expect(() => run("sh", ["-ec", merge], work)).toThrow(); // git stops at the conflict
  expect(git(work, "diff", "--name-only", "--diff-filter=U")).toBe("app.txt");
  writeFileSync(join(work, "app.txt"), "ours and theirs\n");
  run("sh", ["-ec", finish], work);

  const resolved = git(work, "ls-remote", "origin", `refs/heads/sync/upstream-${name}`).split("\t")[0] as string;
  expect(git(work, "show", `${resolved}:app.txt`)).toBe("ours and theirs");
  expect(git(work, "show", "--no-patch", "--format=%s", resolved)).toBe("chore: resolve upstream sync conflicts");
  for (const merged of [git(upstream, "rev-parse", "main"), "origin/sync/upstream"]) {
    git(work, "merge-base", "--is-ancestor", merged, resolved);
  }
});

test("in a conflict with the target, its commands settle that with the one command exchanged as the document says", () => {
  const { upstream, work } = conflictingFork("target");
  git(upstream, "push", "--quiet", "--force", join(folder, "target.git"), "main:dev");
  const { content } = renderFiles(forkConfig({ upstream: { url: upstreamUrl } }), "").document;
  const [, block = ""] = [...content.matchAll(/```shell\n([\s\S]*?)```/g)].map(([, commands]) => commands as string);
  const [, instead = ""] = /write\n`([^`]+)` in place of the fetch from upstream and its merge/.exec(content) ?? [];
  const commands = block.replace(/^git fetch https.*\ngit merge FETCH_HEAD$/m, instead);
  expect(commands).toContain("\ngit merge origin/dev\n# edit");
  expect(() => run("sh", ["-ec", commands.split(/^# edit .*$/m)[0] as string], work)).toThrow(/exit|failed/i);
  expect(git(work, "rev-parse", "MERGE_HEAD")).toBe(git(work, "rev-parse", "origin/dev"));
});

test("each change has a row and the words of its commit", () => {
  const of = (history: string[]) => renderFiles(forkConfig({ document: { history } }), "");
  const rows = (text: string) => text.split("| version | change |\n| --- | --- |\n")[1];
  const first = of([]);
  const digest = (files: { digest: string }) => files.digest.slice(0, 12);
  expect(rows(first.document.content)).toBe(`| 1 | the settings on this page, digest \`${digest(first)}\` |\n`);
  expect(first.change).toBe(`settings ${digest(first)}`);
  const second = of(["first set-up", "tests: a | b"]);
  expect(rows(second.document.content)).toBe(
    `| 1 | \`first set-up\` |\n| 2 | \`tests: a \\| b\`: the settings on this page, digest \`${digest(second)}\` |\n`,
  );
  expect(second.change).toBe("tests: a | b");
});

test("how it lands is said for the one way that is configured", () => {
  const document = (landing: string) => renderFiles(forkConfig({ landing }), "").document.content;
  expect(document("merge")).toContain("\n\nBy a **merge commit**: then the history of `dev` says");
  expect(document("merge")).toContain("| the pull request lands by | merge commit |");
  const squash = document("squash");
  expect(squash).toContain("\n\nBy **squash and merge**: this team keeps merge commits out of `dev`.");
  expect(squash).not.toMatch(/merge it with a|By a \*\*merge commit/);
  expect(squash).toContain("`git push origin origin/dev:refs/heads/sync/upstream-manual` say so");
});

describe("what is followed", () => {
  const document = (follow: unknown) => renderFiles(forkConfig({ follow }), "").document.content;

  test.each<[unknown, string]>([
    ["branch", "This fork follows branch `main` of `open-webui/open-webui`."],
    [
      { releases: "^1.0.0" },
      "follows the newest release in `^1.0.0`, prereleases left out, of `open-webui/open-webui`.",
    ],
    [{ releases: "*", prereleases: true, tags: "v*" }, "in `*`, tagged `v*`, prereleases included, of"],
    [{ tags: "nightly-*" }, "follows the newest tag `nightly-*` of"],
    [{ tags: "stable" }, "follows tag `stable` of"],
  ])("%j is named", (follow, words) => {
    expect(document(follow)).toContain(words);
  });

  test("a tag is merged by hand without its text", () => {
    const { work } = conflictingFork("tags");
    const upstream = join(folder, "upstream");
    git(upstream, "tag", "--annotate", "--message", "Fixes #1", "v1.2.3");
    const { content } = renderFiles(
      forkConfig({ upstream: { url: upstreamUrl }, follow: { releases: "*" } }),
      "",
    ).document;
    const [, block = ""] = [...content.matchAll(/```shell\n([\s\S]*?)```/g)].map(([, commands]) => commands as string);
    const [merge = ""] = block.split(/^# edit .*$/m);
    expect(() => run("sh", ["-ec", merge], work)).toThrow(); // git stops at the conflict
    expect(git(work, "rev-parse", "MERGE_HEAD")).toBe(git(upstream, "rev-parse", "v1.2.3^{commit}"));
    expect(readFileSync(join(work, ".git", "MERGE_MSG"), "utf8")).not.toContain("Fixes");
  });
});
