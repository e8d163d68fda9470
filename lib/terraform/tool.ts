/** Finds the IaC tool: Terraform or OpenTofu. */
import { execa } from "execa";
import semver from "semver";
import { Failure } from "../failure.ts";

export interface IacTool {
  readonly name: "Terraform" | "OpenTofu";
  /** Name on PATH or full path. */
  readonly command: string;
  /** For example "1.11.4". */
  readonly version: string;
}

/** Import blocks with `for_each` decide the floor: Terraform 1.7; the first OpenTofu we tried them on is 1.8. */
const oldest = { Terraform: "1.7.0", OpenTofu: "1.8.0" } as const;

const install =
  "install Terraform ≥ 1.7 (https://developer.hashicorp.com/terraform/install) or OpenTofu ≥ 1.8 (https://opentofu.org/docs/intro/install), or name the binary in TERRAFORM_BINARY_NAME";

/** `Terraform v1.11.4` or `OpenTofu v1.11.0`, the first line of `<tool> version`; undefined for anything else. */
export function parseVersion(output: string): Pick<IacTool, "name" | "version"> | undefined {
  const match = /^(?<name>Terraform|OpenTofu) v(?<version>\d+\.\d+\.\d+\S*)/m.exec(output);
  if (!match?.groups) return undefined;
  return { name: match.groups.name as IacTool["name"], version: match.groups.version as string };
}

/**
 * The tool named by TERRAFORM_BINARY_NAME (the variable CDKTF's own command line reads), else `terraform`, else `tofu` on PATH.
 * @throws Failure when none is there, none answers, or the version is too old.
 */
export async function findTool(env: NodeJS.ProcessEnv = process.env): Promise<IacTool> {
  const named = env.TERRAFORM_BINARY_NAME;
  for (const command of named ? [named] : ["terraform", "tofu"]) {
    const result = await execa(command, ["version"], {
      env: { ...env, CHECKPOINT_DISABLE: "1" },
      extendEnv: false,
      reject: false,
    });
    if (result.code === "ENOENT") continue;
    const found = parseVersion(result.stdout ?? "");
    if (!found) {
      throw new Failure(
        `\`${command} version\` did not answer like Terraform or OpenTofu: got ${JSON.stringify(firstLine(result.stdout || result.stderr || result.shortMessage || ""))}, expected "Terraform v…" or "OpenTofu v…"`,
        install,
      );
    }
    if (semver.lt(found.version, oldest[found.name])) {
      throw new Failure(
        `${found.name} is too old: got ${found.version}, expected ${oldest[found.name]} or newer`,
        install,
      );
    }
    return { command, ...found };
  }
  throw new Failure(
    named
      ? `TERRAFORM_BINARY_NAME names a program that is not there: got ${JSON.stringify(named)}`
      : "neither `terraform` nor `tofu` is on PATH",
    install,
  );
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
