import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { InputFailure } from "../lib/failure.ts";
import { readToken } from "../lib/token.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-token-"));
  const gh = join(folder, "gh");
  writeFileSync(gh, '#!/bin/sh\ntest "$*" = "auth token --hostname github.acme.test" && echo of-gh\n');
  chmodSync(gh, 0o700);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const of = (env: Record<string, string>) => () => readToken({ PATH: folder, ...env });

test("GITHUB_TOKEN goes before GH_TOKEN, and both before gh", () => {
  const api = { GITHUB_API_URL: "https://github.acme.test/api/v3" };
  expect(of({ ...api, GITHUB_TOKEN: "one", GH_TOKEN: "two" })()).toBe("one");
  expect(of({ ...api, GITHUB_TOKEN: "", GH_TOKEN: "two" })()).toBe("two");
  expect(of(api)()).toBe("of-gh");
});

test("a gh that knows no token for this GitHub is none", () => {
  expect(of({})).toThrow(InputFailure);
  expect(of({ PATH: "/nowhere", GITHUB_API_URL: "https://github.other.test/api/v3" })).toThrow(
    "no GitHub token: got neither GITHUB_TOKEN nor GH_TOKEN in the environment, and none from `gh auth token`",
  );
});
