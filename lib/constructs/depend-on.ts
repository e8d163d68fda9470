import { TerraformResource } from "cdktf";
import type { Construct } from "constructs";

/** Every resource in a construct: Terraform knows resources only, so a dependency on a construct is one on each of them. */
export function resourcesIn(...constructs: readonly Construct[]): TerraformResource[] {
  return constructs.flatMap((one) => one.node.findAll()).filter(TerraformResource.isTerraformResource);
}

/**
 * Makes every resource of `later` after all of `earlier`, and so destroyed before them. But for one that is made before its predecessor
 * goes: Terraform hands that on to everything it depends on, and a setting that is made anew would be reset last.
 */
export function putAfter(later: Construct, earlier: readonly Construct[]): void {
  const needed = resourcesIn(...earlier).map(address);
  const before = (resource: TerraformResource) => resource.lifecycle?.createBeforeDestroy === true;
  for (const resource of resourcesIn(later).filter((one) => !before(one)))
    resource.dependsOn = [...(resource.dependsOn ?? []), ...needed];
}

/** As `depends_on` takes it; `fqn` comes wrapped as an expression. */
export function address(resource: TerraformResource): string {
  return `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
}
