import { TerraformResource } from "cdktf";
import type { Construct } from "constructs";

/** Every resource in a construct: Terraform knows resources only, so a dependency on a construct is one on each of them. */
export function resourcesIn(...constructs: readonly Construct[]): TerraformResource[] {
  return constructs.flatMap((one) => one.node.findAll()).filter(TerraformResource.isTerraformResource);
}

/** Makes every resource of `later` after all of `earlier`, and so destroyed before them. */
export function putAfter(later: Construct, earlier: readonly Construct[]): void {
  const needed = resourcesIn(...earlier).map(address);
  for (const resource of resourcesIn(later)) resource.dependsOn = [...(resource.dependsOn ?? []), ...needed];
}

/** As `depends_on` takes it; `fqn` comes wrapped as an expression. */
export function address(resource: TerraformResource): string {
  return `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
}
