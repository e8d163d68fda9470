/** Real repositories full of hostile names, through look, merge and finish, and through the commands that the issue names. */
import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { NO_POLICIES } from "../../sync/policies.ts";
import { followCommands } from "../sync/support/people.ts";
import { type BareRepository, lines } from "../sync/support/repository.ts";
import { type Run, type World, world } from "../sync/support/workflow-run.ts";
import { type Property, property } from "./property.ts";
import { isCommand, isNeutral } from "./texts.ts";
import { CANARY, hostile } from "./words.ts";

/** Raw bytes, one character each, as git may have them: UTF-8 or not, never a folder. */
const name: fc.Arbitrary<string> = fc
  .tuple(hostile, fc.constantFrom("", "", "", "\xff\xfe", "\x80"))
  .map(([text, bytes]) => Buffer.from(`${text.slice(0, 60)}`).toString("latin1") + bytes)
  .map((raw) => raw.replaceAll("/", "_").slice(0, 200))
  // What git keeps out of a work tree is no name that anybody could have there.
  .filter((raw) => !/^\.{0,2}$|^\.git|^git~|\.git\s*$/i.test(raw) && !/[\x80-\xff]*\.g[\x80-\xff]*i/i.test(raw));

/** Such as the configuration lets through. */
const branch = fc.constantFrom(
  "dev",
  `dev;touch\${IFS}${CANARY};`,
  `$(touch\${IFS}${CANARY})`,
  `\`touch\${IFS}${CANARY}\``,
  `it's-"quoted"`,
  `dev|touch\${IFS}${CANARY}&`,
  "a<b>c",
  "dev#12",
  "v@1",
);

interface Case {
  readonly names: string[];
  readonly author: string;
  readonly title: string;
  readonly target: string;
  readonly sync: string;
  readonly partial: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  names: fc.uniqueArray(name, { minLength: 16, maxLength: 40 }),
  author: hostile.map((text) => text.slice(0, 400).replaceAll(/[\n<>]/g, " ")),
  title: hostile,
  target: branch,
  sync: branch.map((one) => `sync/${one}`),
  partial: fc.boolean(),
});

type Files = ReadonlyMap<string, string>;

/** What each of the names is for, in turn. */
const KINDS = ["upstream changes it", "both change it", "both change one line", "upstream removes it"] as const;
const kindOf = (index: number) => KINDS[index % KINDS.length];

/** Some in folders of hostile names, never two in one's place. */
function pathsOf(names: readonly string[]): string[] {
  return names.map((one, index) => (index % 3 === 0 ? `f${names[(index + 1) % names.length]}/${one}` : `x${one}`));
}

/** As git computes it: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
function blobId(content: string): string {
  const bytes = Buffer.from(content, "latin1");
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

function filesAt(repository: BareRepository, commit: string): Files {
  const listed = repository.raw("ls-tree", "-r", "-z", commit).toString("latin1").split("\0").slice(0, -1);
  return new Map(listed.map((entry) => [entry.slice(entry.indexOf("\t") + 1), entry.split(/[ \t]/)[2] ?? ""]));
}

function isQuiet({ fork, github, temporary }: World, run: Run): void {
  for (const line of run.lines) {
    const own = /^::(?:notice|warning|error) title=upstream-sync::|^::add-mask::/.test(line);
    ok(own ? !line.includes("##[") : !isCommand(line), line);
  }
  isNeutral(run.summary, github.url);
  for (const folder of [fork.folder, temporary, process.cwd()]) {
    ok(!existsSync(join(folder, CANARY)), `a command was carried out in ${folder}`);
  }
  deepStrictEqual([...readdirSync(temporary)], []);
}

async function survives({ names, author, title, target, sync, partial }: Case): Promise<void> {
  const there = await world();
  try {
    const { fork, upstream, github } = there;
    const paths = pathsOf(names);
    const of = (kind: string) => paths.filter((_, index) => kindOf(index) === kind);
    const all = (some: readonly string[], content: string | null) =>
      Object.fromEntries(some.map((path) => [path, content]));
    const [changed, both, clash, gone] = KINDS.map(of) as [string[], string[], string[], string[]];

    const start = upstream.commit({ branch: "main", files: all(paths, lines()) });
    fork.git("fetch", "--quiet", upstream.folder, `+refs/heads/main:refs/heads/${target}`);
    fork.git("branch", sync, start);
    fork.commit({ branch: target, files: { ...all(both, lines({ 1: "ours" })), ...all(clash, lines({ 5: "ours" })) } });
    const text = { author: `${author} <someone@example.com>`, message: `${title}\n\nFixes #1` };
    const bytes = { author: latin1(text.author), message: latin1(text.message) };
    upstream.commit({ branch: "main", ...bytes, files: all(changed, lines({ 1: "theirs" })) });
    upstream.commit({ branch: "main", ...bytes, files: all(both, lines({ 9: "theirs" })) });
    upstream.commit({ branch: "main", ...bytes, files: all(clash, lines({ 5: "theirs" })) });
    const workflow = `.github/workflows/${names[0]}.yml`;
    upstream.commit({ branch: "main", ...bytes, files: { ...all(gone, null), [workflow]: "on: push\n" } });

    const environment = {
      SYNC_BRANCH: sync,
      TARGET_BRANCH: target,
      POLICIES: JSON.stringify({ ...NO_POLICIES, partial }),
    };
    const conflict = await there.run({ environment });
    isQuiet(there, conflict);
    const [record] = conflict.records;
    strictEqual(record?.outcome, "conflict", record?.reason);
    strictEqual(record.of?.conflicts ?? record.conflicts.length, clash.length);
    const [issue] = github.issues;
    ok(issue);
    isNeutral(withoutMark(issue.body), github.url);
    for (const pull of github.pulls) isNeutral(withoutMark(pull.body), github.url);

    const settled = Object.fromEntries(clash.map((path) => [path, lines({ 5: "settled" })]));
    await followCommands(fork.folder, issue.body, "With git", settled);
    const promoted = await there.run({ environment });
    isQuiet(there, promoted);
    strictEqual(promoted.records[0]?.outcome, "promoted", promoted.records[0]?.reason);
    for (const pull of github.pulls) isNeutral(withoutMark(pull.body), github.url);

    const expected = new Map([
      ...changed.map((path) => [path, blobId(lines({ 1: "theirs" }))] as const),
      ...both.map((path) => [path, blobId(lines({ 1: "ours", 9: "theirs" }))] as const),
      ...clash.map((path) => [path, blobId(lines({ 5: "settled" }))] as const),
    ]);
    deepStrictEqual([...filesAt(fork, `refs/heads/${sync}`)].sort(), [...expected].sort());
    deepStrictEqual(promoted.records[0].held.length, 1);
    strictEqual(github.issues[0]?.state, "closed");
  } finally {
    await there.close();
  }
}

function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** The first line of a conflict's text has the branch in it, in a comment. */
function withoutMark(body: string): string {
  return body.replace(/^<!-- upstream-sync:conflict v1 .* -->$/m, "");
}

export const names: readonly Property[] = [
  property(
    "a repository of hostile names is merged, settled and promoted, and nothing else happens",
    100,
    cases,
    survives,
    { smallest: false },
  ),
];
