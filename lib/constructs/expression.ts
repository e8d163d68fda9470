/** A value as it is written inside a Terraform expression: JSON, with what Terraform would read as a template doubled. */
import { terraformLiteral } from "../render/terraform-literal.ts";

export function hcl(value: unknown): string {
  return terraformLiteral(JSON.stringify(value));
}

/** A branch's name in an address of the API: its slashes stay, all else is encoded. */
export function refPath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}
