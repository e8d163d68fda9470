import { describe, expect, test } from "@jest/globals";
import { branchName, labelName, login, oneLine, repositoryName, teamSlug } from "../../lib/config/names.ts";
import type { Check } from "../../lib/config/problems.ts";
import {
  codeOwner,
  command,
  composeService,
  cron,
  documentPath,
  filePath,
  gitUrl,
  ownersPattern,
  pathPattern,
  timezone,
} from "../../lib/config/texts.ts";

interface Row {
  readonly check: Check;
  readonly taken: readonly string[];
  readonly refused: readonly string[];
}

const sha1 = "0123456789abcdef0123456789abcdef01234567";

const table: Readonly<Record<string, Row>> = {
  "text of one line": {
    check: oneLine,
    taken: ["chore: sync with upstream", "100 % ${HOME} $(date) `x` \"'", "日本"],
    refused: ["", " x", "a\nb", "a\rb", "a\u0000b", "a\u2028b", "a\u009bb", "${{ secrets.X }}", "x${{y"],
  },
  // The rules of git check-ref-format(1), one by one.
  "branch name": {
    check: branchName,
    taken: ["sync/upstream", "dev", "feature#1", "@x", "a@b", "v1.2", "ünïcode", "deadbeef", "a{b"],
    refused: [
      "",
      "a b",
      "a~b",
      "a^b",
      "a:b",
      "a?b",
      "a*b",
      "a[b",
      "a\\b",
      "a..b",
      "a@{b",
      "@",
      "/a",
      "a/",
      "a//b",
      ".a",
      "a/.b",
      "a.lock",
      "a\u202eb",
      "a\u200bb",
      "a\u00a0b",
      "a.lock/b",
      "a.",
      "-a",
      "HEAD",
      "a\u007fb",
      "refs/heads/main",
      sha1,
      `${sha1}${sha1.slice(0, 24)}`,
      "x".repeat(251),
    ],
  },
  "repository name": {
    check: repositoryName,
    taken: ["acme/open-webui", "octo_acme/x.y_z-1", "a/.github"],
    refused: [
      "open-webui",
      "a/b/c",
      "/b",
      "a/",
      "a/..",
      "a/.",
      "-a/b",
      "a/b.git",
      "a/b.wiki",
      "a/b c",
      `${"a".repeat(40)}/b`,
      `a/${"b".repeat(101)}`,
    ],
  },
  login: {
    check: login,
    taken: ["devops-lead", "octo_acme"],
    refused: ["@devops-lead", "acme/team", "", "a b", "a".repeat(40)],
  },
  "team slug": { check: teamSlug, taken: ["core-team"], refused: ["acme/core", "@core", "Core Team", ""] },
  label: {
    check: labelName,
    taken: ["upstream-sync", "area: sync/x", "a".repeat(50)],
    refused: ["a".repeat(51), "a#b", "a?b", "50%", "a,b", " a", ""],
  },
  // https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
  cron: {
    check: cron,
    taken: [
      "17 0 * * *",
      "*/5 * * * *",
      "30 5,17 * * *",
      "0 0 1 JAN-MAR mon-FRI",
      "20/15 * * * *",
      "0-30/10 4 * * 0",
      "0,58 3 * * *",
    ],
    refused: [
      "",
      "@daily",
      "0 0 * *",
      "0 0 0 * * *",
      "60 0 * * *",
      "0 24 * * *",
      "0 0 0 * *",
      "0 0 * 13 *",
      "0 0 * * 7",
      "0 0 L * *",
      "0 0 ? * *",
      "H 0 * * *",
      "0 0 * * 1#2",
      "* * * * *",
      "*/4 * * * *",
      "0,3 * * * *",
      "0,58 * * * *",
      "0 0 30 2 *",
      "0 0 * * 5-2",
      "*/0 * * * *",
      "0\t0 * * *",
    ],
  },
  "time zone": {
    check: timezone,
    taken: ["Etc/UTC", "UTC", "Europe/Berlin", "US/Pacific", "Etc/GMT+2"],
    refused: ["", "Europe/Atlantis", "europe/berlin", "+02:00", "CEST2", "Etc/UTC\n"],
  },
  "upstream address": {
    check: gitUrl,
    taken: ["https://github.com/open-webui/open-webui.git", "http://127.0.0.1:8080/up/stream.git"],
    refused: [
      "http://example.org/x.git",
      "git@github.com:a/b.git",
      "ssh://git@github.com/a/b.git",
      "file:///tmp/x.git",
      "https://user:token@example.org/x.git",
      "https://token@example.org/x.git",
      "https://example.org/",
      "https://example.org/x?y",
      "--upload-pack=x",
    ],
  },
  command: {
    check: command,
    taken: ["npm test", "set -e\n\tnpm ci\nnpm test", "x".repeat(19_999)],
    refused: ["", "  \n", "echo ${{ github.token }}", "a\r\nb", "a\u0000", "x".repeat(20_000)],
  },
  "compose file": {
    check: filePath,
    taken: ["docker-compose.test.yaml", "ci/compose file.yaml"],
    refused: ["", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "-f", "a\\b", ".git/config", "a/"],
  },
  "compose service": {
    check: composeService,
    taken: ["whatever-cypress", "e2e.1"],
    refused: ["", "--privileged", "a b", "a;b"],
  },
  "document path": {
    check: documentPath,
    taken: ["docs/upstream-sync.md", "docs/how we sync.md"],
    refused: [
      "docs/upstream-sync.txt",
      "docs/a#b.md",
      "docs/50%.md",
      "docs/[a].md",
      "/docs/a.md",
      "../a.md",
      ".md",
      "docs/.md",
    ],
  },
  // https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners#syntax-exceptions
  "CODEOWNERS pattern": {
    check: ownersPattern,
    taken: ["/.github/", "*.ts", "*", "docs/**", "a\\ b/"],
    refused: ["", "!docs/", "[ab].ts", "#docs", "\\#docs", "a b/", "a\nb"],
  },
  // https://git-scm.com/docs/gitignore#_pattern_format, without what sync/patterns.ts does not know
  "pattern for paths": {
    check: pathPattern,
    taken: ["/branding/", "*.md", "locales/**/x.json", "**/a", "a b", "a\\[b", "\\!a", "a\\\\"],
    refused: [
      "",
      "!docs/",
      "[ab].ts",
      "#docs",
      "/",
      "a//b",
      "../a",
      "a/./b",
      "a**",
      "**a/b",
      "/***/a",
      "*",
      "**",
      "/**/*",
      "a\\",
      "a\nb",
      "${{ x }}",
    ],
  },
  "code owner": {
    check: codeOwner,
    taken: ["@devops-lead", "@acme/core-team", "dev@example.org"],
    refused: ["devops-lead", "@", "@a/b/c", "@a b", "a@b", "", "@x #"],
  },
};

describe.each(Object.entries(table))("%s", (_, { check, taken, refused }) => {
  test.each(taken)("takes %j", (value) => {
    expect(check(value)).toBeUndefined();
  });

  test.each(refused)("refuses %j and says what to write", (value) => {
    expect(check(value)).toEqual({ expected: expect.stringMatching(/\S/), fix: expect.stringMatching(/\S/) });
  });
});
