/** What an apply finds on the fork and whose it is, read from a plan: the records are those of `lib/constructs/ownership.ts`. */
import { type Change, instancesOf, isProposal, type PlanJson, warningsOf } from "./terraform/plan.ts";

export interface Found {
  /** Of ours, but unknown to the state: left by an apply that was cut short, or by a lost state. Terraform addresses. */
  readonly imported: readonly string[];
  /** The team's, used as it is and kept by a destroy: the sync branch. */
  readonly adopted: readonly string[];
  /** The team's, or enough as it was: neither changed nor taken away. For example "label:upstream-sync". */
  readonly leftAlone: readonly string[];
  /** What is not in force, because people have not merged it or do not want it. Sentences. */
  readonly waiting: readonly string[];
  /** What the set-up cannot mend and people ought to know. Sentences. */
  readonly warnings: readonly string[];
}

export function foundIn(plan: PlanJson, changes: readonly Change[]): Found {
  const theirs = [...instancesOf(plan, "terraform_data.before")]
    .filter(([, values]) => {
      const { there, ours } = (values as { input?: { there?: boolean; ours?: boolean } }).input ?? {};
      return there === true && ours === false;
    })
    .map(([thing]) => thing);
  const isBranch = (thing: string) => thing.startsWith("branch:");
  return {
    imported: changes.filter(({ imported }) => imported).map(({ address }) => address),
    adopted: theirs.filter(isBranch),
    leftAlone: theirs.filter((thing) => !isBranch(thing)),
    // What this very plan is about to propose is told by its changes.
    waiting: changes.some(({ address }) => isProposal(address)) ? [] : warningsOf(plan, isProposalCheck),
    warnings: warningsOf(plan, (name) => !isProposalCheck(name)),
  };
}

/** Named as what they speak of: `lib/constructs/proposal-check.ts`. */
function isProposalCheck(name: string): boolean {
  return name === "proposal" || name === "codeowners";
}
