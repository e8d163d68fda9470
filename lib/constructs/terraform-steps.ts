import { AssetType, TerraformAsset } from "cdktf";
import { Construct } from "constructs";

export interface TerraformStepsProps {
  /** The bundled program of steps, absolute path of a file; `stepsFile()` names the one of this package. */
  readonly file: string;
}

/** One step of that program, as a resource asks for it. */
export interface TerraformStep {
  readonly verb: string;
  readonly when: "create" | "destroy";
  /** Name -> expression. At destroy time only `self` may be read; the token comes from the user's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** "continue": a failure is told and nothing more; the resource is not tainted by it. */
  readonly onFailure?: "continue";
}

/**
 * The steps that Terraform has no resource for: a program beside the stack (`assets/` in its folder), never in the fork. Terraform
 * runs it in the stack's folder, with its own environment, and shows what it says.
 */
export class TerraformSteps extends Construct {
  private readonly path: string;

  constructor(scope: Construct, id: string, props: TerraformStepsProps) {
    super(scope, id);
    // A saved plan names the path, so it stays the same when the program changes.
    const asset = new TerraformAsset(this, "file", { path: props.file, type: AssetType.FILE, assetHash: "current" });
    this.path = asset.path;
  }

  /** A `provisioner` block for `addOverride`. */
  provisioner(step: TerraformStep): Record<string, unknown> {
    const environment = Object.entries(step.environment).map(([name, value]) => [name, `\${${value}}`]);
    return {
      "local-exec": {
        ...(step.when === "destroy" ? { when: "destroy" } : {}),
        ...(step.onFailure ? { on_failure: step.onFailure } : {}),
        interpreter: ["node", this.path],
        command: step.verb,
        environment: Object.fromEntries(environment),
        quiet: true,
      },
    };
  }
}
