import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { loadConfig } from "../../lib/config/load.ts";
import { InputFailure } from "../../lib/failure.ts";
import { packageRoot } from "../../lib/package-root.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-config-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function failureOf(file: string): InputFailure {
  try {
    loadConfig(file);
  } catch (error) {
    if (error instanceof InputFailure) return error;
    throw error;
  }
  throw new Error(`${file} was taken`);
}

test("an example is read from the disk", () => {
  const config = loadConfig(join(packageRoot(), "examples", "minimal", "upstream-sync.yaml"));
  expect(config.forks.map(({ repository }) => repository)).toEqual(["acme/open-webui"]);
});

test("a missing config: the message has the command that writes one", () => {
  const failure = failureOf(join(folder, "upstream-sync.yaml"));
  expect(failure.message).toMatch(/^there is no config at \S+upstream-sync\.yaml$/);
  expect(failure.remedy).toBe("write one: upstream-sync init OWNER/NAME");
});

test("a folder in place of a config is named as such", () => {
  expect(failureOf(folder).message).toMatch(/cannot be read \(EISDIR\)$/);
});

test("problems come one a line with file, line and column, and are counted", () => {
  const file = join(folder, "bad.yaml");
  writeFileSync(file, "version: 2\nforks: {}\n");
  const failure = failureOf(file);
  expect(failure.message.split("\n")).toEqual([
    expect.stringMatching(/bad\.yaml:1:10 version: got 2, expected 1; fix: write 1$/),
    expect.stringMatching(/bad\.yaml:2:8 forks: got \{\}, expected at least one fork; fix: /),
  ]);
  expect(failure.remedy).toBe("2 problems; nothing was started");
});
