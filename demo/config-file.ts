/** The user's upstream-sync.yaml, as the story writes and edits it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { GitHubStandIn } from "../lib/rehearsal/stand-in.ts";
import type { Setting } from "./setting.ts";

type Fork = Pick<Setting["fork"], "owner" | "name" | "branches">;

// biome-ignore lint/suspicious/noExplicitAny: one fork's keys as a person writes them.
type ForkKeys = any;

export function forkKeys(github: GitHubStandIn, { upstream, tests }: Setting, fork: Fork): ForkKeys {
  return {
    upstream: { url: github.gitUrl(upstream), branch: upstream.branch },
    branches: { sync: "sync/upstream", ...fork.branches },
    tests: { run: tests, timeoutMinutes: 10 },
    pullRequest: { reviewers: ["devops-lead", "tech-lead"] },
  };
}

export function writeConfig(project: string, forks: Readonly<Record<string, ForkKeys>>): void {
  writeFileSync(join(project, "upstream-sync.yaml"), stringify({ version: 1, forks }));
}

export function editConfig(project: string, edit: (forks: Record<string, ForkKeys>) => void): void {
  const { forks } = parse(readFileSync(join(project, "upstream-sync.yaml"), "utf8"));
  edit(forks);
  writeConfig(project, forks);
}
