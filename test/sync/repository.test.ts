import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { createRepository, fetchFork, fetchUpstream, UPSTREAM_TIP } from "../../sync/repository.ts";
import { bareRepository, lines } from "./support/repository.ts";
import { someSettings } from "./support/settings.ts";

const folder = mkdtempSync(join(tmpdir(), "repository-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("the fork comes without files, upstream's news whole, and only the fork is asked for what is missing", async () => {
  const upstream = bareRepository(join(folder, "up/stream.git"));
  const fork = bareRepository(join(folder, "acme/open-webui.git"));
  const base = upstream.commit({ branch: "main", files: { a: lines(), b: "b\n" } });
  fork.git("fetch", "--quiet", upstream.folder, "main:main", "main:sync/upstream");
  fork.commit({ branch: "dev", parents: [base], files: { a: lines({ 1: "dev" }) } });
  const news = upstream.commit({ branch: "main", files: { a: lines({ 9: "news" }), n: "new\n" } });

  const url = `file://${upstream.folder}`;
  const settings = someSettings({
    serverUrl: `file://${folder}`,
    upstream: { ...someSettings().upstream, url },
    files: { output: "/dev/null", summary: "/dev/null", temporary: folder },
  });
  const surroundings = { environment: { PATH: process.env.PATH }, sleep: async () => undefined };
  const { git, remove } = await createRepository(settings, surroundings);
  await fetchFork(git, settings);
  await fetchUpstream(git, settings, news, undefined);

  const remotes = await git.text(["config", "--get-regexp", "^remote\\."]);
  expect(remotes.split("\n").sort()).toEqual([
    "remote.fork.partialclonefilter blob:none",
    "remote.fork.promisor true",
    `remote.fork.url file://${folder}/acme/open-webui.git`,
  ]);
  const missing = async (...revisions: string[]) =>
    (await git.text(["rev-list", "--objects", "--missing=print", ...revisions]))
      .split("\n")
      .filter((line) => line.startsWith("?"));
  expect(await missing(UPSTREAM_TIP, `^${base}`)).toEqual([]);
  expect(await missing(base)).toEqual([`?${fork.git("rev-parse", `${base}:b`)}`]);
  await remove();
});
