import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { checks } from "../lib/checks/index.ts";
import { packageRoot } from "../lib/package-root.ts";
import { criteria } from "../lib/verification/prove.ts";
import { openText } from "../sync/conflict-text.ts";
import { refusalOfRevert } from "../sync/landing.ts";
import { sha, someSettings } from "./sync/support/settings.ts";

const folder = join(packageRoot(), "docs", "guides");
const read = (path: string) => readFileSync(join(packageRoot(), path), "utf8");
const guides = readdirSync(folder).map((name) => ({ name, text: read(join("docs/guides", name)) }));
const blocksOf = (text: string) =>
  [...text.matchAll(/(?:<!-- (?<origin>.+) -->\n)?^```(?<language>\w+)\n(?<text>[\s\S]*?)^```$/gm)].map(
    ({ groups }) => groups as { origin?: string; language: string; text: string },
  );
const codeIn = (folder: string) =>
  readdirSync(join(packageRoot(), folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => read(join(folder, name)))
    .join("\n");

const blockBelow = (text: string, heading: string) => text.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";

describe("the guides", () => {
  test("every block is a config of the examples, commands of the issue, or commands that the end-to-end test runs", () => {
    const origins = guides.flatMap(({ name, text }) =>
      blocksOf(text).map(({ language, origin }) => `${name}: ${language}${origin ? ` (${origin})` : ""}`),
    );
    expect([...new Set(origins)].sort()).toEqual([
      "conflicts.md: sh",
      "conflicts.md: shell (issue: On a branch of your own)",
      "conflicts.md: shell (issue: With git)",
      "credentials.md: sh",
      "doctor.md: json",
      "doctor.md: sh",
      "document.md: sh",
      "landing.md: shell (revert: it was wanted)",
      "landing.md: yaml (examples/landing/upstream-sync.yaml)",
      "people.md: yaml (examples/freshness/upstream-sync.yaml)",
      "policies.md: yaml (examples/policies/upstream-sync.yaml)",
      "rehearse.md: sh (runs: begin)",
      "rehearse.md: sh (runs: conflict)",
      "rehearse.md: sh (runs: land)",
      "rehearse.md: sh (runs: once)",
      "rehearse.md: sh (runs: settle)",
      "rollback.md: sh",
      "start.md: sh",
      "start.md: yaml (examples/minimal/upstream-sync.yaml)",
      "tests.md: yaml (examples/own-ci/upstream-sync.yaml)",
      "tests.md: yaml (examples/trusted-tests/upstream-sync.yaml)",
      "try.md: sh",
      "verify.md: sh",
    ]);
  });

  test("the config is the example, to the letter", () => {
    const configs = guides
      .flatMap(({ text }) => blocksOf(text))
      .flatMap(({ language, origin = "", text }) => (language === "yaml" ? [{ origin, text }] : []));
    expect(configs.length).toBeGreaterThan(1);
    for (const { origin, text } of configs) expect(text).toBe(read(origin));
  });

  test("the commands for a revert that was wanted are those of the run, which its end-to-end test types", () => {
    const { message } = refusalOfRevert(someSettings(), {
      landing: sha("1"),
      by: sha("2"),
      isMerge: true,
      files: 2,
      of: 2,
    });
    const block = blocksOf(read("docs/guides/landing.md")).find(({ origin }) => origin?.startsWith("revert"));
    expect(message).toContain(`If it was wanted, run "${block?.text.trimEnd().split("\n").join(" && ")}"`);
  });

  test("the commands for a conflict are those of the issue, which the demo types as they stand", () => {
    const issue = openText(
      {
        branch: "sync/upstream-conflict-1",
        tip: sha("1"),
        with: { side: "upstream", commit: sha("2") },
        files: [{ path: "README.md", kind: "contents", side: "upstream" }],
        standing: { kind: "waiting" },
        upstream: sha("2"),
      },
      someSettings(),
      { kind: "issue", pull: 7 },
    );
    const told = blocksOf(read("docs/guides/conflicts.md")).filter(({ language }) => language === "shell");
    expect(told.map(({ text }) => text)).toEqual(blocksOf(issue).map(({ text }) => text));
  });

  test("every refusal that is explained is one that the code says", () => {
    const code = ["sync", "lib"].map(codeIn).join("\n");
    const rows = read("docs/guides/refusals.md").matchAll(/^\| `(?<text>[^`]+)` \| /gm);
    const texts = [...rows].map(({ groups }) => groups?.text as string);
    expect(texts.length).toBeGreaterThan(12);
    expect(texts.filter((text) => !code.includes(text))).toEqual([]);
  });

  test("what a run says about upstream is what the code says", () => {
    const code = codeIn("sync");
    const rows = blockBelow(read("docs/guides/following.md"), "What stops a run").matchAll(/^\| (?<said>[^|]+) \|/gm);
    const said = [...rows].flatMap(({ groups = {} }) => [...(groups.said ?? "").matchAll(/`([^`]+)`/g)]);
    expect(said.length).toBeGreaterThan(10);
    expect(said.map(([, text = ""]) => text).filter((text) => !code.includes(text))).toEqual([]);
  });

  test("every check of doctor is explained, in its order", () => {
    const rows = read("docs/guides/doctor.md").matchAll(/^\| `(?<id>[\w-]+)` \| /gm);
    expect([...rows].map(({ groups }) => groups?.id)).toEqual(checks.map(({ id }) => id));
  });

  test("every criterion of verify is explained", () => {
    const rows = read("docs/guides/verify.md").matchAll(/^\| (?<ids>`[^|]+`) \| /gm);
    const ids = [...rows].flatMap(({ groups }) => [...(groups?.ids ?? "").matchAll(/`([^`]+)`/g)].map(([, id]) => id));
    expect(ids.sort()).toEqual(Object.keys(criteria).sort());
  });

  test("what docs check says is what the code says", () => {
    const code = read("lib/checks/set-up-files.ts");
    const rows = read("docs/guides/document.md").matchAll(/^\| `(?<text>[^`]+)` \| /gm);
    const texts = [...rows].map(({ groups }) => groups?.text as string);
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.filter((text) => !code.includes(text))).toEqual([]);
  });

  test("there is a picture of each of these, with words for who does not see it, and none that nobody shows", () => {
    const pages = [{ name: "README.md", text: read("README.md") }, ...guides];
    const shown = pages.flatMap(({ text }) => [
      ...text.matchAll(/!\[(?<words>[^\]]{30,})\]\((?:\.\.|docs)\/pictures\/(?<file>[^)]+)\)/g),
    ]);
    const files = readdirSync(join(packageRoot(), "docs", "pictures"));
    expect(files.sort()).toEqual(["doctor.svg", "init.svg", "plan.svg", "status.svg"]);
    expect(shown.map(({ groups }) => groups?.file).sort()).toEqual(files);
    for (const file of files) {
      const picture = read(`docs/pictures/${file}`);
      expect(picture.replaceAll("\u00a0", " ")).toContain(`upstream-sync ${file.replace(".svg", "")}`);
      expect(picture).not.toMatch(/127\.0\.0\.1|gh[pos]_/);
    }
  });

  test("every link leads to a file", () => {
    const links = guides.flatMap(({ text }) =>
      [...text.matchAll(/\]\((?<path>[^)#]+)\)/g)].map(({ groups }) => join("docs/guides", groups?.path as string)),
    );
    expect(links.length).toBeGreaterThan(4);
    expect(links.filter((path) => !existsSync(join(packageRoot(), path)))).toEqual([]);
  });
});
