/** The scripts, read by the real shells. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execaSync } from "execa";
import { completionScript } from "../../cli/completion.ts";
import { upstreamSyncCommand } from "../../cli/program.ts";
import { workflowTool } from "../../tools/workflow-tools.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-completion-"));
  for (const shell of ["bash", "zsh", "fish"] as const) {
    writeFileSync(join(folder, shell), completionScript(upstreamSyncCommand(), shell));
  }
  // What the script asks back, answered only when it is asked as the command wants it.
  const answer = 'test "$1 $2 $3" = "completion --forks --config" && printf "acme/board\\nacme/site\\n$4\\n"';
  writeFileSync(join(folder, "upstream-sync"), `#!/bin/sh\n${answer}\n`);
  chmodSync(join(folder, "upstream-sync"), 0o700);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash offers for the last word of a line, asked as bash itself asks. */
function offered(line: string): string[] {
  const words = line.split(" ");
  const { stdout } = execaSync(
    "bash",
    [
      "-c",
      `source ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "$(complete -p upstream-sync | sed 's/.* -F \\([^ ]*\\) .*/\\1/')"; printf '%s\\n' "\${COMPREPLY[@]}"`,
      "bash",
      ...words,
    ],
    { cwd: folder, env: { PATH: `${folder}:${process.env.PATH}` } },
  );
  return stdout.split("\n").filter(Boolean);
}

describe("in bash", () => {
  test.each([
    [
      "upstream-sync ",
      upstreamSyncCommand()
        .commands.map((command) => command.name())
        .filter((name) => name !== "completion"),
    ],
    ["upstream-sync de", ["destroy"]],
    ["upstream-sync credentials r", ["rotate", "revoke"]],
    ["upstream-sync status ", ["acme/board", "acme/site", "upstream-sync.yaml"]],
    ["upstream-sync status --config other.yaml acme/s", ["acme/site"]],
    ["upstream-sync status --config other.yaml o", ["other.yaml"]],
    ["upstream-sync plan --ex", ["--exit-code"]],
    ["upstream-sync --v", ["--version"]],
    ["upstream-sync init --credentials g", ["github-app", "github-token"]],
    // A file: bash's own completion takes over.
    ["upstream-sync plan --out ", []],
    // The value of an option is no verb.
    ["upstream-sync credentials create --private-key-file status --rep", ["--replace"]],
  ])("%s", (line, words) => {
    expect(offered(line)).toEqual(words);
  });
});

describe("other shells can read theirs", () => {
  test("zsh", () => {
    expect(execaSync(workflowTool("zsh"), ["-n", join(folder, "zsh")], { reject: false }).stderr).toBe("");
  });

  test("fish", () => {
    const typed = "upstream-sync credentials r";
    const { stdout } = execaSync(workflowTool("fish"), [
      "-c",
      `source ${join(folder, "fish")}; complete -C '${typed}'`,
    ]);
    expect(stdout.split("\n").map((line) => line.split("\t")[0])).toEqual(["revoke", "rotate"]);
  });
});
