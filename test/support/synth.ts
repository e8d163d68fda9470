/** The only caller of CDKTF's `Testing`: full synthesis, parsed once, typed look-ups that fail unless they are exact. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TerraformStack, Testing } from "cdktf";

// biome-ignore lint/suspicious/noExplicitAny: Terraform JSON, asserted object by object.
type Json = any;

export interface Synthesized {
  /** Where `cdk.tf.json` and the assets are. */
  readonly folder: string;
  readonly json: Json;
  /** "type.name" of everything managed or read, sorted. */
  readonly addresses: readonly string[];
  /** The one resource at this address, without CDKTF's own metadata. */
  resource(address: string): Json;
}

export function synth(stack: TerraformStack): Synthesized {
  const folder = join(Testing.fullSynth(stack), "stacks", stack.node.id.replace("/", "--"));
  const json: Json = JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8"));
  const list = (section: string, prefix: string) =>
    Object.entries((json[section] ?? {}) as Record<string, Json>).flatMap(([type, named]) =>
      Object.keys(named).map((name) => `${prefix}${type}.${name}`),
    );
  return {
    folder,
    json,
    addresses: [...list("resource", ""), ...list("data", "data.")].sort(),
    resource(address) {
      const [type = "", name = ""] = address.split(".");
      const found = json.resource?.[type]?.[name];
      if (!found) throw new Error(`no resource ${address}`);
      const { "//": _metadata, ...rest } = found;
      return rest;
    },
  };
}
