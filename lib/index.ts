/** The public API: stacks and constructs for CDKTF apps, and the config they are built from. */
export { formatProblems, type Problem } from "./config/problems.ts";
export { resolveConfig } from "./config/resolve.ts";
export type { Config, ForkConfig, StateConfig } from "./config/schema.ts";
export { ActionsSettings, type ActionsSettingsProps } from "./constructs/actions-settings.ts";
export { BranchRules, type BranchRulesProps } from "./constructs/branch-rules.ts";
export { ForkRepository, type ForkRepositoryProps } from "./constructs/fork-repository.ts";
export { Guard, type GuardProps } from "./constructs/guard.ts";
export { Labels, type LabelsProps } from "./constructs/labels.ts";
export { type ManagedFile, ManagedFiles, type ManagedFilesProps } from "./constructs/managed-files.ts";
export { type Claim, type Foreign, type Owned, Ownership } from "./constructs/ownership.ts";
export { SyncBranch, type SyncBranchProps } from "./constructs/sync-branch.ts";
export { type BoundCredentials, type BypassActor, SyncCredentials } from "./constructs/sync-credentials.ts";
export { type ProgramStep, SyncProgram, type SyncProgramProps } from "./constructs/sync-program.ts";
export { UpstreamSync, type UpstreamSyncProps } from "./constructs/upstream-sync.ts";
export { UpstreamSyncStack, type UpstreamSyncStackProps } from "./constructs/upstream-sync-stack.ts";
export { type CredentialsFile, readCredentials } from "./credentials/credentials-file.ts";
export { type RenderedFile, type RenderedFiles, renderFiles } from "./render/files.ts";
export { programFile } from "./render/template-source.ts";
