/** Files of every kind, and what merging does to them. */
import { check, checkEqual } from "../../demo/check.ts";
import { lines } from "../sync/support/repository.ts";
import { expectGreen, expectRed, expectText } from "./expect.ts";
import type { Topic } from "./scenario.ts";
import type { World } from "./world.ts";

/** `<mode> <type> <id>\t<path>` of a path on the sync branch; empty when it is not there. */
const entry = (world: World, path: string) => world.fork.git("ls-tree", world.sync, "--", path);

export const files: Topic = {
  title: "Files of every kind",
  scenarios: [
    {
      name: "upstream renames a file that the fork has changed",
      situation: "Upstream moves a file to another folder; the fork has a change in it.",
      happens: "The fork's change follows the file to its new place. It is tested and promoted without people.",
      person: "Review and merge the pull request.",
      async run(world) {
        const moved = { "page.txt": null, "pages/page.txt": lines({ 9: "upstream's" }) };
        world.upstream.commit({ branch: "main", files: moved });
        expectGreen(await world.run(), "promoted", "tests passed");
        checkEqual(
          [world.file("sync/upstream", "page.txt"), world.file("sync/upstream", "pages/page.txt")],
          [undefined, lines({ 1: "the fork's line", 9: "upstream's" })],
          "the old and the new place",
        );
      },
    },
    {
      name: "upstream moves a folder in which the fork has a file",
      situation: "Upstream renames a whole folder; the fork has added a file to it.",
      happens:
        "Red: git suggests the new folder for the fork's file, and people are asked. It is neither moved nor left behind unseen.",
      person: "Decide where the file belongs.",
      async run(world) {
        await world.commit("dev", { "cloud/ours.txt": "the fork's\n" });
        const moved = { "cloud/client.txt": null, "net/client.txt": lines() };
        world.upstream.commit({ branch: "main", files: moved });
        const run = await world.run();
        expectRed(run, "conflict", /conflict/);
        checkEqual(
          run.record.conflicts.map(({ path }) => path),
          ["cloud/ours.txt", "net/ours.txt"],
          "what people are asked about: the old place, and the one git suggests",
        );
        check(
          run.record.conflicts.some(({ kind }) => kind === "directory rename suggested"),
          "the kind of it",
          run.record.conflicts,
        );
        await world.settle("sync/upstream-conflict-1", { "cloud/ours.txt": null, "net/ours.txt": "the fork's\n" });
        expectGreen(await world.run(), "promoted", /^tests passed; with /);
        checkEqual(world.file("sync/upstream", "net/ours.txt"), "the fork's\n", "the fork's file where people put it");
      },
    },
    {
      name: "a program becomes executable, and a link appears",
      situation: "Upstream changes a file's mode and adds a symbolic link.",
      happens: "Both arrive as they are: the mode is kept, the link stays a link.",
      person: "Nothing.",
      async run(world) {
        const tests = world.upstream.show("main", "tests.sh") as string;
        const files = {
          "tests.sh": { mode: "100755", content: tests },
          latest: { mode: "120000", content: "page.txt" },
        } as const;
        world.upstream.commit({ branch: "main", files });
        expectGreen(await world.run(), "promoted", "tests passed");
        checkEqual(
          [entry(world, "tests.sh").slice(0, 6), entry(world, "latest").slice(0, 6)],
          ["100755", "120000"],
          "modes",
        );
      },
    },
    {
      name: "a name changes its case only",
      situation: "Upstream renames `menu.txt` to `Menu.txt`.",
      happens:
        "The file has its new name and there is one of it, whatever file system the runner has: the merge has no work tree.",
      person: "Nothing.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "menu.txt": null, "Menu.txt": lines() } });
        expectGreen(await world.run(), "promoted", "tests passed");
        const names = world.fork.paths(world.sync).filter((path) => path.toLowerCase() === "menu.txt");
        checkEqual(names, ["Menu.txt"], "names of the file");
      },
    },
    {
      name: "file names are odd",
      situation:
        "Upstream has files with spaces, quotes, a leading hyphen and letters of other scripts in their names.",
      happens: "They arrive as they are. In conflicts they are listed as text, and nothing in them is obeyed.",
      person: "Nothing.",
      async run(world) {
        const bytes = (text: string) => Buffer.from(text).toString("latin1");
        const names = [
          "with space.txt",
          "-rf.txt",
          'say "hi".txt',
          "$(touch x).txt",
          "`id`.txt",
          bytes("größe-汉字.txt"),
        ];
        await world.commit("dev", { "with space.txt": "the fork's\n" });
        world.upstream.commit({
          branch: "main",
          files: Object.fromEntries(names.slice(1).map((name) => [name, "u\n"])),
        });
        expectGreen(await world.run(), "promoted", "tests passed");
        const listed = world.fork.git("ls-tree", "-r", "-z", "--name-only", world.sync).split("\0");
        for (const name of names)
          check(listed.includes(Buffer.from(name, "latin1").toString()), `a file ${name}`, listed);
        world.upstream.commit({ branch: "main", files: { "with space.txt": "u\n" } });
        const run = await world.run();
        checkEqual(
          run.record.conflicts.map(({ path }) => path),
          ["with space.txt"],
          "what conflicts",
        );
        expectText(
          (await world.conflictPull()).body,
          ["- `with space.txt`: contents, with upstream"],
          "the pull request",
        );
      },
    },
    {
      name: "a submodule moves on",
      situation: "Upstream points a submodule at a newer commit.",
      happens: "The pointer arrives; nothing of the other repository is fetched for the merge.",
      person: "Nothing; with `tests.submodules: true` the tests get its files.",
      async run(world) {
        const at = (digit: string) => ({ mode: "160000", content: digit.repeat(40) }) as const;
        const modules = '[submodule "lib"]\n\tpath = lib\n\turl = https://example.com/lib.git\n';
        world.upstream.commit({ branch: "main", files: { ".gitmodules": modules, lib: at("1") } });
        expectGreen(await world.run(), "promoted", "tests passed");
        world.upstream.commit({ branch: "main", files: { lib: at("2") } });
        expectGreen(await world.run(), "promoted", "tests passed");
        checkEqual(entry(world, "lib"), `160000 commit ${"2".repeat(40)}\tlib`, "the submodule");
      },
    },
    {
      name: "both sides moved a submodule",
      situation: "Upstream and the fork point the same submodule at different commits.",
      happens: "Red: the submodule is a conflict; no commit is chosen for people.",
      person: "Choose the commit with git.",
      async run(world) {
        const at = (digit: string) => ({ mode: "160000", content: digit.repeat(40) }) as const;
        world.upstream.commit({ branch: "main", files: { lib: at("1") } });
        await world.run();
        await world.land();
        await world.commit("dev", { lib: at("3") });
        world.upstream.commit({ branch: "main", files: { lib: at("2") } });
        const run = await world.run();
        expectRed(run, "conflict", /conflict/);
        checkEqual(
          run.record.conflicts.map(({ path }) => path),
          ["lib"],
          "what conflicts",
        );
      },
    },
    {
      name: "large files are kept by Git LFS",
      situation: "Upstream changes a file that Git LFS keeps elsewhere.",
      happens:
        "The pointer arrives like any text; no large file is fetched for the merge, and none is needed to push it.",
      person: "Nothing; with `tests.lfs: true` the tests get the files.",
      async run(world) {
        const pointer = (digit: string) =>
          `version https://git-lfs.github.com/spec/v1\noid sha256:${digit.repeat(64)}\nsize 12345\n`;
        const attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n";
        world.upstream.commit({ branch: "main", files: { ".gitattributes": attributes, "model.bin": pointer("1") } });
        await world.run();
        world.upstream.commit({ branch: "main", files: { "model.bin": pointer("2") } });
        expectGreen(await world.run(), "promoted", "tests passed");
        checkEqual(world.file("sync/upstream", "model.bin"), pointer("2"), "the pointer");
      },
    },
    {
      name: "a list takes the lines of both sides",
      situation: "`.gitattributes` of the fork says `merge=union` for a list that both sides change.",
      happens: "Both sides' lines are in it and nobody is asked, as in a clone.",
      person: "Review the list.",
      async run(world) {
        await world.commit("dev", {
          ".gitattributes": "menu.txt merge=union\n",
          "menu.txt": lines({ 5: "the fork's" }),
        });
        world.upstream.commit({ branch: "main", files: { "menu.txt": lines({ 5: "upstream's" }) } });
        expectGreen(await world.run(), "promoted", "tests passed");
        checkEqual(world.file("sync/upstream", "menu.txt"), lines({ 5: "the fork's\nupstream's" }), "the list");
      },
    },
    {
      name: "a file must never be merged as text",
      situation: "`.gitattributes` of the fork says `-merge` for a file; both sides change it in different places.",
      happens: "Red: it is a conflict, as in a clone, though its lines could be merged.",
      person: "Settle it as a whole.",
      async run(world) {
        await world.commit("dev", { ".gitattributes": "menu.txt -merge\n", "menu.txt": lines({ 1: "the fork's" }) });
        world.upstream.commit({ branch: "main", files: { "menu.txt": lines({ 9: "upstream's" }) } });
        const run = await world.run();
        expectRed(run, "conflict", /conflict/);
        checkEqual(
          run.record.conflicts.map(({ path }) => path),
          ["menu.txt"],
          "what conflicts",
        );
      },
    },
  ],
};
