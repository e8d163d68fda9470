/** What GitHub tells about a healthy fork of the example config, with what a test wants otherwise. */

import type { View } from "../../lib/checks/check.ts";
import { factsForChecks } from "../../lib/checks/index.ts";
import type { ForkConfig } from "../../lib/config/schema.ts";
import type { ForkFacts, RuleFact, Settings, Told } from "../../lib/fork/facts.ts";
import type { BranchFact, BypassFact, FileFact } from "../../lib/fork/facts-query.ts";
import { gitBlobId } from "../../lib/render/digest.ts";
import { type RenderedFile, renderFiles } from "../../lib/render/files.ts";
import { forkConfig } from "./fork-config.ts";

export function told<Value>(value: Value): Told<Value> {
  return { told: true, value };
}

export const settings: Settings = {
  repository: "acme/open-webui",
  url: "https://github.com/acme/open-webui",
  owner: { login: "acme", organization: true },
  private: false,
  archived: false,
  defaultBranch: "main",
  parent: { repository: "open-webui/open-webui", private: false, defaultBranch: "main" },
  source: "open-webui/open-webui",
  issues: true,
  pullRequests: true,
  merge: { commit: true, squash: true, rebase: true },
  deleteBranchOnMerge: false,
  pushedAt: "2026-03-09T12:00:00Z",
  administrator: true,
  pusher: true,
  scopes: ["repo", "workflow"],
};

export const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
export const now = Date.parse("2026-03-10T12:00:00Z");
export const deployKeyActor: BypassFact = {
  kind: "deploy key",
  id: undefined,
  name: "every deploy key",
  mode: "always",
};

export function rule(type: string, parameters: Record<string, unknown> = {}, ruleset = 9): RuleFact {
  return { type, parameters, ruleset, source: "acme/open-webui" };
}

const asFile = ({ content }: RenderedFile): FileFact => ({ oid: gitBlobId(content), text: content });

export function healthyFacts(fork: ForkConfig = forkConfig()): ForkFacts {
  const files = renderFiles(fork, "// the program\n");
  const branch: BranchFact = { tip: "1".repeat(40), classic: undefined };
  return {
    viewer: "ada",
    settings,
    plan: { told: false, why: "not asked" },
    actions: told(true),
    actionsOpenPulls: told(true),
    workflows: told([{ path: files.workflow.path, state: "active" }]),
    runs: told([
      { url: "https://github.com/r/1", event: "schedule", conclusion: "success", startedAt: "2026-03-10T00:20:00Z" },
    ]),
    keys: told([
      {
        id: 7,
        title: "upstream-sync",
        key: publicKey,
        readOnly: false,
        enabled: true,
        createdAt: "2026-03-01T00:00:00Z",
      },
    ]),
    secrets: told([]),
    environmentSecrets: told(["UPSTREAM_SYNC_DEPLOY_KEY"]),
    codeowners: told([]),
    rules: new Map(["sync/upstream", "dev", "main"].map((name) => [name, told([])] as const)),
    branchNames: ["dev", "main", "sync/upstream", "test"],
    branches: new Map(["sync/upstream", "dev", "main"].map((name) => [name, branch])),
    files: new Map<string, FileFact | undefined>([
      ["workflow", asFile(files.workflow)],
      ["program", asFile(files.program)],
      ["document", asFile(files.document)],
      ...factsForChecks(
        fork,
        undefined,
        "upstream-sync",
      )(settings)
        .files.filter(({ key }) => key.startsWith("test:"))
        .map(({ key }): [string, FileFact] => [key, { oid: "2".repeat(40), text: undefined }]),
    ]),
    topNames: ["README.md"],
    workflowFiles: [{ name: "upstream-sync.yml", text: files.workflow.content }],
    rulesets: told([
      { id: 1, name: "upstream-sync: history", bypass: [] },
      { id: 2, name: "upstream-sync: gate", bypass: [deployKeyActor] },
      { id: 9, name: "team", bypass: [] },
    ]),
    collaborators: told({
      people: new Map([
        ["devops-lead", "WRITE"],
        ["tech-lead", "MAINTAIN"],
      ]),
      all: true,
    }),
    upstream: told({
      private: false,
      tip: "3".repeat(40),
      files: new Map([["test:docker-compose.test.yaml", true]]),
      workflows: ["ci.yml"],
    }),
  };
}

export function healthyView(facts: Partial<ForkFacts> = {}, fork: ForkConfig = forkConfig()): View {
  return {
    fork,
    facts: { ...healthyFacts(fork), ...facts },
    upstream: "open-webui/open-webui",
    files: renderFiles(fork, "// the program\n"),
    credentials: {
      version: 1,
      kind: "deploy-key",
      repository: fork.repository,
      createdAt: "2026-03-01T00:00:00Z",
      environment: "upstream-sync",
      publicKey,
      secret: { name: "UPSTREAM_SYNC_DEPLOY_KEY", keyId: "1", encrypted: "c2VhbGVk" },
    },
    clone: undefined,
    now,
  };
}
