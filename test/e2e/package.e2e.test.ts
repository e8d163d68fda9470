import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { writeCredentials } from "../../lib/credentials/credentials-file.ts";
import { packageRoot } from "../../lib/package-root.ts";

let folder: string;
let packed: { filename: string; files: { path: string }[] };

const run = (program: string, ...args: string[]) => execa(program, args, { cwd: folder, stdin: "ignore" });
const stack = () => JSON.parse(readFileSync(join(folder, "cdktf.out/stacks/acme--open-webui/cdk.tf.json"), "utf8"));
const resources = () =>
  Object.entries(stack().resource as Record<string, object>)
    .flatMap(([type, named]) => Object.keys(named).map((name) => `${type}.${name}`))
    .sort();

/** The user's folder: empty but for what the examples bring, with our tarball and, for TypeScript, a compiler. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-package-"));
  const root = packageRoot();
  // The build is done, and its script would build again into the folder that other tests read.
  const { stdout } = await execa("npm", ["pack", root, "--ignore-scripts", "--json"], { cwd: folder });
  [packed] = JSON.parse(stdout);
  await run("npm", "install", "--no-audit", "--no-fund", "--prefer-offline", join(folder, packed.filename));
  for (const one of ["minimal", "typescript-app"]) {
    cpSync(join(folder, "node_modules", "upstream-sync", "examples", one), folder, { recursive: true });
  }
  writeCredentials(folder, {
    version: 1,
    kind: "deploy-key",
    repository: "acme/open-webui",
    createdAt: "2026-01-01T00:00:00Z",
    environment: "upstream-sync",
    publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
    secret: { name: "UPSTREAM_SYNC_DEPLOY_KEY", keyId: "1", encrypted: "c2VhbGVk" },
  });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the package, installed from its tarball into an empty folder", () => {
  test("holds the product, its templates and examples, and nothing of the tests, the demo or the sandbox", () => {
    const tops = new Set(
      packed.files.map(({ path }) =>
        path
          .split("/")
          .slice(0, path.startsWith("dist/") ? 2 : 1)
          .join("/"),
      ),
    );
    expect([...tops].sort()).toEqual(
      [
        ...["CHANGELOG.md", "LICENSE", "README.md", "cdktf.json", "examples", "package.json", "schema", "templates"],
        ...["dist/cli", "dist/lib", "dist/main.js", "dist/sync", "tools"],
      ].sort(),
    );
    expect(packed.files.filter(({ path }) => path.startsWith("tools/")).map(({ path }) => path)).toEqual([
      "tools/provider/go.mod",
      "tools/provider/go.sum",
    ]);
    expect(packed.files.filter(({ path }) => /(?:test|sandbox|demo|bench)\/|\.map$|\.tsbuildinfo$/.test(path))).toEqual(
      [],
    );
  });

  test("puts the command on npx", async () => {
    expect((await run("npx", "upstream-sync", "--version")).stdout).toBe("0.1.0");
  });

  test("exports exactly these names", async () => {
    const { stdout } = await run(
      "node",
      "--input-type=module",
      "--eval",
      'console.log(Object.keys(await import("upstream-sync")).join(" "))',
    );
    expect(stdout.split(" ").sort()).toEqual([
      "ActionsSettings",
      "BranchFacts",
      "BranchRules",
      "Delivery",
      "ForkConditions",
      "ForkRepository",
      "Guard",
      "Labels",
      "ManagedFiles",
      "Ownership",
      "Proposals",
      "PushConditions",
      "SyncBranch",
      "SyncCredentials",
      "SyncProgram",
      "TargetRules",
      "TerraformSteps",
      "UpstreamSync",
      "UpstreamSyncStack",
      "formatProblems",
      "programFile",
      "readCredentials",
      "renderFiles",
      "resolveConfig",
      "stepsFile",
    ]);
  });

  test("without the sandbox beside it, rehearse says so before it makes anything", async () => {
    const rehearsal = ["rehearse", "--fork", ".", "--upstream", ".", "--data", "practice"];
    const said = await run("npx", "upstream-sync", ...rehearsal).catch((error: Error) => error);
    expect(String(said)).toContain("the sandbox is not installed");
    expect(existsSync(join(folder, "practice"))).toBe(false);
  });

  let fromConfig: string[];
  test("synthesizes examples/minimal as an ES module", async () => {
    await run("node", "node_modules/upstream-sync/dist/main.js");
    fromConfig = resources();
    expect(fromConfig).toContain("github_repository_file.workflow");
    expect(stack().terraform.backend.local.path).toBe("../../../state/acme--open-webui.tfstate");
  });

  test("synthesizes examples/typescript-app, type-checked and run as CommonJS, to the same resources", async () => {
    rmSync(join(folder, "cdktf.out"), { recursive: true });
    symlinkSync(join(packageRoot(), "node_modules", "@types", "node"), join(folder, "node_modules", "@types", "node"));
    await run("node", join(packageRoot(), "node_modules", "typescript", "bin", "tsc"), "-p", ".");
    expect(readFileSync(join(folder, "main.js"), "utf8")).toContain('require("upstream-sync")');
    await run("node", "main.js");
    expect(resources()).toEqual(fromConfig);
  });

  test("synthesizes the project that `init` writes, type-checked and run, to the same resources", async () => {
    rmSync(join(folder, "cdktf.out"), { recursive: true });
    cpSync(join(folder, "node_modules", "upstream-sync", "examples", "minimal", "main.ts"), join(folder, "main.ts"));
    await run("node", join(packageRoot(), "node_modules", "typescript", "bin", "tsc"), "-p", ".");
    expect(readFileSync(join(folder, "main.js"), "utf8")).toContain("upstream-sync.yaml");
    await run("node", "main.js");
    expect(resources()).toEqual(fromConfig);
    expect(stack().terraform.backend.local.path).toBe(join(folder, "state", "acme--open-webui.tfstate"));
  });
});
