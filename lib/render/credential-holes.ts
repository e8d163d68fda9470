/** What a kind of credential changes in the workflow. */
import type { ForkConfig } from "../config/schema.ts";
import { expression, type HoleValue } from "./fill-template.ts";

const secretNames = {
  "deploy-key": "UPSTREAM_SYNC_DEPLOY_KEY",
  "github-app": "UPSTREAM_SYNC_APP",
  "github-token": undefined,
} as const;

/** By name: a job that uses an environment files no deployment with `deployment: false`. */
const environment = { name: "upstream-sync", deployment: false };

export function credentialHoles({ credentials, upstream, tests }: ForkConfig): Record<string, HoleValue> {
  const secret = secretNames[credentials];
  const reads = upstream.private ? environment : undefined;
  return {
    CREDENTIALS: credentials,
    CREDENTIAL: secret === undefined ? undefined : secretOf(secret),
    UPSTREAM_TOKEN: upstream.private ? secretOf("UPSTREAM_SYNC_UPSTREAM_TOKEN") : undefined,
    ENVIRONMENT: secret === undefined ? reads : environment,
    UPSTREAM_ENVIRONMENT: reads,
    // The job token pushes itself when there is nothing else to push with.
    CONTENTS: credentials === "github-token" ? "write" : "read",
    // An App writes pull requests, issues and statuses in its own name.
    PULL_REQUESTS: credentials === "github-app" ? "read" : "write",
    CHECKS: "checks" in tests ? "read" : undefined,
    STATUSES: credentials !== "github-app" ? "write" : "checks" in tests ? "read" : undefined,
    WRITE: credentials === "github-app" ? undefined : "write",
  };
}

function secretOf(name: string) {
  return expression(`\${{ secrets.${name} }}`);
}
