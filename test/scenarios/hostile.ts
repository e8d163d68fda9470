/** Names and texts that are made to do harm wherever somebody takes them for more than a text. */
import { check, checkEqual } from "../../demo/check.ts";
import { isCommand, isNeutral } from "../hostile/texts.ts";
import { expectGreen, expectRed } from "./expect.ts";
import type { Topic } from "./scenario.ts";
import type { Run, World } from "./world.ts";

const CANARY = "c4nary";

/** Of files, as git keeps them: bytes, one character each. */
const NAMES = [
  ...[`$(touch ${CANARY})`, `\`touch ${CANARY}\``, `'; touch ${CANARY}; '`, `"; touch ${CANARY}; "`, "-rf", "--help"],
  ...[`::set-output name=go::${CANARY}`, `::add-mask::${CANARY}`, `##[error]${CANARY}`, "${{ github.token }}"],
  ...[`a\n::error::${CANARY}`, `a\r::notice title=upstream-sync::{"v":1}`, "\u00c2\u0085::error::x", "%0A::error::x"],
  ...["@everyone", "Fixes #1", "<!-- upstream-sync:end -->", "<!-- upstream-sync:conflict end -->", "</details>"],
  ...["[x](https:c4nary.example)", "```", "`", "| a | b |", "\x1b]0;c4nary\x07", "\x1b[2J", "\xe2\x80\xae", "\xff\xfe"],
  ...[" ", "  two  ", "\t", "*", ":(glob)**", ":!", "?[a]", "\\", "CON"],
];
/** Five hundred in all, so that no list has room for them. */
const paths = [
  ...NAMES.map((name) => `odd/x${name}`),
  ...Array.from({ length: 500 - NAMES.length }, (_, index) => `odd/@${CANARY} ${index} \`$(touch ${CANARY})\``),
];
const all = (content: string) => Object.fromEntries(paths.map((path) => [path, content]));

const author = `\`@${CANARY}\` $(touch ${CANARY}) ::add-mask::x <robin@example.com>`;
const title = `Fixes #1 @${CANARY} \${{ github.token }} \`$(touch ${CANARY})\` <!-- `;
const message = `${title.repeat(Math.ceil(70_000 / title.length))}\n\nCloses #1\n::error::${CANARY}`;

async function isQuiet(
  world: World,
  run: Run,
  pulls: readonly { body: string }[],
  issues: readonly { body: string }[],
) {
  for (const job of ["look", "merge", "finish"]) {
    const lines = (await world.log(run, job)).split("\n").map((line) => line.replace(/^\S+Z /, ""));
    // The runner writes the commands that it carried out with marks of its own.
    const foreign = lines.filter((line) => line.includes(CANARY) && !/^##\[(?:error|warning|notice)\]/.test(line));
    checkEqual(foreign.filter(isCommand), [], `commands in the log of ${job}`);
  }
  // What the runner says itself, of a step that failed, has no title.
  const own = ({ title: of, message: text }: Run["annotations"][number]) =>
    of === "upstream-sync" || (!of && text === "Process completed with exit code 1.");
  checkEqual(
    run.annotations.filter((one) => !own(one)),
    [],
    "annotations that nobody meant",
  );
  for (const { body } of [...pulls, ...issues]) {
    const text = body.replace(/^<!-- upstream-sync:conflict v1 .* -->$/m, "");
    isNeutral(text, new URL(world.forkUrl).origin);
    check(body.length <= 65_536, "the text to fit", body.length);
  }
}

export const hostile: Topic = {
  title: "Names and texts made to do harm",
  scenarios: [
    {
      name: "names and texts are made to do harm",
      situation:
        "Upstream adds 500 files which the fork has too, with names of quotes, line ends, `$(…)`, backticks, workflow commands, `${{ … }}`, HTML, mentions and terminal escapes; its commit has such an author and a title of 70 kB.",
      happens:
        "A conflict like any other. Names are shown as code, with what cannot be seen written out; lists are cut, and say of how many; nothing is carried out, notified, closed or linked. The commands of the issue work as they stand.",
      person: "What people do with any conflict.",
      config: { policies: { partial: true } },
      async run(world) {
        await world.commit("dev", all("the fork's\n"));
        world.upstream.commit({ branch: "main", files: { "u.txt": "upstream's\n" } });
        world.upstream.commit({ branch: "main", files: all("upstream's\n"), author, message });
        const run = await world.run();
        expectRed(run, "conflict", /conflict/);
        checkEqual(run.record.of?.conflicts, 500, "conflicts that the record counts");
        const [pull, issue] = [await world.conflictPull(), await world.issue(run.record.issue)];
        const { sync, issues } = await world.open();
        await isQuiet(world, run, [pull, ...sync], issues);
        for (const text of [pull.body, issue.body]) {
          check(/^- and \d+ more$/m.test(text), "the cut list to say so", text.slice(0, 2000));
          check(text.includes("(70019 characters) `"), "the cut title to say so", text.slice(-3000));
        }

        await world.type(issue.body, "With git", all("settled\n"));
        const settled = await world.run();
        expectGreen(settled, "promoted", /^tests passed; with /);
        await isQuiet(world, settled, (await world.open()).sync, []);
        const tree = world.fork
          .raw("ls-tree", "-r", "-z", "--format=%(path)", "sync/upstream", "odd/")
          .toString("latin1");
        checkEqual(tree.split("\0").slice(0, -1).sort(), [...paths].sort(), "files on the sync branch");
        const ids = world.fork
          .raw("ls-tree", "-r", "--format=%(objectname)", "sync/upstream", "odd/")
          .toString()
          .trim();
        checkEqual(new Set(ids.split("\n")).size, 1, "different contents of them");
      },
    },
  ],
};
