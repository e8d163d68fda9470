import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { packageRoot } from "../../lib/package-root.ts";
import { providerVersion } from "../../lib/provider-version.ts";

test("Go builds the provider version that the stacks ask for", () => {
  const goModule = readFileSync(join(packageRoot(), "tools", "provider", "go.mod"), "utf8");
  expect(/terraform-provider-github\/v6 v(\S+)/.exec(goModule)?.[1]).toBe(providerVersion);
});
