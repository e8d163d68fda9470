/** What Terraform hands to the verbs it runs: one JSON value made by `lib/constructs`, and the user's own environment. */
import { type Environment, SettingsError } from "./environment.ts";

export interface RemovalSettings {
  /** `owner/name` of the fork. */
  readonly repository: string;
  readonly branches: { readonly sync: string; readonly target: string };
  /** Whether Terraform is about to delete the sync branch; one that was there before us stays. */
  readonly removesBranch: boolean;
  /** File name of the workflow, for example "upstream-sync.yml". */
  readonly workflow: string;
  /** Name of a ruleset that stands as long as the set-up does. */
  readonly ruleset: string;
  /** Files that Terraform is about to remove by a commit. Absent in a set-up of an earlier version. */
  readonly commits?: readonly { readonly branch: string; readonly path: string }[];
  /** Settings that were changed: name -> how it was before. */
  readonly before: Readonly<Record<string, unknown>>;
}

export interface RemovalContext extends RemovalSettings, Connection {
  /** How long a running sync is waited for. */
  readonly waitSeconds: number;
  /** Types of rules that no commit by the API satisfies. */
  readonly refusing: readonly string[];
}

const FIFTEEN_MINUTES = 900;

export function readRemovalSettings(environment: Environment): RemovalContext {
  const refusing = (environment.UPSTREAM_SYNC_REFUSING_RULES ?? "").split(" ").filter(Boolean);
  return { ...readStep<RemovalSettings>(environment), waitSeconds: waitSeconds(environment), refusing };
}

/** How long a run is waited for. */
export function waitSeconds(environment: Environment): number {
  return Number(environment.UPSTREAM_SYNC_WAIT_SECONDS ?? FIFTEEN_MINUTES);
}

/** What `branch` needs: the sync branch is made from another one, unless it is there. */
export interface BranchSettings extends Connection {
  readonly repository: string;
  readonly branch: string;
  readonly from: string;
}

export interface Connection {
  readonly apiUrl: string;
  readonly token: string;
}

/** @throws SettingsError when this is not run by Terraform, or without a token. */
export function readStep<Input>(environment: Environment): Input & Connection {
  const token = environment.GITHUB_TOKEN || environment.GH_TOKEN;
  const text = environment.UPSTREAM_SYNC_INPUT;
  if (token && text) return { ...(JSON.parse(text) as Input), apiUrl: apiUrl(environment), token };
  throw new SettingsError([
    ...(token ? [] : ["GITHUB_TOKEN is missing: export the token that administers the fork"]),
    ...(text ? [] : ["UPSTREAM_SYNC_INPUT is missing: this verb is run by Terraform"]),
  ]);
}

/** GITHUB_API_URL as on every runner, else the provider's own GITHUB_BASE_URL, which names a server without its `/api/v3`. */
export function apiUrl(environment: Environment): string {
  if (environment.GITHUB_API_URL) return environment.GITHUB_API_URL.replace(/\/+$/, "");
  const base = environment.GITHUB_BASE_URL?.replace(/\/+$/, "");
  if (!base) return "https://api.github.com";
  return /\/api\/v3$|^https:\/\/api\./.test(base) ? base : `${base}/api/v3`;
}
