import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";

const folder = new URL("../../sync/", import.meta.url);
const sources = readdirSync(folder).filter((name) => name.endsWith(".ts"));

describe("the sync program", () => {
  test("imports node: modules and its own files, and nothing else", () => {
    const imports = sources.flatMap((name) => {
      const text = readFileSync(new URL(name, folder), "utf8");
      return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, specifier]) => `${name}: ${specifier}`);
    });
    expect(imports.length).toBeGreaterThan(40);
    expect(imports.filter((one) => !/: (node:[a-z/_]+|\.\/[a-z-]+\.ts)$/.test(one))).toEqual([]);
  });

  test("runs one process, git, and never through a shell", () => {
    const spawning = sources.filter((name) =>
      readFileSync(new URL(name, folder), "utf8").includes("node:child_process"),
    );
    expect(spawning).toEqual(["git.ts"]);
    expect(readFileSync(new URL("git.ts", folder), "utf8")).not.toMatch(/shell:|exec\w*\(/);
  });
});
