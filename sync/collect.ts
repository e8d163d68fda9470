/**
 * `collect`: what the commands of `policies.regenerate` made, as a tree and a pack of what is new in it. It runs where upstream's code
 * ran, in the same job, so whoever reads its outputs believes none of them: `commit` looks at everything again.
 */

import { type Git, GitError } from "./git.ts";
import { listTree, readable } from "./graph.ts";
import { isWorkflowPath } from "./hold.ts";
import { isFixed } from "./merge-step.ts";
import type { Report } from "./outputs.ts";
import { matcher } from "./patterns.ts";
import type { CollectSettings, Settings } from "./settings.ts";

/** Characters of Base64 in one output: a variable of Linux holds 128 KiB. */
const PART = 100_000;
const PARTS = 4;

/** @param git in the work tree. @returns the exit code. */
export async function collect(settings: CollectSettings, report: Report, git: Git): Promise<number> {
  const { candidate } = settings;
  const may = mayBeMade(settings);
  const files = (await listTree(git, `${candidate}^{tree}`, ["-r"])).filter(
    ({ mode, path }) => mode === PLAIN && may(path),
  );
  const input = Buffer.from(files.map(({ path }) => `${path}\0`).join(""), "latin1");
  // As a commit would take them, end of lines included; what is gone is left out by `commit`.
  await must(git, ["read-tree", candidate]);
  await must(git, ["update-index", "-z", "--remove", "--stdin"], input);
  const tree = await git.text(["write-tree"]);
  // Else every file counts as changed that this index has not looked at; it says so by its exit code.
  await git.attempt(["update-index", "-q", "--refresh"]);
  const left = await git.text(["diff-files", "--name-only", "-z"]);
  const others = left.split("\0").filter(Boolean);
  if (others.length > 0) {
    const shown = others.slice(0, 20).map((path) => JSON.stringify(path));
    report.log(`Changed and not declared, so not taken: ${shown.join(", ")}${others.length > 20 ? " and more" : ""}`);
  }
  const pack =
    tree === (await git.text(["rev-parse", `${candidate}^{tree}`])) ? "" : await packOf(git, tree, candidate);
  if (pack.length > PART * PARTS) {
    report.error(
      `what the commands of policies.regenerate made is ${pack.length} characters as a pack, more than ${PART * PARTS}: make these files anew by hand, on sync/upstream-manual, or declare fewer of them`,
    );
    return 1;
  }
  const parts = Array.from({ length: PARTS }, (_, n) => [`pack-${n + 1}`, pack.slice(n * PART, (n + 1) * PART)]);
  await report.outputs({ tree, ...Object.fromEntries(parts.filter(([, part]) => part !== "")) });
  return 0;
}

/** A file that is neither executable nor a link. */
export const PLAIN = "100644";

/** Whether a path (raw) is declared, and not the fork's own for another reason. Never a workflow: that runs with the fork's rights. */
export function mayBeMade(settings: Pick<Settings, "policies" | "upstreamWorkflows">): (rawPath: string) => boolean {
  const [declared, fixed] = [matcher(settings.policies.regenerate), isFixed(settings)];
  return (path) => declared(path) && !fixed(path) && !isWorkflowPath(path);
}

/** Thin: a lock file is sent as what differs from the candidate's. */
async function packOf(git: Git, tree: string, candidate: string): Promise<string> {
  const args = ["pack-objects", "--revs", "--thin", "--stdout", "--quiet"];
  return (await must(git, args, Buffer.from(`${tree}\n^${candidate}\n`))).toString("base64");
}

async function must(git: Git, args: readonly string[], input?: Buffer): Promise<Buffer> {
  const result = await git.attempt(args, input === undefined ? {} : { input });
  if (result.code !== 0) throw new GitError(args, result);
  return result.stdout;
}

export function paths(changes: readonly { readonly path: string }[]): string {
  const shown = changes.slice(0, 5).map(({ path }) => JSON.stringify(readable(path)));
  return `${shown.join(", ")}${changes.length > 5 ? ` and ${changes.length - 5} more` : ""}`;
}
