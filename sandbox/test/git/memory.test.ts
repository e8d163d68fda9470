import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { git } from "../../server/git.ts";
import { forgetAnswers, gitOfIds } from "../../server/git-memory.ts";

test("git is asked once for what an id names, and again after a failure or when repositories were replaced", async () => {
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-memory-"));
  const at = { folder: join(folder, "one.git") };
  await git(at, ["init", "--quiet", "--bare", at.folder]);
  // git hash-object --stdin <<< "hello"
  const ask = () => gitOfIds(at, ["cat-file", "blob", "ce013625030ba8dba906f756967f9e9ca394464a"]);

  await expect(ask()).rejects.toThrow("git cat-file ended with 128");
  await git(at, ["hash-object", "-w", "--stdin"], { input: "hello\n" });
  expect((await ask()).toString()).toBe("hello\n");

  rmSync(folder, { recursive: true });
  expect((await ask()).toString()).toBe("hello\n");
  forgetAnswers();
  await expect(ask()).rejects.toThrow("git cat-file ended with 128");
});
