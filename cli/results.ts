/**
 * What `--json` prints, a type a verb: the one description of it. `printJson` takes nothing else; schema/results.schema.json and docs/json.md are
 * made from this by `npm run schema`. A key whose value is undefined is left out.
 */
import type { State } from "../lib/checks/check.ts";
import type { SyncResult } from "../lib/fork/follow-run.ts";
import type { Question } from "../lib/init/choices.ts";
import type { ApplyResult } from "../lib/operations/apply.ts";
import type { CreatedCredentials } from "../lib/operations/create-credentials.ts";
import type { CredentialsStatus } from "../lib/operations/credentials-status.ts";
import type { DocsCheck } from "../lib/operations/docs-check.ts";
import type { RehearseResult } from "../lib/operations/rehearse.ts";
import type { ResolveResult } from "../lib/operations/resolve.ts";
import type { Revocation } from "../lib/operations/revoke-credentials.ts";
import type { RotatedCredentials } from "../lib/operations/rotate-credentials.ts";
import type { Status } from "../lib/operations/status.ts";
import type { SyncLocalResult } from "../lib/operations/sync-local.ts";
import type { VerifyResult } from "../lib/operations/verify.ts";
import type { PlanResult } from "../lib/plan-result.ts";

/** Key: the verb as it is typed. */
export interface Results {
  readonly init: InitJson;
  readonly doctor: DoctorJson;
  readonly plan: PlanJson;
  readonly apply: ChangesJson;
  readonly destroy: ChangesJson;
  readonly sync: { readonly forks: readonly SyncResult[] };
  readonly "sync --local": { readonly forks: readonly SyncLocalResult[] };
  readonly resolve: ResolveResult;
  readonly status: { readonly forks: readonly Status[] };
  readonly verify: VerifyJson;
  readonly rehearse: RehearseResult;
  readonly "credentials create": { readonly credentials: readonly CreatedCredentials[] };
  readonly "credentials rotate": { readonly credentials: readonly RotatedCredentials[] };
  readonly "credentials revoke": { readonly revoked: readonly Revocation[]; readonly done: true };
  readonly "credentials status": { readonly credentials: readonly CredentialsStatus[] };
  readonly "docs check": {
    /** Whether everything fits, in all forks. */
    readonly ok: boolean;
    readonly forks: readonly DocsCheck[];
  };
  readonly sandbox: SandboxJson;
}

interface InitJson {
  readonly repository: string;
  readonly choices: readonly { readonly question: Question; readonly answer: string; readonly why: string }[];
  /** What the fork has already. Sentences. */
  readonly found: readonly string[];
  /** What stands in the way of the first apply, or is not told. */
  readonly checks: readonly {
    readonly id: string;
    readonly state: State;
    readonly evidence: string;
    readonly remedy: string | undefined;
  }[];
  /** Text of the upstream-sync.yaml. */
  readonly config: string;
  /** Names of the files that are written. */
  readonly files: readonly string[];
  /** False with --dry-run. */
  readonly written: boolean;
  /** Sent to GitHub. */
  readonly requests: number;
}

interface DoctorJson {
  /** No check is "not ok", in no fork. */
  readonly ok: boolean;
  readonly checks: readonly {
    readonly fork: string;
    /** Stable, for scripts. */
    readonly id: string;
    readonly title: string;
    readonly state: State;
    /** What was seen. */
    readonly evidence: string;
    /** What to type or do; there unless the state is ok. */
    readonly remedy?: string;
  }[];
  /** Sent to GitHub for all forks, those that were tried again among them. */
  readonly requests: number;
}

type ForkPlan = Pick<PlanResult, "repository" | "summary" | "changes" | "found" | "preview">;

interface PlanJson {
  readonly forks: readonly ForkPlan[];
}

interface ChangesJson {
  /** The plan that was carried out, and what came of it; a fork without changes has the plan alone. */
  readonly forks: readonly (ForkPlan & Partial<Pick<ApplyResult, "removal" | "proof" | "report">>)[];
  readonly done: true;
}

interface VerifyJson {
  /** Nothing is "not ok", nothing was cut off, and nothing is left behind, in no fork. */
  readonly ok: boolean;
  /** Empty with --clean. */
  readonly forks: readonly VerifyResult[];
  /** With --clean: what was taken away, and what is still there. */
  readonly cleaned?: readonly {
    readonly repository: string;
    readonly removed: readonly string[];
    readonly left: readonly string[];
  }[];
}

/** Printed once it is ready; it goes on until it is ended. */
interface SandboxJson {
  readonly url: string;
  /** For GITHUB_API_URL. */
  readonly api: string;
  readonly ssh: string;
  readonly data: string;
  /** File with the token of its control plane. */
  readonly ready: string;
  /** With --seed: file with the people's tokens. */
  readonly tokens: string | undefined;
}
