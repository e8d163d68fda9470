/**
 * Makes the GitHub provider available in a filesystem mirror of our own: from the registry where it answers, else built by Go
 * from `tools/provider` (go.mod and go.sum pin every byte). Nothing of the user's Terraform set-up is read or changed.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import envPaths from "env-paths";
import { execa } from "execa";
import { Failure } from "../failure.ts";
import { packageRoot } from "../package-root.ts";
import type { ProgressEvent } from "../progress.ts";
import { providerVersion } from "../provider-version.ts";
import type { IacTool } from "./tool.ts";

const providerModule = "github.com/integrations/terraform-provider-github/v6";

export interface ProviderMirror {
  /** Holds `<registry host>/integrations/github/<version>/<platform>/…`. */
  readonly folder: string;
  /** A Terraform CLI configuration that installs the provider from `folder` and everything else as usual. */
  readonly cliConfig: string;
  readonly from: "cache" | "registry" | "go";
}

/** Where downloads and builds are kept: UPSTREAM_SYNC_CACHE, else the platform's cache folder. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.UPSTREAM_SYNC_CACHE ?? envPaths("upstream-sync", { suffix: "" }).cache;
}

/**
 * Idempotent: a mirror that is complete is used as it is. Yields a line of progress for each thing that takes time.
 * @throws Failure when neither the registry nor Go can give the provider.
 */
export async function* ensureProvider(tool: IacTool, cache: string): AsyncGenerator<ProgressEvent, ProviderMirror> {
  const folder = join(cache, "providers");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const cliConfig = writeCliConfig(tool, cache, folder);
  const platform = terraformPlatform();
  const place = join(folder, registryHost(tool), "integrations", "github");
  const unpacked = join(place, providerVersion, platform, `terraform-provider-github_v${providerVersion}`);
  const packed = join(place, `terraform-provider-github_${providerVersion}_${platform}.zip`);
  if (existsSync(unpacked) || existsSync(packed)) return { folder, cliConfig, from: "cache" };

  yield { text: `GitHub provider ${providerVersion}: asking the registry` };
  const refusal = await mirrorFromRegistry(tool, cache, folder);
  if (refusal === undefined) return { folder, cliConfig, from: "registry" };

  yield { text: "the registry does not answer; building the provider with Go (about a minute, once)" };
  await buildWithGo(cache, unpacked, refusal);
  return { folder, cliConfig, from: "go" };
}

/** Each tool asks its own registry for `integrations/github`, so each has its own place in the mirror. */
function registryHost(tool: IacTool): string {
  return tool.name === "Terraform" ? "registry.terraform.io" : "registry.opentofu.org";
}

/** Terraform's name of this machine, for example "linux_amd64". */
function terraformPlatform(): string {
  const architecture = process.arch === "x64" ? "amd64" : process.arch === "ia32" ? "386" : process.arch;
  return `${process.platform === "win32" ? "windows" : process.platform}_${architecture}`;
}

function writeCliConfig(tool: IacTool, cache: string, mirror: string): string {
  const file = join(cache, `${tool.name.toLowerCase()}.tfrc`);
  const address = `${registryHost(tool)}/integrations/github`;
  const text = `# Written by upstream-sync: the GitHub provider comes from its own mirror, all else as usual.
provider_installation {
  filesystem_mirror {
    path    = ${JSON.stringify(mirror)}
    include = ["${address}"]
  }
  direct {
    exclude = ["${address}"]
  }
}
`;
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, text, { mode: 0o600 });
  renameSync(aside, file);
  return file;
}

/** Undefined when the mirror was filled, else the tool's words. */
async function mirrorFromRegistry(tool: IacTool, cache: string, mirror: string): Promise<string | undefined> {
  const folder = mkdtempSync(join(cache, "registry-"));
  try {
    writeFileSync(
      join(folder, "main.tf"),
      `terraform {\n  required_providers {\n    github = {\n      source  = "integrations/github"\n      version = "${providerVersion}"\n    }\n  }\n}\n`,
    );
    const result = await execa(tool.command, ["providers", "mirror", mirror], {
      cwd: folder,
      env: { CHECKPOINT_DISABLE: "1", TF_REGISTRY_DISCOVERY_RETRY: "0", TF_REGISTRY_CLIENT_TIMEOUT: "10" },
      timeout: 300_000,
      reject: false,
      all: true,
    });
    return result.exitCode === 0 ? undefined : result.all || result.shortMessage || "no answer";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function buildWithGo(cache: string, target: string, registryRefusal: string): Promise<void> {
  const folder = mkdtempSync(join(cache, "go-"));
  const built = join(folder, "provider");
  try {
    const result = await execa(
      "go",
      ["build", "-mod=readonly", "-trimpath", "-ldflags", "-s -w", "-o", built, providerModule],
      { cwd: join(packageRoot(), "tools", "provider"), env: { CGO_ENABLED: "0" }, reject: false, all: true },
    );
    if (result.exitCode !== 0) {
      throw new Failure(
        `the GitHub provider ${providerVersion} could not be had: the registry does not answer and ${
          result.code === "ENOENT" ? "`go` is not on PATH" : "`go build` failed"
        }`,
        "make the registry reachable, or install Go ≥ 1.26 (https://go.dev/dl) and run `npm run setup` again",
        `${registryRefusal}\n\n${result.all ?? ""}`,
      );
    }
    chmodSync(built, 0o755);
    mkdirSync(join(target, ".."), { recursive: true, mode: 0o700 });
    // Renamed into place last, so that a cut build never looks complete.
    renameSync(built, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
