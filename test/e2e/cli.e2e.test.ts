import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { packageRoot } from "../../lib/package-root.ts";

async function upstreamSync(folder: string, args: string[], env: Record<string, string> = {}) {
  const result = await execa("node", [join(packageRoot(), "dist", "cli", "main.js"), ...args], {
    cwd: folder,
    reject: false,
    stdin: "ignore",
    extendEnv: false,
    env: { PATH: process.env.PATH ?? "", HOME: folder, NO_COLOR: "1", ...env },
  });
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

function project(config?: string): string {
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-cli-"));
  if (config !== undefined) writeFileSync(join(folder, "upstream-sync.yaml"), config);
  return folder;
}

const minimal = "version: 1\nforks:\n  acme/open-webui:\n    upstream: open-webui/open-webui\n";

describe("the command line", () => {
  test("--help names every command and an example, and is no error", async () => {
    const help = await upstreamSync(project(), ["--help"]);
    expect(help.exitCode).toBe(0);
    for (const word of ["plan", "apply", "destroy", "sync", "resolve", "credentials", "Examples:", "Exit codes:"])
      expect(help.stdout).toContain(word);
  });

  test("completion prints a script, and the forks of a config, however broken that is, without a word on stderr", async () => {
    const folder = project(`${minimal}  acme/site: {}\n`);
    const script = await upstreamSync(folder, ["completion", "bash"]);
    expect(script).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^complete .* upstream-sync$/m) });
    const forks = (...args: string[]) => upstreamSync(folder, ["completion", "--forks", ...args]);
    expect(await forks()).toEqual({ exitCode: 0, stdout: "acme/open-webui\nacme/site", stderr: "" });
    writeFileSync(join(folder, "broken.yaml"), "forks: [: {");
    for (const file of ["broken.yaml", "missing.yaml"]) {
      expect(await forks("--config", file)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    }
    expect(await upstreamSync(folder, ["completion", "csh"])).toMatchObject({ exitCode: 2 });
  });

  test("NO_COLOR goes before everything that asks for colours", async () => {
    const coloured = { FORCE_COLOR: "1", NO_COLOR: "" };
    expect((await upstreamSync(project(), ["plan"], coloured)).stderr).toContain("\u001b[");
    expect((await upstreamSync(project(), ["plan"], { FORCE_COLOR: "1", CI: "true" })).stderr).not.toContain("\u001b[");
  });

  test("a reader who stops early is no error", async () => {
    const child = execa("node", [join(packageRoot(), "dist", "cli", "main.js"), "completion", "zsh"], {
      reject: false,
    });
    child.stdout.destroy();
    const { exitCode, stderr } = await child;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });

  test("an unknown command is wrong input", async () => {
    expect(await upstreamSync(project(), ["deplyo"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("unknown command 'deplyo'"),
    });
  });

  test("a missing config is one message with what to do", async () => {
    const folder = project();
    const result = await upstreamSync(folder, ["plan"]);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain("upstream-sync.yaml");
    expect(result.stderr).toContain("fix: ");
    expect(result.stderr).not.toContain("    at ");
  });

  test("all mistakes of a config come together, each with its line, and nothing is written", async () => {
    const folder = project(
      [
        "version: 1",
        "forks:",
        "  acme/open-webui:",
        "    upstream: { repository: acme/open-webui }",
        "    branches: { sync: dev, target: dev }",
        "    schedule: { cron: '61 * * * *', timezone: Mars/Base }",
        "    tests: { run: [], timeoutMinutes: 900 }",
        "    pullRequest: { titel: hello, reviewers: [not a login] }",
        "    credentials: password",
        "    document: { path: ../outside.md }",
        "",
      ].join("\n"),
    );
    const result = await upstreamSync(folder, ["plan"], { GITHUB_TOKEN: "x" });
    expect(result.exitCode).toBe(2);
    for (const line of [4, 5, 6, 7, 8, 9, 10])
      expect(result.stderr).toMatch(new RegExp(`upstream-sync\\.yaml:${line}:\\d+ `));
    expect(result.stderr.match(/upstream-sync\.yaml:\d+:\d+ /g)?.length).toBeGreaterThanOrEqual(10);
    expect(readdirSync(folder)).toEqual(["upstream-sync.yaml"]);
  });

  test("no token is said before anything is started", async () => {
    const folder = project(minimal);
    expect(await upstreamSync(folder, ["plan"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("no GitHub token: got neither GITHUB_TOKEN nor GH_TOKEN"),
    });
    expect(readdirSync(folder)).toEqual(["upstream-sync.yaml"]);
  });

  test("a missing credential names the command that makes it", async () => {
    const result = await upstreamSync(project(minimal), ["plan"], { GITHUB_TOKEN: "x" });
    expect(result).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("upstream-sync credentials create acme/open-webui"),
    });
  });

  test("a fork that the config does not have is refused with those it has", async () => {
    const result = await upstreamSync(project(minimal), ["plan", "acme/other"], { GITHUB_TOKEN: "x" });
    expect(result).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("got acme/other, expected one of acme/open-webui"),
    });
  });
});
