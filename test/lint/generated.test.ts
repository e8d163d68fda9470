import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { loadConfig } from "../../lib/config/load.ts";
import type { ForkConfig } from "../../lib/config/schema.ts";
import { packageRoot } from "../../lib/package-root.ts";
import { renderFiles } from "../../lib/render/files.ts";
import { forkConfig } from "../support/fork-config.ts";
import { actionlint, githubLanguageService, githubParser, shellcheck, zizmor } from "../support/workflow-linters.ts";

const example = (name: string) =>
  loadConfig(join(packageRoot(), "examples", name, "upstream-sync.yaml")).forks[0] as ForkConfig;

/** Every shape the generated workflow can take. */
const forks: Readonly<Record<string, ForkConfig>> = {
  "example-minimal": example("minimal"),
  "example-complete": example("complete"),
  compose: forkConfig({ tests: { compose: { file: "it's $HOME/compose.yaml", service: "e2e" }, timeoutMinutes: 360 } }),
  commands: forkConfig({ tests: { run: ["npm ci", "make -j2\nmake check\n", "npm test -- --grep 'a: b # c'"] } }),
  "trusted-tests": forkConfig({ tests: { trusted: "fork", entry: ["it's $HOME", "e2e"] } }),
  "own-ci": forkConfig({ tests: { checks: ["build", "test (20, 'x')"] } }),
  "own-ci-app": { ...forkConfig({ tests: { checks: ["build"] } }), credentials: "github-app" },
  generated: forkConfig({
    policies: { regenerate: [{ paths: ["*.lock"], run: "npm install --package-lock-only\nnpm run i18n -- 'a: b'" }] },
  }),
  "generated-own-ci": forkConfig({
    policies: { regenerate: [{ paths: ["*.lock"], run: "make lock" }] },
    tests: { checks: ["build"] },
  }),
  "github-app": { ...forkConfig(), credentials: "github-app" },
  "github-token": { ...forkConfig(), credentials: "github-token" },
  "private-upstream": forkConfig({ upstream: { repository: "open-webui/open-webui", private: true } }),
  "rules-minimal": forkConfig({ protection: { sync: { mode: "minimal" } } }),
  "hard-to-quote": forkConfig({
    upstream: { url: "https://git.example.com/up/stream.git", branch: "it's-#1" },
    pullRequest: { title: "chore: \"sync\" 'now' # not a comment: {}", labels: ["a: b", "it's"] },
    schedule: { cron: "*/15 3-5 * * MON,FRI", timezone: "America/Argentina/Buenos_Aires" },
  }),
};

/** One fault for each judge, which the others may see too. */
const faulty = `name: faulty
on:
  schedule:
    - cron: "61 * * * *"
permissions: {}
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo \${{ github.event.issue.title }} $HOME/*
  two:
    runs-on: ubuntu-latest
    timeout_minutes: 3
    steps:
      - run: echo "\${{ needs.one.result }}"
`;

let folder: string;
const file = (name: string) => `${name}/.github/workflows/upstream-sync.yml`;
const workflows = Object.keys(forks).map(file);
const texts: Record<string, string> = { faulty };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-lint-"));
  for (const [name, fork] of Object.entries(forks))
    texts[name] = renderFiles(fork, "// the program\n").workflow.content;
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(join(folder, name, ".github", "workflows"), { recursive: true });
    writeFileSync(join(folder, file(name)), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a generated workflow", () => {
  test.each(Object.keys(forks))("%s: GitHub's parser and language service have nothing to say", async (name) => {
    expect(await githubParser(texts[name] as string)).toEqual([]);
    expect(await githubLanguageService(texts[name] as string)).toEqual([]);
  });

  test("actionlint, with shellcheck on every script, finds nothing", async () => {
    expect(await actionlint(folder, workflows)).toEqual([]);
  });

  test("zizmor, pedantic, finds nothing", async () => {
    expect(await zizmor(folder, workflows)).toEqual([]);
  });
});

describe("each judge is at work: a faulty workflow", () => {
  test("does not pass GitHub's parser", async () => {
    expect(await githubParser(faulty)).toEqual([expect.stringContaining("Unexpected value 'timeout_minutes'")]);
  });

  test("does not pass GitHub's language service", async () => {
    expect(await githubLanguageService(faulty)).toContainEqual(
      expect.stringMatching(/^16: Context access might be invalid: one/),
    );
  });

  test("does not pass actionlint, nor shellcheck", async () => {
    const findings = await actionlint(folder, [file("faulty")]);
    expect(findings).toContainEqual(expect.stringContaining('property "one" is not defined in object type {}'));
    expect(findings).toContainEqual(expect.stringContaining("shellcheck reported issue in this script: SC2086"));
  });

  test("does not pass zizmor", async () => {
    expect(await zizmor(folder, [file("faulty")])).toContainEqual(expect.stringContaining(": template-injection: "));
  });
});

test("scripts of this repository pass shellcheck with every check on", async () => {
  for (const script of [".ci/run", "tools/workflow-tools/shells.sh"]) {
    expect(await shellcheck(join(packageRoot(), script))).toEqual([]);
  }
});
