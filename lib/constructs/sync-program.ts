import { AssetType, TerraformAsset } from "cdktf";
import { Construct } from "constructs";

export interface SyncProgramProps {
  /** The bundled sync program, absolute path of a file; `programFile()` names the one of this package. */
  readonly file: string;
}

/**
 * The sync program as the fork gets it, beside the stack (`assets/` in its folder) for Terraform to read. A string in the stack is
 * parsed as a template each time it is looked at, which took a second of every plan.
 */
export class SyncProgram extends Construct {
  /** The program's text as an argument of a resource. */
  readonly text: string;

  constructor(scope: Construct, id: string, props: SyncProgramProps) {
    super(scope, id);
    // A saved plan names the path, so it stays the same when the program changes.
    const asset = new TerraformAsset(this, "file", { path: props.file, type: AssetType.FILE, assetHash: "current" });
    this.text = `\${file("\${path.module}/${asset.path}")}`;
  }
}
