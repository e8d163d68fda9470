import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { findTool, parseVersion } from "../../lib/terraform/tool.ts";

/** A folder for PATH with a program that prints `output`. */
function binary(name: string, output: string): string {
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-bin-"));
  writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\n' '${output}'\n`);
  chmodSync(join(folder, name), 0o755);
  return folder;
}

describe("finding the IaC tool", () => {
  test("the first line tells which of the two it is", () => {
    expect(parseVersion("Terraform v1.11.4\non linux_amd64\n")).toEqual({ name: "Terraform", version: "1.11.4" });
    expect(parseVersion("OpenTofu v1.11.0\non linux_amd64\n")).toEqual({ name: "OpenTofu", version: "1.11.0" });
    expect(parseVersion("Pulumi v3.0.0")).toBeUndefined();
  });

  test("tofu is taken where terraform is absent", async () => {
    expect(await findTool({ PATH: binary("tofu", "OpenTofu v1.9.1") })).toEqual({
      name: "OpenTofu",
      command: "tofu",
      version: "1.9.1",
    });
  });

  test("TERRAFORM_BINARY_NAME wins over PATH", async () => {
    const command = join(binary("mine", "Terraform v1.12.0"), "mine");
    expect(await findTool({ PATH: binary("terraform", "Terraform v1.8.0"), TERRAFORM_BINARY_NAME: command })).toEqual({
      name: "Terraform",
      command,
      version: "1.12.0",
    });
  });

  test("an old version is refused with got and expected", async () => {
    await expect(findTool({ PATH: binary("terraform", "Terraform v1.5.7") })).rejects.toThrow(
      "Terraform is too old: got 1.5.7, expected 1.7.0 or newer",
    );
    await expect(findTool({ PATH: binary("tofu", "OpenTofu v1.7.9") })).rejects.toThrow(
      "OpenTofu is too old: got 1.7.9, expected 1.8.0 or newer",
    );
  });

  test("none at all is one message that says what to install", async () => {
    await expect(findTool({ PATH: "/nonexistent" })).rejects.toMatchObject({
      message: "neither `terraform` nor `tofu` is on PATH",
      remedy: expect.stringContaining("install Terraform ≥ 1.7"),
    });
  });

  test("something else of that name is refused", async () => {
    await expect(findTool({ PATH: binary("terraform", "Terraformer 2") })).rejects.toThrow(
      "did not answer like Terraform or OpenTofu",
    );
  });
});
