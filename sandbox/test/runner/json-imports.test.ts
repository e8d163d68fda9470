import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { transformFileSync } from "@swc/core";

const source = fileURLToPath(new URL("../../runner/json-imports.ts", import.meta.url));

/** Imports GitHub's parser in plain Node, after `before`; answers what is printed. */
async function importParser(before: string): Promise<string> {
  const code = `${before}; console.log(typeof (await import("@actions/workflow-parser")).parseWorkflow)`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: {},
  });
  return stdout.trim();
}

test("plain Node imports GitHub's parser once the hook is registered, and not before", async () => {
  const folder = mkdtempSync(join(tmpdir(), "json-imports-"));
  try {
    const file = join(folder, "json-imports.mjs");
    const options = { jsc: { target: "es2023", parser: { syntax: "typescript" } }, module: { type: "es6" } } as const;
    writeFileSync(file, transformFileSync(source, options).code);
    const register = `(await import(${JSON.stringify(pathToFileURL(file).href)})).registerJsonImports()`;
    const [without, registered] = await Promise.allSettled([importParser(""), importParser(register)]);
    expect(without).toMatchObject({
      status: "rejected",
      reason: { stderr: expect.stringContaining("import attribute") },
    });
    expect(registered).toEqual({ status: "fulfilled", value: "function" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
