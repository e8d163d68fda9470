/** What planning one fork found, as it goes from the operation that plans or opens it to the one that applies it. */
import type { Found } from "./ownership.ts";
import type { RemovalPreview } from "./removal.ts";
import type { Change, PlanSummary } from "./terraform/plan.ts";
import type { SavedPlan, Workspace } from "./terraform/run.ts";

export interface PlanResult {
  readonly repository: string;
  /** Whether the plan takes the set-up away. */
  readonly destroy: boolean;
  readonly changes: readonly Change[];
  readonly summary: PlanSummary;
  readonly found: Found;
  /** Of a destroy. */
  readonly preview?: RemovalPreview;
  readonly workspace: Workspace;
  readonly saved: SavedPlan;
}
