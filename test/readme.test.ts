import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { packageRoot } from "../lib/package-root.ts";

const read = (path: string) => readFileSync(join(packageRoot(), path), "utf8");
const readme = read("README.md");
const blocks = [
  ...readme.matchAll(/(?:<!-- (?<file>examples\/\S+) -->\n)?^```(?<language>\w*)\n(?<text>[\s\S]*?)^```$/gm),
].map(({ groups }) => ({ file: groups?.file, language: groups?.language as string, text: groups?.text as string }));
const found = (pattern: RegExp) =>
  blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => [...text.matchAll(pattern)].map((match) => match[1]));

describe("code in the README", () => {
  test("is of a language these tests look at", () => {
    expect([...new Set(blocks.map(({ language }) => language))].sort()).toEqual(["mermaid", "sh", "yaml"]);
  });

  test("configs are the example files, to the letter", () => {
    const configs = blocks.filter(({ language }) => language === "yaml");
    expect(configs.map(({ text }) => text)).toEqual(configs.map(({ file }) => read(file as string)));
  });

  test("scripts that are run exist", () => {
    const scripts = Object.keys(JSON.parse(read("package.json")).scripts);
    expect(found(/npm run (?:--silent )?([\w:]+)/g).filter((name) => !scripts.includes(name as string))).toEqual([]);
  });

  test("commands that are run exist", () => {
    const commands = readdirSync(join(packageRoot(), "cli")).map((file) => read(join("cli", file)));
    const used = found(/^upstream-sync (\w+)/gm);
    expect(used.length).toBeGreaterThan(2);
    const missing = used.filter((name) => !commands.some((text) => text.includes(`"${name}"`)));
    expect(missing).toEqual([]);
  });
});

test("every file the README links to is there", () => {
  const links = [...readme.matchAll(/\]\((?<path>[^)#]+)\)/g)].map((match) => match.groups?.path as string);
  for (const path of links.filter((link) => !link.startsWith("http") && !link.endsWith("/"))) {
    expect({ path, length: read(path).length }).toEqual({ path, length: expect.any(Number) });
  }
});
