/** What the generated workflow hands to a verb, read once from the environment, every problem at once. */

import { complete, type Environment, type Reader, SHA } from "./environment.ts";
import { type Follow, followedRef, parseFollow } from "./follow.ts";
import { type Freshness, freshnessOf } from "./freshness.ts";
import { PAUSE_VARIABLE } from "./pause-by.ts";
import { NO_POLICIES, type Policies } from "./policies.ts";
import { PROPOSAL } from "./refs.ts";
import { EXPECTED_VERIFY_ID, VERIFY_ID, VERIFY_TITLE, verifyNames } from "./verify-route.ts";

/** `needs.<job>.result` as GitHub fills it. */
export type JobResult = "success" | "failure" | "cancelled" | "skipped";

export interface PullRequestSettings {
  readonly title: string;
  readonly labels: readonly string[];
  readonly reviewers: readonly string[];
  readonly teamReviewers: readonly string[];
  /** Whether an approved pull request stays as it is or still receives changes. */
  readonly whenApproved: "hold" | "update";
}

/** What the program has to know of the test plan. */
export interface TestSettings {
  /** Files and folders of the tests that are the target's, whatever the candidate has there. */
  readonly trusted: readonly string[];
  /** Check runs and statuses by which the fork's own CI tells a result; empty where the workflow runs the tests itself. */
  readonly checks: readonly string[];
}

/** What the program pushes with. */
export interface Credential {
  readonly kind: "deploy-key" | "github-app" | "github-token";
  /** Empty when the environment has no such secret: that is a state of the fork, told when it is needed. */
  readonly secret: string;
}

/** Inputs that every verb has. */
export interface Settings {
  /** `owner/name` of the fork, the only repository that may be written to. */
  readonly repository: string;
  readonly owner: string;
  readonly apiUrl: string;
  readonly serverUrl: string;
  /** The job token; it reads, and writes what has no git in it. */
  readonly token: string;
  readonly run: { readonly id: number; readonly attempt: number; readonly url: string };
  /** `main`, or that of a verification. */
  /** Tip of the branch that the run started from, which is the default branch of every scheduled run. */
  readonly defaultTip: string | undefined;
  readonly route: string;
  readonly upstream: {
    readonly url: string;
    readonly branch: string;
    readonly follow: Follow;
    /** What of upstream this run is about: `refs/heads/main`, `refs/tags/v1.4.2`; before `look` knows that, what is followed. */
    readonly ref: string;
    /** Why it is that, in words; empty before `look` knows. */
    readonly why: string;
    /** For fetching from a private upstream, and for nothing else; empty when it is public. */
    readonly token: string;
  };
  readonly branches: { readonly sync: string; readonly target: string };
  /** Whether the candidate keeps the fork's `.github/workflows` or takes upstream's. */
  readonly upstreamWorkflows: "hold" | "accept";
  /** How the team lands the sync pull request. */
  readonly landing: "merge" | "squash";
  readonly policies: Policies;
  readonly tests: TestSettings;
  readonly pullRequest: PullRequestSettings;
  /** How far the target may be behind. */
  readonly freshness: Freshness;
  readonly documentPath: string;
  /** Asked for by hand: run the tests also when nothing moved, and end a pause by closing. */
  readonly retest: boolean;
  /** `asked`: by the variable. `look`: unless a label asks for it. `never`: a verification has nothing to do with the team's sync. */
  readonly pause: "asked" | "look" | "never";
  /** Hex digest that binds this workflow to its process document. */
  readonly digest: string;
  readonly files: { readonly output: string; readonly summary: string; readonly temporary: string };
}

/** As much as it takes to find what is ours in the fork. */
export type WhichFork = Pick<Settings, "repository" | "branches">;

export interface LookSettings extends Settings {
  /** Given by hand in place of what is followed. */
  readonly upstreamCommit: string | undefined;
}

export interface MergeSettings extends Settings {
  readonly credential: Credential;
  /** The upstream commit that `look` saw: everything after works on exactly this one. */
  readonly upstreamSha: string;
}

export interface WaitSettings extends Settings {
  readonly candidate: string;
  /** Limit of the whole job. */
  readonly timeoutMinutes: number;
}

/** Of the job that runs upstream's code: it has no token. */
export interface CollectSettings extends Pick<Settings, "upstreamWorkflows" | "policies" | "files"> {
  readonly candidate: string;
}

export interface CommitSettings extends Settings {
  readonly credential: Credential;
  /** What `merge` made. */
  readonly candidate: string;
  readonly tree: string;
  /** What that job made of it: its word, and a pack in Base64. */
  readonly made: string;
  readonly pack: string;
}

export interface FinishSettings extends Settings {
  /** Asked for by hand: nothing is moved and nothing is written but the record. */
  readonly dryRun: boolean;
  readonly credential: Credential;
  readonly merge: {
    readonly result: JobResult;
    /** The words with which `merge` stopped; empty when it did not say. */
    readonly reason: string;
    readonly conflict: boolean;
    readonly candidate: string | undefined;
    readonly tree: string | undefined;
    readonly sync: string | undefined;
    readonly target: string | undefined;
    /** What the fold came to, where generated files are made anew on top of it; else that is the candidate. */
    readonly folded: string | undefined;
    /** Tips of the branches for people as `merge` saw them, by name. */
    readonly proposals: ReadonlyMap<string, string>;
  };
  readonly upstreamSha: string;
  /** The two jobs that make generated files anew; undefined where nothing is to be made. */
  readonly regenerate:
    | { readonly result: JobResult; readonly committed: JobResult; readonly reason: string }
    | undefined;
  readonly testResult: JobResult;
}

export function readLookSettings(environment: Environment): LookSettings {
  return complete(environment, (read) => ({ ...common(read), upstreamCommit: read.optionalSha("UPSTREAM_COMMIT") }));
}

export function readMergeSettings(environment: Environment): MergeSettings {
  return complete(environment, (read) => ({
    ...afterLook(read),
    credential: credential(read),
    upstreamSha: read.matching("UPSTREAM_SHA", SHA, "a commit id of 40 hexadecimal digits"),
  }));
}

export function readWaitSettings(environment: Environment): WaitSettings {
  return complete(environment, (read) => ({
    ...common(read),
    candidate: read.matching("CANDIDATE_SHA", SHA, "a commit id of 40 hexadecimal digits"),
    timeoutMinutes: Number(read.matching("TEST_TIMEOUT", /^[1-9]\d*$/, "a number of minutes")),
  }));
}

export function readCollectSettings(environment: Environment): CollectSettings {
  return complete(environment, (read) => ({
    candidate: read.matching("CANDIDATE_SHA", SHA, "a commit id of 40 hexadecimal digits"),
    upstreamWorkflows: read.oneOf("UPSTREAM_WORKFLOWS", ["hold", "accept"]),
    policies: read.json("POLICIES", policiesOf, EXPECTED_POLICIES, NO_POLICIES),
    files: { output: read.text("GITHUB_OUTPUT"), summary: read.text("GITHUB_STEP_SUMMARY"), temporary: "" },
  }));
}

export function readCommitSettings(environment: Environment): CommitSettings {
  return complete(environment, (read) => ({
    ...common(read),
    credential: credential(read),
    candidate: read.matching("CANDIDATE_SHA", SHA, "a commit id of 40 hexadecimal digits"),
    tree: read.matching("TREE_SHA", SHA, "a tree id of 40 hexadecimal digits"),
    made: read.matching("MADE_TREE", SHA, "a tree id of 40 hexadecimal digits"),
    pack: PACKS.map((name) => read.optional(name)).join(""),
  }));
}

const PACKS = ["PACK_1", "PACK_2", "PACK_3", "PACK_4"];

export function readFinishSettings(environment: Environment): FinishSettings {
  return complete(environment, (read) => ({
    ...afterLook(read),
    credential: credential(read),
    dryRun: read.optional("DRY_RUN") === "true",
    upstreamSha: read.matching("UPSTREAM_SHA", SHA, "a commit id of 40 hexadecimal digits"),
    merge: {
      result: read.oneOf("MERGE_RESULT", JOB_RESULTS),
      reason: read.optional("MERGE_REASON"),
      conflict: read.optional("MERGE_CONFLICT") === "true",
      candidate: read.optionalSha("CANDIDATE_SHA"),
      tree: read.optionalSha("TREE_SHA"),
      sync: read.optionalSha("SYNC_SHA"),
      target: read.optionalSha("TARGET_SHA"),
      folded: read.optionalSha("MERGED_SHA"),
      proposals:
        read.optional("PROPOSALS") === ""
          ? new Map()
          : read.json("PROPOSALS", proposalsOf, 'JSON of commit ids by names such as "conflict-1"', new Map()),
    },
    regenerate:
      read.optional("REGENERATE_RESULT") === ""
        ? undefined
        : {
            result: read.oneOf("REGENERATE_RESULT", JOB_RESULTS),
            committed: read.oneOf("REGENERATED_RESULT", JOB_RESULTS),
            reason: read.optional("REGENERATED_REASON"),
          },
    testResult: read.oneOf("TEST_RESULT", JOB_RESULTS),
  }));
}

const JOB_RESULTS = ["success", "failure", "cancelled", "skipped"] as const;
const CREDENTIALS = ["deploy-key", "github-app", "github-token"] as const;

function credential(read: Reader): Credential {
  return { kind: read.oneOf("CREDENTIALS", CREDENTIALS), secret: read.optional("CREDENTIAL") };
}

function common(read: Reader): Settings {
  const settings = configured(read);
  if (read.optional("VERIFY") === "") return settings;
  return verifying(settings, read.matching("VERIFY", VERIFY_ID, EXPECTED_VERIFY_ID));
}

/**
 * The same run on the branches of a verification: of what is configured only policies and labels count. Workflow files are held. Upstream
 * is the fork itself, read with the job's own token. Nobody is asked for a review, and nobody is assigned.
 */
function verifying(settings: Settings, id: string): Settings {
  const { route, sync, target, upstream } = verifyNames(id);
  return {
    ...settings,
    route,
    pause: "never",
    defaultTip: undefined,
    freshness: {},
    branches: { sync, target },
    upstreamWorkflows: "hold",
    upstream: {
      url: `${settings.serverUrl}/${settings.repository}.git`,
      branch: upstream,
      follow: { kind: "branch" },
      ref: `refs/heads/${upstream}`,
      why: settings.upstream.why,
      token: settings.token,
    },
    pullRequest: {
      title: VERIFY_TITLE,
      labels: settings.pullRequest.labels,
      reviewers: [],
      teamReviewers: [],
      whenApproved: "update",
    },
  };
}

function configured(read: Reader): Settings {
  const repository = read.matching("GITHUB_REPOSITORY", /^[\w.-]+\/[\w.-]+$/, "owner/name");
  const serverUrl = read.text("GITHUB_SERVER_URL").replace(/\/+$/, "");
  const id = Number(read.matching("GITHUB_RUN_ID", /^\d+$/, "a number"));
  return {
    repository,
    owner: repository.split("/")[0] ?? "",
    apiUrl: read.text("GITHUB_API_URL").replace(/\/+$/, ""),
    serverUrl,
    token: read.text("GITHUB_TOKEN"),
    run: {
      id,
      attempt: Number(read.matching("GITHUB_RUN_ATTEMPT", /^\d+$/, "a number")),
      url: `${serverUrl}/${repository}/actions/runs/${id}`,
    },
    defaultTip: read.optionalSha("GITHUB_SHA"),
    route: read.matching("SYNC_ROUTE", /^[a-z0-9-]+$/, "lower-case letters, digits and hyphens"),
    upstream: readUpstream(read),
    branches: { sync: read.text("SYNC_BRANCH"), target: read.text("TARGET_BRANCH") },
    upstreamWorkflows: read.oneOf("UPSTREAM_WORKFLOWS", ["hold", "accept"]),
    landing: read.oneOf("LANDING", ["merge", "squash"]),
    policies: read.json("POLICIES", policiesOf, EXPECTED_POLICIES, NO_POLICIES),
    tests: read.json("TESTS", testsOf, "JSON with trusted and checks", { trusted: [], checks: [] }),
    pullRequest: read.json("PULL_REQUEST", pullRequestOf, EXPECTED_PULL_REQUEST, {
      title: "",
      labels: [],
      reviewers: [],
      teamReviewers: [],
      whenApproved: "hold",
    }),
    freshness: read.json("FRESHNESS", freshnessOf, EXPECTED_FRESHNESS, {}),
    documentPath: read.text("DOCUMENT_PATH"),
    retest: read.optional("RETEST") === "true",
    pause: isYes(read.optional(PAUSE_VARIABLE)) ? "asked" : "look",
    digest: read.matching("UPSTREAM_SYNC_DIGEST", /^[0-9a-f]+$/, "hexadecimal digits"),
    files: {
      output: read.text("GITHUB_OUTPUT"),
      summary: read.text("GITHUB_STEP_SUMMARY"),
      temporary: read.text("RUNNER_TEMP"),
    },
  };
}

/** Somebody who sets it to "yes" or "until Monday" wants a pause; only a clear no is none. */
function isYes(value: string): boolean {
  return !["", "false", "no", "off", "0"].includes(value.trim().toLowerCase());
}

/** What of upstream the run is about is decided once. */
function afterLook(read: Reader): Settings {
  const settings = common(read);
  const ref = read.matching("UPSTREAM_REF", /^refs\/(?:heads|tags)\/./, "a branch or a tag by its full name");
  return { ...settings, upstream: { ...settings.upstream, ref } };
}

function readUpstream(read: Reader): Settings["upstream"] {
  const branch = read.text("UPSTREAM_BRANCH");
  const follow = read.parsed("UPSTREAM_FOLLOW", parseFollow, EXPECTED_FOLLOW, { kind: "branch" });
  return {
    url: read.text("UPSTREAM_URL"),
    branch,
    follow,
    ref: followedRef(follow, branch),
    why: read.optional("UPSTREAM_WHY"),
    token: read.optional("UPSTREAM_TOKEN"),
  };
}

const EXPECTED_FOLLOW = "branch, or JSON with releases, comparators and prereleases, or with tags";
const EXPECTED_PULL_REQUEST = "JSON with title, labels, reviewers, teamReviewers and whenApproved (hold or update)";

function pullRequestOf(value: unknown): PullRequestSettings | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { title, labels, reviewers, teamReviewers, whenApproved } = value as Record<string, unknown>;
  if (typeof title !== "string" || title === "") return undefined;
  if (!isTexts(labels) || !isTexts(reviewers) || !isTexts(teamReviewers)) return undefined;
  if (whenApproved !== "hold" && whenApproved !== "update") return undefined;
  return { title, labels, reviewers, teamReviewers, whenApproved };
}

const EXPECTED_FRESHNESS = "JSON with commits and days, each a positive number or not there";
const EXPECTED_POLICIES = "JSON with keepOurs, keepDeleted, mustSurvive, partial and regenerate";

function policiesOf(value: unknown): Policies | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { keepOurs, keepDeleted, mustSurvive, partial, regenerate } = value as Record<string, unknown>;
  if (!isTexts(keepOurs) || !isTexts(keepDeleted) || typeof partial !== "boolean") return undefined;
  if (!isTexts(regenerate)) return undefined;
  if (!Array.isArray(mustSurvive) || !mustSurvive.every(isSurvivor)) return undefined;
  return { keepOurs, keepDeleted, mustSurvive, partial, regenerate };
}

function testsOf(value: unknown): TestSettings | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { trusted, checks } = value as Record<string, unknown>;
  return isTexts(trusted) && isTexts(checks) ? { trusted, checks } : undefined;
}

function isSurvivor(value: unknown): value is Policies["mustSurvive"][number] {
  if (typeof value !== "object" || value === null) return false;
  const { path, contains } = value as Record<string, unknown>;
  return typeof path === "string" && (contains === undefined || typeof contains === "string");
}

function proposalsOf(value: unknown): Map<string, string> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const entries = Object.entries(value);
  const good = entries.every(([name, sha]) => PROPOSAL.test(name) && SHA.test(String(sha)));
  return good ? new Map(entries) : undefined;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
