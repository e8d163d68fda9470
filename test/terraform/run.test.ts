import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { init, mendState, toolEnvironment } from "../../lib/terraform/run.ts";

const mirror = { folder: "/cache/providers", cliConfig: "/cache/terraform.tfrc", from: "cache" } as const;

describe("the IaC tool's environment", () => {
  test("variables that beat the provider's owner are taken out", () => {
    const env = toolEnvironment({ GITHUB_OWNER: "someone", GITHUB_ORGANIZATION: "else", HOME: "/home/me" }, mirror);
    expect(env.GITHUB_OWNER).toBeUndefined();
    expect(env.GITHUB_ORGANIZATION).toBeUndefined();
    expect(env.HOME).toBe("/home/me");
  });

  test("the CLI configuration is ours, whatever the user's environment says", () => {
    expect(toolEnvironment({ TF_CLI_CONFIG_FILE: "/home/me/.terraformrc" }, mirror).TF_CLI_CONFIG_FILE).toBe(
      "/cache/terraform.tfrc",
    );
  });

  test("another GitHub than github.com is named to the provider without its API path", () => {
    expect(toolEnvironment({ GITHUB_API_URL: "https://ghe.example.com/api/v3" }, mirror).GITHUB_BASE_URL).toBe(
      "https://ghe.example.com/",
    );
    expect(toolEnvironment({ GITHUB_API_URL: "https://api.github.com" }, mirror).GITHUB_BASE_URL).toBeUndefined();
  });

  test("its garbage collector is tuned for a short life, unless the user has tuned it", () => {
    expect(toolEnvironment({}, mirror).GOGC).toBe("400");
    expect(toolEnvironment({ GOGC: "50" }, mirror).GOGC).toBe("50");
  });
});

test.each([
  ["a good end", 0],
  ["a bad one", 1],
])("what the tool leaves in its temporary folder is gone after %s", async (_, code) => {
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-test-"));
  const tool = join(folder, "tool");
  writeFileSync(tool, `#!/bin/sh\necho answers > "$TMPDIR/cache.db" && echo "$TMPDIR" > ran\nexit ${code}\n`, {
    mode: 0o755,
  });
  const workspace = {
    tool: { name: "Terraform", command: tool, version: "1.11.4" },
    mirror,
    folder,
    env: { PATH: "/usr/bin:/bin" },
  } as const;
  await init(workspace).catch(() => undefined);
  const temporary = readFileSync(join(folder, "ran"), "utf8").trim();
  expect(temporary).toContain(tmpdir());
  expect(existsSync(temporary)).toBe(false);
  rmSync(folder, { recursive: true });
});

test("after an apply that was cut short: kept what is half-made, forgotten what is planned a second time, nothing else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-test-"));
  const tool = join(folder, "tool");
  const script =
    '#!/bin/sh\necho "$@" >> ran\n[ "$1 $2" = "state list" ] && echo "github_a.there\ngithub_a.half"\nexit 0\n';
  writeFileSync(tool, script, { mode: 0o755 });
  const workspace = {
    tool: { name: "Terraform", command: tool, version: "1.11.4" },
    mirror,
    folder,
    env: { PATH: "/usr/bin:/bin" },
  } as const;
  const change = (address: string, actions: string[], action_reason?: string) => ({
    address,
    mode: "managed" as const,
    type: "github_a",
    ...(action_reason ? { action_reason } : {}),
    change: { actions, before: null, after: null },
  });
  const mended = await mendState(workspace, {
    format_version: "1.2",
    resource_changes: [
      change("github_a.half", ["delete", "create"], "replace_because_tainted"),
      change("github_a.there", ["create"]),
      change("github_a.new", ["create"]),
    ],
    prior_state: { values: { root_module: { resources: [{ address: "b.c", mode: "managed", values: {} }] } } },
  });
  expect(mended).toEqual(["github_a.half", "github_a.there"]);
  expect(readFileSync(join(folder, "ran"), "utf8").trim().split("\n")).toEqual([
    "untaint github_a.half",
    "state list",
    "state rm github_a.there",
  ]);
  rmSync(folder, { recursive: true });
});
