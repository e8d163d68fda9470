import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { packageRoot } from "../lib/package-root.ts";

const root = packageRoot();

interface Import {
  readonly from: string;
  /** Path from the root for our own files, else the package's name as written. */
  readonly to: string;
}

function importsBelow(folder: string): Import[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !/node_modules|dist/.test(entry.parentPath))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .flatMap((from) => {
      const text = readFileSync(join(root, from), "utf8");
      const named = [...text.matchAll(/(?:from|import)\s*\(?\s*"(?<to>[^"]+)"/g)].map(
        (match) => match.groups?.to as string,
      );
      return named.map((to) => ({ from, to: to.startsWith(".") ? join(dirname(from), to) : to }));
    });
}

const under =
  (...folders: string[]) =>
  (path: string) =>
    folders.some((folder) => path.startsWith(`${folder}/`));
const isPackage =
  (...names: string[]) =>
  (path: string) =>
    names.some((name) => path === name || path.startsWith(`${name}/`));

/** folder, what it must not import, and why in a few words. */
const lines: readonly (readonly [string, (to: string) => boolean, string])[] = [
  ["lib/config", isPackage("cdktf", "constructs", "octokit", "execa"), "the config knows no CDKTF and no network"],
  [
    "lib/config",
    under("lib/constructs", "lib/terraform", "lib/operations", "cli", "sync", "sandbox"),
    "the config knows none of the later parts",
  ],
  ["lib/render", isPackage("cdktf", "constructs", "octokit", "execa"), "rendering knows no CDKTF"],
  [
    "lib/render",
    under("lib/constructs", "lib/terraform", "lib/operations", "cli", "sync", "sandbox"),
    "rendering knows no resources",
  ],
  [
    "lib/checks",
    (to) => isPackage("octokit", "execa", "cdktf")(to) || to.startsWith("node:"),
    "a check judges what it is given",
  ],
  [
    "lib/fork",
    under("lib/checks", "lib/operations", "lib/constructs", "lib/terraform", "cli"),
    "facts know no judgement",
  ],
  [
    "lib/rehearsal",
    (to) =>
      under("lib/constructs", "lib/terraform", "lib/operations", "lib/checks", "cli", "sync", "sandbox")(to) ||
      isPackage("cdktf")(to),
    "a rehearsal needs no Terraform, and meets the stand-in over HTTP, git and processes",
  ],
  ["lib/constructs", isPackage("node:fs", "execa", "octokit", "yaml"), "constructs read no files and format no YAML"],
  ["lib/constructs", under("lib/terraform", "lib/operations", "cli", "sync", "sandbox"), "constructs know no tool"],
  [
    "lib",
    under("cli", "sync", "sandbox", "demo", "bench"),
    "the library knows neither its command line nor the fork's program",
  ],
  ["cli", under("sync", "sandbox", "demo", "lib/constructs", "lib/render"), "the command line decides nothing"],
  [
    "cli",
    isPackage("octokit", "cdktf", "execa"),
    "the command line reaches GitHub and Terraform through operations only",
  ],
  [
    "sync",
    (to) => !to.startsWith("node:") && !to.startsWith("sync/"),
    "the sync program imports node: and its own files",
  ],
  ["bench", under("sync", "sandbox"), "the bench measures the built product from outside, and the sandbox by HTTP"],
  ["sandbox", under("lib", "cli", "sync", "demo", "test"), "the sandbox never imports the product"],
  [
    "demo",
    under("lib/config", "lib/render", "lib/constructs", "lib/operations", "lib/terraform", "cli", "sync", "sandbox"),
    "the demo meets both sides over HTTP, git and processes",
  ],
];

describe("imports across the lines of docs/architecture.md", () => {
  test.each(lines)("%s: %#", (folder, forbidden, why) => {
    const imports = importsBelow(folder);
    expect(imports.length).toBeGreaterThan(0);
    expect({ why, crossing: imports.filter(({ to }) => forbidden(to)) }).toEqual({ why, crossing: [] });
  });

  test("no operation imports another", () => {
    const operations = importsBelow("lib/operations").filter(
      ({ to }) => under("lib/operations")(to) && !to.endsWith("/context.ts"),
    );
    expect(operations).toEqual([]);
  });
});
