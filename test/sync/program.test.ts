import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { programFile, stepsFile } from "../../lib/render/template-source.ts";

const folder = new URL("../../sync/", import.meta.url);
const sources = readdirSync(folder).filter((name) => name.endsWith(".ts"));

/** Files that an entry imports, directly or not, but for types. */
function reachable(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  const text = readFileSync(new URL(name, folder), "utf8");
  for (const [, to = ""] of text.matchAll(/^import (?!type )[^;]*?"\.\/([a-z-]+\.ts)";/gm)) reachable(to, found);
  for (const [, to = ""] of text.matchAll(/^export [^;]*?from "\.\/([a-z-]+\.ts)";/gm)) reachable(to, found);
  return found;
}

describe("the sync program", () => {
  test("imports node: modules and its own files, and nothing else", () => {
    const imports = sources.flatMap((name) => {
      const text = readFileSync(new URL(name, folder), "utf8");
      return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, specifier]) => `${name}: ${specifier}`);
    });
    expect(imports.length).toBeGreaterThan(40);
    expect(imports.filter((one) => !/: (node:[a-z/_]+|\.\/[a-z-]+\.ts)$/.test(one))).toEqual([]);
  });

  test("of the two programs, the fork's has none of what Terraform runs, and Terraform's no git", () => {
    const [fork, terraform] = [reachable("main.ts"), reachable("terraform-steps.ts")];
    expect([...fork].filter((name) => /^(?:guard|restore|branch|propose|proposed|removal)[.-]/.test(name))).toEqual([]);
    expect([...fork]).toContain("fold.ts");
    expect([...terraform]).toContain("guard.ts");
    expect([...terraform]).not.toContain("git.ts");
    expect(sources.filter((name) => !fork.has(name) && !terraform.has(name))).toEqual(["by-hand.ts"]);
  });

  test("by hand, it is the fork's own fold and judgement, without anything that writes to GitHub", () => {
    const [fork, byHand] = [reachable("main.ts"), reachable("by-hand.ts")];
    expect([...byHand].filter((name) => !fork.has(name))).toEqual(["by-hand.ts"]);
    expect([...byHand]).toEqual(expect.arrayContaining(["fold.ts", "judge-proposal.ts"]));
    for (const writer of ["push.ts", "github.ts"]) expect([...byHand]).not.toContain(writer);
  });

  test("each program says at its top what it is: by that a fork's is known as ours", () => {
    expect(readFileSync(programFile(), "utf8")).toMatch(/^\/\*\*\n \* The sync program of upstream-sync: /);
    expect(readFileSync(stepsFile(), "utf8")).toMatch(/^\/\*\*\n \* The steps of a set-up and of its removal /);
  });

  test("runs one process, git, and never through a shell", () => {
    const spawning = sources.filter((name) =>
      readFileSync(new URL(name, folder), "utf8").includes("node:child_process"),
    );
    expect(spawning).toEqual(["git.ts"]);
    expect(readFileSync(new URL("git.ts", folder), "utf8")).not.toMatch(/shell:|exec\w*\(/);
  });
});
