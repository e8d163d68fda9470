import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { docsCheckText } from "../../cli/docs.ts";
import { compareSetUp } from "../../lib/checks/set-up-files.ts";
import { type DocsCheck, docsCheck, oneFork } from "../../lib/operations/docs-check.ts";
import { renderFiles } from "../../lib/render/files.ts";
import { readProgram } from "../../lib/render/template-source.ts";
import { forkConfig } from "../support/fork-config.ts";

const fork = forkConfig();
const files = renderFiles(fork, readProgram());
const older = renderFiles(forkConfig({ schedule: { cron: "7 4 * * *" } }), readProgram());
const short = files.digest.slice(0, 12);

async function check(options: { readonly local?: string; readonly api?: string }): Promise<DocsCheck> {
  const env = options.api === undefined ? {} : { GITHUB_API_URL: options.api, GITHUB_TOKEN: "token" };
  const context = { config: { version: 1, forks: [fork] }, projectFolder: "/", env } as never;
  const operation = docsCheck(context, { fork, local: options.local });
  let step = await operation.next();
  while (!step.done) step = await operation.next();
  return step.value;
}

const briefly = ({ files, agreement }: DocsCheck) => ({
  files: files.map(({ file, place, state, evidence }) => `${file} ${place}: ${state}: ${evidence}`),
  agreement: agreement?.state,
});

describe("on the fork's branches", () => {
  /** `branch:path` -> text; the default branch is "". */
  const there = new Map<string, string>();
  let server: Server;
  let api: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://github");
      const [, path] = decodeURIComponent(pathname).split("/repos/acme/open-webui/contents/");
      const text =
        path === undefined
          ? JSON.stringify({ default_branch: "main" })
          : there.get(`${searchParams.get("ref") ?? ""}:${path}`);
      const type = path === undefined ? "application/json" : "application/vnd.github.raw+json; charset=utf-8";
      response.writeHead(text === undefined ? 404 : 200, { "content-type": type }).end(text ?? "{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    there.clear();
    there.set(`:${files.workflow.path}`, files.workflow.content);
    for (const branch of ["dev", "test", "main"]) there.set(`${branch}:${files.document.path}`, files.document.content);
  });

  test("what was deployed fits, and a branch further on may have an older document, or none", async () => {
    there.set(`test:${files.document.path}`, older.document.content);
    there.delete(`main:${files.document.path}`);
    expect(briefly(await check({ api }))).toEqual({
      files: [
        `workflow on main: ok: as configured, digest ${short}`,
        `document on dev (latest): ok: as configured, digest ${short}`,
        `document on test (being validated): ok: another version (digest ${older.digest.slice(0, 12)}, the config renders ${short}): the newest comes by pull request`,
        "document on main (approved): ok: not there yet",
      ],
      agreement: "ok",
    });
  });

  test("of another config, changed by hand, cut and absent are four things, each with its lines and its remedy", async () => {
    const lines = files.document.content.split("\n");
    const edited = lines.map((line, n) => (n === 2 ? `${line}!` : line)).filter((_, n) => n !== 13);
    there.set(`:${files.workflow.path}`, older.workflow.content);
    there.set(`dev:${files.document.path}`, edited.join("\n"));
    there.set(`test:${files.document.path}`, "# Ours\n");
    const found = await check({ api });
    expect(briefly(found)).toEqual({
      files: [
        expect.stringMatching(
          `^workflow on main: not ok: made from another config or version \\(digest ${older.digest.slice(0, 12)}, the config renders ${short}\\): lines [\\d, -]+ differ$`,
        ),
        "document on dev (latest): not ok: changed by hand: lines 3, 14 differ from what the config renders",
        "document on test (being validated): not ok: it carries no digest: not made by upstream-sync, or cut; line 1 differs",
        `document on main (approved): ok: as configured, digest ${short}`,
      ],
      agreement: "not ok",
    });
    const cron = older.workflow.content.split("\n").findIndex((line) => line.includes("7 4 * * *")) + 1;
    expect(found.files[0]?.differing).toContainEqual([cron, cron]);
    expect(found.files[1]?.diff).toContain(`-${lines[2]}!\n+${lines[2]}\n`);

    const text = docsCheckText(found, true);
    expect(text).toContain("put what is wanted into upstream-sync.yaml, then upstream-sync apply acme/open-webui");
    expect(text).toContain(`\n+${lines[2]}\n`);
    expect(docsCheckText(found, false)).not.toContain("@@");

    there.delete(`dev:${files.document.path}`);
    const without = await check({ api });
    expect(briefly(without).files[1]).toBe("document on dev (latest): not ok: it is not there");
    expect(without.agreement).toBeUndefined();
  });
});

test("a change that nobody gave a row in the version history is asked for one", () => {
  const told = (history: string[]) => {
    const now = renderFiles(forkConfig({ document: { history } }), readProgram());
    const before = renderFiles(
      forkConfig({ document: { history: ["start"] }, schedule: { cron: "7 4 * * *" } }),
      readProgram(),
    );
    const found = { kind: "document" as const, path: "docs/upstream-sync.md", place: "on dev", home: true };
    return compareSetUp(now, fork.repository, [{ ...found, text: before.document.content }]).files[0]?.remedy;
  };
  expect(told(["start"])).toBe(
    "say what changed in a new line of document.history, then upstream-sync plan acme/open-webui",
  );
  expect(told(["start", "earlier in the night"])).toBe("upstream-sync plan acme/open-webui");
});

describe("in a work tree", () => {
  let folder: string;
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "upstream-sync-docs-check-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("what is there is compared, whatever its line ends", async () => {
    put(files.document.path, files.document.content.replaceAll("\n", "\r\n"));
    expect(briefly(await check({ local: folder }))).toEqual({
      files: [`document in ${folder}: ok: as configured, digest ${short}`],
      agreement: undefined,
    });
    put(files.workflow.path, older.workflow.content);
    expect((await check({ local: folder })).agreement).toMatchObject({
      state: "not ok",
      evidence: `the workflow carries digest ${older.digest.slice(0, 12)}, docs/upstream-sync.md in ${folder} ${short}`,
    });
  });

  test("a folder with neither file is the wrong one, and one folder is one fork's", async () => {
    await expect(check({ local: folder })).rejects.toThrow(`is in ${folder}`);
    expect(() => oneFork([fork, fork])).toThrow("--local looks at one fork");
  });
});
