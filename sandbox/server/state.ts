/**
 * Everything the sandbox remembers besides git: owner -> repository -> records. Refs, commits and files are never here,
 * they live in the bare repositories alone, so that there is one truth for them.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { App, InstallationToken } from "./apps.ts";
import type { BranchProtection } from "./classic-protection.ts";

export type Plan = "free" | "pro" | "team" | "enterprise";
export type Permission = "admin" | "maintain" | "write" | "triage" | "read";
/** A job token's rights, GitHub's keys: contents, pull-requests, statuses, issues, actions, checks, … */
export type TokenPermissions = Record<string, "read" | "write" | "none">;

export interface Owner {
  id: number;
  login: string;
  type: "User" | "Organization";
  plan: Plan;
  /** An organization's answer for all its repositories. */
  deployKeysEnabled?: boolean;
}

/** A person's token. Job tokens are in `jobTokens`: they die with their job. */
export interface UserToken {
  login: string;
  scopes: string[];
}

export interface JobToken {
  repository: string;
  runId: number;
  permissions: TokenPermissions;
}

export interface Label {
  id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface BypassActor {
  actor_id: number | null;
  actor_type: string;
  bypass_mode: "always" | "pull_request" | "exempt";
}

export interface Ruleset {
  id: number;
  name: string;
  target: "branch" | "tag" | "push";
  enforcement: "active" | "disabled" | "evaluate";
  bypass_actors: BypassActor[];
  conditions: { ref_name: { include: string[]; exclude: string[] } };
  rules: { type: string; parameters?: Record<string, unknown> }[];
  created_at: string;
  updated_at: string;
}

export interface DeployKey {
  id: number;
  title: string;
  /** "ssh-ed25519 AAAA…", without the comment. */
  key: string;
  read_only: boolean;
  created_at: string;
  /** Of the last connection that proved it; absent until then. */
  last_used?: string;
}

export interface Secret {
  /** Opened on arrival: the sandbox holds the environment's private key as GitHub does. */
  value: string;
  created_at: string;
  updated_at: string;
}

export interface Environment {
  id: number;
  name: string;
  /** Base64 of the Curve25519 pair; each environment has its own. */
  publicKey: string;
  privateKey: string;
  keyId: string;
  branchPolicy: null | { protected_branches: boolean; custom_branch_policies: boolean };
  branchPatterns: { id: number; name: string }[];
  secrets: Record<string, Secret>;
  created_at: string;
  updated_at: string;
}

export interface Review {
  id: number;
  user: string;
  state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";
  body: string;
  commit_id: string;
  submitted_at: string;
}

/** Issues and pull requests share numbers, as on GitHub. */
export interface Issue {
  id: number;
  number: number;
  title: string;
  body: string | null;
  state: "open" | "closed";
  user: string;
  labels: string[];
  assignees: string[];
  comments: { id: number; user: string; body: string; created_at: string; updated_at?: string }[];
  created_at: string;
  updated_at: string;
  closed_at: string | null;
  /** Why a plain issue was closed; "completed" when nobody said. */
  state_reason?: "completed" | "not_planned" | "duplicate";
  /** Oldest first; absent while there are none. */
  events?: { id: number; event: "closed" | "reopened"; actor: string; commit_id: string | null; created_at: string }[];
  pull: null | {
    head: string;
    base: string;
    /** Head commit at the last push, kept after merge or deletion of the branch. */
    headSha: string;
    baseSha: string;
    draft: boolean;
    merged_at: string | null;
    merged_by: string | null;
    merge_commit_sha: string | null;
    requestedReviewers: string[];
    requestedTeams: string[];
    reviews: Review[];
  };
}

export interface CommitStatus {
  id: number;
  sha: string;
  context: string;
  state: "error" | "failure" | "pending" | "success";
  description: string | null;
  target_url: string | null;
  creator: string;
  created_at: string;
}

export interface StepRecord {
  number: number;
  name: string;
  status: "queued" | "in_progress" | "completed";
  conclusion: "success" | "failure" | "skipped" | "cancelled" | null;
  started_at: string | null;
  completed_at: string | null;
}

export interface Annotation {
  annotation_level: "notice" | "warning" | "failure";
  title: string | null;
  message: string;
  path: string;
  start_line: number;
  end_line: number;
}

export interface JobRecord {
  /** Also the check-run id, as on GitHub. */
  id: number;
  name: string;
  /** The job's key in the file. */
  key: string;
  status: "queued" | "in_progress" | "completed";
  conclusion: "success" | "failure" | "skipped" | "cancelled" | "timed_out" | null;
  started_at: string | null;
  completed_at: string | null;
  steps: StepRecord[];
  annotations: Annotation[];
  summary: string;
}

export interface RunRecord {
  id: number;
  run_number: number;
  run_attempt: number;
  event: "schedule" | "workflow_dispatch" | "push";
  path: string;
  name: string;
  /** What `run-name` came to, once the run has begun. */
  title?: string;
  head_branch: string;
  head_sha: string;
  actor: string;
  inputs: Record<string, string>;
  status: "queued" | "in_progress" | "completed";
  conclusion: "success" | "failure" | "cancelled" | "skipped" | "timed_out" | "startup_failure" | null;
  created_at: string;
  updated_at: string;
  jobs: JobRecord[];
}

export interface WorkflowState {
  id: number;
  path: string;
  state: "active" | "disabled_manually" | "disabled_fork" | "disabled_inactivity";
}

export interface Repository {
  id: number;
  owner: string;
  name: string;
  visibility: "public" | "private";
  /** "owner/name" of the fork's parent; the network is what this chain connects. */
  parent: string | null;
  defaultBranch: string;
  archived: boolean;
  settings: {
    has_issues: boolean;
    allow_merge_commit: boolean;
    allow_squash_merge: boolean;
    allow_rebase_merge: boolean;
    allow_auto_merge: boolean;
    delete_branch_on_merge: boolean;
  };
  actions: {
    enabled: boolean;
    allowed_actions: "all" | "local_only" | "selected";
    default_workflow_permissions: "read" | "write";
    can_approve_pull_request_reviews: boolean;
    deployKeysAllowed: boolean;
    /** Settings the organization decides: GitHub refuses to change them here with 409. */
    forcedByOrganization?: ("permissions" | "workflow" | "selected-actions")[];
    /** Kept when `allowed_actions` is "selected". */
    selected?: { github_owned_allowed: boolean; verified_allowed: boolean; patterns_allowed: string[] };
  };
  collaborators: Record<string, Permission>;
  labels: Label[];
  rulesets: Ruleset[];
  /** Oldest first. */
  branchProtections?: BranchProtection[];
  keys: DeployKey[];
  environments: Environment[];
  variables: Record<string, { value: string; created_at: string; updated_at: string }>;
  /** The repository's own, readable by every workflow in it. */
  secrets?: Record<string, Secret>;
  /** Whether a push to a branch starts the workflows in it, as on GitHub; the control plane switches it on. */
  pushWorkflows?: boolean;
  issues: Issue[];
  statuses: CommitStatus[];
  workflows: WorkflowState[];
  runs: RunRecord[];
  created_at: string;
}

export interface StateData {
  version: 1;
  nextId: number;
  /** Milliseconds the sandbox clock is ahead of the machine's. */
  clockOffset: number;
  owners: Owner[];
  /** token -> whose. */
  userTokens: Record<string, UserToken>;
  repositories: Repository[];
  apps?: App[];
  /** ssh host key, OpenSSH private format. */
  hostKey: string;
}

/** The state and where it is kept. One per sandbox process. */
export class State {
  readonly folder: string;
  data: StateData;
  /** Never written to disk: a job token must not outlive the process that runs the job. */
  readonly jobTokens = new Map<string, JobToken>();
  /** Neither are these: they live an hour at most. */
  readonly installationTokens = new Map<string, InstallationToken>();
  /** What follows when branches have moved, besides what pull requests show. */
  pushed: (repository: Repository, branches: ReadonlyMap<string, string | null>, by: string) => Promise<void> =
    async () => undefined;

  constructor(folder: string, initial: () => StateData) {
    this.folder = folder;
    mkdirSync(join(folder, "repositories"), { recursive: true, mode: 0o700 });
    this.data = this.load() ?? initial();
    this.save();
  }

  private load(file = this.file): StateData | undefined {
    try {
      return JSON.parse(readFileSync(file, "utf8")) as StateData;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  private get file(): string {
    return join(this.folder, "state.json");
  }

  /** Written aside and renamed, so that a killed sandbox never leaves half a file. */
  save(): void {
    const aside = `${this.file}.new`;
    writeFileSync(aside, JSON.stringify(this.data), { mode: 0o600 });
    renameSync(aside, this.file);
  }

  /** Takes what another file holds, and keeps it as its own: a save that waits its turn then writes this, not what was before. */
  replaceBy(file: string): void {
    const data = this.load(file);
    if (!data) throw new Error(`no state in ${file}`);
    this.data = data;
    this.save();
  }

  id(): number {
    return this.data.nextId++;
  }

  now(): Date {
    return new Date(Date.now() + this.data.clockOffset);
  }

  timestamp(): string {
    return this.now()
      .toISOString()
      .replace(/\.\d+Z$/, "Z");
  }

  owner(login: string): Owner | undefined {
    return this.data.owners.find((owner) => owner.login.toLowerCase() === login.toLowerCase());
  }

  repository(owner: string, name: string): Repository | undefined {
    const wanted = `${owner}/${name}`.toLowerCase();
    return this.data.repositories.find((r) => `${r.owner}/${r.name}`.toLowerCase() === wanted);
  }

  /** The bare repository's folder. */
  gitFolder(repository: Pick<Repository, "owner" | "name">): string {
    return join(this.folder, "repositories", repository.owner, `${repository.name}.git`);
  }
}
