import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { packageRoot } from "../lib/package-root.ts";

const read = (path: string) => readFileSync(join(packageRoot(), path), "utf8");

test("config blocks in the README are the example files, to the letter", () => {
  const blocks = [...read("README.md").matchAll(/<!-- (?<file>examples\/\S+) -->\n```yaml\n(?<text>[\s\S]*?)```/g)];
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) expect(block.groups?.text).toBe(read(block.groups?.file as string));
});

test("every file the README links to is there", () => {
  const links = [...read("README.md").matchAll(/\]\((?<path>[^)#]+)\)/g)].map((match) => match.groups?.path as string);
  for (const path of links.filter((link) => !link.startsWith("http") && !link.endsWith("/"))) {
    expect({ path, length: read(path).length }).toEqual({ path, length: expect.any(Number) });
  }
});
