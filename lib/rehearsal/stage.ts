/** The set-up of a fork in the stand-in, as an apply makes it, in less than a second and without Terraform. */
import type { ForkConfig } from "../config/schema.ts";
import { createSealedDeployKey } from "../credentials/deploy-key.ts";
import { credentialsEnvironment, deployKeySecret, deployKeyTitle } from "../credentials/names.ts";
import { Failure, InputFailure } from "../failure.ts";
import { codeownersMark, codeownersPlaces } from "../render/codeowners.ts";
import { renderFiles, workflowPath } from "../render/files.ts";
import { type BareGit, bareGit, commitFiles } from "./bare-git.ts";
import { admitPeople, type Placed, type Repository } from "./place.ts";
import type { Answer, GitHubStandIn } from "./stand-in.ts";

/** A fork that is ready for runs of its workflow. */
export interface Stage {
  readonly standIn: GitHubStandIn;
  /** As it is set up there: its upstream is the stand-in's, its credential a deploy key unless it is the workflow's own token. */
  readonly fork: ForkConfig;
  readonly upstream: Repository;
  readonly defaultBranch: string;
  readonly tokens: Placed["tokens"];
  /** The bare repositories. */
  readonly folders: { readonly fork: string; readonly upstream: string };
  /** Whether the test plan stands in the workflow; else one step that says that tests were left out. */
  readonly tests: boolean;
}

export interface SetUpOptions {
  /** Whether runs carry out the test plan: upstream's code then runs on this machine. */
  readonly tests: boolean;
}

/** The one command in place of a test plan, and so its name: the sync program knows it and claims no test. */
const generatedLeftOut = "# generated files are not made anew in this rehearsal";
const testsLeftOut = "# tests are left out of this rehearsal";

/**
 * Makes or mends the set-up; on one that is there it changes only what the config changed. What the copy of the fork brought along
 * (sync branch, `refs/upstream-sync/*`, files) stays, so that the next run continues what the real fork's last one recorded.
 * @throws InputFailure when a branch of the config is not there.
 */
export async function setUp(
  standIn: GitHubStandIn,
  config: ForkConfig,
  placed: Placed,
  { tests }: SetUpOptions,
): Promise<Stage> {
  const fork = asStaged(standIn, config, placed, tests);
  const folders = {
    fork: standIn.repositoryFolder(placed.fork),
    upstream: standIn.repositoryFolder(placed.upstream),
  };
  const { upstream, defaultBranch, tokens } = placed;
  const stage: Stage = { standIn, fork, upstream, defaultBranch, tokens, folders, tests };
  const git = bareGit(folders.fork);
  await standIn.refsChanged();
  await admitPeople(standIn, config);
  await requireBranches(git, fork);
  await ensureSyncBranch(git, fork);
  await switchOn(stage);
  await ensureLabels(stage);
  if (fork.credentials === "deploy-key") await ensureKey(stage);
  await ensureRulesets(stage);
  await deliver(stage, git);
  await standIn.refsChanged();
  await enableWorkflow(stage);
  return stage;
}

function asStaged(standIn: GitHubStandIn, config: ForkConfig, placed: Placed, tests: boolean): ForkConfig {
  const plain = { timeoutMinutes: 5, submodules: false, lfs: false, keepGit: true, entry: [] };
  const leftOut = { ...plain, run: [testsLeftOut], trusted: "candidate" } as const;
  // These run upstream's code as tests do; what they make stays as it is then.
  const regenerate = config.policies.regenerate.map(({ paths }) => ({ paths, run: generatedLeftOut }));
  return {
    ...config,
    upstream: { ...config.upstream, url: standIn.gitUrl(placed.upstream), private: false },
    credentials: config.credentials === "github-token" ? "github-token" : "deploy-key",
    tests: tests ? config.tests : leftOut,
    policies: tests ? config.policies : { ...config.policies, regenerate },
  };
}

async function requireBranches(git: BareGit, { branches, repository }: ForkConfig): Promise<void> {
  const sync = await branchTip(git, branches.sync);
  for (const [key, name] of [["target", branches.target], ...(sync ? [] : [["from", branches.from]])] as const) {
    if (name !== undefined && (await branchTip(git, name)) === undefined) {
      const there = (await git.text(["for-each-ref", "--count=8", "--format=%(refname:short)", "refs/heads"])).split(
        "\n",
      );
      throw new InputFailure(
        `${repository} has no branch ${name}: got ${there.join(", ")}, expected that of branches.${key}`,
        `write branches.${key} in the config, or make the branch in the fork`,
      );
    }
  }
}

async function branchTip(git: BareGit, branch: string): Promise<string | undefined> {
  const { code, stdout } = await git.attempt(["rev-parse", "--verify", "--quiet", `refs/heads/${branch}^{commit}`]);
  return code === 0 ? stdout.trim() : undefined;
}

/** Before any file is committed to its source, as an apply does. */
async function ensureSyncBranch(git: BareGit, { branches }: ForkConfig): Promise<void> {
  if ((await branchTip(git, branches.sync)) !== undefined) return;
  await git.text(["update-ref", `refs/heads/${branches.sync}`, `refs/heads/${branches.from}`]);
}

/** In the name of the fork's administrator. @throws Failure in GitHub's words. */
async function administer(stage: Stage, method: string, path: string, body?: unknown): Promise<Answer["data"]> {
  const { standIn, fork, tokens } = stage;
  const { status, data } = await standIn.rest(
    tokens.administrator,
    method,
    `/repos/${fork.owner}/${fork.name}${path}`,
    body,
  );
  if (status < 400) return data;
  throw new Failure(
    `the stand-in refused ${method} ${path || "/"} of ${fork.repository}: ${status} ${JSON.stringify(data)}`,
    "this should not happen: report what it says",
  );
}

/** A fork starts with Actions and issues off; doctor finds out how the real one stands. */
async function switchOn(stage: Stage): Promise<void> {
  await administer(stage, "PUT", "/actions/permissions", { enabled: true, allowed_actions: "all" });
  await administer(stage, "PUT", "/actions/permissions/workflow", {
    default_workflow_permissions: "read",
    can_approve_pull_request_reviews: true,
  });
  await administer(stage, "PATCH", "", { has_issues: true });
}

/** The labels with which people steer the sync, as an apply makes them. */
const STEERING = ["accept-upstream-workflows", "pause-upstream-sync"];

async function ensureLabels(stage: Stage): Promise<void> {
  const there: { name: string }[] = await administer(stage, "GET", "/labels?per_page=100");
  const known = new Set(there.map(({ name }) => name.toLowerCase()));
  for (const name of [...stage.fork.pullRequest.labels, ...STEERING]) {
    if (known.has(name.toLowerCase())) continue;
    known.add(name.toLowerCase());
    const label = { name, color: "1d76db", description: "Managed by upstream-sync" };
    await administer(stage, "POST", "/labels", label);
  }
}

/** Key and environment are made once; both stay as long as the stand-in's data. */
async function ensureKey(stage: Stage): Promise<void> {
  const keys: { title: string }[] = await administer(stage, "GET", "/keys");
  const environment = `/environments/${credentialsEnvironment}`;
  if (keys.some(({ title }) => title === deployKeyTitle)) return;
  const policy = { protected_branches: false, custom_branch_policies: true };
  await administer(stage, "PUT", environment, { deployment_branch_policy: policy });
  await administer(stage, "POST", `${environment}/deployment-branch-policies`, { name: stage.defaultBranch });
  const { key, key_id } = await administer(stage, "GET", `${environment}/secrets/public-key`);
  const { publicKey, encrypted } = await createSealedDeployKey(key);
  const secret = { encrypted_value: encrypted, key_id };
  await administer(stage, "PUT", `${environment}/secrets/${deployKeySecret}`, secret);
  await administer(stage, "POST", "/keys", { title: deployKeyTitle, key: publicKey, read_only: false });
}

interface Ruleset {
  readonly name: string;
  readonly target: "branch";
  readonly enforcement: "active";
  readonly conditions: {
    readonly ref_name: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  };
  readonly bypass_actors: readonly object[];
  readonly rules: readonly { readonly type: string; readonly parameters?: object }[];
}

/** As lib/constructs/branch-rules.ts and target-rules.ts ask for them; pure. */
export function rulesetsOf({ branches, protection, credentials }: ForkConfig): readonly Ruleset[] {
  const { sync, target } = protection;
  const ruleset = (name: string, branch: string, rules: Ruleset["rules"], bypass: readonly object[] = []): Ruleset => ({
    name: `upstream-sync: ${name}`,
    target: "branch",
    enforcement: "active",
    conditions: { ref_name: { include: [`refs/heads/${branch}`], exclude: [] } },
    bypass_actors: bypass,
    rules,
  });
  const pull = (approvals: number, more: object = {}) => ({
    type: "pull_request",
    parameters: {
      dismiss_stale_reviews_on_push: false,
      require_code_owner_review: false,
      require_last_push_approval: false,
      required_approving_review_count: approvals,
      required_review_thread_resolution: false,
      ...more,
    },
  });
  const checks = (contexts: readonly string[], more: object = {}) => ({
    type: "required_status_checks",
    parameters: {
      strict_required_status_checks_policy: false,
      required_status_checks: contexts.map((context) => ({ context })),
      ...more,
    },
  });
  const bypass = [
    ...(credentials === "github-token" ? [] : [{ actor_type: "DeployKey", bypass_mode: "always" }]),
    ...(sync.includeAdministrators ? [] : [{ actor_type: "RepositoryRole", actor_id: 5, bypass_mode: "always" }]),
  ];
  const tested = checks(["upstream-sync/tests"], { do_not_enforce_on_create: true });
  return [
    ruleset("history", branches.sync, [{ type: "deletion" }, { type: "non_fast_forward" }]),
    ...(sync.mode === "strict" ? [ruleset("gate", branches.sync, [pull(sync.approvals), tested], bypass)] : []),
    ...(target === "none"
      ? []
      : [
          ruleset("target", branches.target, [
            pull(target.approvals, {
              require_code_owner_review: target.codeOwners,
              allowed_merge_methods: target.mergeMethods,
            }),
            ...(target.checks.length > 0 ? [checks(target.checks)] : []),
          ]),
        ]),
  ];
}

async function ensureRulesets(stage: Stage): Promise<void> {
  const wanted = rulesetsOf(stage.fork);
  const there: { id: number; name: string }[] = await administer(stage, "GET", "/rulesets");
  for (const { id, name } of there) {
    const ours = name.startsWith("upstream-sync: ");
    if (ours && !wanted.some((one) => one.name === name)) await administer(stage, "DELETE", `/rulesets/${id}`);
  }
  for (const ruleset of wanted) {
    const known = there.find(({ name }) => name === ruleset.name);
    if (known) await administer(stage, "PUT", `/rulesets/${known.id}`, ruleset);
    else await administer(stage, "POST", "/rulesets", ruleset);
  }
}

/** Workflow and program on the default branch, document and owners' lines on the target: however the real fork gets them, they landed. */
async function deliver({ fork, defaultBranch }: Stage, git: BareGit): Promise<void> {
  const { target } = fork.branches;
  const files = renderFiles(fork);
  const owners = files.codeowners && (await hasRoomForOwners(git, target)) ? [files.codeowners] : [];
  const homes = [
    {
      branch: defaultBranch,
      files: [files.program, files.workflow],
      message: "chore: manage the workflow with upstream-sync",
    },
    {
      branch: target,
      files: [files.document, ...owners],
      message: `docs: update the process document - ${files.change}`,
    },
  ];
  for (const { branch, files, message } of homes) {
    const contents = Object.fromEntries(files.map(({ path, content }) => [path, content]));
    const moved = await commitFiles(git, { branch, message, files: contents });
    if (branch === target) await countAsSeen(git, moved);
  }
}

/** People's own CODEOWNERS stays: our lines reach it by a pull request of an apply. */
async function hasRoomForOwners(git: BareGit, branch: string): Promise<boolean> {
  for (const path of codeownersPlaces) {
    const { code, stdout } = await git.attempt(["show", `refs/heads/${branch}:${path}`]);
    if (code === 0) return path === codeownersPlaces[0] && stdout.startsWith(codeownersMark);
  }
  return true;
}

/**
 * A commit of ours on the target is no news of the fork's: where the last run had recorded the tip before it, it has recorded the tip
 * after it. So a fork that has nothing to do has nothing to do here.
 */
async function countAsSeen(git: BareGit, { before, after }: { before: string; after: string }): Promise<void> {
  if (before === after) return;
  for (const ref of ["refs/upstream-sync/main/target", "refs/upstream-sync/main/seen/target"]) {
    const { stdout } = await git.attempt(["rev-parse", "--verify", "--quiet", ref]);
    if (stdout.trim() === before) await git.text(["update-ref", ref, after, before]);
  }
}

/** A copied fork's scheduled workflows are off, as GitHub switches them off in a new one. */
async function enableWorkflow(stage: Stage): Promise<void> {
  const file = workflowPath.slice(workflowPath.lastIndexOf("/") + 1);
  await administer(stage, "PUT", `/actions/workflows/${file}/enable`);
}
