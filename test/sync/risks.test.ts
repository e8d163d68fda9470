import { describe, expect, test } from "@jest/globals";
import { risksOf } from "../../sync/risks.ts";

const file = (path: string, before = "100644", after = "100644") => ({ path, before, after });
const titles = (...changes: Parameters<typeof risksOf>[0]) => risksOf(changes).map(({ title }) => title.split(":")[0]);

describe("what reviewers look at with care", () => {
  test.each([
    ["Dependencies", ["package.json", "web/pnpm-lock.yaml", "backend/requirements.txt", "go.sum", "Cargo.lock"]],
    ["Containers", ["Dockerfile", "Dockerfile.gpu", "docker-compose.test.yaml", "ops/compose.yml"]],
    ["CI", [".github/workflows/ci.yml", ".github/actions/setup/action.yml", ".gitlab-ci.yml", "Jenkinsfile"]],
    ["Migrations of data", ["backend/migrations/0001_init.py", "db/migrate/1.rb", "schema.sql"]],
    ["Run at install or build, on every machine", [".npmrc", "setup.py", "scripts/postinstall.mjs", ".husky/pre-push"]],
    ["Binaries", ["lib/x.so", "vendor/tool.jar", "model.bin"]],
    ["Licence", ["LICENSE", "LICENCE.md", "COPYING", "licenses/MIT.txt"]],
    ["Code owners", ["CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS"]],
    ["Submodules", [".gitmodules"]],
  ])("%s: by name", (title, paths) => {
    expect(risksOf(paths.map((path) => file(path)))).toEqual([
      { title: expect.stringMatching(new RegExp(`^${title}`)), paths },
    ]);
  });

  test("submodules, links and new rights to execute: by mode", () => {
    expect(titles(file("vendor/x", "000000", "160000"))).toEqual(["Submodules"]);
    expect(titles(file("vendor/x", "160000", "000000"))).toEqual(["Submodules"]);
    expect(titles(file("a", "000000", "120000"), file("run", "100644", "100755"))).toEqual([
      "Symbolic links",
      "Made executable",
    ]);
  });

  test("nothing else", () => {
    const ordinary = ["src/package.ts", "docs/licensing-talk.md", "a/CODEOWNERS.md", "Dockerfiles.md", "x.sqlite.ts"];
    expect(risksOf([...ordinary.map((path) => file(path)), file("run", "100755", "100755")])).toEqual([]);
  });
});
