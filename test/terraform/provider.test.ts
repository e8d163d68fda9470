import { chmodSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { cacheFolder, ensureProvider, type ProviderMirror } from "../../lib/terraform/provider.ts";
import type { IacTool } from "../../lib/terraform/tool.ts";

const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
});

function temporary(): string {
  return mkdtempSync(join(tmpdir(), "upstream-sync-provider-"));
}

/** An IaC tool whose `providers mirror` runs this shell text. */
function tool(mirrors: string): IacTool {
  const command = join(temporary(), "terraform");
  writeFileSync(command, `#!/bin/sh\n${mirrors}\n`);
  chmodSync(command, 0o755);
  return { name: "Terraform", command, version: "1.11.4" };
}

async function ensure(one: IacTool, cache: string): Promise<{ lines: string[]; mirror: ProviderMirror }> {
  const lines: string[] = [];
  const steps = ensureProvider(one, cache);
  let step = await steps.next();
  for (; !step.done; step = await steps.next()) lines.push(step.value.text);
  return { lines, mirror: step.value };
}

describe("making the GitHub provider available", () => {
  test("the cache is where UPSTREAM_SYNC_CACHE says, else the platform's", () => {
    expect(cacheFolder({ UPSTREAM_SYNC_CACHE: "/somewhere" })).toBe("/somewhere");
    expect(cacheFolder({})).toMatch(/upstream-sync$/);
  });

  test("where the registry answers, its mirror is used, and Go is never asked", async () => {
    process.env.PATH = "/bin:/usr/bin";
    const cache = temporary();
    const { lines, mirror } = await ensure(tool('test "$1 $2" = "providers mirror" && test -d "$3"'), cache);
    expect(lines).toEqual(["GitHub provider 6.13.0: asking the registry"]);
    expect(mirror.from).toBe("registry");
    expect(mirror.folder).toBe(join(cache, "providers"));
  });

  test("neither registry nor Go is one message that says what to install, and leaves nothing half done", async () => {
    process.env.PATH = "/nonexistent";
    const cache = temporary();
    await expect(ensure(tool("echo no connection >&2; exit 1"), cache)).rejects.toMatchObject({
      message: "the GitHub provider 6.13.0 could not be had: the registry does not answer and `go` is not on PATH",
      remedy: expect.stringContaining("install Go ≥ 1.26"),
      original: expect.stringContaining("no connection"),
    });
    expect(existsSync(join(cache, "providers", "registry.terraform.io"))).toBe(false);
  });

  test("the CLI configuration is ours alone and takes only this provider from the mirror", async () => {
    const cache = temporary();
    const { mirror } = await ensure(tool("exit 0"), cache);
    const text = readFileSync(mirror.cliConfig, "utf8");
    expect(text).toContain(`path    = "${join(cache, "providers")}"`);
    expect(text).toContain('include = ["registry.terraform.io/integrations/github"]');
    expect(text).toContain('exclude = ["registry.terraform.io/integrations/github"]');
    expect(statSync(mirror.cliConfig).mode & 0o777).toBe(0o600);
  });
});
