import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Git, gitIn } from "../../sync/git.ts";
import { commitMerge, mergeTrees } from "../../sync/merge-step.ts";
import { type BareRepository, bareRepository, type Commit, lines } from "./support/repository.ts";

let folder: string;
let repository: BareRepository;
let git: Git;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "attributes-"));
  repository = bareRepository(join(folder, "r.git"));
  git = gitIn(repository.folder, { environment: process.env, sleep: async () => undefined });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Files = Commit["files"];

/** Three commits: a common one, and what the fork and upstream made of it. */
function sides(base: Files, ours: Files, theirs: Files) {
  const start = repository.commit({ branch: "base", files: base });
  return {
    ours: repository.commit({ branch: "ours", parents: [start], files: ours }),
    theirs: repository.commit({ branch: "theirs", parents: [start], files: theirs }),
  };
}

/** What `git merge` makes of it in a clone with a work tree, where people configured the driver `ours`. */
function inAClone() {
  const clone = mkdtempSync(join(folder, "clone-"));
  const run = (...args: string[]) => {
    const names = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "merge.ours.driver=true"];
    const environment = { PATH: process.env.PATH ?? "", LC_ALL: "C", HOME: folder, GIT_CONFIG_NOSYSTEM: "1" };
    const result = spawnSync("git", [...names, ...args], {
      cwd: clone,
      env: environment as unknown as NodeJS.ProcessEnv,
    });
    return { code: result.status, out: result.stdout.toString("latin1").trimEnd() };
  };
  run("clone", "--quiet", "--branch", "ours", repository.folder, clone);
  const { code } = run("merge", "--quiet", "origin/theirs");
  const conflicts = run("diff", "--name-only", "-z", "--diff-filter=U").out.split("\0").filter(Boolean);
  return { code, conflicts: conflicts.sort(), tree: code === 0 ? run("rev-parse", "HEAD^{tree}").out : undefined };
}

async function merged(base: Files, ours: Files, theirs: Files) {
  const tips = sides(base, ours, theirs);
  const result = await mergeTrees(git, tips.ours, tips.theirs);
  const clone = inAClone();
  // The fold has to come out as the merge people would have made; of a rename it names the old place as well.
  expect(result.conflicts.map(({ path }) => path)).toEqual(expect.arrayContaining(clone.conflicts));
  expect(clone.tree).toBe(result.conflicts.length === 0 ? result.tree : undefined);
  return result;
}

/** Both sides change the same line of each file. */
async function clash(attributes: Files, ...names: string[]) {
  const all = (text: string): Files => Object.fromEntries(names.map((name) => [name, lines({ 5: text })]));
  return merged({ ...attributes, ...all("base") }, all("ours"), all("theirs"));
}

describe("the fork's .gitattributes in a fold", () => {
  test("union takes the lines of both, ours leaves the file, binary and -merge do not look into it", async () => {
    const attributes = "*.un merge=union\n*.keep merge=ours\n*.bin binary\n*.never -merge\n";
    const { tree, conflicts } = await clash(
      { ".gitattributes": attributes },
      ..."a.un a.keep a.bin a.never a.txt".split(" "),
    );
    expect(conflicts).toEqual([
      { path: "a.bin", kind: "binary" },
      { path: "a.never", kind: "binary" },
      { path: "a.txt", kind: "contents" },
    ]);
    expect(repository.show(tree, "a.un")).toBe(lines({ 5: "ours\ntheirs" }));
    expect(repository.show(tree, "a.keep")).toBe(lines({ 5: "ours" }));
  });

  test("-merge conflicts where git would have merged the text", async () => {
    const { conflicts } = await merged(
      { ".gitattributes": "lock -merge\n", lock: lines() },
      { lock: lines({ 1: "ours" }) },
      { lock: lines({ 9: "theirs" }) },
    );
    expect(conflicts).toEqual([{ path: "lock", kind: "binary" }]);
  });

  test("are read in every folder, whatever it is called, and a deeper one has the last word", async () => {
    const odd = ["with space", 'with "quote"', "new\nline", "bad\xff", "a*b[c]", "#hash", "deep/er"];
    const nested = Object.fromEntries(odd.map((name) => [`${name}/.gitattributes`, "*.txt merge=union\n"]));
    const attributes = { ".gitattributes": "[attr]never -merge\n*.txt never\n", ...nested };
    const files = odd.map((name) => `${name}/x.txt`);
    const { conflicts } = await clash(attributes, "x.txt", ...files);
    expect(conflicts).toEqual([{ path: "x.txt", kind: "binary" }]);
  });

  test("count as the fork has them: what upstream brings along only counts once it is in", async () => {
    const { conflicts } = await merged(
      { a: lines() },
      { a: lines({ 5: "ours" }) },
      { a: lines({ 5: "theirs" }), ".gitattributes": "* merge=union\n" },
    );
    expect(conflicts).toEqual([{ path: "a", kind: "contents" }]);
  });

  test("run no command: a driver nobody configured is a merge of text, and a link is not followed", async () => {
    const canary = join(folder, "canary");
    const attributes = `a merge=$(touch ${canary})\nb merge=touch\nc filter=touch diff=touch\n`;
    const { conflicts } = await clash({ ".gitattributes": attributes }, "a", "b", "c");
    expect(conflicts.map(({ path, kind }) => `${path} ${kind}`)).toEqual(["a contents", "b contents", "c contents"]);
    const linked = await clash(
      { other: "* merge=union\n", ".gitattributes": { mode: "120000", content: "other" } },
      "d",
    );
    expect(linked.conflicts).toEqual([{ path: "d", kind: "contents" }]);
    expect(existsSync(canary)).toBe(false);
  });

  test("are written nowhere else, though a tree names the folder above", async () => {
    const start = repository.commit({ branch: "base", files: { ".gitattributes": "* merge=union\n", a: lines() } });
    const blob = repository.git("rev-parse", `${start}:.gitattributes`);
    const tree = (name: string, mode: string, id: string) => {
      const input = Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, "hex")]);
      const args = ["-C", repository.folder, "hash-object", "-t", "tree", "-w", "--stdin", "--literally"];
      return spawnSync("git", args, { input }).stdout.toString().trim();
    };
    const up = tree("..", "40000", tree("..", "40000", tree(".gitattributes", "100644", blob)));
    expect(repository.git("ls-tree", "-r", "--name-only", up)).toBe("../../.gitattributes");
    const ours = await commitMerge(git, up, [start], "a tree that git itself would not make");
    await mergeTrees(git, ours, repository.commit({ parents: [start], files: { b: "b\n" } }));
    expect(readdirSync(folder)).toEqual(["r.git"]);
  });

  test("leave no file behind", async () => {
    await clash({ ".gitattributes": "* merge=union\n" }, "a");
    expect(readdirSync(repository.folder).filter((name) => name.startsWith("upstream-sync"))).toEqual([]);
  });
});

describe("a fold of", () => {
  test("a renamed file, and of a renamed folder, takes the other side's changes along", async () => {
    const { tree, conflicts } = await merged(
      { "old.txt": lines(), "dir/a": lines({ 2: "a" }), "dir/b": lines({ 2: "b" }) },
      { "old.txt": lines({ 1: "ours" }), "dir/new": "new in the old folder\n" },
      {
        ...{ "old.txt": null, "new.txt": lines(), "dir/a": null, "dir/b": null },
        ...{ "moved/a": lines({ 2: "a" }), "moved/b": lines({ 2: "b" }) },
      },
    );
    // git names the file that it would put into the renamed folder, and leaves that to people.
    expect(conflicts.map(({ path }) => path)).toEqual(["dir/new", "moved/new"]);
    expect(repository.show(tree, "new.txt")).toBe(lines({ 1: "ours" }));
  });

  test("a file that one side renamed and the other deleted is a conflict", async () => {
    const { conflicts } = await merged({ a: lines(), k: "k\n" }, { a: null }, { a: null, b: lines() });
    expect(conflicts).toEqual([
      { path: "a", kind: "rename/delete" },
      { path: "b", kind: "rename/delete" },
    ]);
  });

  test("a submodule that both sides moved is a conflict; moved by one side it goes in", async () => {
    const at = (digit: string) => ({ mode: "160000" as const, content: digit.repeat(40) });
    const { tree } = await merged({ lib: at("1"), a: "a\n" }, { a: "b\n" }, { lib: at("2") });
    expect(repository.git("ls-tree", tree, "lib")).toBe(`160000 commit ${"2".repeat(40)}\tlib`);
    const { conflicts } = await mergeBoth({ lib: at("3") }, { lib: at("4") }, { lib: at("5") });
    expect(conflicts).toMatchObject([{ path: "lib", kind: expect.stringContaining("submodule") }]);
  });

  test("pointers of Git LFS: two new versions are a conflict, never a pointer made of both", async () => {
    const pointer = (digit: string, size: number) =>
      `version https://git-lfs.github.com/spec/v1\noid sha256:${digit.repeat(64)}\nsize ${size}\n`;
    const attributes = "*.psd filter=lfs diff=lfs merge=lfs -text\n";
    const { conflicts } = await merged(
      { ".gitattributes": attributes, "a.psd": pointer("1", 10), "b.psd": pointer("1", 10) },
      { "a.psd": pointer("2", 10) },
      { "a.psd": pointer("3", 11), "b.psd": pointer("4", 12) },
    );
    expect(conflicts).toEqual([{ path: "a.psd", kind: "contents" }]);
  });

  test("links and modes keeps both sides' changes, and never merges where two links point to", async () => {
    const link = (content: string) => ({ mode: "120000" as const, content });
    const { tree, conflicts } = await merged(
      { run: lines(), here: link("a"), there: link("a") },
      { run: lines({ 1: "ours" }), here: link("b") },
      { run: { mode: "100755", content: lines() }, there: link("c") },
    );
    expect(conflicts).toEqual([]);
    expect(repository.git("ls-tree", tree, "run").split(" ")[0]).toBe("100755");
    expect(repository.show(tree, "run")).toBe(lines({ 1: "ours" }));
    const both = await mergeBoth({ l: link("a") }, { l: link("b") }, { l: link("c") });
    expect(both.conflicts).toMatchObject([{ path: "l" }]);
  });

  test("a rename that changes the case of letters alone keeps one file of the new name", async () => {
    const { tree, conflicts } = await merged(
      { "Readme.md": lines(), k: "k\n" },
      { "Readme.md": lines({ 1: "ours" }) },
      { "Readme.md": null, "README.md": lines() },
    );
    expect(conflicts).toEqual([]);
    expect(repository.paths(tree)).toEqual(["README.md", "k"]);
    expect(repository.show(tree, "README.md")).toBe(lines({ 1: "ours" }));
  });

  test("names in conflict is told byte for byte, whatever is in them", async () => {
    const odd = [
      "sp ace",
      'qu"ote',
      "new\nline",
      "tab\t",
      "bad\xff",
      "--force",
      ":(top)x",
      "ü".normalize("NFD"),
      "$(id)",
    ];
    const raw = odd.map((name) => Buffer.from(name, name.includes("\xff") ? "latin1" : "utf8").toString("latin1"));
    const { conflicts } = await clash({}, ...raw);
    expect(conflicts.map(({ path }) => path)).toEqual([...raw].sort());
  });
});

async function mergeBoth(base: Files, ours: Files, theirs: Files) {
  const tips = sides(base, ours, theirs);
  return mergeTrees(git, tips.ours, tips.theirs);
}
