import { terraformLiteral } from "../render/terraform-literal.ts";
import type { ForkRepository } from "./fork-repository.ts";

/** Where a managed file lives: on the default branch, which Actions reads, or on the target, which people read. */
export type Home = "default" | "target";

export interface HomeBranch {
  /** The branch's name as an argument of a resource. */
  readonly name: string;
  /** The same as a Terraform expression, without `${}`. */
  readonly expression: string;
}

/** The two homes may be one branch; which one the default is, is known at plan time only. */
export function homesOf(repository: ForkRepository, target: string): Readonly<Record<Home, HomeBranch>> {
  return {
    default: { name: repository.defaultBranch, expression: repository.fact("default_branch") },
    target: { name: terraformLiteral(target), expression: JSON.stringify(terraformLiteral(target)) },
  };
}
