/** The one table of checks, and what has to be read for them. */
import type { ForkConfig } from "../config/schema.ts";
import type { FactsWanted, Settings } from "../fork/facts.ts";
import { programPath, workflowPath } from "../render/files.ts";
import { accessChecks } from "./access.ts";
import { actionsChecks } from "./actions.ts";
import type { Check } from "./check.ts";
import { cloneChecks } from "./clone.ts";
import { credentialsChecks } from "./credentials.ts";
import { filesChecks, testKey } from "./files.ts";
import { peopleChecks } from "./people.ts";
import { rulesChecks } from "./rules.ts";
import { settingsChecks } from "./settings.ts";
import { testEntries } from "./test-entry.ts";

/** In the order people read them: what everything depends on comes first. */
export const checks: readonly Check[] = [
  ...accessChecks,
  ...actionsChecks,
  ...settingsChecks,
  ...filesChecks,
  ...rulesChecks,
  ...credentialsChecks,
  ...peopleChecks,
  ...cloneChecks,
];

/**
 * @param upstream `owner/name` where it is on the same server.
 * @param environment name of the environment that holds our secret.
 */
export function factsForChecks(
  fork: ForkConfig,
  upstream: string | undefined,
  environment: string,
): (settings: Settings) => FactsWanted {
  const { from, target, sync } = fork.branches;
  const entries = testEntries(fork.tests).map((path) => ({ key: testKey(path), path }));
  const [owner, name] = upstream?.split("/") ?? [];
  return ({ defaultBranch }) => ({
    branches: [...new Set([sync, from, target, defaultBranch])],
    files: [
      { key: "workflow", branch: "HEAD", path: workflowPath },
      { key: "program", branch: "HEAD", path: programPath },
      { key: "document", branch: target, path: fork.document.path },
      ...entries.map((entry) => ({ ...entry, branch: target })),
    ],
    upstream: owner && name ? { owner, name, branch: fork.upstream.branch } : undefined,
    upstreamFiles: entries,
    codeownersBranch: target,
    ruledBranches: [sync, target, defaultBranch],
    environment,
  });
}

/** `owner/name` of an upstream on the server that people reach at `web`. */
export function upstreamOn(web: string, { url, repository }: ForkConfig["upstream"]): string | undefined {
  if (repository !== undefined && web === "https://github.com") return repository;
  if (!url.startsWith(`${web}/`)) return undefined;
  return /^[^/]+\/[^/]+$/.exec(url.slice(web.length + 1).replace(/(?:\.git)?\/?$/, ""))?.[0];
}
