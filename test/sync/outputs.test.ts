import { expect, test } from "@jest/globals";
import { GitError } from "../../sync/git.ts";
import { reportFailure, reportTo } from "../../sync/outputs.ts";
import { stopForRefusal } from "../../sync/refusals.ts";
import { Stop } from "../../sync/stop.ts";

function told(error: unknown): string[] {
  const lines: string[] = [];
  const nowhere = { output: "", summary: "", temporary: "", event: "" };
  reportFailure(
    reportTo(nowhere, (line) => lines.push(line)),
    error,
  );
  return lines;
}

test("a refusal that nobody knows: git's own words stand in the log, where our words say they are", () => {
  expect(told(stopForRefusal("the push was refused", "remote: the moon is full\n"))).toEqual([
    "remote: the moon is full",
    "::error title=upstream-sync::the push was refused: the server gave a reason this program does not know. Read the log of this step, which has git's own words",
  ]);
});

test("a command of git's that ended otherwise than it can", () => {
  const error = new GitError(["merge-tree", "a", "b"], {
    code: 128,
    stdout: Buffer.alloc(0),
    stderr: "fatal: no tree",
  });
  const [log, words] = told(error);
  expect(log).toBe("fatal: no tree");
  expect(words).toContain("git merge-tree ended with 128, which was not expected.");
});

test("what git passes on from others commands nothing", () => {
  expect(told(stopForRefusal("no", "::add-mask::a\n##[group]b\u001b[31m")).slice(0, -1).join("\n")).not.toMatch(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys.
    /^::|##\[|\u001b/m,
  );
});

test("nothing was said", () => {
  expect(told(new Stop({ what: "a", got: "b", remedy: "c" }))).toEqual(["::error title=upstream-sync::a: b. c"]);
});
