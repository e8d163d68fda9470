import { AssetType, TerraformAsset } from "cdktf";
import { Construct } from "constructs";

export interface SyncProgramProps {
  /** The bundled sync program, absolute path of a file; `programFile()` names the one of this package. */
  readonly file: string;
}

/** How a resource hands a step over to the sync program. */
export interface ProgramStep {
  readonly verb: string;
  readonly when: "create" | "destroy";
  /** Name -> expression. At destroy time only `self` may be read; the token comes from the user's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** "continue": a failure is told and nothing more; the resource is not tainted by it. */
  readonly onFailure?: "continue";
}

/**
 * The sync program beside the stack (`assets/` in its folder), for the steps that Terraform has no resource for. Terraform runs them
 * in the stack's folder, with its own environment, and shows what they say.
 */
export class SyncProgram extends Construct {
  private readonly path: string;
  /**
   * The program's text as Terraform gets it: read from the file, because a string in the stack is parsed as a template each time it
   * is looked at, which took a second of every plan.
   */
  readonly text: string;

  constructor(scope: Construct, id: string, props: SyncProgramProps) {
    super(scope, id);
    const asset = new TerraformAsset(this, "program", {
      path: props.file,
      type: AssetType.FILE,
      // A saved plan names the path, so it stays the same when the program changes.
      assetHash: "current",
    });
    this.path = asset.path;
    this.text = `\${file("\${path.module}/${asset.path}")}`;
  }

  /** A `provisioner` block for `addOverride`. */
  provisioner(step: ProgramStep): Record<string, unknown> {
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
