/** What Terraform hands to `guard`, `release` and `restore`: one JSON value made by `lib/constructs/guard.ts`, and the user's environment. */
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
  /** Settings that were changed: name -> how it was before. */
  readonly before: Readonly<Record<string, unknown>>;
}

export interface RemovalContext extends RemovalSettings {
  readonly apiUrl: string;
  readonly token: string;
  /** How long a running sync is waited for. */
  readonly waitSeconds: number;
}

const FIFTEEN_MINUTES = 900;

export function readRemovalSettings(environment: Environment): RemovalContext {
  const token = environment.GITHUB_TOKEN || environment.GH_TOKEN;
  const text = environment.UPSTREAM_SYNC_REMOVAL;
  const problems = [
    ...(token ? [] : ["GITHUB_TOKEN is missing: export the token that administers the fork"]),
    ...(text ? [] : ["UPSTREAM_SYNC_REMOVAL is missing: this verb is run by Terraform"]),
  ];
  if (!token || !text) throw new SettingsError(problems);
  return {
    ...(JSON.parse(text) as RemovalSettings),
    apiUrl: apiUrl(environment),
    token,
    waitSeconds: Number(environment.UPSTREAM_SYNC_WAIT_SECONDS ?? FIFTEEN_MINUTES),
  };
}

/** GITHUB_API_URL as on every runner, else the provider's own GITHUB_BASE_URL, which names a server without its `/api/v3`. */
function apiUrl(environment: Environment): string {
  if (environment.GITHUB_API_URL) return environment.GITHUB_API_URL.replace(/\/+$/, "");
  const base = environment.GITHUB_BASE_URL?.replace(/\/+$/, "");
  if (!base) return "https://api.github.com";
  return /\/api\/v3$|^https:\/\/api\./.test(base) ? base : `${base}/api/v3`;
}
