/** What a developer does at a keyboard or in the browser to settle a conflict. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { check, checkEqual } from "./check.ts";
import { git, gitEnvironment } from "./git.ts";
import type { Settlement } from "./setting.ts";
import type { World } from "./world.ts";

/** In our texts the place in a list of commands where a person edits files. */
const editHere = "# edit the files that git names, then";

/** The shell commands below a heading of a text in Markdown. */
export function commandsBelow(heading: string, text: string): string[] {
  const [, below = ""] = text.split(`### ${heading}\n`);
  const block = /^```shell\n(?<commands>[\s\S]*?)^```$/m.exec(below)?.groups?.commands;
  check(block !== undefined, `commands below "${heading}"`, text);
  return (block as string).trimEnd().split("\n");
}

/** Types the commands as they stand into a shell in a clone of the fork, and settles the file where they say so. */
export async function typeCommands(world: World, commands: readonly string[], settlement: Settlement): Promise<void> {
  const token = world.people.developer;
  const clone = join(world.project, "..", "developer");
  if (!existsSync(clone)) await git("/", ["clone", "--quiet", world.github.gitUrl(world.fork), clone], { token });
  let stopped = false;
  for (const command of commands) {
    if (command === editHere) {
      const { stdout } = await git(clone, ["diff", "--name-only", "-z", "--diff-filter=U"]);
      checkEqual(stdout.split("\0").filter(Boolean), [settlement.path], "files that git names");
      writeFileSync(join(clone, settlement.path), settlement.settled);
      continue;
    }
    const typed = await execa("sh", ["-c", command], {
      cwd: clone,
      extendEnv: false,
      env: gitEnvironment({ token }),
      reject: false,
    });
    // git ends with 1 where it stops at a conflict; that is what these commands are for.
    if (typed.exitCode !== 0 && command.startsWith("git merge ") && /CONFLICT/.test(typed.stdout)) stopped = true;
    else check(typed.exitCode === 0, `"${command}" to succeed`, typed.stderr);
  }
  check(stopped, "git to stop at the conflict", commands);
}

/**
 * **Resolve conflicts** in the browser, as GitHub carries it out: the base is merged into the head branch, with the files as the
 * person left them.
 */
export async function settleInBrowser(
  world: World,
  pull: { head: { ref: string; sha: string }; base: { sha: string } },
  settlement: Settlement,
): Promise<void> {
  const { fork } = world;
  const ends = [pull.head.sha, pull.base.sha];
  const merged = await git(fork.git, ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ...ends], {
    allowFailure: true,
  });
  const [tree = "", ...conflicts] = merged.stdout.split("\0").filter(Boolean);
  checkEqual(conflicts, [settlement.path], "files the browser shows");
  const changes = await git(fork.git, ["diff-tree", "-r", "-z", "--no-renames", `${pull.head.sha}^{tree}`, tree]);
  const post = async (what: string, body: unknown): Promise<string> => {
    const answer = await world.rest("developer", "POST", `${world.forkPath}/git/${what}`, body);
    check(answer.status === 201, `${what} to be made`, answer);
    return answer.data.sha;
  };
  const entries = [];
  const parts = changes.stdout.split("\0");
  for (let at = 0; at + 1 < parts.length; at += 2) {
    // ":<mode before> <mode after> <blob before> <blob after> <letter>", zeros where there is none.
    const [before = "", after = "", , blob = ""] = (parts[at] ?? "").slice(1).split(" ");
    const path = parts[at + 1] as string;
    const gone = /^0+$/.test(after);
    const content = path === settlement.path ? { content: settlement.settled } : { sha: gone ? null : blob };
    entries.push({ path, mode: gone ? before : after, type: "blob", ...content });
  }
  const headTree = (await git(fork.git, ["rev-parse", `${pull.head.sha}^{tree}`])).stdout;
  const commit = await post("commits", {
    message: `Merge branch 'sync/upstream' into ${pull.head.ref}`,
    tree: await post("trees", { base_tree: headTree, tree: entries }),
    parents: ends,
  });
  const moved = await world.rest("developer", "PATCH", `${world.forkPath}/git/refs/heads/${pull.head.ref}`, {
    sha: commit,
  });
  checkEqual(moved.status, 200, "the status of moving the branch");
}
